"""cargo test: suites of which all tests go, lines that name once more what failed, and how to see more of a backtrace."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from headroom.compress import omissions

NOTE: Final = omissions.note("failures named again, backtrace hints")
_BEGINS = re.compile(r"running \d+ tests?")
_ENDS = "test result: ok. "
_OF_SUITE = re.compile(r" {3,}(?:Running (?:unittests )?\S+ \(\S+\)|Doc-tests \S+)")
"""Above a suite: what is run."""
_TOLD = re.compile(r"---- (\S.*) stdout ----")
_FAILED = re.compile(r"test (\S.*?)(?: - should panic)? \.\.\. FAILED")
_LISTED = "failures:"
_MARGIN = "    "
_LINE_CHARS = 500
_HINT = re.compile(
    r"note: (?:run with `RUST_BACKTRACE=1` environment variable|Some details are omitted, run with `RUST_BACKTRACE=full`).*"
)
_CLOSURE = re.compile(r" *\d+: (\S+)::\{\{closure\}\}")
_PLACE = re.compile(r" {8,}at \S+")
_OF_BACKTRACE = re.compile(r"(?:back|stack).?trace|\bframes?\b|closure", re.IGNORECASE)


class Suite(NamedTuple):
    """A suite that passed, with the line above it that names it and the blank lines around."""

    rows: range
    counts: str
    """``10 passed``, or ``no tests``."""


def passing(text: str, lines: Sequence[str], drop: Collection[int]) -> list[Suite]:
    """Suites with no line of a test that stays, in the order of the text."""
    if _ENDS not in text:
        return []
    found: list[Suite] = []
    first = -1
    for row, line in enumerate(lines):
        if line.startswith("running ") and _BEGINS.fullmatch(line):
            first = row
        elif line.startswith("test result: "):
            inside = range(first + 1, row) if first >= 0 else range(0)
            if first >= 0 and line.startswith(_ENDS) and all(at in drop or not lines[at].strip() for at in inside):
                found.append(
                    Suite(range(_above(lines, first), _below(lines, row + 1)), line[len(_ENDS) :].split(";")[0])
                )
            first = -1
    return found


def told(found: Sequence[Suite], first: int, last: int) -> list[str]:
    """What a gap says of the suites in it."""
    count = sum(first <= suite.rows.start <= last for suite in found)
    return [f"{count} test result{'s' * (count > 1)} ok"] if count else []


def told_twice(text: str, lines: Sequence[str], query: str) -> set[int]:
    """Rows that name once more what failed, above and below its message, of closures that call a test, of hints how to see more."""
    if " stdout ----\n" not in text and "note: " not in text:
        return set()
    named: set[str] = set()
    failed: dict[str, int] = {}
    rows: set[int] = set()
    frames = not _OF_BACKTRACE.search(query)
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith("---- ") and (match := _TOLD.fullmatch(line)) is not None:
            named.add(match[1])
            rows.update([failed.pop(match[1])] if match[1] in failed else [])
        elif (
            line.endswith(" ... FAILED") and len(line) <= _LINE_CHARS and (match := _FAILED.fullmatch(line)) is not None
        ):
            failed[match[1]] = at - 1
        elif line.startswith("note: ") and _HINT.fullmatch(line) and frames:
            rows.add(at - 1)
        elif frames and named and line.endswith("::{{closure}}") and (match := _CLOSURE.fullmatch(line)) is not None:
            rows.update(_calling(lines, at - 1, match[1], named))
        elif line == _LISTED and named:
            end = at
            while end < len(lines) and lines[end].startswith(_MARGIN) and lines[end].strip() in named:
                end += 1
            if end > at and not "".join(lines[end : end + 1]).strip():
                rows.update(range(_above(lines, at - 1), end))
            at = end
    return rows


def _calling(lines: Sequence[str], row: int, path: str, named: Collection[str]) -> range:
    """The rows of a closure's frame, if what stands above it is the frame of a named test of that path."""
    above = row - 1
    if above > 0 and _PLACE.fullmatch(lines[above]):
        above -= 1
    test = path.partition("::")[2]
    if test not in named or above < 0 or lines[above].partition(": ")[2] != path:
        return range(0)
    return range(row, row + 1 + (row + 1 < len(lines) and _PLACE.fullmatch(lines[row + 1]) is not None))


def _above(lines: Sequence[str], row: int) -> int:
    """The first row of the blank lines above, and of what names a suite."""
    first = row
    while first and not lines[first - 1].strip():
        first -= 1
    return first - 1 if first and _OF_SUITE.fullmatch(lines[first - 1]) else first


def _below(lines: Sequence[str], row: int) -> int:
    while row < len(lines) - 1 and not lines[row].strip():
        row += 1
    return row
