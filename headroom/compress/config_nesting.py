"""Configuration that is nested by its indent, as YAML is: the keys and list items, and the lines that stand in each."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from headroom.compress.config_outline import has_content, key_of

ITEM = re.compile(r"\s*-(?:\s+|$)")
"""What an item of a list begins with; it ends where a key in the item stands."""


class Holder(NamedTuple):
    """A key, or an item of a list, that lines further down may stand in."""

    row: int
    column: int
    item: bool
    key: str = ""

    def holds(self, indent: int, *, item: bool) -> bool:
        """Whether the next line, of this indent, stands in it: the items of a list may at the indent of their key."""
        return indent > self.column or (indent == self.column and item and not self.item)


class KeyRow(NamedTuple):
    """A key, or an item of a list, with the rows that belong to it."""

    row: int
    column: int
    item: bool
    key: str
    """Empty for an item."""
    end: int
    """The last row of what belongs to it."""


def key_rows(lines: Sequence[str], total: int) -> Iterator[KeyRow]:
    """Each key and each item of a list in the first ``total`` lines, those first that end first."""
    above: list[Holder] = []
    last = 0
    for row in range(total):
        line = lines[row]
        if not has_content(line):
            continue
        indent = indent_of(line)
        item = ITEM.match(line)
        while above and not above[-1].holds(indent, item=item is not None):
            yield KeyRow(*above.pop(), last)
        if item:
            above.append(Holder(row, indent, item=True))
        if key := key_of(line):
            above.append(Holder(row, item.end() if item else indent, item=False, key=key))
        last = row
    while above:
        yield KeyRow(*above.pop(), last)


def standing_in(lines: Sequence[str], rows: Sequence[KeyRow], keep: set[int]) -> Iterator[int]:
    """The rows that what is kept stands in, and of each item of a list its name."""
    ordered = sorted(keep)
    for one in rows:
        if bisect_right(ordered, one.end) <= bisect_right(ordered, one.row):
            continue
        yield one.row
        if one.item:
            inner = _column_of_key(lines[one.row])
            yield from (
                row
                for row in range(one.row, one.end + 1)
                if _column_of_key(lines[row]) == inner and lines[row].startswith("name:", inner)
            )


def indent_of(line: str) -> int:
    """Blanks before a line's text."""
    return len(line) - len(line.lstrip(" "))


def _column_of_key(line: str) -> int:
    """Where a key stands, behind the sign of an item."""
    item = ITEM.match(line)
    return item.end() if item else indent_of(line)
