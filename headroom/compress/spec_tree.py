"""Test reports drawn as trees, as rspec, mocha, jest and tape do: what passed, and headings above nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TICKS = ("✓", "✔", "√")
_TAP = "TAP version "
_TAP_TITLE = "# "
_RSPEC_END = re.compile(r"^\d+ examples?, \d+ failures?", re.MULTILINE)
_RSPEC_PARTS = ("Failures:", "Pending:", "Finished in ")
_FAILED = re.compile(r" \(FAILED - \d+\)$")
_PENDING = re.compile(r" \(PENDING: .*\)$")


def is_tree(text: str, lines: Sequence[str]) -> bool:
    """Whether results stand below headings."""
    return any(tick in text for tick in _TICKS) or _is_tap(lines) or bool(rspec_results(text, lines))


def rspec_results(text: str, lines: Sequence[str]) -> dict[int, str]:
    """What rspec's documentation format says of each example, by row: ``passed``, ``failed`` or ``skipped``.

    Nothing marks one that passed but that no line stands below it. Empty for other texts.
    """
    if "(FAILED - " not in text and ", 0 failures" not in text:
        return {}
    if not _RSPEC_END.search(text):
        return {}
    end = next((row for row, line in enumerate(lines) if line.startswith(_RSPEC_PARTS)), 0)
    rows = [row for row in range(end) if lines[row]]
    depths = [*(_depth(lines[row]) for row in rows), 0]
    found: dict[int, str] = {}
    for place, row in enumerate(rows):
        if not depths[place] or depths[place + 1] > depths[place]:
            continue
        line = lines[row]
        found[row] = "failed" if _FAILED.search(line) else "skipped" if _PENDING.search(line) else "passed"
    return found


def headings_of(lines: Sequence[str], dropped: set[int], results: Sequence[str]) -> set[int]:
    """Rows of headings below which all is dropped, and of the blank lines between what is; ``results`` is "" for no test."""
    found: set[int] = set()
    below: list[tuple[int, bool]] = []  # depth of each line or subtree further down, and whether all of it goes
    blank: list[int] = []
    last = False
    tap = _is_tap(lines)
    for row in range(len(lines) - 1, -1, -1):
        line = lines[row]
        bare = line.lstrip()
        if not bare:
            blank.append(row)
            continue
        depth = len(line) - len(bare)
        if tap and not line.startswith(_TAP_TITLE):
            depth += 1
        goes = row in dropped
        if below and below[-1][0] > depth:
            goes = goes or not results[row]
            while below and below[-1][0] > depth:
                goes = below.pop()[1] and goes
            if goes:
                found.add(row)
        if blank:
            if goes and last:
                found.update(blank)
            blank = []
        last = goes
        if below and below[-1][0] == depth:  # of neighbours one says for all whether all go
            goes = goes and below.pop()[1]
        below.append((depth, goes))
    return found


def _is_tap(lines: Sequence[str]) -> bool:
    return any(line.startswith(_TAP) for line in lines[:20])


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
