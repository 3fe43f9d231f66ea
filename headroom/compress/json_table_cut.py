"""A table of a JSON document with the records that a question asks for, or that stand out, and gaps in place of the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from headroom.compress import go_events, json_raw, table_rows, table_statistics
from headroom.compress.columns import Column, describe
from headroom.compress.folding import SIGIL
from headroom.compress.json_cells import all_strings
from headroom.compress.json_columns import Table
from headroom.compress.json_inside import columns_inside
from headroom.compress.json_layout import Layout, source_offsets
from headroom.compress.json_schema import Field, cell_fields, leaves
from headroom.compress.json_text import Document, Placed
from headroom.compress.long_cells import LONG, Place, shorten, verbatim
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints
from headroom.compress.row_places import source_places
from headroom.compress.table_question import read_question

_WORTH = 0.75
"""A lossy text above this share of the lossless one is not worth the risk."""
_ALSO = 1_500
"""Characters of a table beside the largest from which it is cut, too."""
_RELEVANT = 0.5
_CLOSE = 0.6
_FEW_NAMED = 40
"""Events of a test run that a question names stay, if they are no more than these."""


@dataclass(frozen=True, slots=True)
class CutTable:
    """What stays of a table, its heading included; ``end`` is the document's line behind it."""

    pieces: Sequence[str | Gap]
    end: int
    transform: str


def cut_table(
    text: str, layout: Layout | None, body: str, document: Document, placed: Placed, main: Placed, hints: Hints
) -> CutTable | None:
    """Cut one of a document's tables, beside the largest those that are long and stand there once; None if it stays whole."""
    table = placed.table
    if placed is not main and (
        table.count < table_rows.MIN_ROWS or len(placed.raw) < _ALSO or body.count(placed.raw) > 1
    ):
        return None
    columns = [*_columns(table), *columns_inside(table.fields)]
    behind = placed.line + 1 + (table.row_header() is not None)
    rows = document.lines[behind : behind + table.count]
    shown = _shown(columns, rows, hints)
    place = _places(text, layout, body, placed) if placed is main else source_places(text, layout, body, placed.raw)
    if shown is None or place is None:
        return None
    keep, whole, statistics, transform = shown
    cells = [field.values for field in cell_fields(table.fields) if max(map(len, field.values), default=0) > LONG]

    within = _cell_places(text, layout, body)

    def write(row: int) -> list[str | Gap]:
        if not cells or row in whole:
            return [rows[row] + "\n"]
        return shorten(rows[row], [column[row].strip('"') for column in cells], within)

    # What time went by in a run of passing tests, nobody asks.
    told = columns if transform != "json:events" else ()
    pieces = table_rows.pieces(rows, keep, told, place, write, told=transform != "json:asked")
    if sum(len(piece) for piece in pieces if isinstance(piece, str)) > _WORTH * sum(map(len, rows)):
        return None
    others = table_rows.said_of_others(pieces)
    above = "".join(
        f"{line}\n"
        for line in [
            *([f"{SIGIL}{others.removeprefix('; ')}]"] if others else []),
            *statistics,
            *document.lines[placed.line : behind],
        ]
    )
    return CutTable([above, *pieces], behind + table.count, transform)


def _cell_places(text: str, layout: Layout | None, body: str) -> Place:
    """Where cells stand: as they are, or with the source's white space between the parts of an object or a list."""
    as_it_is = verbatim(text)

    def place(cell: str, first: int, end: int) -> tuple[int, int] | None:
        found = as_it_is(cell, first, end)
        at = body.find(cell) if found is None and layout is not None and not layout.ascii else -1
        if at < 0:
            return found
        offsets = source_offsets(text, [at + first, at + end - 1])
        return (offsets[0] + 1, offsets[1] + 1) if len(offsets) == 2 else None

    return place


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
    events = go_events.read(columns)
    if events is not None and go_events.asks_for_results(hints.query):
        named = asked.rows if asked is not None and len(asked.rows) <= _FEW_NAMED else frozenset[int]()
        return events.telling | named | {0, len(rows) - 1}, named, [events.counts], "json:events"
    if asked is None:
        return None
    return (
        table_rows.choose(columns, rows, asked) | (events.telling if events is not None else set()),
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
    members = json_raw.members(body)
    arrays = [value for value in (members or {}).values() if value[0] == "["]
    return raw in arrays and sum(len(value) * 3 > len(raw) for value in arrays) == 1
