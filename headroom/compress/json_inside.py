"""Columns inside the cells of a JSON table: what the one object says that an array holds in nearly each record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import msgspec

from headroom.compress.columns import Column, describe
from headroom.compress.json_schema import Field, leaves

_SHARE = 0.9
"""Part of the records of which the array must have one object."""
_DEPTH = 3
_MOST = 60
"""Columns that are looked at."""


def columns_inside(fields: Sequence[Field]) -> list[Column]:
    """Columns of values within arrays of one object; none of those that never change."""
    found: list[Column] = []
    for path, field in leaves(fields):
        values = field.values
        if field.kind != "cell" or sum(value[:2] == "[{" for value in values) < _SHARE * len(values):
            continue
        objects = list(map(_only, values))
        if len(objects) - objects.count({}) < _SHARE * len(objects):
            continue
        flat = [dict(_leaves(found, path, 0)) for found in objects]
        for name in list(dict.fromkeys(chain.from_iterable(flat)))[:_MOST]:
            cells = [cells.get(name, "") for cells in flat]
            if cells.count(cells[0]) < len(cells):
                found.append(describe(name, cells))
    return found


def _only(value: str) -> dict[str, object]:
    """The object that is all of an array; an empty one where there are more, or none."""
    if value[:2] != "[{":
        return {}
    array = msgspec.json.decode(value)
    return array[0] if len(array) == 1 and isinstance(array[0], dict) else {}


def _leaves(value: dict[str, object], path: str, depth: int) -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        if isinstance(inner, dict):
            if depth < _DEPTH:
                yield from _leaves(inner, f"{path}.{key}", depth + 1)
        elif isinstance(inner, bool):
            yield f"{path}.{key}", "true" if inner else "false"
        elif isinstance(inner, str | int | float):
            yield f"{path}.{key}", str(inner)
