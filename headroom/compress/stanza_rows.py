"""The cells of entries made alike as text: a word for what is not there, a sign between several, one between columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.stanza_pattern import Column

SEPARATORS = ",|;"
_ABSENT = ("-", "none", "absent", "no-such-line")
_JOINERS = (", ", " / ", " ⏎ ")

_HEAD = re.compile(
    r"\[~ (\d+) entries, each these lines with its row of cells(?:, (\d+) blank lines? between)?"
    r"(?:; (\S+): no such line)?(?:; \{x\}\? before a line: only where x has a value)?:\]"
)
ROWS = f"{SIGIL}rows: "
_ROWS = re.compile(r"\[~ rows: ([^\]\n ]+)(?:; \*: lists split by \"([^\"]+)\")?\]")


class Group(NamedTuple):
    """Entries written as a pattern and rows of cells."""

    pattern: Sequence[str]
    names: list[str]
    rows: list[list[str]]
    absent: str | None
    """The cell of a line that is not there."""
    joiner: str
    """Stands between several lines in one cell."""
    blanks: int
    behind: int
    """Where the text goes on."""


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
        f"{ROWS}{separator.join(rows.names)}{lists}]",
        *(escape(end.join(row)) for row in zip(*rows.cells, strict=True)),
    ]


def read(lines: Sequence[str], at: int, ends: str = SEPARATORS) -> Group | None:
    """Read the group that starts at a line, if one does, with these for the separators; raises ValueError on a broken one."""
    match = _HEAD.fullmatch(lines[at])
    if match is None:
        return None
    body = next((row for row in range(at + 1, len(lines)) if lines[row].startswith(ROWS)), 0)
    rows = _ROWS.fullmatch(lines[body])
    if rows is None:
        raise ValueError("a pattern without rows")
    behind = body + 1 + int(match[1])
    separator = next((mark for mark in SEPARATORS if mark in rows[1]), "\n")
    end = separator.translate(str.maketrans(SEPARATORS, ends))
    cells = [unescape(row).split(end) for row in lines[body + 1 : behind]]
    return Group(
        lines[at + 1 : body], rows[1].split(separator), cells, match[3], rows[2] or "", int(match[2] or 0), behind
    )
