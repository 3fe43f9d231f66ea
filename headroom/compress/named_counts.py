"""How many lines hold a word of the question, and what they differ in, where they are too many to show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

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
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W_]{2}")
_STAMP = re.compile(r"\W*(?:\d{1,4}[-/:](?:\d{1,2}|[a-z]{3})[-/:]\d{1,4}(?!\d)|\d{10}(?:\d{3})?(?![\w-]))")
"""When a line was written, which is nothing that lines are told apart by."""
_OFTEN_VALUES = 200
_EACH_OFTEN = 3
_MOST = 5
_OFTEN_COLUMNS = 2
"""Columns of up to so many values, of so many lines each on the average, tell where most of them are from: so many values."""
_COLUMNS = 4
_TOKENS = 40
_VALUE_CHARS = 40


def told(terms: Sequence[str], text: str, *, often: bool = False) -> list[str]:
    """Summary lines for the first few terms, in lower case: on how many lines each is a word of its own, exactly.

    With ``often`` the question is for what comes up most.
    """
    if not terms:
        return []
    searched = searching(text) if text.isascii() else WordSearch(text.lower())
    most = (1.0 if often else _SHARE) * (len(lines_of(text)) - 1)
    out: list[str] = []
    for place, term in enumerate(terms[:_TERMS]):
        if searched.text.count(term) <= most and (found := list(_lines(searched, term, text))):
            said = any(term in longer for longer in terms[:place])
            differ = "".join(f"; {values}" for values in (() if said else _differences(found, often=often)))
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


def _differences(lines: Sequence[str], *, often: bool) -> list[str]:
    """How many of the lines hold each value of the columns that have a few, columns that divide the lines alike once.

    The columns are those of the lines of the commonest number of tokens; a value is counted in all. With ``often`` the
    most frequent values of a few columns with many are told, too.
    """
    if len(lines) > _COMPARED:
        return []
    rows = [line.split() for line in lines]
    (size, count), *_ = Counter(map(len, rows)).most_common(1)
    if 2 * count < len(lines):
        return []
    holds = Counter([token for row in rows for token in set(row)])
    out: list[str] = []
    many: list[str] = []
    told: set[tuple[int, ...]] = set()
    for column in zip(*(row[:_TOKENS] for row in rows if len(row) == size), strict=True):
        values = set(column)
        if len(values) == 1 or max(map(len, values)) > _VALUE_CHARS or _STAMP.match(column[0]):
            continue
        if len(values) > _VALUES:
            if often and len(values) <= min(_OFTEN_VALUES, len(column) // _EACH_OFTEN):
                many.append(_most(values, holds))
            continue
        numbers: dict[str, int] = {}
        parts = tuple([numbers.setdefault(value, len(numbers)) for value in column])
        listed = [value for value in values if holds[value] < len(lines) and _WORD.search(value)]
        if listed and parts not in told:
            told.add(parts)
            listed.sort(key=lambda value: (-holds[value], value))
            out.append(", ".join(f"{holds[value]} × {value}" for value in listed))
    return [*out[:_COLUMNS], *(f"most: {listed}" for listed in many[:_OFTEN_COLUMNS])]


def _most(values: Collection[str], holds: Counter[str]) -> str:
    """The most frequent of all tokens that are written like these, which may stand in other columns of longer lines."""
    forms = {_NUMBER.sub("0", value) for value in values}
    alike = [token for token in holds if _WORD.search(token) and _NUMBER.sub("0", token) in forms]
    alike.sort(key=lambda value: (-holds[value], value))
    return ", ".join(f"{holds[value]} × {value}" for value in alike[:_MOST])
