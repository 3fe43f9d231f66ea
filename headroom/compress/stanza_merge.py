"""Which lines of entries made alike stand for the same thing: each gets a slot, in an order that suits all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from headroom.compress.stanza_lines import Role, Shape, name_of
from headroom.compress.stanza_pattern import Slot

_MOST_NEW = 1.6
"""A pattern has at most this many times the lines of an entry, and some."""
_SELDOM = 0.1
"""A line whose like is in fewer of the entries is plain text."""
_ODD = 0.6
"""Share of entries with a line of their own each, from which these are text, whatever their keys."""
_SORTED = 3
"""Starts from which a common order of all entries is looked for."""
_HEAD = -1
_OUTSIDE = -9
"""Less than the depth of any line."""


class Stanza(NamedTuple):
    """An entry: lines ``first`` to before ``behind``, 0-based; ``head`` opens it, comments may stand above."""

    first: int
    head: int
    behind: int


type _Layout = tuple[tuple[int, int, int], ...]
"""Slot, and which lines of the entry stand there."""


@dataclass(frozen=True, slots=True)
class Parted:
    """Lines parted by `stanza_lines.part`."""

    lines: Sequence[str]
    shapes: Sequence[Shape]
    ids: Sequence[int]
    values: Sequence[str]
    makes: Sequence[int | str]
    """By shape, what makes lines alike: its number, or the lead of free text."""
    depths: Sequence[int]
    """By shape."""


class Merger:
    """Finds the pattern of some entries. A slot is told by its parent's slot, its make and how many of these come before."""

    def __init__(self, stanzas: Sequence[Stanza], text: Parted, block: tuple[str, str] | None) -> None:
        self._stanzas = stanzas
        self._text = text
        self._block = block
        self._numbers: dict[tuple[int, int | str], list[int]] = {}
        self._slot_makes: list[int | str] = []
        self._slot_parents: list[int] = []
        self._makes = text.makes
        seldom = _SELDOM * len(stanzas)
        self._seldom = self._of_one_entry()
        if seldom > 1:
            counts = Counter(text.ids[stanzas[0].first : stanzas[-1].behind])
            self._seldom |= {
                number
                for number, count in counts.items()
                if count < seldom and text.shapes[number].role is not Role.FREE and text.shapes[number].indent >= 0
            }
        if self._seldom:
            self._makes = [
                text.shapes[number].lead if number in self._seldom else make for number, make in enumerate(text.makes)
            ]
        self._layouts = self._all_layouts()

    def merge(self, start: int, least: int) -> tuple[int, list[Slot]]:
        """Return how many entries from this one on fit into one pattern, and that pattern if there are enough."""
        stop = len(self._layouts)
        order = _sorted(set(self._layouts[start:]), len(self._slot_makes)) if start < _SORTED else None
        if order is None:
            order, stop = _one_by_one(self._layouts, start)
        if stop - start < least:
            return stop - start, []
        of = self._layouts[start:stop]
        slots = {slot: self._slot(slot, len(of)) for slot in order}
        text = self._text
        values, makes = text.values, self._slot_makes
        for row, (stanza, layout) in enumerate(zip(self._stanzas[start:stop], of, strict=True)):
            first = stanza.first
            for slot, at, behind in layout:
                make = makes[slot]
                if isinstance(make, str):
                    size = len(make)
                    slots[slot].cells[row] = tuple([line[size:] for line in text.lines[first + at : first + behind]])
                elif make == _HEAD and self._block is not None:
                    name = text.lines[first + at]
                    slots[slot].cells[row] = (name[len(self._block[0]) : len(name) - len(self._block[1])],)
                else:
                    slots[slot].cells[row] = (values[first + at],)
        return len(of), [slot for slot in slots.values() if slot.cells.count(None) < len(of)]

    def _of_one_entry(self) -> set[int]:
        """Lines whose like is in one entry only, where most entries have such a one below the same lead: commands with ``=``, say."""
        ids, shapes = self._text.ids, self._text.shapes
        counts = Counter(ids[self._stanzas[0].first : self._stanzas[-1].behind])
        alone = {number for number, count in counts.items() if count == 1 and shapes[number].role is Role.KEYED}
        if len(alone) < _ODD * len(self._stanzas):
            return set()
        entries = Counter(
            lead
            for stanza in self._stanzas
            for lead in {shapes[number].lead for number in ids[stanza.head + 1 : stanza.behind] if number in alone}
        )
        heads = {ids[stanza.head] for stanza in self._stanzas}
        return {
            number
            for number in alone - heads
            if shapes[number].block is None and entries[shapes[number].lead] >= _ODD * len(self._stanzas)
        }

    def _all_layouts(self) -> list[_Layout]:
        layouts: dict[tuple[int, ...], _Layout] = {}
        of: list[_Layout] = []
        for stanza in self._stanzas:
            ids = tuple(self._text.ids[stanza.first : stanza.behind])
            if self._block is not None:
                above = stanza.head - stanza.first
                ids = (*ids[:above], _HEAD, *ids[above + 1 :])
            layout = layouts.get(ids)
            if layout is None:
                layout = layouts[ids] = self._layout(ids)
            of.append(layout)
        return of

    def _layout(self, ids: Sequence[int]) -> _Layout:
        depths, makes, seldom, number_of = self._text.depths, self._makes, self._seldom, self._number
        seen: dict[tuple[int, int | str], int] = {}
        out: list[tuple[int, int, int]] = []
        parents: list[tuple[int, int]] = [(_OUTSIDE, -1)]  # depth and slot
        behind = 0
        total = len(ids)
        blanks: list[int] = []
        for at, number in enumerate(ids):
            if at < behind:
                continue
            behind = at + 1
            make: int | str = number
            depth = -1
            if number != _HEAD:
                depth = depths[number]
                if depth < -1:  # belongs to the line below
                    blanks.append(at)
                    continue
                make = makes[number]
                if isinstance(make, str):
                    while behind < total and ids[behind] != _HEAD and makes[ids[behind]] == make:
                        behind += 1
            while parents[-1][0] >= depth:
                parents.pop()
            parent = parents[-1][1]
            if number in seldom and out:  # its place is behind what it follows here
                parent = out[-1][0]
            slot = number_of((parent, make), seen)
            parents.append((depth, slot))
            if blanks:
                out += [(number_of((slot, ids[blank]), seen), blank, blank + 1) for blank in blanks]
                blanks = []
            out.append((slot, at, behind))
        return tuple(out)

    def _number(self, key: tuple[int, int | str], seen: dict[tuple[int, int | str], int]) -> int:
        """The slot for a parent's slot and a make; the next one of these in an entry gets another."""
        slots = self._numbers.get(key)
        if slots is None:
            slots = self._numbers[key] = []
        before = seen.get(key, 0)
        seen[key] = before + 1
        if before == len(slots):
            slots.append(len(self._slot_makes))
            self._slot_parents.append(key[0])
            self._slot_makes.append(key[1])
        return slots[before]

    def _slot(self, slot: int, count: int) -> Slot:
        make = self._slot_makes[slot]
        if isinstance(make, str):
            above = self._slot_makes[self._slot_parents[slot]] if self._slot_parents[slot] >= 0 else ""
            name = name_of(self._text.shapes[above]) if isinstance(above, int) and above >= 0 else ""
            return Slot(make, "", name or "text", [None] * count)
        if make == _HEAD and self._block is not None:
            return Slot(self._block[0], self._block[1], "name", [None] * count)
        shape = self._text.shapes[make]
        return Slot(shape.start, "", name_of(shape) or "text", [None] * count)


def _sorted(layouts: Iterable[_Layout], count: int) -> list[int] | None:
    """All slots in an order that suits every entry, if there is one and entries are much alike; those seen first come first."""
    layouts = list(layouts)
    longest = max(map(len, layouts))
    if count > _MOST_NEW * longest + 6 or 2 * min(map(len, layouts)) < longest - 6:
        return None
    following: list[set[int]] = [set() for _ in range(count)]
    for layout in layouts:
        for (before, _, _), (behind, _, _) in pairwise(layout):
            following[before].add(behind)
    waits = [0] * count
    for slots in following:
        for slot in slots:
            waits[slot] += 1
    ready = [slot for slot in range(count) if not waits[slot]]
    out: list[int] = []
    while ready:
        slot = heappop(ready)
        out.append(slot)
        for behind in following[slot]:
            waits[behind] -= 1
            if not waits[behind]:
                heappush(ready, behind)
    return out if len(out) == count else None


def _one_by_one(layouts: Sequence[_Layout], start: int) -> tuple[list[int], int]:
    """The slots of the entries from one on, as many as fit into one pattern, and the first that does not."""
    order: list[int] = []
    seen: set[_Layout] = set()
    for row in range(start, len(layouts)):
        layout = layouts[row]
        if layout in seen:
            continue
        longer = _ordered(order, layout)
        if longer is None:
            return order, row
        order = longer
        seen.add(layout)
    return order, len(layouts)


def _ordered(order: list[int], layout: _Layout) -> list[int] | None:
    """The pattern's slots with those of one more entry among them; None where their order differs or too few are shared."""
    if not order:
        return [slot for slot, _, _ in layout]
    places = {slot: place for place, slot in enumerate(order)}
    new: dict[int, list[int]] = {}
    last = -1
    shared = 0
    for slot, _, _ in layout:
        place = places.get(slot)
        if place is None:
            new.setdefault(last, []).append(slot)
        elif place <= last:
            return None
        else:
            last = place
            shared += 1
    if 2 * shared < min(len(layout), len(order)) or len(order) + len(layout) - shared > _MOST_NEW * len(layout) + 6:
        return None
    if not new:
        return order
    out = list(new.get(-1, ()))
    for place, slot in enumerate(order):
        out.append(slot)
        out += new.get(place, ())
    return out
