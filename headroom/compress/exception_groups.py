"""Exception groups of Python, as tracebacks draw them: where each of the errors stands that hold no others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_RULE = re.compile(r" *+(?:\+-)?\+-{15,16} (?P<number>\d+|\.\.\.) -{16}| *+\+-{30,40}")
"""What stands above each error of a group, or below the last one."""
_TRACEBACK = "Traceback (most recent call last):"


class Held(NamedTuple):
    """An error of a group."""

    rows: range
    """Its lines, without the rule above."""
    message: int
    """The row of what was raised last."""
    indent: int
    """Characters in front of each of its lines."""


def held(lines: Sequence[str]) -> Iterator[Held]:
    """The errors of groups that have a traceback and an end, and hold no group themselves."""
    opened: list[tuple[int, int]] = []  # columns of the groups that are open, and the rules above their last errors
    holds = -1  # the rule of the last error that holds a group
    for row, line in enumerate(lines):
        if line[-1:] != "-" or (rule := _RULE.fullmatch(line)) is None:
            continue
        column = line.rindex("+")
        while opened and opened[-1][0] > column:
            opened.pop()
        if opened and opened[-1][0] == column:
            above = opened.pop()[1]
            if above > holds and (error := _error(lines, range(above + 1, row), column + 2)) is not None:
                yield error
        if rule["number"]:
            if opened:
                holds = max(holds, opened[-1][1])
            opened.append((column, row))


def _error(lines: Sequence[str], rows: range, indent: int) -> Held | None:
    heads = [row for row in rows if lines[row][indent:] == _TRACEBACK]
    if not heads or heads[0] != rows.start:
        return None
    message = next((row for row in range(heads[-1] + 1, rows.stop) if lines[row][indent : indent + 1].strip()), None)
    return Held(rows, message, indent) if message is not None else None
