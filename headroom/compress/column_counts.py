"""How many records of a JSON table hold each value of the columns that have a few: in one line nobody counts hundreds of cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from headroom.compress.json_cells import ABSENT
from headroom.compress.json_records import Table
from headroom.compress.json_schema import Field, leaves

_MANY = 40
"""Rows from which values are counted."""
_VALUES = 6
_SHARE = 0.012
"""Part of the table that the counts may take; so much of a small one:"""
_LEAST = 60
_ABSENT_SHARE = 0.75
_STRING = re.compile(r'"[^\W\d][\w./+ -]{0,23}"')
_NUMBER = re.compile(r"\d{1,5}")
_WORDS = frozenset(("true", "false", "null", ABSENT))


def told(table: Table, size: int) -> str:
    """``of 350 rows: state 281 × delivered, 69 × in_transit``, exact, for a table of ``size`` characters; empty for a short one.

    Columns of words come first, then those of true, false and null, then numbers; of a sort those that are told soonest.
    """
    if table.count < _MANY:
        return ""
    room = max(_LEAST, int(_SHARE * size))
    ranked = sorted(
        (rank, len(listed), place, f"{path} {listed}")
        for place, (path, field) in enumerate(leaves(_whole(table.fields)))
        if '"' not in path and (found := _counts(field)) is not None
        for rank, listed in [found]
    )
    chosen: list[tuple[int, str]] = []
    for _, _, place, text in ranked:
        if len(text) <= room:
            room -= len(text)
            chosen.append((place, text))
    return f"of {table.count} rows: {' / '.join(text for _, text in sorted(chosen))}" if chosen else ""


def _whole(fields: Sequence[Field]) -> tuple[Field, ...]:
    """The fields that hold all the values of their key: one with objects in other columns has blanks that are no absence."""
    names = Counter([field.name for field in fields])
    kept = [field for field in fields if names[field.name] == 1]
    return tuple([replace(field, fields=_whole(field.fields)) if field.fields else field for field in kept])


def _counts(field: Field) -> tuple[int, str] | None:
    """The rank of a column and its values with their counts; None where these are many, or are no plain words."""
    if field.kind != "cell" or field.in_tail or len(values := set(field.values)) > _VALUES or len(values) < 2:
        return None
    strings = values - _WORDS
    if strings and all(map(_STRING.fullmatch, strings)):
        rank = 0
    elif not strings:
        rank = 1
    elif all(map(_NUMBER.fullmatch, strings)):
        rank = 2
    else:
        return None
    counts = Counter(field.values).most_common()
    if counts[0][0] == ABSENT and counts[0][1] > _ABSENT_SHARE * len(field.values):
        return None  # the few that have it are easily seen
    labels = [value.strip('"') or "absent" for value, _ in counts]
    if len(set(labels)) < len(labels):
        return None  # null and "null"
    return rank, ", ".join(f"{count} × {label}" for label, (_, count) in zip(labels, counts, strict=True))
