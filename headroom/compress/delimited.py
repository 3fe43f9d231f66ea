"""Delimiter-separated values (CSV, TSV) told from other texts and taken apart into columns of raw cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

from headroom.compress.log_services import behind_services
from headroom.compress.once import once
from headroom.compress.raw_cells import DELIMITERS, bare, split_cells, split_records, split_rows

_MIN_ROWS = 3
_MIN_OPENING = 3
"""So many records show whether a text goes on in the same way."""
_MAX_COLUMNS = 500
_UNEVEN_WIDTH = 3
_EVEN_SHARE = 0.93
"""At least this part of the records has the header's number of cells."""
_LEAST_OF_HEADER = 3
"""No record that leaves cells out has less than a third of the header's delimiters."""
_NAMES = re.compile(r"[A-Za-z_][\w-]*(?:[\t,;|][A-Za-z_][\w-]*){3,}")
_RULE = re.compile(r"(?=[-+=|: ]++\Z)[-+=|: ]*[-=]{3}[-+=|: ]*")
_QUOTED = re.compile(r'"[^"]*"')
_LOOK_BELOW = 200
_TELLING_SHAPE = 6
"""A shorter shape, such as that of ``q1``, says nothing."""
_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LOOK_WITHIN = 8_000
_STATEMENT = re.compile(r"^INSERT INTO [^\n]*\bVALUES\b", re.IGNORECASE | re.MULTILINE)
"""A row of SQL, whose brackets and quotes are none of a delimited table."""
_NUMERIC = re.compile(r"[\"'$€£]?-?\d")
_MIN_PERIODS = 3
_PERIOD = re.compile(
    r"(1\d|20|21)\d\d(?:[-/. ]?(?:Q[1-4]|H[12]|W\d\d|\d\d?(?:[-/.]\d\d?)?))?|\d\d?[/.]\d\d?[/.](?:\d\d|\d{4})",
    re.IGNORECASE,
)
"""A year, quarter, month, week or day."""


@dataclass(frozen=True, slots=True)
class Delimited:
    """Records of equally many raw cells; no delimiter or record end can be mistaken for part of a cell."""

    delimiter: str
    records: list[str]
    """Source text of each record without its line end; quoted cells may hold line breaks."""
    columns: list[list[str]]
    """Raw cells, the header's among them if there is one."""
    headed: bool
    uneven: int = 0
    """How many records have more or fewer cells than the header; their columns are filled up, or their rest is left out."""

    @property
    def multi_line(self) -> bool:
        """Whether a cell holds line breaks."""
        return any("\n" in record for record in self.records)


@dataclass(frozen=True, slots=True)
class Source:
    """A table, and how its text begins and ends its records."""

    table: Delimited
    end: str
    """Line end of a record."""
    inner: str
    """Line break inside quoted cells, which is LF in the table's records: the same as ``end``, or LF."""
    bom: bool
    """Whether a byte order mark begins the text."""

    @property
    def multi_line(self) -> bool:
        """Whether a cell holds line breaks."""
        return self.table.multi_line

    def raw(self, record: str) -> str:
        """A record as it stands in the text, without its line end."""
        return record.replace("\n", self.inner) if self.inner != "\n" else record


@once
def read(text: str) -> Source | None:
    """Read a whole text as one table; None where it is none, or ends its lines in several ways."""
    bom = text.startswith("\ufeff")
    body = text[1:] if bom else text
    if body.endswith("\n\n"):
        return None
    if "\r" not in body:
        table = take_apart(body)
        return Source(table, "\n", "\n", bom) if table is not None else None
    plain = body.replace("\r\n", "\n")
    breaks = body.count("\r\n")
    if breaks == body.count("\n") and "\r" not in plain:
        table = take_apart(plain)
        return Source(table, "\r\n", "\r\n", bom) if table is not None and not plain.endswith("\n\n") else None
    if '"' not in body or "\r" in _QUOTED.sub("", body).replace("\r\n", "\n"):
        return None
    if breaks and "\r" not in plain and (table := take_apart(plain)) is not None:
        again = "\r\n".join(table.records) + "\r\n" * plain.endswith("\n")
        if again == body:
            return Source(table, "\r\n", "\n", bom)
    table = take_apart(body)
    if table is None or any(record.endswith("\r") for record in table.records):
        return None
    return Source(table, "\n", "\n", bom)


def has_broken_cells(text: str) -> bool:
    """Whether a text is a table of which some cells hold line breaks: its lines are no records."""
    if '"' not in text:
        return False
    source = read(text)
    return source is not None and source.multi_line


def opens_with_broken_cells(head: str) -> bool:
    """Whether a text that begins like this seems to be such a table."""
    first = head[: head.find("\n")]
    if '"' not in head or (first.count('"') % 2 == 0 and not any(map(first.__contains__, DELIMITERS))):
        return False
    *lines, _ = head.replace("\r\n", "\n").split("\n")
    odd = [row for row, line in enumerate(lines) if line.count('"') % 2]
    if len(odd) < 2:
        return False
    records = split_records(lines[: odd[-1]] if len(odd) % 2 else lines) or []
    if len(records) < _MIN_OPENING:
        return False
    for delimiter in DELIMITERS:
        if delimiter in records[0]:
            usual = len(split_cells(records[0], delimiter))
            if usual > 1 and all(len(split_cells(record, delimiter)) == usual for record in records):
                return True
    return False


def holds_statements(text: str) -> bool:
    """Whether rows of SQL stand in the text: what else looks like a table's marks there is none."""
    return "INSERT INTO" in text[:_LOOK_WITHIN].upper() and _STATEMENT.search(text, 0, _LOOK_WITHIN) is not None


def take_apart(text: str) -> Delimited | None:
    """Cut a text whose lines end with LF; None unless nearly all records have equally many cells, two at least."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    if len(lines) < _MIN_ROWS or not lines[0].strip() or lines[0].startswith(("{", "[{")):
        return None
    if holds_statements(text):
        return None
    for delimiter in DELIMITERS:
        usual = lines[0].count(delimiter)
        if not usual or usual >= _MAX_COLUMNS:
            continue
        if delimiter == "|" and (lines[0].startswith("|") or _RULE.fullmatch(lines[1])):
            continue  # drawn: what parts the header from the rows, and what stands below them, is no record
        if delimiter == "|" and usual == 1 and behind_services(lines):
            continue
        if '"' not in text:
            counts = list(map(str.count, lines, repeat(delimiter)))
            if counts.count(usual) != len(counts):
                if _may_be_uneven(counts.count(usual), len(counts), usual + 1) or _ends_early(lines[0], counts):
                    rows = list(map(str.split, lines, repeat(delimiter)))
                    if _has_header(rows[0], rows[1]):
                        return _evened(delimiter, lines, rows)
                continue
            cells = delimiter.join(lines).split(delimiter)
            columns = [cells[index :: usual + 1] for index in range(usual + 1)]
            return Delimited(delimiter, lines, columns, is_headed(columns))
        found = _quoted(lines, delimiter)
        if found is not None:
            records, rows = found
            return _evened(delimiter, records, rows)
    return None


def _evened(delimiter: str, records: list[str], rows: list[list[str]]) -> Delimited:
    """Make columns of rows that may have too many cells or too few."""
    width = len(rows[0])
    uneven = sum(len(row) != width for row in rows)
    if uneven:
        rows = [row if len(row) == width else [*row[:width], *[""] * (width - len(row))] for row in rows]
    columns = [list(column) for column in zip(*rows, strict=True)]
    return Delimited(delimiter, records, columns, is_headed(columns), uneven)


def _ends_early(header: str, counts: Sequence[int]) -> bool:
    """Whether records leave out the cells at their end that nothing is in, below a header of plain names."""
    return (
        _NAMES.fullmatch(header) is not None
        and counts[0] == max(counts)
        and min(counts) * _LEAST_OF_HEADER >= counts[0]
    )


def opens_with_names(lines: Sequence[str], delimiter: str) -> bool:
    """Whether lines seem to be a header of plain names and records that may leave out cells at their end."""
    return len(lines) > _MIN_OPENING and _ends_early(
        lines[0].replace(delimiter, ","), list(map(str.count, lines, repeat(delimiter)))
    )


def _may_be_uneven(even: int, count: int, width: int) -> bool:
    """Whether so few records differ from the header, in a table wide enough, that it is one all the same."""
    return width >= _UNEVEN_WIDTH and even >= _EVEN_SHARE * count


def _quoted(lines: list[str], delimiter: str) -> tuple[list[str], list[list[str]]] | None:
    records = split_records(lines)
    if records is None:
        return None
    rows = split_rows(records, delimiter)
    widths = list(map(len, rows))
    if len(rows) < _MIN_ROWS or widths[0] < 2 or not all(widths):
        return None
    even = widths.count(widths[0])
    if even < len(rows) and not (_may_be_uneven(even, len(rows), widths[0]) and _has_header(rows[0], rows[1])):
        return None
    return records, rows


def is_headed(columns: Sequence[Sequence[str]], alike: int = 0) -> bool:
    """Whether the first cells are names: they look like ones, and all but so many unlike the cells below them."""
    names, below = ([column[row] for column in columns] for row in (0, 1))
    return _has_header(names, below) and sum(map(_is_all_data, columns)) <= alike


def _is_all_data(column: Sequence[str]) -> bool:
    """Whether a column's first cell comes again below, or has the shape of the next few: letters, digits and signs."""
    first = column[0]
    if first in column[1:_LOOK_BELOW]:
        return True
    shape = _shape(first) if any(map(str.isdigit, first)) else ""
    return len(shape) >= _TELLING_SHAPE and all(_shape(cell) == shape for cell in column[1:_MIN_ROWS])


def _shape(cell: str) -> str:
    return _LETTERS.sub("a", _DIGITS.sub("0", cell))


def _has_header(first: Sequence[str], below: Sequence[str]) -> bool:
    """Names in the first record: distinct, filled, and no numbers but a row of years or other times, which is not ``below``."""
    if not all(first) or len(set(first)) != len(first):
        return False
    numeric = [index for index, cell in enumerate(first) if _NUMERIC.match(cell.strip())]
    if not numeric:
        return True
    if not _MIN_PERIODS <= len(numeric) < len(first) or not all(_is_period(first[index]) for index in numeric):
        return False
    return 2 * sum(_is_period(below[index]) for index in numeric if index < len(below)) < len(numeric)


def _is_period(cell: str) -> bool:
    return _PERIOD.fullmatch(bare(cell)) is not None
