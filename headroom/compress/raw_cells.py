"""Records of delimiter-separated values as raw cells: quotes, blanks and doubled quotes stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import repeat

DELIMITERS = "\t,;|"
_CELLS = {
    mark: re.compile(rf'"(?:[^"]|"")*"[^"{re.escape(mark)}]*|(?:[^"{re.escape(mark)}][^{re.escape(mark)}]*)?')
    for mark in DELIMITERS
}


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


def split_rows(records: Iterable[str], delimiter: str) -> list[list[str]]:
    """Raw cells of each record."""
    return [split_cells(record, delimiter) if '"' in record else record.split(delimiter) for record in records]


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


def bare(cell: str) -> str:
    """A cell's value: without quotes."""
    if len(cell) >= 2 and cell[0] == '"' and cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell.strip()
