"""Tables as text: CSV and TSV, and those that SQL shells and command-line tools draw."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, repeat

from headroom.compress import aliases, column_counts, delimited, table_reading, table_rows, table_statistics
from headroom.compress.column_names import unnamed
from headroom.compress.columns import describe
from headroom.compress.delimited import Delimited, Source
from headroom.compress.folding import SIGIL, escape, has_sigil, unescape
from headroom.compress.long_cells import LONG, shorten, verbatim
from headroom.compress.query import Relevance
from headroom.compress.raw_cells import bare, split_records, split_rows
from headroom.compress.rendition import Gap, Hints, Rendition
from headroom.compress.table_asked import Asked
from headroom.compress.table_question import read_question
from headroom.compress.table_reading import SEPARATORS, Read, redraw

_CSV_HEAD = re.compile(
    r"\[~ csv: \d+ rows split by (\w+)( crlf| crlf, lf in cells)?( bom)?(?:; marks: (\d+))?(?:; name=v [^;]*: columns ([\d,]+))?(?:; counts: [^\]\n]*)?\]"
)
_TABLE_HEAD = re.compile(
    r"\[~ table: \d+ rows split by (\w+)(?:; marks: (\d+))?(?:; counts: [^\[\]{}\n]*)?; layout (\{.*\}) (\d+) (\d+)\]"
)
_NAMES = {mark: name for name, mark in SEPARATORS.items()}
_CRLF, _CRLF_LF = " crlf", " crlf, lf in cells"
_LOSSY_SHARE = 0.75


class DelimitedTable:
    """CSV and TSV: columns that never change go into the header, long repeated values behind marks."""

    kind = "table"

    def lossless(self, text: str, hints: Hints) -> Rendition | None:  # noqa: ARG002 - the contract's signature
        """Hoist constant columns and mark repeated values; None where there are neither."""
        found = delimited.read(text)
        if found is None or found.table.uneven:
            return None
        table = found.table
        constant = _constants(table) if table.headed else []
        columns = list(table.columns)
        for index in constant:
            columns[index] = [f"{columns[index][0]}={columns[index][1]}"]
        header = table.delimiter.join(column[0] for column in columns)
        kept = [column[1:] for index, column in enumerate(columns) if index not in set(constant)]
        rows = list(map(table.delimiter.join, zip(*kept, strict=True)))
        body = "\n".join([header, *rows]) if constant else "\n".join(table.records)
        marks, body = aliases.encode(body)
        if not constant and not marks:
            return None
        head = f"{SIGIL}csv: {len(table.records) - table.headed} rows split by {_NAMES[table.delimiter]}{_ends(found)}{' bom' * found.bom}"
        if marks:
            head += f"; marks: {len(marks)}"
        if constant:
            head += f"; name=v holds in every row: columns {','.join(str(index + 1) for index in constant)}"
        if marks and table.headed:
            names = [bare(column[0]) for column in table.columns]
            counts = column_counts.of_hidden(names, [_bare(column[1:]) for column in table.columns], text, body)
            head += f"; counts: {counts}" if counts else ""
        newline = "\n" * text.endswith("\n")
        encoded = "\n".join([head + "]", *marks, escape(body)]) + newline
        return Rendition((encoded,), self.kind, "csv:columns", lossless=True) if len(encoded) < len(text) else None

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``; raises ValueError on other text."""
        head, _, rest = encoded.partition("\n")
        match = _CSV_HEAD.fullmatch(head)
        if match is None:
            raise ValueError("not a CSV table of ours")
        name, crlf, bom, count, places = match.groups()
        *marks, body = rest.split("\n", int(count or 0))
        body = aliases.decode(marks, unescape(body))
        if places:
            body = _spread_constants(body, SEPARATORS[name], [int(place) - 1 for place in places.split(",")])
        if crlf == _CRLF:
            body = body.replace("\n", "\r\n")
        elif crlf:
            records = split_records(body.removesuffix("\n").split("\n")) or []
            body = "\r\n".join(records) + "\r\n" * body.endswith("\n")
        return "\ufeff" + body if bom else body

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Show the records that were asked for or stand out, verbatim, with statistics of all."""
        if not Relevance.from_hints(hints).specific:
            return None
        found = delimited.read(text)
        if found is None:
            return None
        table = found.table
        first = int(table.headed)
        names = [bare(column[0]) if table.headed else unnamed(i) for i, column in enumerate(table.columns)]
        cells = [_bare(column[first:]) for column in table.columns]
        if table_rows.too_few(table.records[first:]):
            return None
        units, totals = table_rows.outside(cells)
        first += units
        end = len(table.records) - totals
        rows = table.records[first:end]
        if units or totals:
            cells = [column[units : len(column) - totals] for column in cells]
        if multi_line := found.multi_line:
            rows = [row.replace("\n", " ") for row in rows]
            cells = [[cell.replace("\n", " ") for cell in column] for column in cells]
        if table_rows.too_few(rows):
            return None
        columns = [describe(name, column) for name, column in zip(names, cells, strict=True)]
        asked = read_question(columns, rows, hints)
        if asked is None or table_rows.too_few(rows, asked):
            return None
        keep = table_rows.choose(columns, rows, asked, sparing=True)
        if table.uneven and rows[-1].count(table.delimiter) + 1 < len(columns):
            keep.add(len(rows) - 1)  # no record, but what the tool says of them
        starts = list(
            accumulate(map(str.count, table.records, repeat("\n")), lambda at, more: at + more + 1, initial=1)
        )
        long = [column for column in table.columns if max(map(len, column)) > LONG]

        def write(row: int) -> list[str | Gap]:
            record = table.records[row + first]
            if not long or row in asked.rows:
                return [found.raw(record) + found.end]
            return shorten(record, [bare(column[row + first]) for column in long], verbatim(text))

        def place(a: int, b: int) -> tuple[int, int, str]:
            return starts[a + first], starts[b + first + 1] - 1, "lines"

        pieces = table_rows.pieces(rows, keep, columns, place, write, numbered=multi_line, told=not asked.answered)
        uneven = f", {table.uneven} of them with more or fewer cells" if table.uneven else ""
        carriage = found.end.removesuffix("\n")
        head = [
            f"{SIGIL}csv: {len(rows)} rows{uneven}{table_rows.said_of(units, totals)}{table_rows.said_of_others(pieces)}]",
            *table_statistics.statistics_lines(columns, asked, len(text)),
            *(found.raw(record) + carriage for record in table.records[:first]),
        ]
        pieces += [found.raw(record) + found.end for record in table.records[end:]]
        return _finish(head, pieces, rows, _transform("csv", asked))

    def explains(self, text: str, lines: list[str]) -> bool:
        """Whether ``lines`` are parts of records whose long cells were cut."""
        return all(unescape(line) in text for line in lines)


class DrawnTable:
    """Tables drawn with bars, rules and padding, or printed a field a line, become bare cells."""

    kind = "table"

    def __init__(self, *, records_only: bool = False) -> None:
        self._records_only = records_only

    def lossless(self, text: str, hints: Hints) -> Rendition | None:  # noqa: ARG002 - the contract's signature
        """Leave out what only draws: bars, rules, blanks and repeated names."""
        found = self._read(text)
        if found is None or found[2] is None or (found[1].places and not found[1].comes_back):
            return None
        lines, table, _ = found
        name, header, rows = found[2]
        after = lines[len(lines) - table.after :] if table.after else []
        body = "\n".join([*lines[: table.before], header, *rows, *after])
        marks, body = aliases.encode(body)
        head = f"{SIGIL}table: {len(rows) + (not table.headed)} rows split by {name}"
        if marks:
            head += f"; marks: {len(marks)}"
        if table.headed and (counts := column_counts.of_cells(table.header, table.columns, len(body))):
            head += f"; counts: {counts}"
        head += f"; layout {table.frame.text()} {table.before} {table.after}]"
        encoded = "\n".join([head, *marks, escape(body)])
        return Rendition((encoded,), self.kind, "table:cells", lossless=True) if len(encoded) < len(text) else None

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``; raises ValueError on other text."""
        head, _, rest = encoded.partition("\n")
        match = _TABLE_HEAD.fullmatch(head)
        if match is None:
            raise ValueError("not a drawn table of ours")
        name, count, layout, before, after = match.groups()
        *marks, body = rest.split("\n", int(count or 0))
        lines = aliases.decode(marks, unescape(body)).split("\n")
        start, end = int(before), len(lines) - int(after)
        drawn = redraw((layout, SEPARATORS[name], "\n".join(lines[start:end])))
        return "\n".join([*lines[:start], *drawn, *lines[end:]])

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Show the records that were asked for or stand out, as bare cells, with statistics of all."""
        if not Relevance.from_hints(hints).specific:
            return None
        found = self._read(text)
        if found is None or found[2] is None or table_rows.too_few(found[2][2]):
            return None
        lines, table, _ = found
        name, header, rows = found[2]
        if has_sigil(text):  # without its frame a cell may look like a marker of ours
            header, rows = escape(header), [escape(row) for row in rows]
        names, table_cells, first = table.header, table.columns, table.first
        if not table.headed:
            names = tuple(map(unnamed, range(len(names))))
            table_cells = tuple((cell, *cells) for cell, cells in zip(table.header, table_cells, strict=True))
            rows, first = [header, *rows], first - table.height
        units, totals = table_rows.outside(table_cells)
        above, totals_rows = [header] * table.headed + rows[:units], rows[len(rows) - totals :]
        rows = rows[units : len(rows) - totals]
        columns = [
            describe(name, column[units : len(column) - totals])
            for name, column in zip(names, table_cells, strict=True)
        ]
        asked = read_question(columns, rows, hints)
        if asked is None or table_rows.too_few(rows, asked):
            return None
        keep = table_rows.choose(columns, rows, asked, sparing=True)
        start, height, places = first + units * table.height, table.height, table.places

        def place(a: int, b: int) -> tuple[int, int, str]:
            if places:
                return places[start + a] + 1, places[start + b] + 1, "lines"
            return start + a * height + 1, start + b * height + height, "lines"

        pieces = table_rows.pieces(rows, keep, columns, place, numbered=height > 1, told=not asked.answered)
        head = [
            *lines[: table.before],
            f"{SIGIL}table: {len(rows)} rows, {name}-separated{table_rows.said_of(units, totals)}{table.said}{table_rows.said_of_others(pieces)}]",
            *table_statistics.statistics_lines(columns, asked, len(text)),
            *above,
        ]
        pieces += [f"{row}\n" for row in totals_rows]
        after = [line for line in lines[len(lines) - table.after :] if line] if table.after else []
        if after:
            pieces.append("\n".join(after) + "\n")
        return _finish(head, pieces, rows, _transform("table", asked))

    def explains(self, text: str, lines: list[str]) -> bool:
        """Whether ``lines`` are rows of the drawn table without their frame."""
        found = self._read(text)
        cells = found[2] if found is not None else None
        return cells is not None and set(map(unescape, lines)) <= {cells[1], *cells[2]}

    def _read(self, text: str) -> Read | None:
        return table_reading.records(text) or (None if self._records_only else table_reading.drawn(text))


def _bare(cells: list[str]) -> list[str]:
    joined = "\n".join(cells)
    edges = (" \n", "\n ", "\t\n", "\n\t")
    plain = '"' not in joined and joined.strip() == joined and not any(edge in joined for edge in edges)
    return cells if plain else list(map(bare, cells))


def _finish(head: Sequence[str], pieces: list[str | Gap], rows: Sequence[str], transform: str) -> Rendition | None:
    if not any(isinstance(piece, Gap) for piece in pieces):
        return None
    if sum(len(piece) for piece in pieces if isinstance(piece, str)) > _LOSSY_SHARE * sum(map(len, rows)):
        return None
    top = "".join(f"{line}\n" for line in head)
    if isinstance(pieces[0], str):
        return Rendition((top + pieces[0], *pieces[1:]), "table", transform, lossless=False)
    return Rendition((top, *pieces), "table", transform, lossless=False)


def _transform(layout: str, asked: Asked) -> str:
    """What was done, by how surely the question needs no more."""
    return f"{layout}:{'skim' if asked.elsewhere else 'asked' if asked.answered else 'rows'}"


def _ends(source: Source) -> str:
    """How the heading calls the line ends."""
    if source.end == "\n":
        return ""
    return _CRLF if source.inner == source.end else _CRLF_LF


def _constants(table: Delimited) -> list[int]:
    """Columns with one value in all records, whose header cell can carry it."""
    found = []
    for index, column in enumerate(table.columns):
        name, value = column[0], column[1]
        if column.count(value) >= len(column) - 1 and value != name and column[1:].count(value) == len(column) - 1:
            if "=" in name or '"' in name or '"' in value:
                continue
            found.append(index)
    return found if len(found) < len(table.columns) else found[:-1]


def _spread_constants(body: str, delimiter: str, places: Sequence[int]) -> str:
    """Put the hoisted columns back into each record."""
    newline = "\n" * body.endswith("\n")
    records = split_records(body.removesuffix("\n").split("\n")) or []
    header, *rows = split_rows(records, delimiter)
    values: dict[int, str] = {}
    for place in places:
        header[place], _, values[place] = header[place].partition("=")
    columns = [list(column) for column in zip(*rows, strict=True)]
    for place in places:  # ascending
        columns.insert(place, [values[place]] * len(rows))
    return "\n".join([delimiter.join(header), *map(delimiter.join, zip(*columns, strict=True))]) + newline


COMPRESSORS = (DelimitedTable(), DrawnTable())
