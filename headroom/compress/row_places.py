"""Where the rows of a JSON array stand in the text that was sent: in which lines, or from which character on."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace

from headroom.compress import json_layout, json_raw
from headroom.compress.framing import frame
from headroom.compress.json_layout import Layout
from headroom.compress.rendition import Gap
from headroom.compress.tool_words import said_around

type Places = Callable[[int, int], tuple[int, int, str]]
"""From the first and the last row, counted from 0, to the first and the last unit, counted from 1, and the unit."""


def source_places(text: str, layout: Layout | None, body: str, array: str) -> Places | None:
    """Where elements of an array in the minified body are in the source: by lines, or by characters where lines are few."""
    if layout is not None and layout.ascii:
        return None
    start = body.find(array)
    if start < 0:  # inside a string
        return None
    spans = json_raw.element_spans(array)
    offsets = json_layout.source_offsets(text, [start + edge for span in spans for edge in (span[0], span[1] - 1)])
    if len(offsets) != 2 * len(spans):
        return None
    breaks = [match.start() for match in re.finditer("\n", text)]
    if len(breaks) < len(spans):
        return lambda first, last: (offsets[2 * first] + 1, offsets[2 * last + 1] + 1, "chars")
    return lambda first, last: (
        bisect_left(breaks, offsets[2 * first]) + 1,
        bisect_left(breaks, offsets[2 * last + 1]) + 1,
        "lines",
    )


def gaps_in_source(text: str, pieces: Sequence[str | Gap]) -> list[str | Gap] | None:
    """Count gaps that are counted in rows of the text's array in lines or characters of the text; None where that fails.

    For a reader of a text from which the rows can't be told, such as one that was cut off.
    """
    if not any(isinstance(piece, Gap) and piece.unit == "rows" for piece in pieces):
        return list(pieces)
    core, above = text, ""
    while (place := _places_of_rows(core)) is None:
        framed = said_around(core) or frame(core)
        if framed is None:
            return None
        core, above = framed.core, above + framed.head
    shifts = {"lines": above.count("\n"), "chars": len(above)}
    out: list[str | Gap] = []
    for piece in pieces:
        if isinstance(piece, Gap) and piece.unit == "rows":
            first, last, unit = place(piece.first - 1, piece.last - 1)
            out.append(replace(piece, first=first + shifts[unit], last=last + shifts[unit], unit=unit))
        else:
            out.append(piece)
    return out


def _places_of_rows(text: str) -> Places | None:
    """Tell where rows of the text's array stand in it; None where it has none."""
    body = json_layout.minify(text.strip("\ufeff \t\r\n")) or ""  # offsets are counted in the source's own spelling
    if body[:1] == "{":
        arrays = [value for value in (json_raw.members(body) or {}).values() if value[0] == "["]
        return source_places(text, None, body, max(arrays, key=len)) if arrays else None
    return source_places(text, None, body, body) if body else None
