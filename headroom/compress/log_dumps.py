"""Long blocks of indented lines in a log, such as a dump of the settings: one event, of which a few lines show what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

_BLANKS = (" ", "\t")
_LONG = 12
"""Indented lines in a row from which they are a dump."""
_HEAD = 4
_TAIL = 1
"""Lines of it that stay at either end."""
_SHARE = 0.5
"""Where more of the lines are indented, it is how the log is written."""


def inner_rows(lines: Sequence[str]) -> set[int]:
    """Rows within long blocks of indented lines, but for the ends of each."""
    blocks = list(_blocks(lines))
    if sum(map(len, blocks)) > _SHARE * len(lines):
        return set()
    return {row for block in blocks if len(block) >= _LONG for row in block[_HEAD:-_TAIL]}


def _blocks(lines: Sequence[str]) -> Iterator[range]:
    row = 0
    for indented, group in groupby(lines, lambda line: line.startswith(_BLANKS)):
        size = sum(1 for _ in group)
        if indented:
            yield range(row, row + size)
        row += size
