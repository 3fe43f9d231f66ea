"""What is said of the columns of a table, from all its rows."""

from __future__ import annotations

from collections.abc import Sequence

from headroom.compress.column_names import are_unnamed
from headroom.compress.column_statistics import statistics
from headroom.compress.columns import NUMBER, TIME, Column
from headroom.compress.folding import SIGIL
from headroom.compress.listed_values import commonest, listed
from headroom.compress.table_asked import Asked

_LEAST_STATISTICS = 2_500
_STATISTICS_SHARE = 0.08
"""Characters for statistics of columns that were not asked for."""
_MOST_SHARE = 0.2
"""No more of a short table."""
_FEW_ASKED = 3
"""Columns without names of which one may be meant; of more, next to nothing is said of each."""
_MANY_COLUMNS = 10
_SHORT_STATISTICS = 90
_UNASKED_STATISTICS = 240
"""Characters of statistics beside those of the columns that are asked for, where the question has its answer."""
_FEW_VALUES = 3


def statistics_lines(columns: Sequence[Column], asked: Asked, size: int) -> list[str]:
    """One line for each column of which something can be said, from all rows; fewer for many columns or a short table.

    ``size`` is the length of all rows. Of many columns, those that the question does not name share one line, and so do
    those of a short table that would take too much of it. Where the question has its answer, a short table's other
    columns are told nothing of, a longer one's next to nothing.
    """
    missing = [f"{SIGIL}in none of these rows: {one_line(', '.join(asked.missing))}]"] if asked.missing else []
    return missing + _of_columns(columns, asked, size)


def _of_columns(columns: Sequence[Column], asked: Asked, size: int) -> list[str]:
    unnamed = are_unnamed(columns)
    spared = asked.answered and not asked.figures and (not asked.odd or asked.odd_in is not None)
    if spared and unnamed and len(asked.columns) > _FEW_ASKED:
        return _extremes_in_sight(columns, asked)
    named = asked.columns if len(asked.columns) <= _FEW_ASKED or not unnamed else frozenset[int]()
    brief = len(columns) > _MANY_COLUMNS and bool(asked.columns)
    if not named and asked.columns and not asked.figures:
        brief = True  # any column may be meant, and its highest and lowest are in sight
    order = sorted(range(len(columns)), key=lambda index: (index not in named, columns[index].kind != NUMBER, index))
    room = max(min(_LEAST_STATISTICS, _MOST_SHARE * size), _STATISTICS_SHARE * size)
    if spared:
        order.sort(key=lambda index: (index not in named, not columns[index].counts))
        order = [index for index in order if index in named]
    lines: dict[int, str] = {}
    distinct: list[str] = []
    others: dict[int, str] = {}
    for index in order:
        column = columns[index]
        brief_asked = spared and (not asked.odd or (asked.odd_in is not None and index not in asked.odd_in))
        said = (_asked_extremes(column, asked) if brief_asked else "") or statistics(column)
        if said is None:
            distinct.append(column.name)
            continue
        line = f"{SIGIL}stats {one_line(column.name)}: {one_line(said)}]"
        if index in named or (not brief and len(line) <= room):
            lines[index] = line
            room -= len(line)
            continue
        short = f"{one_line(column.name)} {one_line(_in_brief(column, said))}"
        if len(short) <= room or (brief and not spared):
            others[index] = short
            room -= len(short)
    out = [lines[index] for index in sorted(lines)]
    if others:
        label = "stats of other columns" if lines else "stats"
        out.append(f"{SIGIL}{label}: {'; '.join(others[index] for index in sorted(others))}]")
    if distinct:
        out.append(f"{SIGIL}a value of its own in each row: {one_line(', '.join(distinct))[:400]}]")
    return out


def _extremes_in_sight(columns: Sequence[Column], asked: Asked) -> list[str]:
    """Where any column may be meant, that its extremes are shown; nothing if that is not so of each."""
    extremes = " and ".join(["highest"] * asked.highest + ["lowest"] * asked.lowest)
    shown = [index in asked.columns for index, column in enumerate(columns) if column.kind == NUMBER]
    return [f"{SIGIL}the {extremes} of each column of numbers in sight]"] if extremes and all(shown) else []


def _asked_extremes(column: Column, asked: Asked) -> str:
    """No more than the extremes that are asked for, of a column whose records with them are in sight."""
    if column.kind not in {NUMBER, TIME} or asked.first or asked.last:
        return ""
    said: list[str] = []
    for name, row in (
        ("min", column.lowest if asked.lowest else None),
        ("max", column.highest if asked.highest else None),
    ):
        if row is not None:
            times = column.cells.count(column.cells[row])
            said.append(f"{name}={column.cells[row]}{f' {times} times' if times > 1 else ''}")
    return ", ".join(said)


def _in_brief(column: Column, said: str) -> str:
    """The least of what is ``said`` of a column: its range, or its commonest values; all where these are short."""
    if column.kind == NUMBER and 0 < len(column.counts) <= _FEW_VALUES:
        return listed(column.counts)
    if column.kind in {NUMBER, TIME} and column.lowest is not None and column.highest is not None:
        return f"{column.cells[column.lowest]} .. {column.cells[column.highest]}"
    if len(said) <= _SHORT_STATISTICS:
        return said
    if not column.counts:
        return f"{column.distinct} values" if column.distinct > 1 else said[:_SHORT_STATISTICS]
    return f"{column.distinct} values: {commonest(column.counts, _FEW_VALUES)}"


def one_line(text: str) -> str:
    """Keep cell text from breaking a line of ours."""
    return " ".join(text.split()) if not text.isprintable() else text
