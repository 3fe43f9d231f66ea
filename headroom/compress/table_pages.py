"""Tables whose heading is printed again for each page, or has a second line for the columns' types: read as one table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_LOOK = 12
"""Lines at the top in which the heading stands."""
_UNDERLINE = re.compile(r" *[-=]{2,}(?: +[-=]{2,})* *")
_TOP = re.compile(r"[┌╭+][─\-┬+]+[┐╮+]")
_TYPES = re.compile(
    r"(?:u?(?:tiny|small|big|huge)?int(?:eger|\d{1,3})?|varchar|double|float|real|decimal\(\d+,\s?\d+\)|boolean|date|time|timestamp\b.*"
    r"|interval|uuid|json|blob|bit|enum\(.*\)|struct\(.*\)|map\(.*\))(?:\[\d*\])*"
)


class Joined(NamedTuple):
    """Lines of one table without what its drawing says twice."""

    lines: list[str]
    places: list[int]
    """Where each of the lines stands in the text."""
    said: str
    """What was left out, in words."""


def joined(lines: Sequence[str]) -> Joined | None:
    """Take out the headings that come again, with the blank lines before them, or the line of types; None where there are none."""
    for row, line in enumerate(lines[1:_LOOK], 1):
        if line[:1] in "┌╭+" and row + 3 < len(lines) and _TOP.fullmatch(line):
            return _without_types(lines, row + 2)
        if ("--" in line or "==" in line) and _UNDERLINE.fullmatch(line):
            return _without_repeats(lines, row)
    if lines and _TOP.fullmatch(lines[0]) and len(lines) > _LOOK:
        return _without_types(lines, 2)
    return None


def _without_repeats(lines: Sequence[str], rule: int) -> Joined | None:
    heading = lines[rule - 1]
    times = lines.count(lines[rule])
    if times < 2 or not heading.strip() or lines.count(heading) != times:
        return None
    out: set[int] = set()
    for row in range(rule + 1, len(lines)):
        if lines[row] != lines[rule]:
            continue
        if lines[row - 1] != heading:
            return None
        out.update((row - 1, row))
        above = row - 2
        while not lines[above].strip():
            out.add(above)
            above -= 1
    return _left(lines, out, f"; its heading comes {times} times")


def _without_types(lines: Sequence[str], row: int) -> Joined | None:
    types = [cell.strip() for cell in lines[row].strip("│┃| ").split("│" if "│" in lines[row] else "|")]
    if len(types) < 2 or not all(map(_TYPES.fullmatch, types)):
        return None
    return _left(lines, {row}, f"; types {', '.join(types)}")


def _left(lines: Sequence[str], out: set[int], said: str) -> Joined:
    places = [row for row in range(len(lines)) if row not in out]
    return Joined([lines[row] for row in places], places, said)
