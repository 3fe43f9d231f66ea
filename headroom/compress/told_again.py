"""node --test, jest: failures that are told once more below all tests, word for word, and the suites that enclose tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from headroom.compress.once import lines_of, once

_BELOW = ("✖ failing tests:", "Summary of all failing tests")
"""The line from which on failures are told again."""
_TITLES = ("✖ ", "● ")
_OTHERS = ("test at ", "FAIL ", "Test Suites: ")
"""What begins a line below which another failure is told."""
_OPENS = "▶ "
_CLOSES = ("✔ ", "✖ ")


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


@once
def suites_of(text: str) -> list[tuple[int, int]]:
    """First and last row of each suite that node's tests tell of: its name, and its name again with its result."""
    found: list[tuple[int, int]] = []
    opened: list[tuple[int, str]] = []
    for row, line in enumerate(lines_of(text) if _OPENS in text else ()):
        bare = line.lstrip(" ")
        if bare.startswith(_OPENS):
            opened.append((row, f"{line[: len(line) - len(bare)]}{bare.removeprefix(_OPENS)}"))
        elif (
            opened
            and bare.startswith(_CLOSES)
            and f"{line[: len(line) - len(bare)]}{bare[2:]}".startswith(f"{opened[-1][1]} (")
        ):
            found.append((opened.pop()[0], row))
    return found


def emptied(text: str, drop: set[int]) -> set[int]:
    """Both rows of each suite of which all else goes; those that others hold first."""
    suites = suites_of(text)
    if not suites:
        return set()
    lines = lines_of(text)
    gone: set[int] = set()
    ends = {row for suite in suites for row in suite}
    stays = list(accumulate((row not in drop and row not in ends for row in range(len(lines))), initial=0))
    stayed = -1  # the last first row of a suite that stays: those that one holds come before it
    for first, last in suites:
        if stays[last] == stays[first + 1] and stayed < first and lines[last].lstrip(" ").startswith("✔"):
            gone.update((first, last))
        else:
            stayed = max(stayed, first)
    return gone
