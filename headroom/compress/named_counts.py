"""How many lines hold a word of the question, and what they differ in, where they are too many to show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from headroom.compress.folding import SIGIL
from headroom.compress.once import lines_of
from headroom.compress.word_search import WordSearch, searching

_TERMS = 2
"""Words of the question that are counted."""
_SHARE = 0.25
"""What a larger share of the lines holds says nothing of which ones are meant."""
_COMPARED = 4_000
"""Lines up to which is looked at what they differ in."""
_VALUES = 6
_WORD = re.compile(r"[^\W_]{2}")
_COLUMNS = 4
_TOKENS = 40
_VALUE_CHARS = 40


def told(terms: Sequence[str], text: str) -> list[str]:
    """Summary lines for the first few terms, in lower case: on how many lines each is a word of its own, exactly."""
    if not terms:
        return []
    searched = searching(text) if text.isascii() else WordSearch(text.lower())
    most = _SHARE * (len(lines_of(text)) - 1)
    out: list[str] = []
    for term in terms[:_TERMS]:
        if searched.text.count(term) <= most and (found := list(_lines(searched, term, text))):
            differ = "".join(f"; {values}" for values in _differences(found))
            out.append(f'{SIGIL}{len(found)} lines with "{term}"{differ}]')
    return out


def _lines(searched: WordSearch, term: str, source: str) -> Iterator[str]:
    """Lines of a text, in lower case, that hold the term as a word of its own."""
    if (short := searched.short_for(term)) is not None:
        lines = lines_of(source)
        yield from [lines[row].lower() for row in searched.rows_of([row for row, _ in short.words(term)])]
        return
    text = searched.text
    for _, at in searched.words(term):
        end = text.find("\n", at)
        yield text[text.rfind("\n", 0, at) + 1 : end if end >= 0 else len(text)]


def _differences(lines: Sequence[str]) -> list[str]:
    """How many of the lines hold each value of the columns that have a few, columns that divide the lines alike once.

    The columns are those of the lines of the commonest number of tokens; a value is counted in all.
    """
    if len(lines) > _COMPARED:
        return []
    rows = [line.split() for line in lines]
    (size, count), *_ = Counter(map(len, rows)).most_common(1)
    if 2 * count < len(lines):
        return []
    holds = Counter([token for row in rows for token in set(row)])
    out: list[str] = []
    told: set[tuple[int, ...]] = set()
    for column in zip(*(row[:_TOKENS] for row in rows if len(row) == size), strict=True):
        values = set(column)
        if not 1 < len(values) <= _VALUES or max(map(len, values)) > _VALUE_CHARS:
            continue
        numbers: dict[str, int] = {}
        parts = tuple([numbers.setdefault(value, len(numbers)) for value in column])
        listed = [value for value in values if holds[value] < len(lines) and _WORD.search(value)]
        if listed and parts not in told:
            told.add(parts)
            listed.sort(key=lambda value: (-holds[value], value))
            out.append(", ".join(f"{holds[value]} × {value}" for value in listed))
    return out[:_COLUMNS]
