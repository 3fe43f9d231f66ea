"""A text cut into units that can be asked for: lines, rows of JSON, or characters. Units count from 1."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from headroom.compress.framing import frame
from headroom.compress.tool_words import said_around
from headroom.errors import Unreadable
from headroom.wire.outline import BRACKET, Span, elements, members

Unit = Literal["lines", "rows", "chars"]

_LETTERS: dict[str, Unit] = {"l": "lines", "r": "rows", "i": "rows", "c": "chars"}
_RANGE = re.compile(r"([lric])?\s*+(\d{1,12})?\s*+(?:(-|\.\.|:|\u2013|to)\s*+([lric])?\s*+(\d{1,12})?)?", re.IGNORECASE)
_MOST_RANGES = 16


@dataclass(frozen=True, slots=True)
class Range:
    """Units ``first`` to ``last``, both included; ``last`` None means to the end."""

    unit: Unit
    first: int
    last: int | None


def ranges(text: str, unit: Unit) -> tuple[Range, ...]:
    """Read ``5-9, 20-``, with the markers' letters or without; what is no range is left out."""
    found: list[Range] = []
    for piece in text.split(",")[:_MOST_RANGES]:
        match = _RANGE.fullmatch(piece.strip().strip("()[]\"'"))
        if match is None or (match[2] is None and match[5] is None):
            continue
        first = int(match[2] or 1)
        last = int(match[5]) if match[5] else (None if match[3] else first)
        if last is not None and last < first:
            first, last = last, first
        found.append(Range(_LETTERS.get((match[1] or match[4] or "").lower(), unit), max(1, first), last))
    return tuple(found)


@dataclass(frozen=True)
class View:
    """One original text."""

    text: str
    _rows: list[str] | None = field(default=None, init=False)

    @cached_property
    def breaks(self) -> list[int]:
        """Offsets at which lines start."""
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    @cached_property
    def rows(self) -> list[str] | None:
        """The elements of the text's JSON array (the longest one, if it lies in an object), or None."""
        return json_rows(self.text)

    @property
    def line_count(self) -> int:
        """Lines, as an editor counts them: a newline at the very end begins no new one."""
        return len(self.breaks) - (1 if self.text.endswith("\n") and len(self.breaks) > 1 else 0)

    def count(self, unit: Unit) -> int:
        """How many units there are."""
        if unit == "chars":
            return len(self.text)
        if unit == "rows" and self.rows is not None:
            return len(self.rows)
        return self.line_count

    def line_of(self, offset: int) -> int:
        """The line in which an offset lies."""
        return min(bisect_right(self.breaks, offset), self.line_count)

    def cut(self, unit: Unit, first: int, last: int) -> str:
        """Units ``first`` to ``last``, verbatim; rows are printed one a line."""
        if unit == "chars":
            return self.text[first - 1 : last]
        if unit == "rows" and self.rows is not None:
            return "\n".join(self.rows[first - 1 : last])
        start = self.breaks[first - 1]
        end = self.breaks[last] if last < len(self.breaks) else len(self.text)
        return self.text[start:end]


def json_rows(text: str) -> list[str] | None:
    """The elements of a JSON array as their own source text, or None when there is no array to speak of.

    Words around the data do not count.
    """
    rows = _rows(text)
    if rows is None and (framed := said_around(text) or frame(text)) is not None:
        return json_rows(framed.core)
    return rows


def _rows(text: str) -> list[str] | None:
    body = text.strip()
    if body[:1] not in {"[", "{"}:
        return None
    try:
        raw = body.encode()
        span = (0, len(raw)) if raw[0] == BRACKET else _longest_array(raw)
        if span is None:
            return None
        return [raw[start:end].decode() for start, end in elements(raw, *span)]
    except (Unreadable, UnicodeError):
        return None


def _longest_array(raw: bytes) -> Span | None:
    arrays = [span for span in members(raw).values() if raw[span[0]] == BRACKET]
    return max(arrays, key=lambda span: span[1] - span[0], default=None)
