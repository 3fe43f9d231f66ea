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
)
_BRANCHES = tuple(
    re.compile("((?:{}|{})*)(?:{}|{})([^\t].*)".format(*map(re.escape, style)), re.DOTALL) for style in _STYLES
)
_MIN_LINES = 4


def fold(lines: Sequence[str]) -> tuple[int, int, list[str]] | None:
    """Return the number of the style, how many lines are branches, and those as tab-indented names.

    ``lines`` start with the first branch. None unless at least four lines can be drawn again exactly.
    """
    for number, style in enumerate(_STYLES):
        parsed = _parse(lines, number)
        if len(parsed) < _MIN_LINES:
            continue
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


def _draw(parsed: Sequence[tuple[int, str]], style: tuple[str, str, str, str]) -> list[str]:
    through, blank, middle, end = style
    out: list[str] = []
    continues: list[bool] = []  # by depth: whether a later sibling follows before the parent ends
    for depth, name in reversed(parsed):
        del continues[depth + 1 :]
        continues += [False] * (depth + 1 - len(continues))
        stem = "".join([through if more else blank for more in continues[:depth]])
        out.append(stem + (middle if continues[depth] else end) + name)
        continues[depth] = True
    out.reverse()
    return out
