"""How many records of a table hold each value of the columns that have a few: in one line nobody counts hundreds of cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from headroom.compress.json_cells import ABSENT
from headroom.compress.json_columns import Table
from headroom.compress.json_schema import Field, leaves

_MANY = 40
"""Rows from which values are counted."""
_VALUES = 6
_SHARE = 0.012
"""Part of the table that the counts may take; so much of a small one:"""
_LEAST = 60
_LEAST_HIDDEN = 120
"""The same for values behind marks, of what marks spare at the most:"""
_SPARED_SHARE = 0.03
_ABSENT_SHARE = 0.75
_PLAIN = re.compile(r"[^\W\d][\w./+ -]{0,31}")
_NUMBER = re.compile(r"\d{1,5}")
_NAME = re.compile(r"[^\[\]{}\"\n;]{1,40}")
_WORDS = frozenset(("true", "false", "null", ABSENT))
_FLAGS = frozenset(("true", "false", "t", "f", "yes", "no", "y", "n", "null", "", "-"))
_SEEN = 3
"""Characters of a value that a mark may hide: no shorter one is worth a mark."""


def told(table: Table, size: int) -> str:
    """``of 350 rows: state 281 × delivered, 69 × in_transit``, exact, for a table of ``size`` characters; empty for a short one.

    Columns of words come first, then those of true, false and null, then numbers; of a sort those that are told soonest.
    """
    if table.count < _MANY:
        return ""
    columns = [
        (path, None if field.kind != "cell" or field.in_tail else _of_json(field.values))
        for path, field in leaves(_whole(table.fields))
        if '"' not in path
    ]
    chosen = _fitting(columns, max(_LEAST, int(_SHARE * size)))
    return f"of {table.count} rows: {chosen}" if chosen else ""


def of_cells(names: Sequence[str], columns: Sequence[Sequence[str]], size: int) -> str:
    """``state 281 × delivered, 69 × open`` for columns of bare cells, likewise; without the number of rows."""
    if not columns or len(columns[0]) < _MANY:
        return ""
    counted = [(name, _of_bare(cells)) for name, cells in zip(names, columns, strict=True) if _NAME.fullmatch(name)]
    return _fitting(counted, max(_LEAST, int(_SHARE * size)))


def of_hidden(names: Sequence[str], columns: Sequence[Sequence[str]], text: str, shown: str) -> str:
    """The same of those values alone that stand behind marks in ``shown``, what ``text`` has become.

    The column with the most of them comes first; of that one the commonest values may be all that is told.
    """
    if not columns or len(columns[0]) < _MANY:
        return ""
    counted = [
        (name, found)
        for name, cells in zip(names, columns, strict=True)
        if _NAME.fullmatch(name) and (found := _hidden(_of_bare(cells), text, shown)) is not None
    ]
    if not counted:
        return ""
    counted.sort(key=lambda told: -sum([count for _, count in told[1][1]]))
    room = int(min(max(_LEAST_HIDDEN, _SHARE * len(text)), _SPARED_SHARE * (len(text) - len(shown))))
    name, (rank, counts) = counted[0]
    while len(counts) > 1 and len(_said(name, counts)) > room:
        counts = counts[:-1]
    counted[0] = name, (rank, counts)
    return _fitting(counted, room, soonest=False)


type _Counts = tuple[int, Sequence[tuple[str, int]]]
"""The rank of a column, and its values with their counts."""


def _fitting(columns: Iterable[tuple[str, _Counts | None]], room: int, *, soonest: bool = True) -> str:
    """The columns that fit in so many characters, in their order; of a rank those told ``soonest`` are chosen first."""
    listed = [
        (rank, place, _said(name, counts))
        for place, (name, found) in enumerate(columns)
        if found is not None
        for rank, counts in [found]
    ]
    chosen: list[tuple[int, str]] = []
    for _, place, text in sorted(listed, key=lambda told: (told[0], soonest * len(told[2]), told[1])):
        if len(text) <= room:
            room -= len(text)
            chosen.append((place, text))
    return " / ".join(text for _, text in sorted(chosen))


def _said(name: str, counts: Sequence[tuple[str, int]]) -> str:
    return f"{name} {', '.join(f'{count} × {label}' for label, count in counts)}"


def _whole(fields: Sequence[Field]) -> tuple[Field, ...]:
    """The fields that hold all the values of their key: one with objects in other columns has blanks that are no absence."""
    names = Counter([field.name for field in fields])
    kept = [field for field in fields if names[field.name] == 1]
    return tuple([replace(field, fields=_whole(field.fields)) if field.fields else field for field in kept])


def _of_json(values: Sequence[str]) -> _Counts | None:
    """The values of a column of JSON's tokens; None where these are many, or are no plain words."""
    if not 2 <= len(different := set(values)) <= _VALUES:
        return None
    strings = different - _WORDS
    if strings and all(value[0] == '"' and _PLAIN.fullmatch(value, 1, len(value) - 1) for value in strings):
        rank = 0
    elif not strings:
        rank = 1
    elif all(map(_NUMBER.fullmatch, strings)):
        rank = 2
    else:
        return None
    counts = Counter(values).most_common()
    if counts[0][0] == ABSENT and counts[0][1] > _ABSENT_SHARE * len(values):
        return None  # the few that have it are easily seen
    labels = [value.strip('"') or "absent" for value, _ in counts]
    if len(set(labels)) < len(labels):
        return None  # null and "null"
    return rank, [(label, count) for label, (_, count) in zip(labels, counts, strict=True)]


def _of_bare(values: Sequence[str]) -> _Counts | None:
    if not 2 <= len(different := set(values)) <= _VALUES:
        return None
    words = {value for value in different if value.lower() not in _FLAGS}
    if not words:
        rank = 1
    elif all(map(_PLAIN.fullmatch, words)):
        rank = 0
    elif all(map(_NUMBER.fullmatch, words)):
        rank = 2
    else:
        return None
    counts = Counter(values).most_common()
    if not counts[0][0] and counts[0][1] > _ABSENT_SHARE * len(values):
        return None
    labels = [value or "empty" for value, _ in counts]
    if len(set(labels)) < len(labels):
        return None
    return rank, [(label, count) for label, (_, count) in zip(labels, counts, strict=True)]


def _hidden(counts: _Counts | None, text: str, shown: str) -> _Counts | None:
    """Those of the values that stand less often in ``shown`` than in ``text``."""
    if counts is None:
        return None
    hidden = [
        (label, count) for label, count in counts[1] if len(label) >= _SEEN and shown.count(label) < text.count(label)
    ]
    return (counts[0], hidden) if hidden else None
