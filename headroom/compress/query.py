"""How much a piece of text has to do with the question: literals, identifiers and rare words, found by plain search."""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from math import log, sqrt
from typing import TYPE_CHECKING, NamedTuple

from headroom.compress.dates import days_told
from headroom.compress.once import once
from headroom.compress.plain_words import PLAIN
from headroom.compress.word_forms import bent, singular_of, words_of_token
from headroom.compress.word_search import WordSearch, overlaps_itself, stands

if TYPE_CHECKING:
    from headroom.compress.rendition import Hints

MAX_TERMS = 40
"""Terms looked for, the heaviest first: bounds the work to terms x text."""
MAX_QUERY_CHARS = 20_000
"""A longer query is cut to its last part, which holds the newest words."""

_ASKS: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (
        name,
        tuple(re.findall(r"(?:^|\|)([a-z ]+?)(?=[a-z]\?|[^a-z ?]|$)", words)),
        re.compile(rf"\b(?:{words}{'|' * bool(accented)}{accented})\b", re.IGNORECASE),
    )
    for name, words, accented in (
        (
            "max",
            (
                r"highest|largest|biggest|greatest|max(?:imum)?|longest|slowest|heaviest|most|top|peak"
                r"|heavy|too big|bloated|so much space|too much space|disk space|full disk|disk full|disk is full"
                r"|hottest|warmest|costliest|priciest|worst|tallest|deepest"
                r"|meisten?|langsamste\w?|schwerste\w?|teuerste\w?|le plus|la plus"
            ),
            r"\w*größte\w?|\w*stärkste\w?|höchste\w?|längste\w?|más (?:larg|grand|alt|lent|car|pesad)\w+",
        ),
        (
            "min",
            (
                r"lowest|smallest|least|min(?:imum)?|shortest|fastest|fewest|quickest|coldest|coolest|cheapest|lightest"
                r"|kleinste\w?|niedrigste\w?|schnellste\w?|wenigsten?|billigste\w?|leichteste\w?|le moins|la moins"
            ),
            r"kürzeste\w?|günstigste\w?|más (?:pequeñ|cort|rápid|baj|barat)\w+",
        ),
        ("count", r"how many|number of|counts?|totals?|wie viele?|wieviele?|anzahl|combien", "cuánt[oa]s"),
        ("every", r"every|all|each|complete list|full list", ""),
        (
            "failure",
            r"errors?|fail\w*|wrong|broken|crash\w*|exceptions?|bugs?|issues?|problems?|warnings?|red|panic\w*|unusual",
            "",
        ),
        (
            "last",
            r"last|latest|newest|most recent|letzte\w?|neueste\w?|derniers?",
            r"jüngste\w?|dernières?|últim[oa]s?",
        ),
        ("first", r"first|earliest|oldest|erste\w?|premiers?|primer[oa]?s?", r"früheste\w?|älteste\w?|premières?"),
    )
)
"""Name, beginnings of its words, the words: those that no text of ASCII has need not be looked for in one."""
_QUOTED = re.compile(r"`([^`\n]{1,200})`|\"([^\"\n]{1,200})\"|“([^”\n]{1,200})”|(?<!\w)'([^'\n]{1,200})'(?!\w)")
_TOKEN = re.compile(r"[@#$]?\w(?:[\w@#$%&+./:\\=~-]*\w)?(?:@\{\w+\})?", re.UNICODE)
_ROUTE = re.compile(
    r"(?<![^\s(\"'`\[])/(?=[\w{<:])(?:[\w.-]++(?![^\s.,;:!?)\"'`\]])|(?=[^\s{<:]*[{<:]\w)[^\s\"'`,;()]++)"
)
"""A path of one part, or one with a place for an id, as in ``/users/{id}/keys``: with its slash it is a name."""
_SHORT_FORM = re.compile(r"\b\w+n['’]t\b|(?<=\w)['’](?:d|ll|re|ve|m|s)\b", re.IGNORECASE)
"""What stands for a word said in short: "can't", and the end of "I'd"."""

_LITERAL = 0.95
_PHRASE = 0.8
_IDENTIFIER = 0.9
_DAY = 0.8
_TAIL = 0.55
_PART_WEIGHT = 0.15
_SINGULAR = 0.2
_ARGUMENT_SHARE = 0.3
_INSIDE_WORD = 0.4
_INSIDE_CHARS = 4
_STRONG = 0.6
"""A token of this weight is a name or an identifier, a lighter one a plain word."""
_NAMES = 0.2
"""A question is specific when its heaviest term has this weight at least."""
_FEW_WORDS = 8
_FEW_NAMES = 12
"""Up to so many plain words, or names, each counts whole; of more, as the square root of their share."""
_THRESHOLD = 0.3
_NEARLY_ALL = 0.8
_TO_COMPARE = 4
_FEW_LINES = 256
"""Up to so many lines are each looked into; of more, the few that hold a term are found sooner in the whole text."""
_QUESTION = re.compile(r"\w[\"'`)]?\?(?:\s|$)")
_LONG_TASK = 600
"""Of a longer task only the last line says what is asked for in general: a page of text mentions errors, firsts and alls."""


class Term(NamedTuple):
    """One thing to look for."""

    text: str
    """Lower case."""
    weight: float
    """0..1: how surely a text that holds it is what the question is about."""


class Relevance:
    """What a question names. Deterministic, linear, no model.

    ``specific`` is False when the question names nothing ("Please go on"): then lossy work stays near lossless.
    ``asks`` holds what is wanted in general: max, min, count, every, failure, last, first.
    ``literals`` are the quoted strings, verbatim; ``pointed`` those of the last line, where it does not ask for all itself.
    ``wording`` is the question in lower case, with one blank between words.
    ``named`` are the terms that name something, of weight 0.3 at least; what stands in the arguments alone never does.
    ``threshold`` is the score from which on a text may be taken for what is asked about; higher after a long task.
    """

    __slots__ = (
        *("_arguments", "_terms", "_weights", "asks", "literals"),
        *("named", "pointed", "specific", "threshold", "wording"),
    )

    def __init__(self, query: str, arguments: str = "") -> None:
        query = query[-MAX_QUERY_CHARS:]
        if arguments:
            query = query.replace(arguments, " ")
        # The last line is what was said right before the call; the rest is the task, which may be long.
        task, _, last = query.strip().rpartition("\n")
        literals: list[str] = []
        weights: dict[str, float] = {}
        for part in (task, last):
            quoted = list(dict.fromkeys(_literals(part)))
            literals.extend(quoted if len(quoted) <= _FEW_NAMES else ())
            for text, weight in _weigh(part, quoted):
                weights[text] = max(weights.get(text, 0.0), weight)
        self.literals = tuple(dict.fromkeys(literals))
        self.pointed = tuple(_literals(last)) if task and "every" not in _asks(last) else ()
        self.threshold = _THRESHOLD * (1.0 + min(1.0, max(0.0, len(query) / _LONG_TASK - 0.5)))
        self.asks = _asks(asking(query))
        names_some = max(weights.values(), default=0.0) >= _NAMES
        self.specific = names_some or bool(self.asks - {"every", "last", "first"})
        self.named = _heaviest({text: weight for text, weight in weights.items() if weight >= _THRESHOLD})
        self.wording = " ".join(query.lower().split())
        self._weights = weights
        self._arguments = arguments
        self._terms: tuple[Term, ...] | None = None

    @property
    def terms(self) -> tuple[Term, ...]:
        """All that is looked for, the heaviest first: `named`, and what counts less, the call's arguments among it."""
        if self._terms is None:  # half of the work, and often nobody asks
            weights = dict(self._weights)
            for value in _argument_values(self._arguments):
                for text, weight in _weigh(value, ()):
                    weights[text] = max(weights.get(text, 0.0), round(weight * _ARGUMENT_SHARE, 4))
            self._terms = _heaviest(weights)
        return self._terms

    @staticmethod
    def from_hints(hints: Hints) -> Relevance:
        """Read the question of a block; the call's own arguments count little and never make it specific."""
        return _read(hints)

    def telling_apart(self, lowered: Sequence[str]) -> Relevance:
        """The question without the terms that nearly all of these texts hold, in lower case: a path that all stand under."""
        most = _NEARLY_ALL * len(lowered)
        joined = "\n".join(lowered)
        # A term that is rare in all of them together need not be looked for in each.
        left = frozenset(
            term.text
            for term in self.terms
            if joined.count(term.text) < most or sum([term.text in text for text in lowered]) < most
        )
        if len(left) == len(self.terms) or len(lowered) < _TO_COMPARE:
            return self
        rarer = copy(self)
        rarer._terms = tuple(term for term in self.terms if term.text in left)
        rarer.named = tuple(term for term in self.named if term.text in left)
        return rarer

    def score(self, text: str) -> float:
        """0 (nothing to do with the question) .. 1 (surely what it is about)."""
        return self.score_lowered(text.lower())

    def score_lowered(self, lowered: str) -> float:
        """Do as `score`, with a text that is in lower case already."""
        miss = 1.0
        for term in self.terms:
            if term.text in lowered:
                share = 1.0 if stands(lowered, term.text) else _inside(term.text)
                miss *= 1.0 - term.weight * share
        return 1.0 - miss

    def score_near(self, lines: Sequence[str], reach: int) -> dict[int, float]:
        """Score each line that holds a term by all the terms within ``reach`` lines of it, 0..1; other lines are absent.

        Three words of a question close together say more than one of them often.
        """
        searched = WordSearch(_lowered(lines))
        found: list[tuple[float, list[int]]] = []
        for term in self.terms:
            if term.text not in searched.text:
                continue
            hits = [row for row, _ in searched.words(term.text)] or _bent(searched, term.text)
            if hits and (weight := term.weight * _rarity(len(hits), len(lines))) > 0:
                found.append((weight, hits))
        rows = sorted({row for _, hits in found for row in hits})
        misses = [1.0] * len(rows)
        for weight, hits in found:
            behind = 0
            for hit in hits:
                first = bisect_left(rows, hit - reach, behind)
                behind = bisect_right(rows, hit + reach, first)
                for at in range(first, behind):
                    misses[at] *= 1.0 - weight
        return {row: 1.0 - miss for row, miss in zip(rows, misses, strict=True)}

    def score_lines(self, lines: Sequence[str]) -> list[float]:
        """Score each line, 0..1, where a term that most lines hold counts for little, as in BM25's inverse frequency."""
        scores = [0.0] * len(lines)
        if not self.terms or not lines:
            return scores
        joined = "\n".join(lines)
        if joined.count("\n") >= len(lines):
            joined = "\n".join(line.replace("\n", "\0") for line in lines)
        searched = WordSearch(joined.lower())
        for term in self.terms:
            hits = _presences(searched, term.text)
            rarity = _rarity(len(hits), len(lines))
            for row, share in hits:
                scores[row] = 1.0 - (1.0 - scores[row]) * (1.0 - term.weight * share * rarity)
        return scores


def asking(query: str) -> str:
    """The part of a query that asks: a question right before the call is what it is for, whatever the task asks besides."""
    task, _, last = query.strip().rpartition("\n")
    return last if task and (len(query) > _LONG_TASK or _QUESTION.search(last)) else query


def _lowered(lines: Sequence[str]) -> str:
    """Return the lines as one text in lower case, letter for letter."""
    text = "\n".join(lines)
    if text.isascii():
        return text.lower()
    if "\u0130" in text:  # would be two letters
        return text.replace("\u0130", "I").lower()
    return "\n".join(map(str.lower, lines))  # most lines are ASCII, of which Python makes short work


def _heaviest(weights: Mapping[str, float]) -> tuple[Term, ...]:
    found = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:MAX_TERMS]
    return tuple(Term(text, weight) for text, weight in found)


def _asks(text: str) -> frozenset[str]:
    """What is wanted in general. Most words are not there, which is seen faster than what stands there."""
    lowered = text.lower() if text.isascii() else None
    return frozenset(
        name
        for name, stems, pattern in _ASKS
        if (lowered is None or any(stem in lowered for stem in stems)) and pattern.search(text)
    )


@once
def _read(hints: Hints) -> Relevance:
    return Relevance(f"{hints.query} {hints.lately}" if hints.lately else hints.query, hints.arguments)


def _rarity(holding: int, total: int) -> float:
    """1 for a term on up to three lines, 0 for one on every line, falling with the logarithm between."""
    if holding <= 3:
        return 1.0
    return max(0.0, log(total / holding) / log(total / 3)) if total > 3 else 0.0


def _bent(searched: WordSearch, term: str) -> list[int]:
    """Rows with another form of a plain word, where it stands nowhere itself: "Returns" for "return"."""
    if len(term) < _INSIDE_CHARS or not term.isalpha():
        return []
    form = bent(term)
    return [row for row, _ in searched.rows(term) if form.search(searched.lines()[row])]


def _presences(searched: WordSearch, term: str) -> list[tuple[int, float]]:
    """Each line that holds the term, by its row, with 1 if it stands there as a word of its own, else `_INSIDE_WORD`.

    A term of fewer than four characters counts as a word only.
    """
    if term not in searched.text:
        return []
    if term.isascii() and term.replace("_", "a").isalnum() and len(searched.lines()) <= _FEW_LINES:
        found = searched.plain_rows(term)
    elif overlaps_itself(term):
        lines = searched.lines()
        found = [(row, stands(lines[row], term)) for row, _ in searched.rows(term)]
    elif not _inside(term):
        return [(row, 1.0) for row, _ in searched.words(term)]
    else:
        found = list(searched.rows(term))
    inside = _inside(term)
    return [(row, share) for row, whole in found if (share := 1.0 if whole else inside)]


def _inside(term: str) -> float:
    return _INSIDE_WORD if len(term) >= _INSIDE_CHARS else 0.0


def _literals(query: str) -> Iterator[str]:
    for match in _QUOTED.finditer(query):
        literal = next(group for group in match.groups() if group is not None).strip()
        # Nobody puts backticks around a word that is not meant: a function may well be called `value` or `find`.
        if literal and (match[1] is not None or literal.lower() not in PLAIN):
            yield literal


def _weigh(query: str, literals: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Yield each term with the highest weight it earns.

    Of many names, and of many plain words, each says less: a task of a page meets any text somewhere by chance.
    """
    names: dict[str, float] = {}
    words: dict[str, float] = {}

    def add(weights: dict[str, float], text: str, weight: float) -> None:
        text = text.lower().strip()
        if text and weight > weights.get(text, 0.0):
            weights[text] = weight

    for literal in literals:
        add(names, literal, _LITERAL if len(literal) > 1 else _PART_WEIGHT)
    for day in days_told(query):
        add(names, day, _DAY)
    for route in _ROUTE.findall(query) if "/" in query else ():
        add(names, route.rstrip(".:!?"), _IDENTIFIER)
    query = _SHORT_FORM.sub(" ", query)
    previous: tuple[str, int] | None = None
    found: set[str] = set(names)
    plain: set[str] = set()
    for match in _TOKEN.finditer(query):
        token = match.group().rstrip(".:=-/")
        word = token.lower()
        called = query.startswith("()", match.end())
        if not word or (word in PLAIN and not called):
            previous = None
            continue
        weight = _IDENTIFIER if called else _token_weight(token, word, query, match.start())
        kind = names if weight >= _STRONG else words
        (found if weight >= _STRONG else plain).add(word)
        if weight > kind.get(word, 0.0):
            kind[word] = weight
        if token == word and word.isascii() and word.isalpha():  # most are, and have no parts
            if singular := singular_of(word):
                add(kind, singular, _SINGULAR)
        else:
            for text, part in _pieces(token, word):
                add(kind, text, part)
        if previous is not None and query[previous[1] : match.start()] in {" ", " = ", "="}:
            add(words, f"{previous[0]} {token}", _PHRASE)
        previous = (token, match.end())
    for weights, share in ((words, _share(len(plain), _FEW_WORDS)), (names, _share(len(found), _FEW_NAMES))):
        for text, weight in weights.items():
            yield text, round(weight * share, 4)


def _share(count: int, few: int) -> float:
    return 1.0 if count <= few else sqrt(few / count)


def _token_weight(token: str, word: str, query: str, at: int) -> float:
    """Weigh a token that stands at a place of the query; ``word`` is the token in lower case."""
    if not token.isalpha():
        digits = sum(map(str.isdigit, token))
        if digits == len(token):
            return {1: 0.1, 2: 0.15, 3: 0.4}.get(digits, 0.8)
        if digits == len(token) - 1 and "." in token:  # prices and measures meet by chance, coordinates do not
            return 0.4 if digits < 6 else 0.8
        if digits and len(token) >= 3:
            return _IDENTIFIER
        if not token.isalnum():  # path, dotted name, snake case, kebab case
            return _IDENTIFIER if len(token) > 3 else 0.5
    if token != word and token[1:] != token[1:].lower() and token.upper() != token:  # camel case
        return _IDENTIFIER
    if len(token) < 3:
        return _PART_WEIGHT
    if token[0].isupper() and not _starts_sentence(query, at):
        return 0.5
    return 0.45 if len(token) >= 8 else 0.35


def _starts_sentence(query: str, at: int) -> bool:
    while at and query[at - 1].isspace():
        at -= 1
    return not at or query[at - 1] in ".!?:;"


def _pieces(token: str, word: str) -> Iterator[tuple[str, float]]:
    """Tails and parts of a compound: ``pull_request.node_id`` gives ``node_id``, ``pull``, ``request``, ``node``.

    ``word`` is the token in lower case.
    """
    if "." in token or "/" in token or ":" in token or "#" in token:
        for separator in "./:#":
            head, found, tail = token.partition(separator)
            if found and len(tail) > 2 and len(head) > 1 and not head.isdigit():
                yield tail, _TAIL
            last = token.rpartition(separator)[2]
            if found and len(last) > 2 and not last.isdigit():
                yield last, _TAIL
    if not (word.isascii() and word.isalpha() and token[1:] == word[1:]):  # a plain word is one part
        parts = words_of_token(token)
        if len(parts) > 1:
            for part in parts:
                if len(part) > 2 and part.lower() not in PLAIN and not part.isdigit():
                    yield part, _PART_WEIGHT
    if word.isalpha() and (singular := singular_of(word)):
        yield singular, _SINGULAR


def _argument_values(arguments: str) -> Iterator[str]:
    """Strings in the call's arguments; JSON keys say nothing."""
    if not arguments:
        return
    try:
        todo: list[object] = [json.loads(arguments)]
    except (ValueError, RecursionError):
        yield arguments[:MAX_QUERY_CHARS]
        return
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            yield value[:MAX_QUERY_CHARS]
        elif isinstance(value, list):
            todo.extend(reversed(value))
        elif isinstance(value, dict):
            todo.extend(reversed(value.values()))
