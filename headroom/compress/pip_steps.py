"""Steps of pip that it tells the beginning and the end of: what was done in one that succeeded tells nothing of a failure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence

from headroom.compress.naming import named_rows
from headroom.compress.query import Relevance

_STARTED = re.compile(r"(?P<blank> *)(?P<step>[A-Z][^\n]{3,200}): started$")
_BEGUN = ": started"
_DONE = ": finished with status 'done'"
_TOLD = 4
"""Steps in a gap up to which it tells their names."""
_ENDS = 2
"""Lines of a step in which nothing was told."""
_ASKED = re.compile(
    r"install(?:ed|s)\b|download|fetch|\bversions?\b|depend|require|collect|resolv|\bsteps?\b|success|metadata|which|list"
)


def succeeded(lines: Sequence[str], troubles: Collection[int], relevance: Relevance) -> list[range]:
    """Rows of each step without trouble, its ends among them, where a question is for a failure and for nothing in them."""
    # Of a task and a question below it the question tells what this output is read for.
    said = relevance.last_line if "?" in relevance.last_line else relevance.wording
    if "failure" not in relevance.asks or _ASKED.search(said):
        return []
    found: list[range] = []
    started: dict[str, int] = {}
    for row, line in enumerate(lines):
        if line.endswith(_BEGUN) and (match := _STARTED.match(line)) is not None:
            started[match["blank"] + match["step"]] = row
        elif line.endswith(_DONE) and (first := started.pop(line.removesuffix(_DONE), -1)) >= 0:
            found.append(range(first, row + 1))
    found.sort(key=_start)
    outer = [rows for place, rows in enumerate(found) if not place or rows.start >= found[place - 1].stop]
    named = named_rows(relevance, lines, strong_lines=12, words=False) if outer else set[int]()
    kept = {*named, *troubles}
    return [rows for rows in outer if len(rows) > _ENDS and kept.isdisjoint(rows)]


def told(lines: Sequence[str], found: Sequence[range], first: int, last: int) -> str:
    """What a gap says of them: how they are called, how many there are of many."""
    inside = found[bisect_left(found, first, key=_start) : bisect_right(found, last, key=_start)]
    if not inside:
        return ""
    names = ", ".join(lines[rows.start].strip().removesuffix(_BEGUN) for rows in inside[:_TOLD])
    return f"done: {names}" if len(inside) <= _TOLD else f"{len(inside)} steps that succeeded"


def _start(rows: range) -> int:
    return rows.start
