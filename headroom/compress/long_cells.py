"""Cells of many hundred characters: beginning and end stay, with a gap that says which characters of the source went."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from headroom.compress.folding import escape
from headroom.compress.rendition import Gap

Place = Callable[[str, int, int], tuple[int, int] | None]
"""Of a cell and an offset range in it: the first and the last of these characters in the source, from 1; None where it is not there."""
LONG = 600
"""Characters; shorter cells are never cut."""
_HEAD = 320
_TAIL = 160


def verbatim(source: str) -> Place:
    """Find cells that stand in the source as they are."""

    def place(cell: str, first: int, end: int) -> tuple[int, int] | None:
        at = source.find(cell)
        return (at + first + 1, at + end) if at >= 0 else None

    return place


def shorten(row: str, cells: Sequence[str], place: Place) -> list[str | Gap]:
    """Cut the long ones among ``cells``, which stand in ``row`` in this order.

    The result ends with a newline. What has no place in the source stays whole.
    """
    out: list[str | Gap] = []
    start = 0
    for cell in cells:
        if len(cell) <= LONG:
            continue
        at = row.find(cell, start)
        head = _off_escape(cell, _HEAD, -1)
        tail = _off_escape(cell, len(cell) - _TAIL, 1)
        placed = place(cell, head, tail) if at >= 0 else None
        if placed is None:
            continue
        out.append(_safe(row[start : at + head], start) + "\n")
        out.append(Gap(*placed, "chars"))
        start = at + tail
    out.append(_safe(row[start:], start) + "\n")
    return out


def _safe(text: str, start: int) -> str:
    """What comes behind a gap may begin like a marker of ours."""
    return escape(text) if start else text


def _off_escape(cell: str, at: int, step: int) -> int:
    while 0 < at < len(cell) and cell[at - 1] == "\\":
        at += step
    return at
