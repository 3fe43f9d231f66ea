"""The cells of entries made alike as text: a word for what is not there, a sign between several, one between columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compress.folding import SIGIL, escape
from headroom.compress.stanza_pattern import Column

SEPARATORS = ",|;"
_ABSENT = ("-", "none", "absent", "no-such-line")
_JOINERS = (", ", " / ", " ⏎ ")


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns as text."""

    names: list[str]
    cells: list[list[str]]
    absent: str
    joiner: str

    def separator(self) -> str | None:
        """Return a sign that no cell holds, or None."""
        joined = "\n".join(map("\n".join, self.cells))
        return next((mark for mark in SEPARATORS if mark not in joined and not self.joiner.startswith(mark)), None)


def as_rows(columns: Sequence[Column]) -> Rows | None:
    """Cells as text, with a word for those that are not there and a sign between those that are several lines."""
    there = {value for column in columns for cell in column.cells if cell is not None for value in cell}
    several = [any(cell is not None and len(cell) > 1 for cell in column.cells) for column in columns]
    lacking = any(cell is None for column in columns for cell in column.cells)
    absent = next((word for word in _ABSENT if word not in there), None) if lacking else ""
    joiner: str | None = ""
    if any(several):
        listed = "\n".join(
            value
            for column, many in zip(columns, several, strict=True)
            if many
            for cell in column.cells
            if cell is not None
            for value in cell
        )
        joiner = next((sign for sign in _JOINERS if sign not in listed), None)
    if absent is None or joiner is None:
        return None
    names = [column.name + "*" * many for column, many in zip(columns, several, strict=True)]
    cells = [[absent if cell is None else joiner.join(cell) for cell in column.cells] for column in columns]
    return Rows(names, cells, absent, joiner)


def written(
    pattern: list[str], columns: Sequence[Column], count: int, blanks: int, ends: dict[int, int]
) -> list[str] | None:
    """Write the whole group, with ``ends`` for the separators; None where none is left."""
    rows = as_rows(columns)
    separator = rows.separator() if rows is not None else None
    if rows is None or separator is None:
        return None
    between = f", {blanks} blank line{'s' * (blanks > 1)} between" if blanks else ""
    missing = f"; {rows.absent}: no such line" if rows.absent else ""
    if any(line.startswith("{") and "}?" in line for line in pattern):
        missing += "; {x}? before a line: only where x has a value"
    lists = f'; *: lists split by "{rows.joiner}"' if rows.joiner else ""
    end = separator.translate(ends)
    return [
        f"{SIGIL}{count} entries, each these lines with its row of cells{between}{missing}:]",
        *pattern,
        f"{SIGIL}rows: {separator.join(rows.names)}{lists}]",
        *(escape(end.join(row)) for row in zip(*rows.cells, strict=True)),
    ]
