"""JSON documents whose weight is in records: API answers, query results, record lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from headroom.compress import (
    aliases,
    column_counts,
    go_events,
    json_layout,
    json_repeats,
    json_text,
    table_rows,
    table_statistics,
)
from headroom.compress.columns import Column, describe
from headroom.compress.folding import SIGIL, unescape
from headroom.compress.json_cells import all_strings
from headroom.compress.json_decode import source_of
from headroom.compress.json_inside import columns_inside
from headroom.compress.json_layout import Layout
from headroom.compress.json_records import IrregularKeys, Table
from headroom.compress.json_schema import Field, cell_fields, constants, leaves
from headroom.compress.json_shuffled import in_one_order
from headroom.compress.json_text import Document, Placed
from headroom.compress.long_cells import LONG, shorten
from headroom.compress.once import once
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition
from headroom.compress.row_places import source_places
from headroom.compress.table_question import read_question

_MARK = re.compile(r"[$@&%^§][A-Za-z]=.")
_LOSSY_NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HOLE = "\x00\n"
"""Stands for a gap; no JSON text holds it."""
_WORTH = 0.75
"""A lossy text above this share of the lossless one is not worth the risk."""
_NAMED_SHARE = 0.9
"""Names for repeated values must leave less than this share of a document: a table is easier to read without."""
_MOSTLY = 0.5
"""Share of a document that its largest table stands for, from which it is a table and little else."""
_RELEVANT = 0.5
_CLOSE = 0.6


class JsonTable:
    """Arrays of objects become tables; what surrounds them stays JSON, minified."""

    kind = "json"

    def lossless(self, text: str, hints: Hints) -> Rendition | None:  # noqa: ARG002 - the contract's signature
        """Write records as rows under one header, with what never changes said once."""
        layout, body = json_layout.split(text) or (None, "")
        if layout is None:
            return None
        document = _document(body)
        if document is None or not document.tables:
            return None
        document, values = _shorter(document, body)
        marks, rest = aliases.encode("\n".join([*values, *document.lines]))
        head = _head(layout.tag, len(marks), document, len(values), counted=True)
        encoded = "\n".join([head, *marks, rest])
        return Rendition((encoded,), self.kind, "json:table", lossless=True) if len(encoded) < len(text) else None

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``; raises ValueError on other text."""
        return source_of(encoded)

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Show the records that were asked for or stand out, statistics of all, and gaps in place of the others."""
        if not Relevance.from_hints(hints).specific:
            return None
        found = json_layout.split(text)
        if found is None:
            return None
        layout, body = found
        document, shuffled = _legible(found)
        if document is None or not document.tables:
            return None
        main = max(document.tables, key=lambda placed: len(placed.raw))
        columns = [*_columns(main.table), *columns_inside(main.table.fields)]
        behind = main.line + 1 + (main.table.row_header() is not None)
        rows = document.lines[behind : behind + main.table.count]
        shown = _shown(columns, rows, hints)
        if shown is None:
            return None
        keep, whole, statistics, transform = shown
        place = _places(text, layout, body, main)
        if place is None:
            return None
        cells = [
            field.values for field in cell_fields(main.table.fields) if max(map(len, field.values), default=0) > LONG
        ]

        def write(row: int) -> list[str | Gap]:
            if not cells or row in whole:
                return [rows[row] + "\n"]
            return shorten(rows[row], [column[row].strip('"') for column in cells], text)

        pieces = table_rows.pieces(rows, keep, columns, place, write, told=transform != "json:asked")
        if sum(len(piece) for piece in pieces if isinstance(piece, str)) > _WORTH * sum(map(len, rows)):
            return None
        before = [*document.lines[: main.line], *statistics, *document.lines[main.line : behind]]
        rest = document.lines[behind + main.table.count :]
        pieces = ["".join(f"{line}\n" for line in before), *pieces, *(["\n".join(rest) + "\n"] if rest else [])]
        return Rendition(_marked(pieces, document, shuffled=shuffled), self.kind, transform, lossless=False)

    def explains(self, text: str, lines: list[str]) -> bool:
        """Whether ``lines`` are rows of the text's tables, or parts of them, behind our marks."""
        found = json_layout.split(text)
        document = _legible(found)[0] if found is not None else None
        if document is None:
            return False
        marks = [line for line in lines if _MARK.match(line)]
        joined = "\n" + "\n".join(document.lines) + "\n"
        known = set(document.lines)
        shown = aliases.decode(marks, "\n".join(line for line in lines if line not in marks))
        return all(line in known or line in joined for line in unescape(shown).split("\n"))


def _document(body: str) -> Document | None:
    try:
        return json_text.write(body)
    except IrregularKeys:
        return None


@once
def _legible(found: tuple[Layout | None, str]) -> tuple[Document | None, bool]:
    """The document, and whether its records were put in one order of keys, without which they are no table, or each key has several columns."""
    layout, body = found
    document = _document(body)
    if layout is None or document is None or not all(map(_may_contradict, document.tables)):
        return document, False
    ordered = in_one_order(layout, body)
    return (_document(ordered), True) if ordered is not None else (document, False)


def _may_contradict(placed: Placed) -> bool:
    """Whether a name stands twice, as it does where records have their keys in different orders."""
    names = [field.name for field in placed.table.fields]
    return len(set(names)) < len(names)


def _shorter(document: Document, body: str) -> tuple[Document, list[str]]:
    """The document with the values that it repeats said once, and these values, where that is shorter."""
    in_tables = max(len(placed.raw) for placed in document.tables)
    values, named = json_repeats.say_once(body, nested=in_tables < _MOSTLY * len(body)) or ([], "")
    other = _document(named) if values else None
    if other is None or sum(map(len, values)) + other.size > _NAMED_SHARE * document.size:
        return document, []
    return other, values


def _head(
    tag: str, marks: int, document: Document, values: int = 0, *, counted: bool = False, shuffled: bool = False
) -> str:
    """First line: what this is and how to read it, and what is in its largest table if that is to be ``counted``."""
    said = [f"marks: {marks}"] if marks else []
    if values:
        said.append(f"said once: {values}")
    tables = [placed.table for placed in document.tables]
    fields = [field for table in tables for field in cell_fields(table.fields)]
    if any(field.kind == "cell" and not field.optional and "null" in field.values for field in fields):
        said.append("blank cell = null")
    if any(field.optional for field in fields):
        said.append("name? = key may be absent (blank)")
    if any(field.in_tail for field in fields):
        said.append("name* = behind the row")
    if shuffled:
        said.append("keys in one order, in the source in another on each line")
    if any(True for table in tables for _ in constants(table.fields)):
        said.append("name=v = v in every row")
    if counted and (counts := _counts(document)):
        said.append(counts)
    return f"{SIGIL}json {'; '.join([tag, *said])}]" if tag else f"{SIGIL}json{''.join(f'; {part}' for part in said)}]"


def _counts(document: Document) -> str:
    if not document.tables:
        return ""
    main = max(document.tables, key=lambda placed: len(placed.raw))
    behind = document.lines[main.line : main.line + main.table.count]
    return column_counts.told(main.table, sum(map(len, behind)))


def _columns(table: Table) -> list[Column]:
    return [describe(path, _bare(field)) for path, field in leaves(table.fields)]


def _bare(field: Field) -> list[str]:
    """Cells as text: no quotes, nothing for null."""
    strings = all_strings(field.values)
    if strings is not None:
        return strings
    joined = "\n".join(field.values)
    if '"' in joined:
        joined = re.sub(r'(?m)^"(.*)"$', r"\1", joined)
    cells = joined.split("\n")
    return ["" if cell == "null" else cell for cell in cells] if "null" in cells else cells


def _shown(
    columns: Sequence[Column], rows: Sequence[str], hints: Hints
) -> tuple[set[int], frozenset[int], list[str], str] | None:
    """Rows to keep, those to keep whole, lines of statistics, and what the cut is called.

    A short table keeps all rows; only the long cells of rows that are not in question can go.
    """
    asked = read_question(columns, rows, hints) if len(rows) >= table_rows.LEAST_ROWS else None
    if len(rows) < table_rows.MIN_ROWS and (asked is None or not asked.answered):
        relevant = _relevant_rows(rows, hints)
        return (set(range(len(rows))), relevant, [], "json:rows") if relevant else None
    if asked is None:
        return None
    return (
        table_rows.choose(columns, rows, asked) | go_events.telling(columns),
        asked.rows,
        table_statistics.statistics_lines(columns, asked, sum(map(len, rows))),
        f"json:{'skim' if asked.elsewhere else 'asked' if asked.answered else 'rows'}",
    )


def _relevant_rows(rows: Sequence[str], hints: Hints) -> frozenset[int]:
    """Rows that the question is clearly about."""
    scores = Relevance.from_hints(hints).score_lines(rows)
    best = max(scores, default=0.0)
    if best < _RELEVANT:
        return frozenset()
    return frozenset(row for row, score in enumerate(scores) if score >= _CLOSE * best)


def _places(
    text: str, layout: Layout | None, body: str, main: Placed
) -> Callable[[int, int], tuple[int, int, str]] | None:
    """Where rows are in the source, in the unit in which the reader can ask for them.

    ``rows`` are the elements of the text's array, or of the longest array in its object; elsewhere rows are lines, or
    characters where lines are few.
    """
    if layout is not None and layout.style.endswith("lines"):
        skipped = layout.lead.count("\n")
        return lambda first, last: (skipped + first + 1, skipped + last + 1, "lines")
    bom = text.startswith("\ufeff")
    if not bom and main.raw[0] == "[" and (main.raw == body or (body[0] == "{" and _is_longest_member(body, main.raw))):
        return lambda first, last: (first + 1, last + 1, "rows")
    return source_places(text, layout, body, main.raw)


def _is_longest_member(body: str, raw: str) -> bool:
    """Whether it is by far the longest array, however the text is laid out."""
    members = json_layout.members(body)
    arrays = [value for value in (members or {}).values() if value[0] == "["]
    return raw in arrays and sum(len(value) * 3 > len(raw) for value in arrays) == 1


def _marked(pieces: Sequence[str | Gap], document: Document, *, shuffled: bool) -> tuple[str | Gap, ...]:
    """The pieces with marks for what they repeat, and the head line in front."""
    texts = [piece for piece in pieces if isinstance(piece, str)]
    marks, joined = aliases.encode(_HOLE.join(texts), _LOSSY_NAMES)
    shorter = iter(joined.split(_HOLE))
    out = [next(shorter) if isinstance(piece, str) else piece for piece in pieces]
    top = "".join(f"{line}\n" for line in [_head("", len(marks), document, shuffled=shuffled), *marks])
    return (top, *out) if not isinstance(out[0], str) else (top + out[0], *out[1:])


COMPRESSORS = (JsonTable(),)
