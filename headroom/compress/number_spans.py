"""The numbers of names in a row, written as spans where they follow one another; exactly invertible."""

from __future__ import annotations

import re
from collections.abc import Sequence

HOLE = "#"
_LEAST = 3
"""Numbers in a row from which only the first and the last are written."""
_DIGITS = 9
_MOST = 100_000
_TO = " to "
_BY_NAME = ", sorted by name"
_SPAN = re.compile(rf"(\d{{1,{_DIGITS}}}){_TO}(\d{{1,{_DIGITS}}})")
PATTERN = rf"\d[\d ,]*(?:{_TO}\d[\d ,]*)*(?:{_BY_NAME})?"
"""What `written` writes, as a regular expression."""


def written(pattern: str, numbers: Sequence[str]) -> str:
    """``000 to 039, 041``; numbers in the order of a listing by name as ``1 to 40, sorted by name``.

    ``pattern`` is the name with `HOLE` for each number; where it has several, they stand in one entry, parted by blanks.
    """
    if any(" " in number or len(number) > _DIGITS for number in numbers):
        return ", ".join(numbers)
    spans: list[list[str]] = []
    for number in numbers:
        if spans and number == _next(spans[-1]):
            spans[-1].append(number)
        else:
            spans.append([number])
    if len(spans) > 1:
        low, high = str(min(map(int, numbers))), str(max(map(int, numbers)))
        if int(high) - int(low) + 1 == len(numbers) and _by_name(pattern, low, high) == list(numbers):
            return f"{low}{_TO}{high}{_BY_NAME}"
    told: list[str] = []
    for span in spans:
        told += [f"{span[0]}{_TO}{span[-1]}"] if len(span) >= _LEAST else span
    return ", ".join(told)


def read(pattern: str, text: str) -> list[str]:
    """Invert `written`."""
    if text.endswith(_BY_NAME):
        low, _, high = text.removesuffix(_BY_NAME).partition(_TO)
        return _by_name(pattern, low, high)
    numbers: list[str] = []
    for part in text.split(", "):
        if (span := _SPAN.fullmatch(part)) is None:
            numbers.append(part)
            continue
        first, last = int(span[1]), min(int(span[2]), int(span[1]) + _MOST)
        numbers += [str(number).zfill(len(span[1])) for number in range(first, last + 1)]
    return numbers


def _next(span: Sequence[str]) -> str:
    return str(int(span[-1]) + 1).zfill(len(span[0])) if len(span) < _MOST else ""


def _by_name(pattern: str, low: str, high: str) -> list[str]:
    numbers = list(map(str, range(int(low), min(int(high), int(low) + _MOST) + 1)))
    return sorted(numbers, key=lambda number: pattern.replace(HOLE, number))
