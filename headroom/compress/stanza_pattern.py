"""The lines that entries made alike share, with places in them for the columns of values in which they differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_KEY = re.compile(r"\s*(?:- )?[\"']?([A-Za-z_]\w{0,39})[\"']?\s*[:=]")
_PLACE = re.compile(r"\{(\w+)\}")
_ENDS = frozenset((",", ";"))


@dataclass(slots=True)
class Slot:
    """A line of the pattern; ``cells`` hold what stands there in each entry, line by line; None where nothing does."""

    start: str
    end: str
    name: str
    cells: list[tuple[str, ...] | None]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the rows."""

    name: str
    cells: list[tuple[str, ...] | None]


def settle(slots: Sequence[Slot]) -> list[bool]:
    """Move what all cells share into the lines of the pattern; return which slots hold different cells."""
    varying: list[bool] = []
    for slot in slots:
        there = set(slot.cells)
        there.discard(None)
        varying.append(len(there) > 1)
        if len(there) > 1:
            slot.start, slot.end = _around(slot)
    return varying


def write(slots: Sequence[Slot], varying: Sequence[bool]) -> tuple[list[str], list[Column]]:
    """Return the lines of the pattern and the columns to fill it with, once `settle` has seen the slots.

    ``{name}`` stands for the column's values, a line for each. A line that begins with ``{name}?`` is there only where
    that column holds something. What is the same in each entry (a name and the label made of it) is one column.
    """
    literal: list[str] = []
    names: Counter[str] = Counter()
    columns: list[Column] = []
    by_presence: dict[tuple[bool, ...], str] = {}
    for slot, varies in zip(slots, varying, strict=True):
        if varies:
            literal += slot.start, slot.end
        else:
            literal += [slot.start + text + slot.end for text in next(cell for cell in slot.cells if cell is not None)]
    taken = set(_PLACE.findall("\n".join(literal)))

    def named(name: str) -> str:
        while name in taken or not name:
            names[name] += 1
            name = f"{name.rstrip('0123456789')}{names[name] + 1}" if name else "value"
        taken.add(name)
        return name

    titles: dict[int, str] = {}
    by_cells: dict[tuple[tuple[str, ...] | None, ...], str] = {}
    for place, slot in enumerate(slots):
        if varying[place]:
            cells = tuple(slot.cells)
            titles[place] = by_cells[cells] if cells in by_cells else by_cells.setdefault(cells, named(slot.name))
            presence = tuple(cell is not None for cell in slot.cells)
            by_presence.setdefault(presence, titles[place])
    lines: list[str] = []
    placed: set[str] = set()
    for place, slot in enumerate(slots):
        if varying[place]:
            lines.append(f"{slot.start}{{{titles[place]}}}{slot.end}")
            if titles[place] not in placed:
                columns.append(Column(titles[place], slot.cells))
                placed.add(titles[place])
            continue
        presence = tuple(cell is not None for cell in slot.cells)
        text = [slot.start + value + slot.end for value in next(cell for cell in slot.cells if cell is not None)]
        if all(presence):
            lines += text
            continue
        title = by_presence.get(presence)
        if title is None:
            # It is about lines that are all alike, so their own key says what; the slot may have it from the line above.
            own = _KEY.match(text[0])
            name = own[1] if own is not None else slot.name
            title = by_presence[presence] = named(name if name != "text" else "more")
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


def spares(slot: Slot, cost: Callable[[str], int]) -> int:
    """Estimate the tokens that the rows need not say again, once `settle` has seen the slot: the signs between cells aside."""
    there = [cell for cell in slot.cells if cell is not None]
    if there.count(there[0]) == len(there):
        return len(there) * _lines_cost(slot, there[0], cost)
    return sum(map(len, there)) * cost(slot.start + slot.end) + len(there)


def said(slot: Slot, varies: bool, cost: Callable[[str], int]) -> int:  # noqa: FBT001 - what `settle` returned
    """Estimate the tokens, ends of lines included, that the slot's lines in the pattern take at least."""
    if varies:
        return cost(slot.start) + 1
    return _lines_cost(slot, next(cell for cell in slot.cells if cell is not None), cost)


def _lines_cost(slot: Slot, values: Sequence[str], cost: Callable[[str], int]) -> int:
    return sum([cost(slot.start + value + slot.end) for value in values]) + len(values)


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
