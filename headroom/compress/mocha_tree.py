"""mocha: failures in the tree of results that the list below it names again, and the suites above nothing else."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from headroom.compress.spec_tree import headings_of

_TOTALS = re.compile(r"  \d+ (?:passing|failing)\b")
_NUMBERED = re.compile(r"  (\d+)\) (\S.*)")
_IN_TREE = re.compile(r" +(\d+\) \S.*)")
_MARGIN = "       "
_ENDS = ":"
_LINE_CHARS = 500


def named_below(text: str, lines: Sequence[str], failed: Sequence[int]) -> set[int]:
    """Which of the rows ``failed`` stand above the totals, and tell of a test that the list below names with its number."""
    if " failing" not in text:
        return set()
    end = _end(lines)
    names: set[str] = set()
    number = ""  # of the failure whose names are read
    for line in lines[end:]:
        if len(line) > _LINE_CHARS or not line:
            number = ""
        elif (match := _NUMBERED.fullmatch(line)) is not None:
            number = match[1]
            names.add(f"{number}) {match[2].removesuffix(_ENDS)}" if line.endswith(_ENDS) else "")
        elif number and line.startswith(_MARGIN) and line.endswith(_ENDS):
            names.add(f"{number}) {line.strip().removesuffix(_ENDS)}")
    return {
        row
        for row in failed
        if row < end
        and len(lines[row]) <= _LINE_CHARS
        and (match := _IN_TREE.fullmatch(lines[row]))
        and match[1] in names
    }


def headings(lines: Sequence[str], results: Sequence[str], keep: Collection[int], named: Collection[int]) -> set[int]:
    """Rows of suites in the tree below which nothing is shown but tests ``named`` below it."""
    end = _end(lines)
    if not any(row < end for row in named) or end == len(lines):
        return set()
    gone = {row for row in range(end) if row not in keep}.union(named)
    return headings_of(lines[:end], gone, results[:end])


def _end(lines: Sequence[str]) -> int:
    """The row of the totals, below which each failure is told of."""
    return next((row for row, line in enumerate(lines) if line[:2] == "  " and _TOTALS.match(line)), len(lines))
