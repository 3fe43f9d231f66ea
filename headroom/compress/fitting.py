"""Which parts of a text fit a question that describes them and gives no name: by its words in their names and in their text."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from math import log

from headroom.compress.near_words import near_rows
from headroom.compress.plain_words import PLAIN
from headroom.compress.query import Relevance
from headroom.compress.word_forms import stem_of, words_of_identifier

_WORD_CHARS = 3
_MOST_ROWS = 400
"""A word on more rows is looked for no further."""
_NAMED = 1.0
"""What a word in the name of a part counts, by its rarity; in the text it is less than one, however often it stands there."""
_PLAIN_NAMED = 0.8
"""The same of a word of any sentence: in the name of a function "find" and "name" say something."""
_PLAIN_CHARS = 4
_LENGTH_SHARE = 0.75
"""How far the words of a long part are taken for chance."""
_CLOSE = 0.65
_LEAST = 0.8
"""A part that fits has at least a rare word in its name, or some in its text."""


def fitting(
    lines: Sequence[str], spans: Sequence[tuple[int, int]], names: Sequence[str], relevance: Relevance, most: int
) -> list[int]:
    """The ``most`` parts that fit best, and are not far behind the best of all; by their place in ``spans``, the best first.

    The spans are rows, first and last, ascending and apart. Other forms of a word count as the word, in a name the parts
    of an identifier, too. The rarer a word, the more.
    """
    words = [term.text for term in relevance.named if term.text.isalpha() and len(term.text) >= _WORD_CHARS]
    if not spans or not words:
        return []
    parts = [frozenset(stem_of(part.lower()) for part in words_of_identifier(name)) for name in names]
    scores = _scores(lines, spans, parts, words)
    told = {stem_of(word) for word in relevance.wording.split() if word in PLAIN and len(word) >= _PLAIN_CHARS}
    for stem in told if scores else ():
        named = [at for at, own in enumerate(parts) if stem in own]
        for at in named:
            if at in scores:
                scores[at] += _PLAIN_NAMED * _rarity(len(named), len(spans))
    least = max(_LEAST, _CLOSE * max(scores.values(), default=0.0))
    return sorted((at for at in scores if scores[at] >= least), key=lambda at: (-scores[at], at))[:most]


def _scores(
    lines: Sequence[str], spans: Sequence[tuple[int, int]], parts: Sequence[frozenset[str]], words: Sequence[str]
) -> dict[int, float]:
    text = "\n".join(lines).lower()
    firsts = [first for first, _ in spans]
    mean = sum(last - first + 1 for first, last in spans) / len(spans)
    scores: dict[int, float] = {}
    for word in words:
        held = _held(near_rows(text, word, _MOST_ROWS), spans, firsts)
        stem = stem_of(word)
        named = [at for at, own in enumerate(parts) if stem in own]
        rarity = _rarity(len(held.keys() | set(named)), len(spans))
        for at, count in held.items():
            length = (spans[at][1] - spans[at][0] + 1) / mean
            share = count / (count + 1 - _LENGTH_SHARE + _LENGTH_SHARE * length)
            scores[at] = scores.get(at, 0.0) + rarity * share
        for at in named:
            scores[at] = scores.get(at, 0.0) + rarity * _NAMED
    return scores


def _held(rows: Sequence[int], spans: Sequence[tuple[int, int]], firsts: Sequence[int]) -> Mapping[int, int]:
    """How many of the rows each span holds, without those that hold none."""
    return Counter(at for row in rows if (at := bisect_right(firsts, row) - 1) >= 0 and row <= spans[at][1])


def _rarity(holding: int, total: int) -> float:
    """1 for a word of one part, near 0 for one of all of many."""
    return log(1 + total / holding) / log(1 + total) if holding else 0.0
