"""SQL dumps: rows of INSERT statements; without loss their common words once, with loss the rows asked for or standing out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compress import table_rows, table_statistics
from headroom.compress.column_names import unnamed
from headroom.compress.columns import describe
from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.packing import LineCompressor, pack, unpack
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition
from headroom.compress.table_question import read_question

_INSERT = re.compile(r"(INSERT INTO ([^\s(]+) ?(?:\(([^()]*)\) ?)?VALUES ?)(?=\()", re.IGNORECASE)
_CELL = re.compile(r" ?((?:'(?:[^'\\]|''|\\.)*'|[^',()]+)*+)(?:,|$)")
_NAME = re.compile(r"^ +[`\"]?(\w+)[`\"]? +\w", re.MULTILINE)
_TABLE = re.compile(r"CREATE TABLE [^\n(]{1,200}\(", re.IGNORECASE)
_PART = re.compile(r"(?:[^,()'\n]|'[^'\n]*'|\([^()\n]*\))*+")
_DEFINED = re.compile(r"[`\"\[]?(\w+)")
_NAMES_WITHIN = 20_000
_NO_NAMES = frozenset({"primary", "unique", "key", "constraint", "foreign", "index", "check"})
_MAX_CELLS = 200
_LOSSY_SHARE = 0.75
_HEAD = re.compile(r"\[~ sql: \d+ rows; ([^\n]*) stands before each line that begins with \(\]")


@dataclass(frozen=True, slots=True)
class _Rows:
    """The largest block of rows that stand line by line below one another."""

    first: int
    """Index of the first row's line."""
    names: tuple[str, ...]
    cells: list[list[str]]


class SqlInsert(LineCompressor):
    """``mysqldump``, ``pg_dump --inserts``, ``sqlite3 .dump``."""

    kind = "table"
    layout = "inserts"

    def encode(self, text: str) -> str | None:
        """Leave out the words that begin each statement, where one row stands on each line."""
        lines = escape(text).split("\n")
        starts = [match[1] for line in lines if (match := _INSERT.match(line))]
        if len(starts) < 3:
            return pack(lines) if starts else None
        start = max(set(starts), key=lambda words: (starts.count(words), words))
        if any(line.startswith("(") for line in lines):
            return pack(lines)
        bare = [line.removeprefix(start) for line in lines]
        head = f"{SIGIL}sql: {starts.count(start)} rows; {start} stands before each line that begins with (]"
        return pack(bare, [head], always=True)

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        head, lines = unpack(encoded)
        match = _HEAD.fullmatch(head[0]) if head else None
        if match is not None:
            lines = [match[1] + line if line.startswith("(") else line for line in lines]
        return unescape("\n".join(lines))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Show the rows that were asked for or stand out, verbatim, with statistics of all; other statements stay."""
        if not Relevance.from_hints(hints).specific:
            return None
        lines = text.split("\n")
        found = _read(lines, text)
        if found is None or len(found.cells) < table_rows.MIN_ROWS:
            return None
        rows = lines[found.first : found.first + len(found.cells)]
        columns = [
            describe(name, [cell.strip("'") for cell in column])
            for name, column in zip(found.names, zip(*found.cells, strict=True), strict=True)
        ]
        asked = read_question(columns, rows, hints)
        if asked is None:
            return None
        keep = table_rows.choose(columns, rows, asked)

        def place(a: int, b: int) -> tuple[int, int, str]:
            return found.first + a + 1, found.first + b + 1, "lines"

        pieces = table_rows.pieces(rows, keep, columns, place, told=not asked.answered)
        kept = sum(len(piece) for piece in pieces if isinstance(piece, str))
        if not any(isinstance(piece, Gap) for piece in pieces) or kept > _LOSSY_SHARE * sum(map(len, rows)):
            return None
        head = [
            f"{SIGIL}sql: {len(rows)} rows{table_rows.said_of_others(pieces)}]",
            *table_statistics.statistics_lines(columns, asked, len(text)),
            *lines[: found.first],
        ]
        top = "".join(f"{line}\n" for line in head)
        after = "\n".join(lines[found.first + len(rows) :])
        done = "sql:asked" if asked.answered else "sql:rows"
        return Rendition((top, *pieces, *([after] if after else [])), self.kind, done, lossless=False)


def _read(lines: Sequence[str], text: str) -> _Rows | None:
    """Find the rows; None where they are uneven or few."""
    best: tuple[int, int] = (0, 0)
    start = 0
    inside = [_row_start(line) >= 0 for line in lines]
    for row, is_row in enumerate([*inside, False]):
        if not is_row:
            best = max(best, (row - start, -start))
            start = row + 1
    count, first = best[0], -best[1]
    if count < 3:
        return None
    cells = [_cells(line) for line in lines[first : first + count]]
    width = len(cells[0])
    if not 2 <= width <= _MAX_CELLS or any(len(row) != width for row in cells):
        return None
    return _Rows(first, _names(lines[max(0, first - 1) : first + 1], text, width), cells)


def _row_start(line: str) -> int:
    """Where the row's bracket opens in a line that holds one whole row, or -1."""
    match = _INSERT.match(line)
    at = match.end() if match else 0
    return at if line.startswith("(", at) and line.endswith((")", "),", ");")) else -1


def _cells(line: str) -> list[str]:
    body = line[_row_start(line) + 1 : line.rindex(")")]
    out: list[str] = []
    at = 0
    while at <= len(body):
        match = _CELL.match(body, at)
        if match is None:
            return []
        out.append(match[1])
        if match.end() == len(body) and not match.group().endswith(","):
            break
        at = match.end()
    return out


def _names(near: Sequence[str], text: str, width: int) -> tuple[str, ...]:
    """Column names as the statement or the table's definition gives them."""
    for line in near:
        match = re.match(r"INSERT INTO [^\s(]+ ?\(([^()]*)\)", line, re.IGNORECASE)
        if match and match[1].count(",") + 1 == width:
            return tuple(name.strip(' `"') for name in match[1].split(","))
    table = _TABLE.search(text, 0, _NAMES_WITHIN)
    defined = [name for name in _NAME.findall(text, 0, _NAMES_WITHIN) if name.lower() not in _NO_NAMES]
    for names in (defined, _defined(text[table.end() : _NAMES_WITHIN]) if table is not None else []):
        if len(names) == width:
            return tuple(names)
    return tuple(unnamed(index) for index in range(width))


def _defined(text: str) -> list[str]:
    """Columns of a definition that stands on one line, from behind its bracket."""
    parts: list[str] = []
    at = 0
    while (match := _PART.match(text, at)) is not None:
        parts.append(match[0].strip())
        at = match.end() + 1
        if text[at - 1 : at] != ",":
            break
    found = [match[1] for part in parts if (match := _DEFINED.match(part)) is not None]
    return [name for name in found if name.lower() not in _NO_NAMES]


COMPRESSORS = (SqlInsert(),)
