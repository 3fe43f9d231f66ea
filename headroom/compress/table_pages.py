"""Tables whose heading is printed again for each page, or has a second line for the columns' types: read as one table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

_LOOK = 12
"""Lines at the top in which the heading stands."""
_LOOK_BELOW = 120
"""The same where rows of a page stand above it, whose own heading is not in sight."""
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
    pages: tuple[int, int, int] | None = None
    """Rows before the first heading, rows of a page, blank lines before a heading, where all pages are alike."""


def joined(lines: Sequence[str]) -> Joined | None:
    """Take out the headings that come again, with the blank lines before them, or the line of types; None where there are none."""
    for row, line in enumerate(lines[1:_LOOK], 1):
        if line[:1] in "┌╭+" and row + 3 < len(lines) and _TOP.fullmatch(line):
            return _without_types(lines, row + 2)
        if ("--" in line or "==" in line) and _UNDERLINE.fullmatch(line):
            return _without_repeats(lines, row)
    if lines and _TOP.fullmatch(lines[0]) and len(lines) > _LOOK:
        return _without_types(lines, 2)
    for row, line in enumerate(lines[_LOOK:_LOOK_BELOW], _LOOK):
        if ("--" in line or "==" in line) and _UNDERLINE.fullmatch(line):
            return _without_repeats(lines, row)
    return None


def _without_repeats(lines: Sequence[str], rule: int) -> Joined | None:
    """Take out all headings but one, which goes above the rows of a page whose own is not in sight."""
    heading = lines[rule - 1]
    times = lines.count(lines[rule])
    if not heading.strip() or lines.count(heading) != times:
        return None
    out: set[int] = set()
    heads: list[tuple[int, int]] = []
    for row in range(rule, len(lines)):
        if lines[row] != lines[rule]:
            continue
        if lines[row - 1] != heading:
            return None
        above = row - 2
        while above >= 0 and not lines[above].strip():
            above -= 1
        heads.append((above + 1, row + 1))
    top = heads[0][0]
    while top and _is_row(lines[top - 1], lines[rule]):
        top -= 1
    first = heads[0][0] - top
    if times < 2 and not first:
        return None
    for start, end in heads[not first :]:
        out.update(range(start, end))
    found = _left(lines, out, f"; its heading comes {times} time{'s' * (times > 1)}")
    if first:
        found = Joined(
            [*found.lines[:top], *lines[rule - 1 : rule + 1], *found.lines[top:]],
            [*found.places[:top], rule - 1, rule, *found.places[top:]],
            found.said,
        )
    sizes = {after[0] - before[1] for before, after in pairwise(heads)} or {max(first, len(lines))}
    blanks = {end - 2 - start for start, end in heads[not first :]}
    return found._replace(pages=(first, sizes.pop(), blanks.pop())) if len(sizes) == len(blanks) == 1 else found


def _is_row(line: str, rule: str) -> bool:
    """Whether a line has blanks wherever the rule has."""
    return bool(line) and all(sign != " " or other == " " for sign, other in zip(rule, line, strict=False))


def _without_types(lines: Sequence[str], row: int) -> Joined | None:
    types = [cell.strip() for cell in lines[row].strip("│┃| ").split("│" if "│" in lines[row] else "|")]
    if len(types) < 2 or not all(map(_TYPES.fullmatch, types)):
        return None
    return _left(lines, {row}, f"; types {', '.join(types)}")


def _left(lines: Sequence[str], out: set[int], said: str) -> Joined:
    places = [row for row in range(len(lines)) if row not in out]
    return Joined([lines[row] for row in places], places, said)
