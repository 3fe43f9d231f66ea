"""Records that a plain word means, as their key is called so, or a part of it is: ``pydantic`` of a list of packages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from headroom.compress.columns import TEXT, Column
from headroom.compress.plain_words import is_plain
from headroom.compress.table_answered import LIKELY
from headroom.compress.table_values import Named

_PART = re.compile(r"[^\W_]+(?:\.[^\W_]+)*")
_FEW = 5
"""Of so many records at most a part of the key is the name."""


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
