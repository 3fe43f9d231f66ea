"""Parts of configuration that hold a word of the question which nothing that was chosen holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from headroom.compress.config_outline import Entry, entries
from headroom.compress.query import Relevance

_FEW = 3
"""A word in more parts tells none of them apart."""
_SHORT = 12
"""Lines of a part that is shown whole; of a longer one, what holds the word."""
_LONGEST = 40
_DEPTH = 6


def uncovered(
    lines: Sequence[str], total: int, keep: Collection[int], relevance: Relevance
) -> tuple[set[int], list[Entry]]:
    """Rows of the parts that each such word stands in, with the heads above them, and these parts' neighbours to tell.

    The first ``total`` lines count; ``keep`` holds the rows chosen so far.
    """
    lowered = [line.lower() for line in lines[:total]]
    shown = "\n".join(lowered[row] for row in sorted(keep) if row < total)
    rows: set[int] = set()
    told: list[Entry] = []
    for term in relevance.named:
        if " " in term.text or term.text in shown:
            continue
        holding = [row for row, line in enumerate(lowered) if term.text in line]
        found: set[int] = set()
        beside: list[Entry] = []
        parts = 0
        for row in holding:
            if row in found:
                continue
            parts += 1
            if parts > _FEW:
                break
            found |= _part(lines, total, row, beside)
        if 0 < parts <= _FEW:
            rows |= found
            told += beside
    return rows, told


def _part(lines: Sequence[str], total: int, row: int, beside: list[Entry]) -> set[int]:
    """The smallest part around a row that is not too short to be understood, and the heads of those it lies in."""
    first, last = 0, total - 1
    kept: set[int] = set()
    for _ in range(_DEPTH):
        found = entries(lines, first, last)
        own = next((entry for entry in found if entry.first <= row <= entry.last), None)
        if own is None:
            break
        beside += found
        kept.add(own.head)
        size = own.last - own.first + 1
        if size <= _SHORT or (row <= own.head and size <= _LONGEST):
            return kept | set(range(own.first, own.last + 1))
        if row <= own.head or own.head >= own.last:
            break
        first, last = own.head + 1, own.last
    return kept | {row}
