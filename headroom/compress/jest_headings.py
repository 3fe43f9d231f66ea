"""jest: the line that names a file of tests, and those that name its suites, where each failure says as much."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise

_FILE = re.compile(r"FAIL (?:[^\s./\\]+ )?(\S+\.\w+)(?: \([\d.]+ m?s\))?")
_OTHERS = ("PASS ", "Test Suites: ", "Summary of all failing tests")
_BULLET = "  ● "
_CROSSES = "✕×"
_BETWEEN = " › "
_FRAME = re.compile(r" +at (?:[^()]{1,300} \()?([^\s()]+?):\d+:\d+\)?")
_LINE_CHARS = 500


def spare(lines: Sequence[str], keep: Collection[int]) -> set[int]:
    """Rows of such lines, where the lines of the rows ``keep`` are shown: all of a run's, in time linear in its lines."""
    found: set[int] = set()
    starts = [row for row, line in enumerate(lines) if line.startswith(("FAIL ", *_OTHERS))]
    for first, end in pairwise([*starts, len(lines)]):
        file = _FILE.fullmatch(lines[first]) if first in keep and len(lines[first]) <= _LINE_CHARS else None
        if file is not None:
            found.update(_of_file(lines, [row for row in range(first, end) if row in keep], file[1]))
    return found


def _of_file(lines: Sequence[str], rows: Sequence[int], file: str) -> list[int]:
    """Those of the rows of a file of tests, of which the first names it."""
    suites: set[str] = set()
    failures = framed = 0
    at_file = True
    for row in rows:
        line = lines[row]
        if line.startswith(_BULLET):
            suites.update(line.removeprefix(_BULLET).split(_BETWEEN)[:-1])
            failures += 1
            at_file = False
        elif not at_file and (frame := _FRAME.fullmatch(line, 0, _LINE_CHARS)) is not None:
            at_file = frame[1] == file.removeprefix("./")
            framed += at_file
    above = next((place for place, row in enumerate(rows) if lines[row].startswith(_BULLET)), 0)
    named: list[int] = []
    for row in rows[1:above]:
        line = lines[row].strip()
        if line in suites:
            named.append(row)
        elif line and line[0] not in _CROSSES:
            return []  # a test's line that stays, such as of one that was skipped, says by them where it is
    return [*rows[:1], *named] if failures and framed == failures else named
