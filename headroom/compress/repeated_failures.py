"""node --test, jest: failures that are told once more below all tests, word for word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from headroom.compress.once import lines_of

_BELOW = ("✖ failing tests:", "Summary of all failing tests")
"""The line from which on failures are told again."""
_TITLES = ("✖ ", "● ")
_OTHERS = ("test at ", "FAIL ", "Test Suites: ")
"""What begins a line below which another failure is told."""


class Again(NamedTuple):
    """What stands below a failure's title, and the row at which it stood first."""

    rows: range
    first: int


def again(text: str) -> list[Again]:
    """Failures told before, but for their titles; blank lines and how far in they stand aside."""
    if not any(f"\n{sign}" in text for sign in _BELOW):
        return []
    lines = lines_of(text)
    start = next((row for row, line in enumerate(lines) if line in _BELOW), len(lines))
    titles: dict[str, int] = {}
    for row in range(start):
        if lines[row].lstrip().startswith(_TITLES):
            titles.setdefault(lines[row].strip(), row)
    return list(_again(lines, start + 1, titles))


def _again(lines: Sequence[str], start: int, titles: dict[str, int]) -> Iterator[Again]:
    row = start
    while row < len(lines):
        first = titles.get(lines[row].strip())
        row += 1
        if first is None:
            continue
        end = row
        while end < len(lines) and not lines[end].lstrip().startswith(_TITLES) and not lines[end].startswith(_OTHERS):
            end += 1
        while end > row and not lines[end - 1].strip():
            end -= 1
        below = [line.strip() for line in lines[first + 1 : first + 1 + end - row]]
        if [line.strip() for line in lines[row:end]] == below:
            yield Again(range(row, end), first + 1)
        row = end


def told(found: Sequence[Again], first: int, last: int) -> list[str]:
    """What a gap says of the failures in it."""
    return [f"as told from L{failure.first + 1} on" for failure in found if first <= failure.rows.start <= last]
