"""Tests whose name and result stand on different lines: below what the test wrote, or below the first line of its docstring."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from headroom.compress.once import lines_of, once

_WORDS = frozenset(("ok", "FAILED", "FAIL", "ERROR", "expected failure", "unexpected success"))
_UNDERWAY = re.compile(r"(?:test \S[^\n]{0,300}?|\w{1,200} \([\w.]{1,300}\)) \.\.\.(?: |$)")
"""cargo's or unittest's name of a test that has just begun."""
_TITLE = re.compile(r"\w{1,200} \([\w.]{1,300}\)")
"""unittest's name of a test whose docstring follows."""
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
        elif _UNDERWAY.match(line) is not None:
            done = _DONE.search(line) is not None
            start = -1 if underway or done else row
            underway += not done
        elif row and lines[row - 1][-1:] == ")" and _TITLE.fullmatch(lines[row - 1]):
            if _DONE.search(line):
                yield Split(range(row - 1, row + 1), "")
            else:
                start = -1 if underway else row - 1
                underway += 1


def of_passing(text: str, results: Sequence[str], drop: set[int]) -> list[range]:
    """Rows of each such test whose result is among those that go: its name and what it wrote."""
    return [split.rows for split in splits_of(text) if results[split.rows[-1]] and split.rows[-1] in drop]
