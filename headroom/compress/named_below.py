"""Lines of a run's progress that tell of a failure by the name under which its message stands further down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from headroom.compress import omissions, split_results

NOTE: Final = omissions.note("results of failures named below")
_PROGRESS = re.compile(
    r"(?P<pytest>\S+::.{1,300}?) (?:FAILED|ERROR) +\[ *\d+%\]"
    rf"| {{0,2}}(?P<unittest>{split_results.NAME}) \.\.\. (?:FAIL|ERROR)"
    r"|\s++[✕×] (?P<jest>.{1,300}?)(?: \(\d+ ms\))?"
)
_BELOW = re.compile(
    r"(?:FAILED|ERROR) (?P<pytest>\S+::.*?)(?: - .*)?"
    rf"|(?:FAIL|ERROR): (?P<unittest>{split_results.NAME})"
    r"|\s{2}● .*? › (?P<jest>.*)"
)
_TITLE = re.compile(rf" {{0,2}}(?P<unittest>{split_results.NAME})")
_DESCRIBED = re.compile(r".{1,300} \.\.\. (?:FAIL|ERROR)")
"""The first line of a docstring, below the name of unittest's test, with the result."""
_OF_SUBTEST = "  "
_FIRST = frozenset("FE ")
_LINE_CHARS = 500


def spare(lines: Sequence[str], failed: Sequence[int]) -> set[int]:
    """Which of the rows ``failed``, with the names above them, tell of a test that a line below them names, too."""
    found = {
        row: match for row in failed if len(lines[row]) < _LINE_CHARS and (match := _named(lines, row)) is not None
    }
    if not found:
        return set()
    below: dict[tuple[str, str], int] = {}
    first = min(found)
    for row, line in enumerate(lines[first:], first):
        if line[:1] in _FIRST and len(line) < _LINE_CHARS and (match := _BELOW.fullmatch(line)) is not None:
            below[_name(match)] = row
    gone = [row for row, match in found.items() if below.get(_name(match), -1) > row]
    return {row for last in gone for row in range(_start(lines, last), last + 1)}


def _named(lines: Sequence[str], row: int) -> re.Match[str] | None:
    """The name of a row's test, on that row or, of unittest's with docstrings, on the one above."""
    if row and _DESCRIBED.fullmatch(lines[row]) and (title := _TITLE.fullmatch(lines[row - 1])) is not None:
        return title
    return _PROGRESS.fullmatch(lines[row])


def _start(lines: Sequence[str], row: int) -> int:
    """The first row that says no more than this one's result: that of its name, or of the test whose first subtest it is."""
    result = _PROGRESS.fullmatch(lines[row])
    first = row - (result is None)
    above = lines[first - 1] if first and (result is None or result["unittest"]) else ""
    if not lines[first].startswith(_OF_SUBTEST) or not above.rstrip(" ").endswith(" ..."):
        return first
    return first - 2 if first > 1 and _TITLE.fullmatch(lines[first - 2]) is not None else first - 1


def _name(match: re.Match[str]) -> tuple[str, str]:
    """Which runner's name it is, and the name; jest writes a test's suites before it, with the same sign between."""
    runner = match.lastgroup or ""
    name = match[runner]
    return runner, name.rpartition(" › ")[2] if runner == "jest" else name
