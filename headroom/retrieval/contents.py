"""A table of contents for an original in which a search found nothing: what there is, and where."""

from __future__ import annotations

import re

from headroom.retrieval.view import View

_VARYING = re.compile(r"0x[0-9a-fA-F]+|\b[0-9a-fA-F]{8,}\b|\d+")
_WIDTH = 110
_SECTIONS = 24
_SAMPLE = 20_000
"""Lines looked at for recurring shapes."""


def contents(view: View) -> str:
    """At most about 25 lines. Never empty."""
    if view.rows is not None and len(view.rows) > 1:
        rows = view.rows
        picks = sorted({0, len(rows) // 2, len(rows) - 1})
        return "\n".join(f"R{i + 1}: {_clip(rows[i])}" for i in picks)
    if view.line_count <= 1:
        step = max(1, len(view.text) // 8)
        starts = range(0, max(1, len(view.text)), step)
        return "\n".join(f"C{i + 1}: {_clip(view.text[i : i + _WIDTH])}" for i in starts)
    return _shapes(view) or _sections(view)


def _shapes(view: View) -> str:
    """Lines that differ only in numbers, counted; empty when that explains too little."""
    count = min(view.line_count, _SAMPLE)
    lines = view.text.split("\n", count)[:count]
    seen: dict[str, list[int]] = {}
    for number, line in enumerate(lines, 1):
        seen.setdefault(_VARYING.sub("0", line.strip()), []).append(number)
    often = sorted((n for n in seen.values() if len(n) > 1), key=lambda n: (-len(n), n[0]))[:_SECTIONS]
    if sum(map(len, often)) * 2 < count:
        return ""
    return "\n".join(
        f"{len(n):,}x in L{n[0]}-{n[-1]}: {_clip(lines[n[0] - 1])}" for n in sorted(often, key=lambda n: n[0])
    )


def _sections(view: View) -> str:
    size = max(1, -(-view.line_count // _SECTIONS))
    out: list[str] = []
    for first in range(1, view.line_count + 1, size):
        last = min(first + size - 1, view.line_count)
        block = view.cut("lines", first, last)
        head = next((line for line in block.split("\n") if line.strip()), "")
        out.append(f"L{first}-{last}: {_clip(head)}")
    return "\n".join(out)


def _clip(text: str) -> str:
    flat = " ".join(text[: _WIDTH * 4].split())
    return flat if len(flat) <= _WIDTH else flat[: _WIDTH - 1] + "…"
