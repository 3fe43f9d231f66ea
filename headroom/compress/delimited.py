"""Delimiter-separated values (CSV, TSV) taken apart into raw cells: quotes, blanks and doubled quotes stay as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

_DELIMITERS = "\t,;|"
_CELLS = {mark: re.compile(rf'"(?:[^"]|"")*"|(?:[^"{re.escape(mark)}][^{re.escape(mark)}]*)?') for mark in _DELIMITERS}
_MIN_ROWS = 3
_MAX_COLUMNS = 500
_NUMERIC = re.compile(r"[\"'$€£]?-?\d")


@dataclass(frozen=True, slots=True)
class Delimited:
    """Records of equally many raw cells; no delimiter or record end can be mistaken for part of a cell."""

    delimiter: str
    records: list[str]
    """Source text of each record without its line end; quoted cells may hold line breaks."""
    columns: list[list[str]]
    """Raw cells, the header's among them if there is one."""
    headed: bool


def take_apart(text: str) -> Delimited | None:
    """Cut a text whose lines end with LF; None unless all records have equally many cells, two at least."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    if len(lines) < _MIN_ROWS or not lines[0].strip() or lines[0].startswith(("{", "[{")):
        return None
    for delimiter in _DELIMITERS:
        usual = lines[0].count(delimiter)
        if not usual or usual >= _MAX_COLUMNS or (delimiter == "|" and lines[0].startswith("|")):
            continue
        if '"' not in text:
            if set(map(str.count, lines, repeat(delimiter))) != {usual}:
                continue
            cells = delimiter.join(lines).split(delimiter)
            columns = [cells[index :: usual + 1] for index in range(usual + 1)]
            return Delimited(delimiter, lines, columns, _has_header(cells[: usual + 1]))
        found = _quoted(lines, delimiter)
        if found is not None:
            records, rows = found
            columns = [list(column) for column in zip(*rows, strict=True)]
            return Delimited(delimiter, records, columns, _has_header(rows[0]))
    return None


def _quoted(lines: list[str], delimiter: str) -> tuple[list[str], list[list[str]]] | None:
    records = split_records(lines)
    if records is None:
        return None
    rows = [split_cells(record, delimiter) for record in records]
    if len(rows) < _MIN_ROWS or len(rows[0]) < 2 or len(set(map(len, rows))) > 1:
        return None
    return records, rows


def split_records(lines: list[str]) -> list[str] | None:
    """Join lines that belong to one record: a quoted cell goes on over line breaks. None if a quote stays open."""
    if not any(count % 2 for count in set(map(str.count, lines, repeat('"')))):
        return list(lines)
    records: list[str] = []
    pending: list[str] = []
    for line in lines:
        odd = line.count('"') % 2 == 1
        if pending:
            pending.append(line)
            if odd:
                records.append("\n".join(pending))
                pending = []
        elif odd:
            pending = [line]
        else:
            records.append(line)
    return None if pending else records


def split_cells(record: str, delimiter: str) -> list[str]:
    """Raw cells of a record; none if a quote stands where it may not."""
    if '"' not in record:
        return record.split(delimiter)
    cell = _CELLS[delimiter]
    row: list[str] = []
    at = 0
    while True:
        match = cell.match(record, at)
        assert match is not None  # the pattern also matches nothing at all
        row.append(match[0])
        at = match.end()
        if at >= len(record):
            return row
        if record[at] != delimiter:
            return []
        at += 1


def _has_header(first: Sequence[str]) -> bool:
    """Names in the first record: distinct, filled, and no numbers."""
    return all(first) and len(set(first)) == len(first) and not any(_NUMERIC.match(cell.strip()) for cell in first)


def bare(cell: str) -> str:
    """A cell's value: without quotes."""
    if len(cell) >= 2 and cell[0] == '"' and cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell.strip()
