"""``go test -v``: what passing tests wrote, and lines that say that a test began, waits or goes on, where it wrote nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Final

from headroom.compress import omissions

NOTE: Final = omissions.note("RUN, PAUSE and CONT lines")
OF_SUBTESTS: Final = omissions.note("results of subtests named above")
_RESULT = re.compile(r"\s*--- (?:PASS|SKIP|FAIL): (\S+) \(")
_FAILED = re.compile(r" {4,}--- FAIL: (\S+) \(")
_MARK = re.compile(r"=== (RUN|PAUSE|CONT|NAME) +(\S+)")
"""What is written below is that test's."""
_STATES = ("=== RUN   ", "=== PAUSE ", "=== CONT  ", "=== NAME  ")


def spare(text: str, lines: Sequence[str]) -> set[int]:
    """Rows of such lines right above another one; the last says which test was underway when the text ended."""
    if "\n=== " not in text:
        return set()
    rows = [row for row, line in enumerate(lines) if line[:3] == "===" and line.startswith(_STATES)]
    return {row for row, below in pairwise(rows) if below == row + 1}


def told_above(text: str, lines: Sequence[str], keep: Collection[int]) -> set[int]:
    """Rows with the result of a subtest that failed, where what it wrote is shown below its name; its test's own result stays."""
    if "\n    --- FAIL: " not in text:
        return set()
    rows: set[int] = set()
    named: set[str] = set()
    for row, line in enumerate(lines):
        if line.startswith("=== "):
            below = lines[row + 1] if row + 1 in keep and row in keep else ""
            if (
                below.startswith("    ")
                and _FAILED.match(below) is None
                and (match := _MARK.fullmatch(line)) is not None
            ):
                named.add(match[2])
        elif line[:4] == "    " and named and (match := _FAILED.match(line)) is not None and match[1] in named:
            rows.add(row)
    return rows


def of_passing(lines: Sequence[str], results: Sequence[str], stay: set[int]) -> set[int]:
    """What go's tests wrote that passed or were skipped, with their RUN lines, but for tests whose result stays."""
    names = {row: match[1] for row, line in enumerate(lines) if results[row] and (match := _RESULT.match(line))}
    quiet = {name for row, name in names.items() if results[row] != "failed"}
    quiet -= {name for row, name in names.items() if row in stay and results[row] != "passed"}
    drop: set[int] = set()
    current = ""
    began = -1  # where the only test began that can have written what stands below
    for row, line in enumerate(lines) if quiet else ():
        if row in names:
            if began >= 0 and names[row] == current and current in quiet:
                drop.update(range(began, row))
            current = names[row]
            began = -1
        elif line[:1] in {" ", "\t"}:
            if current in quiet:
                drop.add(row)
        elif line[:4] == "=== " and (match := _MARK.match(line)) is not None:
            current = match[2]
            began = row if match[1] == "RUN" else -1
            if current in quiet:
                drop.add(row)
    return drop
