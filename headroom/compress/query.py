"""How much a piece of text has to do with the question, by where what it names stands: a plain search, and no model."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from math import log
from typing import TYPE_CHECKING, NamedTuple

from headroom.compress.asks import LONG_TASK, asking, general_asks
from headroom.compress.once import once
from headroom.compress.query_terms import FEW_NAMES, MAX_QUERY_CHARS, argument_values, literals_of, weigh
from headroom.compress.word_forms import bent
from headroom.compress.word_search import WordSearch, overlaps_itself, searching, stands

if TYPE_CHECKING:
    from headroom.compress.rendition import Hints

MAX_TERMS = 40
"""Terms looked for, the heaviest first: bounds the work to terms x text."""

_ARGUMENT_SHARE = 0.3
_INSIDE_WORD = 0.4
_INSIDE_CHARS = 4
_NAMES = 0.2
"""A question is specific when its heaviest term has this weight at least."""
_THRESHOLD = 0.3
_NEARLY_ALL = 0.8
_TO_COMPARE = 4
_FEW_LINES = 256
"""Up to so many lines are each looked into; of more, the few that hold a term are found sooner in the whole text."""

_OWN_STEP = re.compile(
    r"^[*#> \t-]{0,6}+(?:step|task|phase|part) #?\d{1,3}+(?: ?(?:of|/) ?\d{1,3}+)?(?:[.:)]\**|\** ?[-–—])[ \t]+",
    re.IGNORECASE | re.MULTILINE,
)
"""How who works through a task numbers what is done next, ``**Step 3:** ``, which names nothing."""


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
    ``wording`` is the question in lower case, with one blank between words; ``last_line`` its last line, so written.
    ``named`` are the terms that name something, of weight 0.3 at least; what stands in the arguments alone never does.
    ``threshold`` is the score from which on a text may be taken for what is asked about; higher after a long task.
    """

    __slots__ = (
        *("_arguments", "_terms", "_weights", "asks", "literals"),
        *("named", "pointed", "specific", "threshold", "wording", "last_line"),
    )

    def __init__(self, query: str, arguments: str = "") -> None:
        query = _OWN_STEP.sub("", query[-MAX_QUERY_CHARS:])
        if arguments:
            query = query.replace(arguments, " ")
        # The last line is what was said right before the call; the rest is the task, which may be long.
        task, _, last = query.strip().rpartition("\n")
        literals: list[str] = []
        weights: dict[str, float] = {}
        for part in (task, last):
            quoted = list(dict.fromkeys(literals_of(part)))
            literals.extend(quoted if len(quoted) <= FEW_NAMES else ())
            for text, weight in weigh(part, quoted):
                weights[text] = max(weights.get(text, 0.0), weight)
        self.literals = tuple(dict.fromkeys(literals))
        self.pointed = tuple(literals_of(last)) if task and "every" not in general_asks(last) else ()
        self.threshold = _THRESHOLD * (1.0 + min(1.0, max(0.0, len(query) / LONG_TASK - 0.5)))
        self.asks = general_asks(asking(query))
        names_some = max(weights.values(), default=0.0) >= _NAMES
        self.specific = names_some or bool(self.asks - {"every", "last", "first"})
        self.named = _heaviest({text: weight for text, weight in weights.items() if weight >= _THRESHOLD})
        self.wording = " ".join(query.lower().split())
        self.last_line = " ".join(last.lower().split())
        self._weights = weights
        self._arguments = arguments
        self._terms: tuple[Term, ...] | None = None

    @property
    def terms(self) -> tuple[Term, ...]:
        """All that is looked for, the heaviest first: `named`, and what counts less, the call's arguments among it."""
        if self._terms is None:  # half of the work, and often nobody asks
            weights = dict(self._weights)
            for text, weight in _told_by(self._arguments):
                weights[text] = max(weights.get(text, 0.0), weight)
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

    def only(self, wanted: Callable[[Term], bool]) -> Relevance:
        """The question with no more than the wanted ones of the terms that it says itself: nothing of the arguments."""
        fewer = copy(self)
        fewer._terms = tuple(term for term in self.terms if term.text in self._weights and wanted(term))
        fewer.named = tuple(term for term in self.named if wanted(term))
        return fewer

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
        searched = searching(joined)
        for term in self.terms:
            hits = _presences((searched, term.text))
            rarity = _rarity(len(hits), len(lines))
            for row, share in hits:
                scores[row] = 1.0 - (1.0 - scores[row]) * (1.0 - term.weight * share * rarity)
        return scores


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


@once
def _told_by(arguments: str) -> list[tuple[str, float]]:
    """What a call's arguments say, and how much it counts; the same for each question in a question."""
    found = [term for value in argument_values(arguments) for term in weigh(value, ())]
    return [(text, round(weight * _ARGUMENT_SHARE, 4)) for text, weight in found]


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


@once
def _presences(search: tuple[WordSearch, str]) -> list[tuple[int, float]]:
    """Each line that holds the term, by its row, with 1 if it stands there as a word of its own, else `_INSIDE_WORD`.

    A term of fewer than four characters counts as a word only.
    """
    searched, term = search
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
