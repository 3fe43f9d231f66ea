"""The branches that ``tree`` draws, as plain indentation and back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_STYLES = (
    ("│\xa0\xa0 ", "    ", "├── ", "└── "),
    ("│   ", "    ", "├── ", "└── "),
    ("|   ", "    ", "|-- ", "`-- "),
    ("│  ", "   ", "├─ ", "└─ "),
    ("|  ", "   ", "+--", "\\--"),
    ("|   ", "    ", "+---", "\\---"),
    ("│ ", "  ", "├── ", "└── ", "├─┬ ", "└─┬ "),
    ("|    ", "     ", "+--- ", "\\--- "),
    ("|  ", "   ", "+- ", "\\- "),
)
"""Beside a later branch, beside none, a branch, the last one; the same two where branches follow inside, if they differ."""
_BRANCHES = tuple(
    re.compile(
        rf"((?:{re.escape(style[0])}|{re.escape(style[1])})*)(?:{'|'.join(map(re.escape, style[2:]))})([^\t].*)",
        re.DOTALL,
    )
    for style in _STYLES
)
_MIN_LINES = 4


class Folded(NamedTuple):
    """A drawn tree as text."""

    style: int
    """Number of the style it is drawn in."""
    names: list[str]
    """One a branch, behind as many tabs as it is deep."""
    cut: str
    """Where the drawing ends in its middle, for each depth down to the last branch's: 1 if another branch follows there."""


def fold(lines: Sequence[str]) -> Folded | None:
    """Read ``lines``, which start with the first branch; None unless at least four of them can be drawn again exactly."""
    found = sorted(((_parse(lines, number), number) for number in range(len(_STYLES))), key=lambda item: -len(item[0]))
    for branches, number in found:
        parsed = branches
        if len(parsed) < _MIN_LINES:
            return None
        style = _STYLES[number]
        while len(parsed) >= _MIN_LINES:
            cut = _cut(lines[len(parsed) - 1], number)
            if _draw(parsed, style, cut) == list(lines[: len(parsed)]):
                return Folded(number, ["\t" * depth + name for depth, name in parsed], cut)
            parsed = parsed[: len(parsed) // 2]
    return None


def unfold(folded: Folded) -> list[str]:
    """Invert `fold`."""
    parsed = [(len(line) - len(line.lstrip("\t")), line.lstrip("\t")) for line in folded.names]
    return _draw(parsed, _STYLES[folded.style], folded.cut)


def is_branch(line: str) -> bool:
    """Whether a line is drawn as a branch, so that a text beginning with it has no root."""
    return any(branch.fullmatch(line) for branch in _BRANCHES)


def depths(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Depth and name of each leading line that is a branch, depth 0 below the root; lossy, in the style that fits best."""
    return max((_parse(lines, number) for number in range(len(_STYLES))), key=len)


def _parse(lines: Sequence[str], number: int) -> list[tuple[int, str]]:
    branch = _BRANCHES[number].fullmatch
    width = len(_STYLES[number][0])
    parsed = []
    for line in lines:
        match = branch(line)
        if match is None:
            break
        parsed.append((len(match[1]) // width, match[2]))
    return parsed


def _cut(line: str, number: int) -> str:
    """Which depths go on behind the last branch, as its own drawing says; empty if none does."""
    match = _BRANCHES[number].fullmatch(line)
    if match is None:
        return ""
    through, blank, middle, *_ = _STYLES[number]
    stems = [match[1][at : at + len(blank)] == through for at in range(0, len(match[1]), len(blank))]
    goes_on = [*stems, line.startswith(middle, len(match[1]))]
    return "".join(map(str, map(int, goes_on))) if any(goes_on) else ""


def _draw(parsed: Sequence[tuple[int, str]], style: tuple[str, ...], cut: str = "") -> list[str]:
    through, blank, *marks = style
    middle, end, open_middle, open_end = marks if len(marks) == 4 else 2 * marks
    out: list[str] = []
    continues = [mark == "1" for mark in cut]  # by depth: whether a later sibling follows before the parent ends
    below = 0
    for depth, name in reversed(parsed):
        del continues[depth + 1 :]
        continues += [False] * (depth + 1 - len(continues))
        stem = "".join([through if more else blank for more in continues[:depth]])
        if below > depth:
            out.append(stem + (open_middle if continues[depth] else open_end) + name)
        else:
            out.append(stem + (middle if continues[depth] else end) + name)
        continues[depth] = True
        below = depth
    out.reverse()
    return out
