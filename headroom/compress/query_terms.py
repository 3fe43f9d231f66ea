"""What a question names: literals, identifiers, days and rare words, each with how surely a text that holds it is meant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from math import sqrt

from headroom.compress.dates import days_told
from headroom.compress.plain_words import PLAIN
from headroom.compress.word_forms import singular_of, words_of_token

MAX_QUERY_CHARS = 20_000
"""A longer query is cut to its last part, which holds the newest words."""
FEW_NAMES = 12
_FEW_WORDS = 8
"""Up to so many names, or plain words, each counts whole; of more, as the square root of their share."""

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
_STRONG = 0.6
"""A token of this weight is a name or an identifier, a lighter one a plain word."""


def literals_of(query: str) -> Iterator[str]:
    """Yield what the question quotes, verbatim."""
    for match in _QUOTED.finditer(query):
        literal = next(group for group in match.groups() if group is not None).strip()
        # Nobody puts backticks around a word that is not meant: a function may well be called `value` or `find`.
        if literal and (match[1] is not None or literal.lower() not in PLAIN):
            yield literal


def weigh(query: str, literals: Sequence[str]) -> Iterator[tuple[str, float]]:
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
    for weights, share in ((words, _share(len(plain), _FEW_WORDS)), (names, _share(len(found), FEW_NAMES))):
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


def argument_values(arguments: str) -> Iterator[str]:
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
