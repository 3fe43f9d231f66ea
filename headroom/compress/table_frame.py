"""Tables drawn with characters, as SQL shells and command-line tools print them: taken apart, and drawn again exactly.

Cells stand between bars (psql, mysql, sqlite3 -box and -table, Markdown), or in columns padded with blanks, with or
without dashes below the header (sqlite3 -column, kubectl, docker, df).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything of a drawn table but its cells."""

    left: str
    joins: tuple[str, ...]
    """What stands between neighbouring cells."""
    right: str
    right_of_header: str
    align: str
    """A letter a column: left, right, unpadded."""
    header_align: str
    """The same; also centred, with the odd blank behind (c) or before (C)."""
    widths: tuple[int, ...]
    """Of each column's cells; 0: as wide as the longest."""
    rules: tuple[str, str, str]
    """Above the header, below it, below the data: empty for none; left, fill, joint and right characters; the fill
    character alone, where joints are those of the rows; or the line itself."""
    trim: bool
    """No blanks at line ends."""
    ended: bool = False
    """None at the end of the last line: a tool took them for the end of its output."""
    pages: tuple[int, int, int] | None = None
    """Rows of the first page, which has no heading unless it has no rows, rows of each other one, blank lines before a heading."""

    def text(self) -> str:
        """Write on one line; `parse` reads it."""
        joins: object = self.joins[0] if len(set(self.joins)) == 1 else list(self.joins)
        fields: dict[str, object] = {"j": joins, "a": self.align}
        if self.header_align != self.align:
            fields["h"] = self.header_align
        if self.left or self.right or self.right_of_header:
            fields["s"] = [self.left, self.right, self.right_of_header]
        if any(self.widths):
            fields["w"] = list(self.widths)
        if any(self.rules):
            fields["r"] = list(self.rules)
        if self.trim:
            fields["t"] = 1
        if self.ended:
            fields["e"] = 1
        if self.pages is not None:
            fields["p"] = self.pages
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Frame:
        """Invert `text`."""
        fields = json.loads(text)
        align = fields["a"]
        joins = fields["j"]
        left, right, right_of_header = fields.get("s", ("", "", ""))
        return cls(
            left,
            tuple(joins) if isinstance(joins, list) else (joins,) * (len(align) - 1),
            right,
            right_of_header,
            align,
            fields.get("h", align),
            tuple(fields.get("w", (0,) * len(align))),
            tuple(fields.get("r", ("", "", ""))),
            bool(fields.get("t")),
            bool(fields.get("e")),
            tuple(fields["p"]) if "p" in fields else None,
        )

    def draw(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
        """Draw the table's lines. Inverted by `table_drawing.take_apart`."""
        columns = [list(column) for column in zip(*rows, strict=True)]
        widths = [
            width or max(len(name), *map(len, cells))
            for width, name, cells in zip(self.widths, header, columns, strict=True)
        ]
        padded = [pad(cells, width, letter) for cells, width, letter in zip(columns, widths, self.align, strict=True)]
        titles = [
            pad([name], width, letter)[0] for name, width, letter in zip(header, widths, self.header_align, strict=True)
        ]
        if len(set(self.joins)) == 1:
            lines = map(self.joins[0].join, zip(*padded, strict=True))
        else:
            between = [part for cells, join in zip(padded, self.joins, strict=False) for part in (cells, repeat(join))]
            lines = map("".join, zip(*between, padded[-1], strict=False))
        left, right = self.left, self.right
        data = [f"{left}{line}{right}" for line in lines] if left or right else list(lines)
        data = list(map(str.rstrip, data, repeat(" "))) if self.trim else data
        if self.ended:
            data[-1] = data[-1].rstrip(" ")
        top, middle, bottom = (self.rule(rule, widths) for rule in self.rules)
        heading = [self._join(titles, self.right_of_header), *middle]
        return [*top, *self._paged(heading, data), *bottom] if self.pages else [*top, *heading, *data, *bottom]

    def _paged(self, heading: Sequence[str], rows: Sequence[str]) -> list[str]:
        """The rows with a heading above each page but one that begins without."""
        first, size, blanks = self.pages or (0, 0, 0)
        out = [*heading] if not first else [*rows[:first]]
        if not first:
            first = size
            out += rows[:size]
        for at in range(first, len(rows), size):
            out += [""] * blanks
            out += heading
            out += rows[at : at + size]
        return out

    def _join(self, cells: Sequence[str], right: str) -> str:
        if len(set(self.joins)) == 1:
            line = self.joins[0].join(cells)
        else:
            line = "".join([part for pair in zip(cells, (*self.joins, ""), strict=True) for part in pair])
        line = f"{self.left}{line}{right}"
        return line.rstrip(" ") if self.trim else line

    def rule(self, rule: str, widths: Sequence[int]) -> list[str]:
        """Draw one of the ``rules``: a line, or none."""
        if not rule:
            return []
        if len(rule) == 1:
            return [self._join([rule * width for width in widths], self.right)]
        if len(rule) == 2:
            return [rule[1].join([rule[0] * (width + 2) for width in widths])]
        if len(rule) == 4:
            return [rule[0] + rule[2].join([rule[1] * (width + 2) for width in widths]) + rule[3]]
        return [rule]


def pad(cells: Sequence[str], width: int, letter: str) -> list[str]:
    """Pad cells: left, right, centred with the odd blank behind (c) or before (C), or not at all (u)."""
    if letter == "l":
        return list(map(str.ljust, cells, repeat(width)))
    if letter == "r":
        return list(map(str.rjust, cells, repeat(width)))
    if letter == "u":
        return list(cells)
    odd = letter == "C"
    return [
        " " * ((width - len(cell) + odd) // 2) + cell + " " * ((width - len(cell) + (not odd)) // 2) for cell in cells
    ]
