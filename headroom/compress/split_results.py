"""Tests whose name and result stand on different lines: below what the test wrote, or below the first line of its docstring."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from headroom.compress.once import lines_of, once

_WORDS = frozenset(("ok", "FAILED", "FAIL", "ERROR", "expected failure", "unexpected success"))
NAME: Final = r"\w{1,200} \([\w.<>]{1,300}\)(?: [\[(][^\n]{1,300}[\])])?"
"""unittest's name of a test, or of a subtest with its message and its parameters; `<locals>` in it is of a class in a function."""
_UNDERWAY = re.compile(rf"(?:test \S[^\n]{{0,300}}?|(?P<unittest> {{0,2}}{NAME})) \.\.\.(?: |$)")
"""cargo's or unittest's name of a test that has just begun."""
_TITLE = re.compile(rf" {{0,2}}{NAME}")
"""The same of a test whose docstring follows."""
_DONE = re.compile(
    r" \.\.\. (?:ok|FAIL(?:ED)?|ERROR|(?:ignored|skipped)\b[^\n]{0,200}|expected failure|unexpected success)$"
)
"""A result on the line that tells the name."""
_ENDS = ("test result: ", "failures:", "======", "------")
"""How a line begins below which no result of a test comes that was underway."""


class Split(NamedTuple):
    """A test's rows, the last with its result, and that result's word where it stands alone; else ""."""

    rows: range
    word: str


@once
def splits_of(text: str) -> list[Split]:
    """All such tests of a text, in its order."""
    alone = any(f"\n{word}\n" in text for word in _WORDS) or "\nskipped " in text
    titled = " ... " in text and ")\n" in text
    return list(_splits(lines_of(text))) if alone or titled else []


def _splits(lines: Sequence[str]) -> Iterator[Split]:
    underway = 0
    start = -1  # of the one test that is underway, if all that follows is its own
    for row, line in enumerate(lines):
        if underway and (line in _WORDS or line.startswith("skipped ")):
            yield Split(range(start if start >= 0 else row, row + 1), line)
            underway -= 1
            start = -1
        elif line.startswith(_ENDS):
            underway = 0
            start = -1
        elif " ..." not in line:
            continue
        elif (begun := _UNDERWAY.match(line)) is not None or _has_title(lines, row):
            first = row - (begun is None)
            of_unittest = begun is None or begun["unittest"] is not None
            if of_unittest:  # which runs one at a time: what had begun has its result in those of its subtests
                if lines[first][:2] == "  " and start >= 0:
                    first = start
                underway = 0
            done = _DONE.search(line) is not None
            if done and first < row:
                yield Split(range(first, row + 1), "")
            start = -1 if underway or done else first
            underway += not done


def _has_title(lines: Sequence[str], row: int) -> bool:
    """Whether the line above is the name of a test, so that this one tells of its docstring."""
    return row > 0 and lines[row - 1][-1:] in {")", "]"} and _TITLE.fullmatch(lines[row - 1]) is not None


def of_passing(text: str, results: Sequence[str], drop: set[int]) -> list[range]:
    """Rows of each such test whose result is among those that go: its name and what it wrote."""
    return [split.rows for split in splits_of(text) if results[split.rows[-1]] and split.rows[-1] in drop]
