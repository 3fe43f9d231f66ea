"""Cells of many hundred characters: beginning and end stay, with a gap that says which characters of the source went."""

from __future__ import annotations

from collections.abc import Sequence

from headroom.compress.folding import escape
from headroom.compress.rendition import Gap

LONG = 600
"""Characters; shorter cells are never cut."""
_HEAD = 320
_TAIL = 160


def shorten(row: str, cells: Sequence[str], source: str) -> list[str | Gap]:
    """Cut the long ones among ``cells``, which stand in ``row`` in this order and verbatim in ``source``.

    The result ends with a newline. What can't be found in the source stays whole.
    """
    out: list[str | Gap] = []
    start = 0
    for cell in cells:
        if len(cell) <= LONG:
            continue
        at = row.find(cell, start)
        place = source.find(cell) if at >= 0 else -1
        if place < 0:
            continue
        head = _off_escape(cell, _HEAD, -1)
        tail = _off_escape(cell, len(cell) - _TAIL, 1)
        out.append(_safe(row[start : at + head], start) + "\n")
        out.append(Gap(place + head + 1, place + tail, "chars"))
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
