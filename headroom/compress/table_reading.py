"""A text read as a table that a tool drew or printed a field a line: its frame and cells, if it can be drawn again."""

from __future__ import annotations

from dataclasses import replace

from headroom.compress import delimited, record_frame, table_drawing, table_padded, table_pages
from headroom.compress.log_services import behind_services
from headroom.compress.once import lines_of, once
from headroom.compress.record_frame import RecordFrame, Records
from headroom.compress.table_drawing import Drawn
from headroom.compress.table_frame import Frame

SEPARATORS = {"comma": ",", "bar": "|", "tab": "\t", "semicolon": ";"}

_LEAST_LINES = 4
_MAX_WIDTH = 4_000

type Cells = tuple[str, str, list[str]]
"""Name of a separator that no cell holds, the header and the rows."""
type Read = tuple[list[str], Drawn | Records, Cells | None]


@once
def records(text: str) -> Read | None:
    """Read a text that has a field a line as the records it holds."""
    lines = lines_of(text)
    found = record_frame.take_apart(lines) if "\r" not in text else None
    return (lines, found, _bare_lines(found)) if found is not None else None


@once
def drawn(text: str) -> Read | None:
    """Read a text as the one table drawn in it; None where it could not be drawn again."""
    if "\r" in text or delimited.holds_statements(text):
        return None
    lines = lines_of(text)
    pages = table_pages.joined(lines)
    read = _take_apart(pages.lines) if pages is not None else None
    if pages is None or read is None:
        return _take_apart(lines)
    joined, table, cells = read
    frame = replace(table.frame, pages=pages.pages)
    if cells is not None and pages.pages is not None:
        again = redraw((frame.text(), SEPARATORS[cells[0]], "\n".join([cells[1], *cells[2]])))
        if again == lines[table.before : len(lines) - table.after]:
            return joined, replace(table, frame=frame, places=tuple(pages.places), said=pages.said), cells
    return joined, replace(table, places=tuple(pages.places), said=pages.said), cells


def _take_apart(lines: list[str]) -> tuple[list[str], Drawn, Cells | None] | None:
    if len(lines) < _LEAST_LINES or max(map(len, lines)) > _MAX_WIDTH:
        return None
    bar = table_drawing.bar_of(lines)
    if bar == "|" and behind_services(lines):
        return None
    found = table_drawing.take_apart(lines, bar) if bar else table_padded.take_apart(lines)
    if found is None:
        return None
    cells = _bare_lines(found)
    if cells is None:
        again = found.frame.draw(found.header, list(zip(*found.columns, strict=True)))
    else:  # as it will be decoded
        again = redraw((found.frame.text(), SEPARATORS[cells[0]], "\n".join([cells[1], *cells[2]])))
    return (lines, found, cells) if again == lines[found.before : len(lines) - found.after] else None


@once
def redraw(layout_separator_and_cells: tuple[str, str, str]) -> list[str]:
    """Draw the lines of a table anew."""
    layout, separator, cells = layout_separator_and_cells
    header, *rows = [line.split(separator) for line in cells.split("\n")]
    frame = RecordFrame.parse(layout) if layout.startswith('{"record"') else Frame.parse(layout)
    return frame.draw(header, rows)


def _bare_lines(table: Drawn | Records) -> Cells | None:
    joined = "\n".join(["\n".join(table.header), *map("\n".join, table.columns)])
    name = next((name for name, mark in SEPARATORS.items() if mark not in joined), None)
    if name is None:
        return None
    mark = SEPARATORS[name]
    return name, mark.join(table.header), list(map(mark.join, zip(*table.columns, strict=True)))
