"""What was left out of configuration: each gap names the entries that it covers, and those that it covers a part of."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from headroom.compress.config_outline import Entry, has_content
from headroom.compress.rendition import Gap

_MIN_GAP_LINES = 3
_MIN_GAP_CHARS = 130
_NOTE_CHARS = 225
_OUTLINE_SHARE = 0.12
"""Part of the text that the notes of its gaps may take;"""
_CALLED_SHARE = 0.05
_LEAST_ROOM = 800
"""in any case so many characters."""
_NEAR = 4
"""Lines that the name of an entry may stand above a gap in it, and needs not be said again."""
_INNER_CHARS = 120
"""Characters of the names of what is inside an entry that a gap covers a part of."""


class Outline:
    """Entries and those in them, as far as these were looked into."""

    def __init__(self, lines: Sequence[str], found: Iterable[Entry]) -> None:
        self._lines = lines
        self._tops: list[_Node] = []
        way: list[_Node] = []
        for entry in sorted(found, key=lambda entry: (entry.first, -entry.last)):
            while way and way[-1].entry.last < entry.last:
                way.pop()
            if way and (way[-1].entry.first, way[-1].entry.last) == (entry.first, entry.last):
                continue
            node = _Node(entry, [])
            (way[-1].inside if way else self._tops).append(node)
            way.append(node)

    def top(self, row: int) -> Entry | None:
        """The largest entry that holds a row."""
        at = bisect_right(self._tops, row, key=_first) - 1
        return self._tops[at].entry if at >= 0 and row <= self._tops[at].entry.last else None

    def tell(self, keep: set[int]) -> set[int]:
        """Rows that say which object it is that some of these rows are in."""
        rows = sorted(keep)
        found: set[int] = set()
        todo = list(self._tops)
        while todo:
            entry, inside = todo.pop()
            at = bisect_left(rows, entry.first)
            if at < len(rows) and rows[at] <= entry.last:
                todo += inside
                if entry.manifest:
                    found.update(entry.manifest.rows)
        return found

    def covered(self, first: int, last: int) -> Iterator[tuple[int, str]]:
        """Name what a gap covers, each with the row from which on: whole entries, and a part of those at its ends."""
        nodes = self._tops
        while nodes:
            met = self._between(nodes, first, last)
            if len(met) != 1 or self._is_whole(met[0].entry, first, last):
                yield from chain.from_iterable(self._names(node, first, last) for node in met)
                return
            entry, nodes = met[0]
            if entry.label and any(first <= row <= last for row in _telling(entry)):
                yield max(first, entry.first), f"part of {entry.label}"
                return

    def _between(self, nodes: Sequence[_Node], first: int, last: int) -> list[_Node]:
        """Those that have lines with content there."""
        start = max(0, bisect_right(nodes, first, key=_first) - 1)
        behind = bisect_right(nodes, last, key=_first)
        return [
            node
            for node in nodes[start:behind]
            if any(
                has_content(self._lines[row])
                for row in range(max(first, node.entry.first), min(last, node.entry.last) + 1)
            )
        ]

    def _is_whole(self, entry: Entry, first: int, last: int) -> bool:
        end = entry.last
        while end > last and not has_content(self._lines[end]):
            end -= 1
        return first <= entry.head and end <= last

    def _names(self, node: _Node, first: int, last: int) -> Iterator[tuple[int, str]]:
        entry = node.entry
        if not entry.label:
            return
        if self._is_whole(entry, first, last):
            yield max(first, entry.first), entry.label
        elif first > entry.head:
            inside = self._inside(node, first, last)
            if inside or first - _telling(entry)[-1] > _NEAR:
                yield first, f"rest of {entry.label}{inside}"
        elif any(first <= row <= last for row in _telling(entry)):
            yield entry.first, f"start of {entry.label}{self._inside(node, first, last)}"

    def _inside(self, node: _Node, first: int, last: int) -> str:
        """What is whole in the gap of an entry that is not; an object's parts are the same in all."""
        if node.entry.manifest:
            return ""
        names = [
            inner.entry.label
            for inner in self._between(node.inside, first, last)
            if inner.entry.label and self._is_whole(inner.entry, first, last)
        ]
        told = 0
        while told < len(names) and sum(map(len, names[: told + 1])) <= _INNER_CHARS:
            told += 1
        more = [f"{len(names) - told} more"] if told < len(names) else []
        return f" ({', '.join([*names[:told], *more])})" if names else ""


class _Node(NamedTuple):
    entry: Entry
    inside: list[_Node]


def _first(node: _Node) -> int:
    return node.entry.first


def _telling(entry: Entry) -> tuple[int, ...]:
    return entry.manifest.rows if entry.manifest else (entry.head,)


def pieces(
    lines: Sequence[str], keep: set[int], outline: Outline, size: int, *, called: bool = False
) -> list[str | Gap]:
    """Leave out the rows not kept, of a text of this many characters; gaps too small to spare anything are filled again.

    Where what stays is ``called`` by its name, fewer of the others are named.
    """
    found: list[str | Gap] = []
    start = 0
    room = max(_LEAST_ROOM, int((_CALLED_SHARE if called else _OUTLINE_SHARE) * size))
    ordered = sorted(keep)
    for before, behind in zip([-1, *ordered], [*ordered, len(lines)], strict=True):
        first, last = before + 1, behind - 1
        if last - first + 1 < _MIN_GAP_LINES or sum(map(len, lines[first:behind])) < _MIN_GAP_CHARS:
            continue
        if first > start:
            found.append("".join(f"{line}\n" for line in lines[start:first]))
        for a, b, note in _parts(list(outline.covered(first, last)), first, last, room):
            room -= len(note)
            found.append(Gap(a + 1, b + 1, "lines", note))
        start = behind
    if start < len(lines):
        found.append("".join(f"{line}\n" for line in lines[start:]))
    return found


def _parts(named: Sequence[tuple[int, str]], first: int, last: int, room: int) -> list[tuple[int, int, str]]:
    """Cut a gap so that each part's entries fit a note; beyond ``room`` characters they are only counted."""
    parts: list[tuple[int, int, str]] = []
    start, names, used = first, list[str](), 0
    for position, (row, name) in enumerate(named):
        if used + len(name) > _NOTE_CHARS and names and row > start:
            parts.append((start, row - 1, "; ".join(names)))
            room -= used
            start, names, used = row, [], 0
            if room <= 0:
                left = len(named) - position
                parts.append((start, last, f"{left} more {'entry' if left == 1 else 'entries'}"))
                return parts
        names.append(name)
        used += len(name) + 2
    parts.append((start, last, "; ".join(names)))
    return parts
