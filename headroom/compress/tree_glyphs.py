"""The branches that ``tree`` draws, as plain indentation and back."""

from __future__ import annotations

import re
from collections.abc import Sequence

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


def fold(lines: Sequence[str]) -> tuple[int, int, list[str]] | None:
    """Return the number of the style, how many lines are branches, and those as tab-indented names.

    ``lines`` start with the first branch. None unless at least four lines can be drawn again exactly.
    """
    found = sorted(((_parse(lines, number), number) for number in range(len(_STYLES))), key=lambda item: -len(item[0]))
    for branches, number in found:
        parsed = branches
        if len(parsed) < _MIN_LINES:
            return None
        style = _STYLES[number]
        while parsed and _draw(parsed, style) != list(lines[: len(parsed)]):
            parsed = parsed[: len(parsed) // 2]
        if len(parsed) >= _MIN_LINES:
            return number, len(parsed), ["\t" * depth + name for depth, name in parsed]
    return None


def unfold(number: int, folded: Sequence[str]) -> list[str]:
    """Invert `fold`."""
    parsed = [(len(line) - len(line.lstrip("\t")), line.lstrip("\t")) for line in folded]
    return _draw(parsed, _STYLES[number])


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


def _draw(parsed: Sequence[tuple[int, str]], style: tuple[str, ...]) -> list[str]:
    through, blank, *marks = style
    middle, end, open_middle, open_end = marks if len(marks) == 4 else 2 * marks
    out: list[str] = []
    continues: list[bool] = []  # by depth: whether a later sibling follows before the parent ends
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
