"""Totals that a test runner tells itself: where they stand, nobody needs them counted once more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import inf

_NUMBER_FIRST = re.compile(r"(\d+) (passed|passing|failed|failing|skipped|pending|ignored|xfailed|xpassed|todo)\b")
_WORD_FIRST = re.compile(r"[#ℹ] (pass|fail|skipped|todo) (\d+)$")
_OF_NODE = re.compile(r"ℹ (pass|fail) \d+")
_SUMMARY = re.compile(r"=+ |[#ℹ] |test result: |Tests?(?: Suites?| Files?)?:? |Test Suites: |\s*\d+ ")
_END = re.compile(r"\b\d+ (?:passed|failed|errors?|skipped|deselected|xfailed)\b.* in [\d.]+s")
_RUN = re.compile(
    r"test result: |Tests: +\d|\s+Tests +\d|\s+\d+ (?:passing|failing)(?: \([\d.]+m?s\))?$|FAILED \([a-z ]+=\d|\d+% tests passed, "
)
"""How totals of a run begin, of single tests."""
_FAILED = re.compile(r"\b(\d+) (?:tests? )?(?:failed|failing|errors?)\b|\b(?:failures|errors)=(\d+)")
_FIRST = frozenset("=#ℹTtF 0123456789")
_LAST_LINES = 6
_PART = re.compile(r"(\d+) (\w+)")
_MEANS = {
    "passing": "passed",
    "pass": "passed",
    "failing": "failed",
    "fail": "failed",
    "pending": "skipped",
    "ignored": "skipped",
}
_LINE_CHARS = 300


def told_by(lines: Sequence[str], tally: Sequence[str], *, of_failures: bool = False) -> bool:
    """Whether these lines hold, in their runner's own words, each number of a tally, and so make it needless.

    With ``of_failures`` it is enough that totals in them count as many failures, or more, as a tally counts lines.
    Node counts a test that holds others as a test, too: its totals stand alone.
    """
    if {match[1] for line in lines if line[:1] == "ℹ" and (match := _OF_NODE.fullmatch(line))} == {"pass", "fail"}:
        return True
    counted = {(count, word) for line in tally for count, word in _PART.findall(line)}
    if not counted:
        return False
    totals = {pair for line in lines if line[:1] in "=#ℹTt0123456789 " for pair in _totals(line[:_LINE_CHARS])}
    return counted <= totals or (of_failures and _tells_failures(lines, tally))


def has_end(lines: Sequence[str]) -> bool:
    """Whether pytest's last line is there, which counts all results."""
    return any(_END.search(line[:_LINE_CHARS]) is not None for line in lines[-_LAST_LINES:])


def _tells_failures(lines: Sequence[str], tally: Sequence[str]) -> bool:
    single = "".join(tally).partition(";")[0]
    counted = sum(int(count) for count, word in _PART.findall(single) if word == "failed")
    found = [_failures(line[:_LINE_CHARS]) for line in lines if line[:1] in _FIRST]
    totals = [count for count in found if count is not None]
    return bool(totals) and sum(totals) >= counted


def _failures(line: str) -> float | None:
    """How many failures the totals of a run count, None if the line is none; node's and unbounded, as it counts no suites."""
    if (nested := _WORD_FIRST.match(line)) is not None:
        return inf if nested[1] == "fail" else None
    if _RUN.match(line) is None and _END.search(line) is None:
        return None
    return sum(int(before or behind) for before, behind in _FAILED.findall(line))


def _totals(line: str) -> Iterator[tuple[str, str]]:
    if _SUMMARY.match(line) is None:
        return
    for count, word in _NUMBER_FIRST.findall(line):
        if count != "0":
            yield count, _MEANS.get(word, word)
    for word, count in _WORD_FIRST.findall(line):
        yield count, _MEANS.get(word, word)
