"""Tables that SQL shells print as HTML: with loss the rows asked for or standing out, verbatim, with statistics of all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from itertools import pairwise

from headroom.compress import table_rows, table_statistics
from headroom.compress.column_names import unnamed
from headroom.compress.columns import describe
from headroom.compress.folding import SIGIL
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition
from headroom.compress.table_question import read_question

_OPENING = re.compile(r"\s*<(?:table|tr)\b", re.IGNORECASE)
_ROW = re.compile(
    r"^[ \t]*<tr\b[^>\n]*>((?:[^<]|<(?!/?t(?:r|able)\b))*+)</tr>[ \t]*(?:\n|\Z)", re.IGNORECASE | re.MULTILINE
)
_CELL = re.compile(r"(?:(?<!\s)\s++)?<(td|th)\b[^>\n]*>((?:[^<]|<(?!/?t[dhr]\b))*+)</\1>\s*", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_LOOK = 200
_MOST_CELLS = 200
_MOST_OUTSIDE = 600
"""Characters around the rows: the table's own tags, a caption, a count."""
_LOSSY_SHARE = 0.75


class HtmlRows:
    """``sqlite3 -html``, ``psql -H``, ``mysql -H`` where each row has lines of its own."""

    kind = "table"

    def lossless(self, text: str, hints: Hints) -> Rendition | None:  # noqa: ARG002 - the contract's signature
        """Leave it to what shortens any markup."""
        return None

    def decode(self, encoded: str) -> str:  # noqa: ARG002 - the contract's signature
        """Refuse all: there is no lossless form."""
        raise ValueError("not a text of ours")

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Show the rows that were asked for or stand out, as they are, and gaps in place of the others."""
        if not Relevance.from_hints(hints).specific:
            return None
        found = _read(text)
        if found is None:
            return None
        rows = [" ".join(cells) for cells in found.cells]
        columns = [
            describe(name, cells)
            for name, cells in zip(found.names, map(list, zip(*found.cells, strict=True)), strict=True)
        ]
        asked = read_question(columns, rows, hints)
        if asked is None:
            return None
        keep = table_rows.choose(columns, rows, asked)
        starts = found.starts
        lines = [0]
        for first, behind in pairwise(starts):
            lines.append(lines[-1] + text.count("\n", first, behind))
        above = text.count("\n", 0, starts[0])

        def place(a: int, b: int) -> tuple[int, int, str]:
            return above + lines[a] + 1, above + lines[b + 1], "lines"

        def write(row: int) -> list[str | Gap]:
            return [text[starts[row] : starts[row + 1]]]

        pieces = table_rows.pieces(rows, keep, columns, place, write, numbered=True)
        kept = sum(len(piece) for piece in pieces if isinstance(piece, str))
        if not any(isinstance(piece, Gap) for piece in pieces) or kept > _LOSSY_SHARE * (starts[-1] - starts[0]):
            return None
        head = [f"{SIGIL}html: {len(rows)} rows]", *table_statistics.statistics_lines(columns, asked, len(text))]
        top = "".join(f"{line}\n" for line in head) + text[: starts[0]]
        after = text[starts[-1] :]
        return Rendition((top, *pieces, *([after] if after else [])), self.kind, "html:rows", lossless=False)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of the one table in a text."""

    names: tuple[str, ...]
    cells: list[list[str]]
    starts: list[int]
    """Where each row begins in the text, and where the last one ends."""


def _read(text: str) -> _Rows | None:
    """Find the rows; None where anything but a few words stands around or between them, or cells are missing."""
    if _OPENING.match(text, 0, _LOOK) is None or "\r" in text:
        return None
    found = list(_ROW.finditer(text))
    if len(found) < table_rows.MIN_ROWS or any(a.end() != b.start() for a, b in pairwise(found)):
        return None
    if found[0].start() + len(text) - found[-1].end() > _MOST_OUTSIDE:
        return None
    kinds, rows = [], []
    for row in found:
        cells = list(_CELL.finditer(row[1]))
        if not cells or sum(len(cell[0]) for cell in cells) != len(row[1]):
            return None
        kinds.append({cell[1].lower() for cell in cells})
        rows.append([unescape(_TAG.sub("", cell[2])).strip() for cell in cells])
    width = len(rows[0])
    if not 2 <= width <= _MOST_CELLS or any(len(row) != width for row in rows):
        return None
    headed = kinds[0] == {"th"}
    names = tuple(rows[0]) if headed else tuple(map(unnamed, range(width)))
    starts = [row.start() for row in found[headed:]]
    return _Rows(names, rows[headed:], [*starts, found[-1].end()])


COMPRESSORS = (HtmlRows(),)
