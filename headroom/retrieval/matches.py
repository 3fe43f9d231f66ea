"""The lines or rows of an original in which a pattern occurs, printed like ``grep -n -C 1``."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from headroom.compress.rendition import CountTokens
from headroom.retrieval.find import find
from headroom.retrieval.view import View

_WIDTH = 1_000
"""Characters of one unit that are printed; of a longer one, those around the first hit."""


@dataclass(frozen=True, slots=True)
class Matches:
    """Where a pattern was found."""

    text: str
    spans: tuple[tuple[int, int], ...]
    """Start and end of every unit in ``text``."""
    units: tuple[int, ...]
    """Indices of the units with a hit, from 0, in order."""
    hits: dict[int, int]
    """Offset of the first hit in each of them."""
    noun: str
    """``lines`` or ``rows``."""
    note: str
    """How the search differed from what was asked."""

    @property
    def total(self) -> int:
        """How many units there are."""
        return len(self.spans)


def search(view: View, pattern: str, *, budget: float) -> Matches:
    """Find a pattern in rows where the text has rows, else in lines. ``budget`` in seconds."""
    spans: list[tuple[int, int]] = []
    if view.rows is not None and len(view.rows) > 1:
        text, noun, at = "\n".join(view.rows), "rows", 0
        for row in view.rows:
            spans.append((at, at + len(row)))
            at += len(row) + 1
    else:
        text, noun = view.text, "lines"
        ends = [*view.breaks[1:], len(text) + 1]
        spans = [(start, max(start, end - 1)) for start, end in zip(view.breaks, ends, strict=False)]
        spans = spans[: view.line_count]
    found = find(text, pattern, budget=budget)
    starts = [start for start, _ in spans]
    hits: dict[int, int] = {}
    for first, last in found.spans:
        low = bisect_right(starts, first) - 1
        high = bisect_right(starts, max(first, last - 1)) - 1
        for unit in range(low, high + 1):
            hits.setdefault(unit, max(first, starts[unit]))
    return Matches(text, tuple(spans), tuple(sorted(hits)), hits, noun, found.note)


def printed(found: Matches, limit: int, count: CountTokens) -> tuple[str, int]:
    """As many matches as fit into ``limit`` tokens, one at least: the text, and how many they are.

    ``12:`` is a match and ``11-`` its neighbour; ``--`` stands between parts that are not neighbours. Rows come alone.
    """
    lines: list[str] = []
    left = limit
    next_unit = 0
    context = 1 if found.noun == "lines" else 0
    for done, unit in enumerate(found.units):
        first = max(next_unit, unit - context)
        last = min(found.total - 1, unit + context)
        piece = ["--"] if lines and context and first > next_unit else []
        piece += [_line(found, i, limit) for i in range(first, last + 1)]
        cost = count("\n".join(piece)) + 1
        if lines and cost > left:
            return "\n".join(lines), done
        lines += piece
        left -= cost
        next_unit = last + 1
    return "\n".join(lines), len(found.units)


def _line(found: Matches, unit: int, limit: int) -> str:
    start, end = found.spans[unit]
    label = f"{unit + 1}{':' if unit in found.hits else '-'}"
    width = min(_WIDTH, max(80, limit * 2))
    if end - start <= width:
        return f"{label} {found.text[start:end]}"
    at = max(start, min(found.hits.get(unit, start) - width // 4, end - width))
    where = f"C{at + 1}-{at + width}" if found.noun == "lines" else f"characters {at - start + 1}-{at - start + width}"
    return f"{label} ({where} of this long {found.noun[:-1]}) {found.text[at : at + width]}"
