"""What entries made alike share, line for line, and the columns of values in which they differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headroom.compress import phrases
from headroom.compress.stanza_lines import Role, Shape

_PLACE = re.compile(r"\{(\w+)\}")
_ENDS = frozenset((",", ";"))
_MOST_NEW = 1.6
"""A pattern has at most this many times the lines of an entry, and some."""
_SELDOM = 0.25
"""A line whose like is in fewer of the entries is plain text."""
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
    """Finds the pattern of some entries. A slot is told by its parent's slot, its shape and how many of these come before."""

    def __init__(self, stanzas: Sequence[Stanza], text: Parted, block: tuple[str, str] | None) -> None:
        self._stanzas = stanzas
        self._text = text
        self._block = block
        self._numbers: dict[tuple[int, int | str, int], int] = {}
        self._makes: list[int | str] = []  # by slot: the number of its shape, or the lead of free text
        seldom = _SELDOM * len(stanzas)
        counts = Counter(text.ids[stanzas[0].first : stanzas[-1].behind])
        self._seldom = {number for number, count in counts.items() if count < seldom}

    def merge(self) -> tuple[int, list[Slot]]:
        """Return how many of the entries, from the first on, fit into one pattern, and that pattern."""
        order: list[int] = []
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
                longer = _ordered(order, layout)
                if longer is None:
                    break
                order = longer
            of.append(layout)
        slots = {slot: self._slot(slot, len(of)) for slot in order}
        for row, (stanza, layout) in enumerate(zip(self._stanzas, of, strict=False)):
            for slot, start, behind in layout:
                slots[slot].cells[row] = self._cell(self._makes[slot], stanza.first + start, stanza.first + behind)
        return len(of), list(slots.values())

    def _cell(self, make: int | str, start: int, behind: int) -> tuple[str, ...]:
        if isinstance(make, str):
            return tuple(line[len(make) :] for line in self._text.lines[start:behind])
        if make == _HEAD and self._block is not None:
            name = self._text.lines[start]
            return (name[len(self._block[0]) : len(name) - len(self._block[1])],)
        return (self._text.values[start],)

    def _layout(self, ids: Sequence[int]) -> _Layout:
        shapes = self._text.shapes
        seen: Counter[tuple[int, int | str]] = Counter()
        out: list[tuple[int, int, int]] = []
        parents: list[tuple[int, int]] = []  # depth and slot
        at = 0
        while at < len(ids):
            number = ids[at]
            behind = at + 1
            make: int | str = number
            depth = -1
            if number != _HEAD:
                shape = shapes[number]
                if shape.role is Role.FREE or (number in self._seldom and shape.indent >= 0):
                    make = shape.lead
                    while behind < len(ids) and self._is_free(ids[behind], make):
                        behind += 1
                depth = 2 * shape.indent + shape.dashed
            if depth >= -1:  # not of a blank line
                while parents and parents[-1][0] >= depth:
                    parents.pop()
            parent = parents[-1][1] if parents else -1
            key = (parent, make)
            whole = (parent, make, seen[key])
            slot = self._numbers.get(whole)
            if slot is None:
                slot = self._numbers[whole] = len(self._makes)
                self._makes.append(make)
            seen[key] += 1
            if depth >= -1:
                parents.append((depth, slot))
            out.append((slot, at, behind))
            at = behind
        return tuple(out)

    def _is_free(self, number: int, lead: str) -> bool:
        if number == _HEAD:
            return False
        shape = self._text.shapes[number]
        return shape.lead == lead and (shape.role is Role.FREE or (number in self._seldom and shape.indent >= 0))

    def _slot(self, slot: int, count: int) -> Slot:
        make = self._makes[slot]
        if isinstance(make, str):
            return Slot(make, "", "text", [None] * count)
        if make == _HEAD and self._block is not None:
            return Slot(self._block[0], self._block[1], "name", [None] * count)
        shape = self._text.shapes[make]
        return Slot(shape.start, "", shape.name or "text", [None] * count)


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
    cut = max(closing.rfind('"'), closing.rfind("'")) + 1
    closing = closing[: cut or (closing[:1] in _ENDS)][::-1]
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
