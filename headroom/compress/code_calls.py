"""What belongs to a definition that stays: rows behind it up to where another would be cut, and the short ones it calls."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter

from headroom.compress.code_items import Item

_SHORT = 15
"""Lines of a definition that stays whole where a part of it would."""
_HELPER = 60
"""Lines of one that stays whole where it is called by the one right before it."""
_NAMESAKES = 2
"""Of more definitions with one name nobody knows which is called."""
_MOST_CALLED = 6
_FIRST = attrgetter("first")
_TYPE = re.compile(r"\s*(?:[a-z]+\s+){0,4}(?:class|struct|interface|enum|union|record)\b")
_CALL = re.compile(r"(?<![\w$])([A-Za-z_$][\w$]*+)\s*+(?:<[^<>()]{0,80}>)?+\s*+\(")


def end_behind(lines: Sequence[str], items: Sequence[Item], item: Item, end: int) -> int:
    """Last row to keep when rows behind ``item`` are kept up to ``end``: no other definition is cut there."""
    for other in items[bisect_right(items, item.last, key=_FIRST) :]:
        if other.first > end:
            break
        if other.last <= end and not other.container:
            continue
        size = other.last - other.first
        if not other.container and (size < _SHORT or (size < _HELPER and _calls(lines, item, other.name))):
            return other.last
        return other.first - 1
    return end


def _calls(lines: Sequence[str], item: Item, name: str) -> bool:
    return bool(name) and name in _called_in(lines, item)


def _called_in(lines: Sequence[str], item: Item) -> Iterator[str]:
    """Names before a bracket in what a definition does."""
    for line in lines[item.head + 1 : item.last + 1]:
        for match in _CALL.finditer(line) if "(" in line else ():
            yield match[1]


def complete(lines: Sequence[str], items: Sequence[Item], keep: set[int], *, calls: bool) -> None:
    """Add to the kept rows those of short definitions that would be cut or, with ``calls``, that kept ones call."""
    for item in _called(lines, items, keep) if calls else ():
        keep.update(range(item.first, item.last + 1))
    for item in _cut(items, keep):
        keep.update(range(item.head, item.last + 1))


def _whole(items: Sequence[Item], keep: set[int]) -> list[Item]:
    """Definitions all of whose rows are kept."""
    return [item for item in items if not item.container and keep.issuperset(range(item.first, item.last + 1))]


def _called(lines: Sequence[str], items: Sequence[Item], keep: set[int]) -> list[Item]:
    """The short functions that definitions which are kept whole call by their names, and that are not kept themselves."""
    named: dict[str, list[Item]] = {}
    for item in items:
        if item.name and not item.container and _TYPE.match(lines[item.head]) is None:
            named.setdefault(item.name, []).append(item)
    found: dict[int, Item] = {}
    for item in _whole(items, keep):
        for name in _called_in(lines, item):
            those = named.get(name, ())
            if len(those) > _NAMESAKES or item in those:
                continue
            for other in those:
                if 0 < other.last - other.head < _SHORT and other.last not in keep:
                    found[other.first] = other
            if len(found) >= _MOST_CALLED:
                return list(found.values())
    return list(found.values())


def _cut(items: Sequence[Item], keep: set[int]) -> list[Item]:
    """Short definitions that a cut would lie inside of."""
    return [
        item
        for item in items
        if not item.container
        and 0 < item.last - item.head < _SHORT
        and 0 < sum(row in keep for row in range(item.head + 1, item.last + 1)) < item.last - item.head
    ]
