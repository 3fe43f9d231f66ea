"""Facts on the columns of a table, from all of its rows: what kind of values, the extremes, the rows that stand out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, islice
from math import fsum, isfinite, sqrt, sumprod
from operator import ge, le, sub
from typing import Any

NUMBER = "number"
"""Plain numbers, or numbers that share one unit."""
TIME = "time"
"""ISO dates and times: their text order is their order in time."""
ENUM = "enum"
"""Few distinct values, each again and again."""
TEXT = "text"

_ISO = re.compile(r"(?m)^\d{4}-\d\d(?:-\d\d(?:[T ]\d\d:\d\d[0-9:.,]*(?:Z|[+-]\d\d(?::?\d\d)?)?)?)?$")
_WITH_UNIT = re.compile(r"(?m)^([$€£¥]?)(-?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?) ?(%|[A-Za-zµ°/]{1,5})?$")
_GROUPED = re.compile(r"-?(?:\d{1,3}(?:,\d{3})*|\d{1,2}(?:,\d\d)*,\d{3})(?:\.\d+)?")
"""A number whose thousands, or lakhs, are parted by commas, or are none."""
DECIMAL_COMMA = re.compile(r"(?m)^(-?(?:\d{1,3}(?:\.\d{3})+|\d+)),(\d\d)$")
"""An amount as most of Europe writes it."""
_INTEGER = re.compile(r"(?m)^-?(?:0|[1-9]\d*)$")
_EXACT = 2.0**53
"""From here on two integers can be one float."""
_NOTHING = frozenset(
    {"null", "nil", "none", "n/a", "na", "nan", "-", "--", "?", r"\n", "<null>", "(null)", "undefined"}
)
"""What is written, in capitals or not, where a value is missing."""
_DIGITS, _CAPITALS, _LETTERS = re.compile(r"\d+"), re.compile(r"[A-Z]+"), re.compile(r"[a-z]+")
_LOOKED = 60
"""Cells that tell what a column's values look like."""
_LONGEST_NOTHING = max(map(len, _NOTHING))
_LOOK = 50
_SAMPLE = 4_000
"""Values from which the middle and the spread are taken."""
_MAX_ENUM = 64
_OUTLIER = 3.5
"""Robust z above which a number stands out (Iglewicz and Hoaglin 1993)."""
_MAD_TO_SIGMA = 0.6745
_CHANGE = 1.63
"""Kolmogorov's 1 % bound for the scaled maximum of a CUSUM of independent values."""


@dataclass(frozen=True)
class Column:
    """One column; rows are counted from 0. Without slots, as what is asked for again and again is kept."""

    name: str
    cells: Sequence[str]
    kind: str
    numbers: Sequence[float | None] = ()
    """One for each row, None where the cell holds no number; empty for other kinds."""
    counts: tuple[tuple[str, int], ...] = ()
    """Distinct values of few, most frequent first, then as they come."""
    values: frozenset[str] = frozenset()
    """Distinct cells, without the empty one."""

    @property
    def distinct(self) -> int:
        """How many different values there are."""
        return len(self.values)

    @cached_property
    def present(self) -> list[float]:
        """The numbers, row by row, without gaps."""
        return [number for number in self.numbers if number is not None]

    @property
    def has_figures(self) -> bool:
        """Whether each value holds a digit, by its kind."""
        if self.kind == NUMBER:
            return len(self.present) + self.cells.count("") == len(self.cells)
        return self.kind == TIME

    @cached_property
    def ordered(self) -> list[float]:
        """The numbers, ascending."""
        return sorted(self.present)

    @cached_property
    def total(self) -> float:
        """The numbers' sum, rounded once."""
        return fsum(self.present)

    @cached_property
    def integral(self) -> bool:
        """Whether all values are written as plain integers of JSON or SQL."""
        return _all_integers(self.values)

    @cached_property
    def shape(self) -> str:
        """The signs and kinds of letters that most of the first cells are of, as `shape_of` tells them; empty where these differ."""
        looked = self.cells[:_LOOKED]
        shape, count = Counter(map(shape_of, looked)).most_common(1)[0] if looked else ("", 0)
        return shape if 2 * count >= len(looked) else ""

    @cached_property
    def lowest(self) -> int | None:
        """Row of the first lowest value, of numbers and times."""
        return self._extreme(highest=False)

    @cached_property
    def highest(self) -> int | None:
        """Row of the first highest value, of numbers and times."""
        return self._extreme(highest=True)

    def _extreme(self, *, highest: bool) -> int | None:
        if self.kind == TIME:
            return self.cells.index(max(self.values) if highest else min(self.values))
        if not self.numbers:
            return None
        best = self.ordered[-1] if highest else self.ordered[0]
        row = self.numbers.index(best)
        if abs(best) < _EXACT:
            return row
        rows = [
            row for row, number in enumerate(self.numbers) if number == best and _INTEGER.fullmatch(self.cells[row])
        ]
        return (max if highest else min)(rows, key=lambda row: int(self.cells[row]), default=row)

    def extremes(self, count: int, *, highest: bool, among: Collection[int] | None = None) -> list[int]:
        """Rows of the ``count`` highest or lowest values, the most extreme first; equal values as they come.

        ``among``: those rows that count; all by default.
        """
        keys: Sequence[Any] = [cell or None for cell in self.cells] if self.kind == TIME else self.numbers
        if among is not None:
            keys = [key if row in among else None for row, key in enumerate(keys)]
            values: Sequence[Any] = sorted(key for key in keys if key is not None)
        else:
            values = sorted(filter(None, keys)) if self.kind == TIME else self.ordered
        if not values:
            return []
        least = values[-min(count, len(values))] if highest else values[min(count, len(values)) - 1]
        if highest:
            rows = [row for row, key in enumerate(keys) if key is not None and key >= least]
        else:
            rows = [row for row, key in enumerate(keys) if key is not None and key <= least]
        return sorted(rows, key=keys.__getitem__, reverse=highest)[:count]  # stable: equals stay in order


def shape_of(text: str) -> str:
    """A text with one sign for each run of digits, capitals or small letters: ``A0`` of ``E501``."""
    return _LETTERS.sub("a", _CAPITALS.sub("A", _DIGITS.sub("0", text)))


def describe(name: str, cells: Sequence[str]) -> Column:
    """Find out what a column holds. ``cells`` are bare (no quotes); "" means that nothing is there."""
    found = dict.fromkeys(cells)
    empty = cells.count("") if "" in found else 0
    found.pop("", None)
    filled = len(cells) - empty
    distinct = len(found)
    listed: tuple[tuple[str, int], ...] = ()
    if 2 <= distinct <= _MAX_ENUM and distinct * 3 <= filled:
        counts = Counter(cells)
        counts.pop("", None)
        listed = tuple(sorted(counts.items(), key=lambda item: -item[1]))
    values = frozenset(found)
    if filled >= 3:
        numbers = _numbers(cells, found, filled)
        if numbers is not None:
            return Column(name, cells, NUMBER, numbers, listed, values)
        if _ISO.match(next(iter(found))) and len(_ISO.findall("\n".join(found))) == distinct:
            return Column(name, cells, TIME, (), listed, values)
    return Column(name, cells, ENUM if listed else TEXT, (), listed, values)


def _numbers(cells: Sequence[str], found: Collection[str], filled: int) -> list[float | None] | None:
    """The column's numbers, if at least nine of ten cells that say something hold one; ``found`` are its different cells."""
    try:
        parsed = dict(zip(found, map(float, found), strict=True))
    except ValueError:
        missing = {cell for cell in found if len(cell) <= _LONGEST_NOTHING and cell.lower() in _NOTHING}
        if missing:
            found = [cell for cell in found if cell not in missing]
            filled -= sum(map(missing.__contains__, cells))
        try:
            parsed = dict(zip(found, map(float, found), strict=True))
        except ValueError:
            parsed = _parse_some(found)
    if "_" in "".join(parsed) or not all(map(isfinite, parsed.values())):
        parsed = {cell: number for cell, number in parsed.items() if isfinite(number) and "_" not in cell}
    if not parsed or (len(parsed) < len(found) and sum(map(parsed.__contains__, cells)) * 10 < filled * 9):
        return None
    return list(map(parsed.get, cells))


def _parse_some(cells: Iterable[str]) -> dict[str, float]:
    """Numbers among other words, or with one unit that all share."""
    looked = list(islice(cells, _LOOK))
    if all(map(DECIMAL_COMMA.match, looked)):
        found = {cell: match for cell in cells if (match := DECIMAL_COMMA.match(cell)) is not None}
        return {cell: float(f"{match[1].replace('.', '')}.{match[2]}") for cell, match in found.items()}
    if sum(_WITH_UNIT.fullmatch(cell) is not None for cell in looked) * 2 < len(looked):
        return {}
    found = {cell: match for cell in cells if (match := _WITH_UNIT.fullmatch(cell)) is not None}
    units = {(match[1], match[3]) for match in found.values()}
    if len(units) != 1:
        found = {cell: match for cell, match in found.items() if not match[1] and not match[3]}
    numbers = {cell: match[2] for cell, match in found.items()}
    commas = any("," in number for number in numbers.values())
    if commas and not all(map(_GROUPED.fullmatch, numbers.values())):  # then commas part several numbers in one cell
        numbers = {cell: number for cell, number in numbers.items() if "," not in number}
    return {cell: float(number.replace(",", "")) for cell, number in numbers.items()}


def ascending(keys: Sequence[Any]) -> bool:
    """Whether no key is less than the one before."""
    return all(map(le, keys, islice(keys, 1, None)))


def descending(keys: Sequence[Any]) -> bool:
    """Whether no key is greater than the one before."""
    return all(map(ge, keys, islice(keys, 1, None)))


def _all_integers(values: Iterable[str]) -> bool:
    joined = "\n".join(values)
    if "." in joined or not joined.isascii():
        return False
    return len(_INTEGER.findall(joined)) == joined.count("\n") + 1


def outliers(column: Column) -> list[int]:
    """Rows whose number is far from the middle by its median absolute deviation, farthest first."""
    values = column.present
    if len(values) < 8:
        return []
    step = max(1, len(values) // _SAMPLE)
    ordered = column.ordered if step == 1 else sorted(values[::step])
    middle = _median(ordered)
    spread = _median(sorted([abs(value - middle) for value in ordered]))
    if not spread:  # more than half are equal: the rest stands out if it is rare
        if (len(values) - values.count(middle)) * 50 > len(values):
            return []
        far = [
            (-abs(number - middle), row)
            for row, number in enumerate(column.numbers)
            if number is not None and number != middle
        ]
        return [row for _, row in sorted(far)]
    reach = _OUTLIER * spread / _MAD_TO_SIGMA
    low, high = middle - reach, middle + reach
    if low <= column.ordered[0] and column.ordered[-1] <= high:
        return []
    apart = [
        (-abs(number - middle), row)
        for row, number in enumerate(column.numbers)
        if number is not None and not low <= number <= high
    ]
    return [row for _, row in sorted(apart)]


def change_point(column: Column) -> int | None:
    """Return the last row before the level of a number column changes for good (CUSUM, Page 1954); None if it doesn't."""
    values = column.present
    count = len(values)
    if count < 20 or count < len(column.numbers):
        return None
    mean = column.total / count
    apart = [value - mean for value in values]
    deviation = sqrt(sumprod(apart, apart) / count)
    # A trend is no change of level: differences of neighbours tell how much of the spread is noise.
    steps = list(map(sub, values[1:], values))
    noise = sqrt(sumprod(steps, steps) / (2 * count))
    if not noise or deviation > 8 * noise:
        return None
    sums = list(accumulate(apart))
    highest, lowest = max(sums), min(sums)
    peak = max(highest, -lowest)
    if peak <= _CHANGE * deviation * sqrt(count):
        return None
    best = min(sums.index(bound) for bound in (highest, lowest) if abs(bound) == peak)
    return best if 0 < best < count - 1 else None


def _median(ordered: Sequence[float]) -> float:
    return ordered[(len(ordered) - 1) // 2]
