"""Which rows of a long table stay in sight, and what is said where others are gone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise

from headroom.compress.columns import NUMBER, TIME, Column, ascending, change_point, descending, outliers
from headroom.compress.http_status import KNOWN
from headroom.compress.must_keep import severities
from headroom.compress.rendition import Gap, joined_pieces
from headroom.compress.selecting import between_ends
from headroom.compress.table_asked import SHORT, Asked
from headroom.compress.table_statistics import one_line

MIN_ROWS = 20
"""A shorter table is shown whole, if its question may need more than what would be kept."""
LEAST_ROWS = 10
_WIDE = 100
"""A shorter table of rows with so many characters is cut too, taken together."""
_MIN_GAP_ROWS = 3
_MIN_GAP_CHARS = 130
"""A marker costs some 25 tokens: what is shorter stays."""
_MUCH = 300
"""Characters of one or two rows that are worth a marker."""
_BRIEF_CHARS = 50
"""Characters of rows that are worth the range alone."""
_ENDS = 2
"""Rows that stay at either end, unless the question has its answer."""
_MOST_TOTALS = 3
_TOTAL = re.compile(r"(?:grand |sub ?)?totals?:?|sum:?|average:?|mean:?|overall:?|all:?", re.IGNORECASE)
_TIES = 3
_RARE_VALUES = 9
"""More than the rarest of a column that stay where it asks for what is unusual there."""
_FAILURES = 20
_RARE = 0.01
"""Share of the rows in which a cell is rarely filled."""
_ROWS_OF_ONE = 3
_RARELY_FILLED = 5
_BUDGET_SHARE = 0.05
_LEAST_BUDGET = 900
_MOST_OF_SHORT = 0.15
_MOST_BUDGET = 8_000
"""Characters for rows that stand out by themselves, asked for or not."""
_MARKER = 80
_SAMPLES = 3
_NOTE_CHARS = 90


def too_few(rows: Sequence[str], asked: Asked | None = None) -> bool:
    """Whether a table is short enough to be shown whole; before it is known what is asked, whether it surely is."""
    if len(rows) >= MIN_ROWS or (len(rows) >= LEAST_ROWS and (asked is None or asked.answered)):
        return False
    return len(rows) < LEAST_ROWS or sum(map(len, rows)) < MIN_ROWS * _WIDE


def choose(columns: Sequence[Column], rows: Sequence[str], asked: Asked, *, sparing: bool = False) -> set[int]:
    """Rows to keep, 0-based: what was asked for, failures, what stands out within a budget, and first and last without an answer.

    ``sparing``: little stands out of a short table.
    """
    keep = set(asked.rows)
    count = len(rows)
    size = sum(map(len, rows))
    short = asked.answered and size <= SHORT
    ends = 0 if asked.answered else _ENDS
    keep.update(range(min(count, max(ends, asked.top if asked.first else 0))))
    keep.update(range(max(0, count - max(ends, asked.top if asked.last else 0)), count))
    for index in sorted(asked.columns):
        keep.update(
            _asked_extremes(columns[index], asked, odd=asked.odd and (asked.odd_in is None or index in asked.odd_in))
        )
    troubled = severities(rows)
    if len(troubled) <= max(_TIES, count // 50) or asked.odd:
        worst = sorted(troubled, key=lambda row: (-troubled[row], row))
        keep.update(worst[:_FAILURES])
    least = min(_LEAST_BUDGET, int(_MOST_OF_SHORT * size)) if sparing else _LEAST_BUDGET
    budget = min(_MOST_BUDGET, max(least, int(_BUDGET_SHARE * size)))
    rare = islice(dict.fromkeys(rarely_filled(columns)), _RARELY_FILLED)
    for row in rare:
        if row not in keep and len(rows[row]) <= budget // _RARELY_FILLED:
            keep.add(row)
            budget -= len(rows[row]) + _MARKER
    for row in _standing_out(columns, asked, count) if not short or asked.odd else ():
        if row in keep:
            continue
        budget -= len(rows[row]) + _MARKER
        if budget < 0:
            break
        keep.add(row)
    if not asked.answered or not keep:
        keep.update(between_ends(keep, range(count), _ENDS))
    return keep


def _asked_extremes(column: Column, asked: Asked, *, odd: bool) -> list[int]:
    rows: list[int] = []
    if column.kind in {NUMBER, TIME}:
        for wanted, highest in ((asked.lowest, False), (asked.highest, True)):
            if wanted:
                found = column.extremes(max(asked.top, _TIES), highest=highest)
                rows += found if asked.top > 1 else _ties(column, found)
    if odd:
        rows += _rows_of(_odd_values(column), column)
        if column.kind == NUMBER:
            rows += outliers(column)[:5]
    return rows


def _rows_of(values: Sequence[str], column: Column) -> list[int]:
    """All rows of a value that hardly any has, of others the first."""
    few = {value for value, count in column.counts if count <= _TIES}.intersection(values)
    rows = [row for row, cell in enumerate(column.cells) if cell in few] if few else []
    return rows + [column.cells.index(value) for value in values if value not in few]


def _odd_values(column: Column) -> list[str]:
    """The rarest values, others that are as good as alone, and of HTTP's status codes those of errors."""
    rarest = column.counts[-_TIES:]
    once = [found for found in column.counts[:-_TIES] if found[1] <= max(1, len(column.cells) // 200)]
    found = [value for value, _ in [*rarest, *once[-_RARE_VALUES:]]]
    if column.kind == NUMBER and column.values and KNOWN.issuperset(column.values):
        found += [value for value, _ in column.counts if value >= "400"]
    return found


def _ties(column: Column, rows: Sequence[int]) -> list[int]:
    return [row for row in rows if column.cells[row] == column.cells[rows[0]]]


def _standing_out(columns: Sequence[Column], asked: Asked, count: int) -> Iterator[int]:
    """Rows worth a look whatever the question, the most telling first.

    Where the question has its answer, these are what deviates alone.
    """
    order = sorted(range(len(columns)), key=lambda index: (index not in asked.columns, index))
    if asked.answered:
        yield from _deviants(columns, order, count)
        return
    for index in order:
        column = columns[index]
        if column.counts:
            yield column.cells.index(column.counts[-1][0])
    yield from _extremes(columns, order)
    yield from _rare_values(columns, order, count)
    for index in order:
        yield from outliers(columns[index])[:2]
        change = change_point(columns[index])
        if change is not None:
            yield from (change, change + 1)
    for sample in range(1, _SAMPLES + 1):
        yield sample * count // (_SAMPLES + 1)


def _extremes(columns: Sequence[Column], order: Sequence[int]) -> Iterator[int]:
    for index in order:
        if columns[index].kind == NUMBER:
            for row in (columns[index].highest, columns[index].lowest):
                if row is not None:
                    yield row


def _rare_values(columns: Sequence[Column], order: Sequence[int], count: int) -> Iterator[int]:
    for index in order:
        for value, times in columns[index].counts[-_TIES:]:
            if times <= max(1, count // 200):
                yield columns[index].cells.index(value)


def _deviants(columns: Sequence[Column], order: Sequence[int], count: int) -> Iterator[int]:
    """Rows with the one rare value of a column, or with the one number far off all others."""
    for index in order:
        rare = [value for value, times in columns[index].counts[-2:] if times <= max(1, count // 200)]
        if len(rare) == 1:
            yield columns[index].cells.index(rare[0])
    for index in order:
        far = outliers(columns[index])
        if len(far) == 1:
            yield far[0]


def rarely_filled(columns: Sequence[Column]) -> Iterator[int]:
    """Rows of the cells that next to no other row has filled, those of the emptiest columns first."""
    sparse: list[tuple[int, Column]] = []
    for column in columns:
        total = len(column.cells)
        if 0 < column.distinct <= (most := max(1, int(total * _RARE))):
            filled = total - column.cells.count("")
            if filled <= most:
                sparse.append((filled, column))
    for _, column in sorted(sparse, key=lambda found: found[0]):
        yield from islice((row for row, cell in enumerate(column.cells) if cell), _ROWS_OF_ONE)


def outside(cells: Sequence[Sequence[str]]) -> tuple[int, int]:
    """How many rows at the top say units, and how many at the bottom are totals: no records, and no part of statistics.

    ``cells`` are those of each column.
    """
    count = len(cells[0])
    if count < MIN_ROWS:
        return 0, 0
    first = [column[0] for column in cells if column[0]]
    units = bool(first) and all(cell[0] in "([" and cell[-1] in ")]" for cell in first)
    if units and any(column[1][:1] in {"(", "["} for column in cells):
        units = False
    totals = 0
    while totals < _MOST_TOTALS and any(_TOTAL.fullmatch(column[count - 1 - totals]) for column in cells[:2]):
        totals += 1
    return int(units), totals


def said_of(units: int, totals: int) -> str:
    """What a heading says of them; empty where there are none."""
    said = ["units above"] * bool(units) + ["totals below"] * bool(totals)
    return f"; {' and '.join(said)} not counted" if said else ""


def pieces(
    rows: Sequence[str],
    keep: set[int],
    columns: Sequence[Column],
    place: Callable[[int, int], tuple[int, int, str]],
    write: Callable[[int], list[str | Gap]] | None = None,
    *,
    numbered: bool = False,
    told: bool = True,
) -> list[str | Gap]:
    """Kept rows, and gaps in place of the others.

    ``place`` turns rows, 0-based and inclusive, into a gap's first, last and unit; ``write`` gives the pieces of one kept
    row, which is its line by default. ``numbered``: a gap says which rows went, as its lines do not tell. ``told``: it says
    where they lie in the order of the table, which is of no use to whom its question is answered: then its range is enough
    where nothing else is to be said, and `said_of_others` tells on top what it stands for.
    """
    of_range = _note_writer(columns) if told else _no_note
    brief = not told and not numbered
    least = [_BRIEF_CHARS] * 2 if brief else [_MUCH, _MIN_GAP_CHARS]
    out: list[str | Gap] = []
    start = 0

    def note(first: int, last: int) -> str:
        said = of_range(first, last)
        return f"rows {first + 1}-{last + 1}{', ' * bool(said)}{said}" if numbered else said

    def show(first: int, behind: int) -> None:
        for row in range(first, behind):
            out.extend(write(row) if write is not None else [rows[row] + "\n"])

    for before, behind in pairwise([-1, *sorted(keep), len(rows)]):
        first, last = before + 1, behind - 1
        if first > last or sum(map(len, rows[first:behind])) < least[last - first + 1 >= _MIN_GAP_ROWS]:
            continue
        show(start, first)
        begin, end, unit = place(first, last)
        out.append(Gap(begin, end, unit, note(first, last), brief=brief))
        start = behind
    show(start, len(rows))
    return joined_pieces(out)


def said_of_others(pieces: Sequence[str | Gap]) -> str:
    """What brief gaps in place of rows stand for, as part of a line; empty where there are none."""
    return "; other rows left out" if any(isinstance(piece, Gap) and piece.brief for piece in pieces) else ""


def _note_writer(columns: Sequence[Column]) -> Callable[[int, int], str]:
    """What to say of a run of rows: where it lies in the column by which they are ordered, if there is one."""
    for column in columns:
        if column.distinct < _MIN_GAP_ROWS or "" in column.cells:
            continue
        keys: Sequence[float | str] = [number or 0.0 for number in column.numbers] if column.numbers else column.cells
        if ascending(keys) or descending(keys):
            return _range_note(column)
    return _no_note


def _no_note(_first: int, _last: int) -> str:
    return ""


def _range_note(column: Column) -> Callable[[int, int], str]:
    def note(first: int, last: int) -> str:
        text = f"{column.name} {column.cells[first]} to {column.cells[last]}"
        return one_line(text) if len(text) <= _NOTE_CHARS else ""

    return note
