"""Lines of a run's progress that tell of a failure by the name under which its message stands further down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from headroom.compress import omissions

NOTE: Final = omissions.note("results of failures named below")
_PROGRESS = re.compile(
    r"(?P<pytest>\S+::.{1,300}?) (?:FAILED|ERROR) +\[ *\d+%\]"
    r"|(?P<unittest>\w{1,200} \([\w.]{1,300}\)) \.\.\. (?:FAIL|ERROR)"
    r"|\s++[✕×] (?P<jest>.{1,300}?)(?: \(\d+ ms\))?"
)
_BELOW = re.compile(
    r"(?:FAILED|ERROR) (?P<pytest>\S+::.*?)(?: - .*)?"
    r"|(?:FAIL|ERROR): (?P<unittest>\w+ \([\w.]+\))"
    r"|\s{2}● .*? › (?P<jest>.*)"
)
_FIRST = frozenset("FE ")
_LINE_CHARS = 500


def spare(lines: Sequence[str], failed: Sequence[int]) -> set[int]:
    """Which of the rows ``failed`` tell of a test that a line below them names, too."""
    rows = {
        row: match
        for row in failed
        if len(lines[row]) < _LINE_CHARS and (match := _PROGRESS.fullmatch(lines[row])) is not None
    }
    if not rows:
        return set()
    below: dict[tuple[str, str], int] = {}
    first = min(rows)
    for row, line in enumerate(lines[first:], first):
        if line[:1] in _FIRST and len(line) < _LINE_CHARS and (match := _BELOW.fullmatch(line)) is not None:
            below[_name(match)] = row
    return {row for row, match in rows.items() if below.get(_name(match), -1) > row}


def _name(match: re.Match[str]) -> tuple[str, str]:
    """Which runner's name it is, and the name; jest writes a test's suites before it, with the same sign between."""
    runner = match.lastgroup or ""
    name = match[runner]
    return runner, name.rpartition(" › ")[2] if runner == "jest" else name
