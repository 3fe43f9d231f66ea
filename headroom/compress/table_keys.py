"""Records that a question tells by their key: by a part of it, as ``pydantic`` of a list of packages, or by one of another piece."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from headroom.compress.columns import NUMBER, TEXT, Column
from headroom.compress.plain_words import is_plain
from headroom.compress.table_answered import LIKELY
from headroom.compress.table_values import Named

_PART = re.compile(r"[^\W_]+(?:\.[^\W_]+)*")
_FEW = 5
"""Of so many records at most a part of the key is the name."""
_FEW_NAMED = 8
"""More things than these are not all of one name."""


def likelier(columns: Sequence[Column], conditions: Sequence[Named]) -> list[Named]:
    """Conditions of a question for what stands in some column, with those on keys as likely as names are.

    The key is the first column of words, where each record has its own.
    """
    index = next((index for index, column in enumerate(columns) if column.kind == TEXT), -1)
    if index < 0 or columns[index].distinct < len(columns[index].cells):
        return list(conditions)
    return [_of_key(named, index, columns[index].cells) for named in conditions]


def _of_key(named: Named, index: int, cells: Sequence[str]) -> Named:
    if named.sureness >= LIKELY or named.column not in {-1, index} or is_plain(named.value):
        return named
    if named.column == -1:
        parts = [_PART.findall(cells[row].lower()) for row in named.rows]
        if len(parts) > _FEW or not all(named.value in part for part in parts):
            return named
    return replace(named, column=index, sureness=LIKELY)


def placed(columns: Sequence[Column], conditions: Sequence[Named]) -> list[Named]:
    """Conditions with those as likely as names are whose plain word is the name of something in one column.

    It may have a place before it, or a number or a version behind it: ``shop/worker``, ``nginx:1.25``, ``billing-7f9c``.
    """
    return [_of_name(named, columns) for named in conditions]


def _of_name(named: Named, columns: Sequence[Column]) -> Named:
    if named.column >= 0 or named.sureness >= LIKELY or len(named.rows) > _FEW_NAMED:
        return named
    found = [
        index
        for index, column in enumerate(columns)
        if column.kind != NUMBER and any(named.value in column.cells[row].lower() for row in named.rows)
    ]
    name = re.compile(rf"(?:\S*[/@])?{re.escape(named.value)}(?:[-_.:@/]\S*)?")
    if len(found) != 1 or not all(name.fullmatch(columns[found[0]].cells[row].lower()) for row in named.rows):
        return named
    return replace(named, column=found[0], sureness=LIKELY)
