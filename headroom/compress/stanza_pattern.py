"""What entries made alike share, line for line, and the columns of values in which they differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise

from headroom.compress import phrases
from headroom.compress.stanza_lines import Role, Shape

_PLACE = re.compile(r"\{(\w+)\}")
_ENDS = frozenset((",", ";"))
_MOST_NEW = 1.6
"""A pattern has at most this many times the lines of an entry, and some."""
_SELDOM = 0.1
"""A line whose like is in fewer of the entries is plain text."""
_SORTED = 3
"""Starts from which a common order of all entries is looked for."""
_HEAD = -1


@dataclass(frozen=True, slots=True)
class Stanza:
    """An entry: lines ``first`` to before ``behind``, 0-based; ``head`` opens it, comments may stand above."""

    first: int
    head: int
    behind: int


@dataclass(slots=True)
class Slot:
    """A line of the pattern; ``cells`` hold what stands there in each entry, line by line; None where nothing does."""

    start: str
    end: str
    name: str
    cells: list[tuple[str, ...] | None]


type _Layout = tuple[tuple[int, int, int], ...]
"""Slot, and which lines of the entry stand there."""


@dataclass(frozen=True, slots=True)
class Parted:
    """Lines parted by `stanza_lines.part`."""

    lines: Sequence[str]
    shapes: Sequence[Shape]
    ids: Sequence[int]
    values: Sequence[str]


class Merger:
    """Finds the pattern of some entries. A slot is told by its parent's slot, its make and how many of these come before."""

    def __init__(self, stanzas: Sequence[Stanza], text: Parted, block: tuple[str, str] | None) -> None:
        self._stanzas = stanzas
        self._text = text
        self._block = block
        self._numbers: dict[tuple[int, int | str, int], int] = {}
        self._slot_makes: list[int | str] = []
        self._slot_parents: list[int] = []
        seldom = _SELDOM * len(stanzas)
        counts = Counter(text.ids[stanzas[0].first : stanzas[-1].behind])
        self._seldom = {
            number for number, count in counts.items() if count < seldom and text.shapes[number].role is not Role.FREE
        }
        # The make of a line: the number of its shape, or the lead of free text.
        self._makes: list[int | str] = [
            shape.lead if shape.indent >= 0 and (shape.role is Role.FREE or number in self._seldom) else number
            for number, shape in enumerate(text.shapes)
        ]
        self._layouts = self._all_layouts()

    def merge(self, start: int) -> tuple[int, list[Slot]]:
        """Return how many entries from this one on fit into one pattern, and that pattern."""
        of = self._layouts[start:]
        order = _sorted(set(of), len(self._slot_makes)) if start < _SORTED else None
        if order is None:
            order, of = _one_by_one(of)
        slots = {slot: self._slot(slot, len(of)) for slot in order}
        text = self._text
        values, makes = text.values, self._slot_makes
        for row, (stanza, layout) in enumerate(zip(self._stanzas[start:], of, strict=False)):
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
        shapes, makes = self._text.shapes, self._makes
        seen: Counter[tuple[int, int | str]] = Counter()
        out: list[tuple[int, int, int]] = []
        parents: list[tuple[int, int]] = []  # depth and slot
        at = 0
        total = len(ids)
        blanks: list[int] = []
        while at < total:
            number = ids[at]
            behind = at + 1
            make: int | str = number
            depth = -1
            if number != _HEAD:
                depth = shapes[number].depth
                if depth < -1:  # belongs to the line below
                    blanks.append(at)
                    at = behind
                    continue
                make = makes[number]
                if isinstance(make, str):
                    while behind < total and ids[behind] != _HEAD and makes[ids[behind]] == make:
                        behind += 1
            while parents and parents[-1][0] >= depth:
                parents.pop()
            parent = parents[-1][1] if parents else -1
            if number in self._seldom and out:  # its place is behind what it follows here
                parent = out[-1][0]
            slot = self._number(parent, make, seen)
            parents.append((depth, slot))
            if blanks:
                out += [(self._number(slot, ids[blank], seen), blank, blank + 1) for blank in blanks]
                blanks = []
            out.append((slot, at, behind))
            at = behind
        return tuple(out)

    def _number(self, parent: int, make: int | str, seen: Counter[tuple[int, int | str]]) -> int:
        key = (parent, make)
        before = seen[key]
        seen[key] = before + 1
        slot = self._numbers.setdefault((parent, make, before), len(self._slot_makes))
        if slot == len(self._slot_makes):
            self._slot_makes.append(make)
            self._slot_parents.append(parent)
        return slot

    def _slot(self, slot: int, count: int) -> Slot:
        make = self._slot_makes[slot]
        if isinstance(make, str):
            above = self._slot_makes[self._slot_parents[slot]] if self._slot_parents[slot] >= 0 else ""
            name = self._text.shapes[above].name if isinstance(above, int) and above >= 0 else ""
            return Slot(make, "", name or "text", [None] * count)
        if make == _HEAD and self._block is not None:
            return Slot(self._block[0], self._block[1], "name", [None] * count)
        shape = self._text.shapes[make]
        return Slot(shape.start, "", shape.name or "text", [None] * count)


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


def _one_by_one(of: Sequence[_Layout]) -> tuple[list[int], list[_Layout]]:
    """The slots of the first entries, as many as fit into one pattern, and these."""
    order: list[int] = []
    seen: set[_Layout] = set()
    for row, layout in enumerate(of):
        if layout in seen:
            continue
        longer = _ordered(order, layout)
        if longer is None:
            return order, list(of[:row])
        order = longer
        seen.add(layout)
    return order, list(of)


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


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the rows."""

    name: str
    cells: list[tuple[str, ...] | None]


def write(slots: Sequence[Slot]) -> tuple[list[str], list[Column]]:
    """Return the lines of the pattern and the columns to fill it with.

    ``{name}`` stands for the column's values, a line for each. A line that begins with ``{name}?`` is there only where
    that column holds something.
    """
    literal: list[str] = []
    names: Counter[str] = Counter()
    columns: list[Column] = []
    by_presence: dict[tuple[bool, ...], str] = {}
    varying: list[bool] = []
    for slot in slots:
        there = {cell for cell in slot.cells if cell is not None}
        varying.append(len(there) > 1)
        if len(there) > 1:
            slot.start, slot.end = _around(slot)
            literal += slot.start, slot.end
        else:
            literal += [slot.start + text + slot.end for text in next(iter(there))]
    taken = set(_PLACE.findall("\n".join(literal)))

    def named(name: str) -> str:
        while name in taken or not name:
            names[name] += 1
            name = f"{name.rstrip('0123456789')}{names[name] + 1}" if name else "value"
        taken.add(name)
        return name

    titles: dict[int, str] = {}
    for place, slot in enumerate(slots):
        if varying[place]:
            titles[place] = named(slot.name)
            presence = tuple(cell is not None for cell in slot.cells)
            by_presence.setdefault(presence, titles[place])
    lines: list[str] = []
    for place, slot in enumerate(slots):
        if varying[place]:
            lines.append(f"{slot.start}{{{titles[place]}}}{slot.end}")
            columns.append(Column(titles[place], slot.cells))
            continue
        presence = tuple(cell is not None for cell in slot.cells)
        text = [slot.start + value + slot.end for value in next(cell for cell in slot.cells if cell is not None)]
        if all(presence):
            lines += text
            continue
        title = by_presence.get(presence)
        if title is None:
            title = by_presence[presence] = named(slot.name if slot.name != "text" else "more")
            columns.append(Column(title, [("yes",) if there else None for there in presence]))
        lines += [f"{{{title}}}?{line}" for line in text]
    return lines, columns


def _around(slot: Slot) -> tuple[str, str]:
    """The start and end that all lines here share, up to a quote or with a comma or semicolon; the cells lose these."""
    if slot.start.rstrip().endswith(":"):  # whether a scalar of YAML is quoted tells what it is
        return slot.start, slot.end
    values = list({value for cell in slot.cells if cell is not None for value in cell})
    opening = _shared(values)
    opening = opening[: max(opening.rfind('"'), opening.rfind("'")) + 1]
    closing = _shared([value[: len(opening) - 1 : -1] if opening else value[::-1] for value in values])
    cut = closing.rfind(opening[-1]) + 1 if opening else 0
    if not cut:  # a quote alone stays where it is
        opening = ""
        cut = int(closing[:1] in _ENDS)
    closing = closing[:cut][::-1]
    if opening or closing:
        start, stop = len(opening), -len(closing) or None
        slot.cells = [None if cell is None else tuple(value[start:stop] for value in cell) for cell in slot.cells]
    return slot.start + opening, closing + slot.end


def spares(slot: Slot) -> int:
    """Estimate the tokens that the rows need not say again, once `write` has seen the slot: the signs between cells aside."""
    there = [cell for cell in slot.cells if cell is not None]
    many = sum(map(len, there))
    if there.count(there[0]) == len(there):
        return len(there) * (sum(phrases.estimate(slot.start + value + slot.end) for value in there[0]) + len(there[0]))
    return many * phrases.estimate(slot.start + slot.end) + len(there)


def _shared(values: Sequence[str]) -> str:
    first, last = min(values), max(values)
    return first[: next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]


def fill(pattern: Sequence[str], rows: Sequence[Mapping[str, Sequence[str]]], between: int) -> list[str]:
    """Write the entries: the pattern with each row's values. Inverts `write`."""
    parsed: list[
        tuple[str, str, str]
    ] = []  # what stands before, the column's name, what stands behind; "?": if it holds
    for line in pattern:
        place = next((m for m in _PLACE.finditer(line) if m[1] in rows[0]), None)
        if place is None:
            parsed.append(("", "", line))
        else:
            parsed.append((line[: place.start()], place[1], line[place.end() :]))
    out: list[str] = []
    for number, row in enumerate(rows):
        if number:
            out += [""] * between
        for start, name, end in parsed:
            if not name:
                out.append(end)
            elif not start and end.startswith("?"):
                if row[name]:
                    out.append(end[1:])
            else:
                out += [start + value + end for value in row[name]]
    return out
