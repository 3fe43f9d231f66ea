"""The facts on a column of a table in plain words: its range, mean and sum, its values and how often each comes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from operator import sub
from typing import Any

from headroom.compress.columns import DECIMAL_COMMA, NUMBER, TIME, Column, ascending, descending
from headroom.compress.listed_values import clip, listed

_DECIMALS = re.compile(r"\.([^\n]*)")
_MAX_MISSING = 12
_CELL = 100
"""Characters of a value that is told; more of one that few records have."""
_FEW_VALUES = 3


def statistics(column: Column) -> str | None:
    """What can be said of all rows, in plain words on one line; None where each value is a text of its own."""
    total = len(column.cells)
    if column.kind == NUMBER:
        return _number_statistics(column, total)
    empty = column.cells.count("")
    gaps = f", {empty} empty" if empty else ""
    if column.counts:
        return f"{column.distinct} values: {listed(column.counts)}{gaps}"
    if column.distinct == 1 and not empty:
        return f"{clip(column.cells[0])} in every row"
    if column.kind == TIME:
        low, high = column.lowest, column.highest
        if low is None or high is None:
            return None
        order = _order(column.cells)
        return f"{column.cells[low]} .. {column.cells[high]}{order}, {column.distinct} distinct{gaps}"
    if empty and 0 < column.distinct <= _FEW_VALUES:
        counts = sorted(Counter(filter(None, column.cells)).items(), key=lambda item: -item[1])
        return f"{column.distinct} value{'s' * (column.distinct > 1)}: {listed(counts, _CELL)}{gaps}"
    return f"{column.distinct} distinct{gaps}" if column.distinct < total - empty or empty else None


def _number_statistics(column: Column, total: int) -> str:
    low, high = column.lowest, column.highest
    values = column.ordered
    assert low is not None
    assert high is not None
    count = len(values)
    if column.distinct == count and count > 2 and column.integral:
        integers = list(map(int, filter(None, column.cells)))
        steps = set(map(sub, integers[1:], integers))
        if len(steps) == 1 and count == total:
            return f"n={count}, {column.cells[0]} .. {column.cells[-1]} in steps of {steps.pop()}"
        absent = max(integers) - min(integers) + 1 - count
        if 0 < absent <= _MAX_MISSING:
            there = set(integers)
            lost = [str(i) for i in range(min(integers), max(integers)) if i not in there]
            return f"n={count}, {column.cells[low]} .. {column.cells[high]} without {', '.join(lost)}"
    text = (
        f"n={count} min={column.cells[low]} p50={_short(values[(count - 1) // 2])}"
        f" p95={_short(values[(count - 1) * 95 // 100])} max={column.cells[high]}"
    )
    if column.distinct < count or not column.cells[low].isdigit() or count < 8:
        text += f" mean={_short(column.total / count)} sum={_sum(column)}"
    else:
        text += f"{_order(column.cells)} mean={_short(column.total / count)} sum={_sum(column)}"
    if count < total:
        text += f", {total - count} without a number"
    if column.counts and len(column.counts) <= 12:
        text += f"; {listed(column.counts)}"
    return text


def _order(cells: Sequence[str]) -> str:
    filled = [cell for cell in cells if cell]
    keys: list[Any]
    try:
        keys = list(map(float, filled))
    except ValueError:
        keys = filled
    return ", ascending" if ascending(keys) else ", descending" if descending(keys) else ""


def _short(number: float) -> str:
    return f"{number:.6g}" if abs(number) < 1e6 else f"{number:.10g}"


def _sum(column: Column) -> str:
    """Exact for integers and for decimals as written."""
    if column.integral:
        return str(sum(map(int, filter(None, column.cells))))
    joined = "\n".join(column.values)
    if "," in joined or joined.count("\n") >= len(column.values):
        decimals = max([2 if DECIMAL_COMMA.match(cell) else len(cell.partition(".")[2]) for cell in column.values])
    else:  # no amounts with commas, and each cell is one line: all are looked at in one go
        decimals = max(map(len, _DECIMALS.findall(joined)), default=0)
    total = column.total
    return f"{total:.{decimals}f}" if decimals <= 8 and total < 1e12 else _short(total)
