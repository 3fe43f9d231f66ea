"""Rows of source code on which no definition starts, though they may stand left of one: each is marked in the list of indents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import repeat

_OWNS_NOTHING = re.compile(r"//|/\*|#(?!\s*(?:region|endregion)\b)|[A-Z_][A-Z0-9_]{3,}(?:\s*\([^()]*\))?;?\s*$")
"""A comment, a line of the preprocessor, or a macro alone on its line: what is indented below belongs to something above."""
_MAY_OWN_NOTHING = frozenset("/#_ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_CONDITION = re.compile(r"#\s*(?:if|ifdef|ifndef|elif|else|endif|pragma)\b")
_CONDITIONS = re.compile(rf"\n{_CONDITION.pattern}")
_LABEL = re.compile(r"\s*([A-Za-z_]\w*)(?: (?:slots|Q_SLOTS))?:")
_JUMP = re.compile(r"(?:goto|break|continue) (?=(\w+))")
_ACCESS = frozenset(("public", "private", "protected", "signals"))
_NO_LABELS = frozenset(("else", "try", "finally", "default", "do", "then", "begin"))
_TEMPLATE_LINES = 200
"""A string in backticks of more lines is none: a backtick alone stands somewhere."""
_QUOTED_QUOTES = re.compile(r"""(["'])(?!\1)["']{3}\1""")
"""Three quotes inside a string of the other quotes open nothing."""
_COMMENTS = ("//", "*", "/*", "#", "--", ";")
_OFF_LEVEL = 40
"""Rows of a container, among which its first members are."""
BLANK = -1
"""Stands for the indent of a blank line."""
QUOTED = -2
"""Stands for the indent of a line on which no definition starts."""


def mark_rows(lines: Sequence[str], bare: Sequence[str], text: str, indents: list[int]) -> None:
    """Mark what is inside block comments and strings, conditions of the preprocessor and labels.

    ``bare`` are the lines without leading white space, ``indents`` its widths.
    """
    _blank_quoted(lines, text, indents)
    if _CONDITIONS.search(text):
        for row, line in enumerate(bare):
            if line[:1] == "#" and _CONDITION.match(line):  # stands at the margin, whatever it is in
                last = _continued(lines, row) if line.endswith("\\") else row
                indents[row : last + 1] = [QUOTED] * (last + 1 - row)
    if ":\n" in text:
        _blank_labels(text, indents)
    if "`" in text:
        _blank_templates(lines, bare, indents)


def level(indents: list[int], start: int, behind: int) -> None:
    """Give the few lines that stand left of a container's first members, far below these, the indent of the members."""
    held = [indent for indent in indents[start : start + _OFF_LEVEL] if indent >= 0]
    members = min(held, default=0)
    if any(0 <= indent < members for indent in indents[start:behind]):
        for row in range(start, behind):
            if 0 <= indents[row] < members:
                indents[row] = members


def strays(
    lines: Sequence[str], bare: Sequence[str], indents: Sequence[int], base: int, starts: Sequence[int], behind: int
) -> list[int]:
    """Rows of comments and the like that stand left of the code around them: what is below belongs to what is above."""
    found: list[int] = []
    ends = [*starts[1:], behind]

    def owns(place: int) -> bool:
        row, below = starts[place], ends[place]
        if max(indents[row + 1 : below], default=base) <= base:
            return False
        code = range(_continued(lines, row) + 1, below)
        return any(indents[at] > base and not _is_remark(bare[at]) for at in code)

    for place, row in enumerate(starts):
        if bare[row][:1] not in _MAY_OWN_NOTHING or not owns(place) or not _OWNS_NOTHING.match(bare[row]):
            continue
        first = place
        while first and _OWNS_NOTHING.match(bare[starts[first - 1]]) and not owns(first - 1):
            if base in indents[starts[first - 1] + 1 : starts[first]]:  # closes something
                break
            first -= 1
        if _is_inside(lines, bare, indents, starts[first], base):
            for stray in starts[first : place + 1]:
                found += range(stray, _continued(lines, stray) + 1)
    return found


def _is_inside(lines: Sequence[str], bare: Sequence[str], indents: Sequence[int], row: int, base: int) -> bool:
    """Whether the code above a row is indented deeper, or opens a bracket."""
    above = row - 1
    while above >= 0 and (indents[above] < 0 or _is_remark(bare[above])):
        above -= 1
    while above > 0 and lines[above - 1].endswith("\\"):
        above -= 1
    return above >= 0 and (indents[above] > base or bare[above].rstrip().endswith("{"))


def _is_remark(line: str) -> bool:
    return line.startswith(("//", "/*")) or line.endswith("*/")


def _continued(lines: Sequence[str], row: int) -> int:
    """Last row of a line that a backslash at its end continues."""
    while row + 1 < len(lines) and lines[row].endswith("\\"):
        row += 1
    return row


def _blank_quoted(lines: Sequence[str], text: str, indents: list[int]) -> None:
    """Mark the rows inside block comments and triple-quoted strings: no definition starts there."""
    none = len(text)
    comment = double = single = -1  # where the next one opens
    at = row = 0  # where a row starts
    while True:
        if comment < at:
            comment = text.find("/*", at)
            comment = comment if comment >= 0 else none
        if double < at:
            double = text.find('"""', at)
            double = double if double >= 0 else none
        if single < at:
            single = text.find("'''", at)
            single = single if single >= 0 else none
        opening = min(comment, double, single)
        if opening == none:
            return
        row += text.count("\n", at, opening)
        closing = _opened(lines[row])
        at = text.find("\n", opening) + 1
        row += 1
        if not at:
            return
        if not closing:
            continue
        end = text.find(closing, at)
        if end < 0:
            continue  # opened nothing, as it seems
        behind = row + text.count("\n", at, end) + 1
        indents[row:behind] = [QUOTED] * (behind - row)
        at = text.find("\n", end) + 1
        row = behind
        if not at:
            return


def _blank_labels(text: str, indents: list[int]) -> None:
    """Mark access labels and those that a jump names: they stand left of what they part, but end no definition."""
    labels: list[tuple[int, str]] = []
    row = done = 0
    at = text.find(":\n")
    while at >= 0:
        label = _LABEL.fullmatch(text, text.rfind("\n", 0, at) + 1, at + 1)
        if label and label[1] not in _NO_LABELS:
            row += text.count("\n", done, at)
            done = at
            labels.append((row, label[1]))
        at = text.find(":\n", at + 2)
    if not labels:
        return
    aims = set(_JUMP.findall(text))
    for row, name in labels:
        if name in _ACCESS or name in aims or any(map(str.startswith, aims, repeat(name))):
            indents[row] = QUOTED


def _blank_templates(lines: Sequence[str], bare: Sequence[str], indents: list[int]) -> None:
    """Mark the rows inside a string in backticks of several lines, whose text may begin at the margin."""
    odd = [row for row, line in enumerate(lines) if "`" in line and line.count("`") % 2 and indents[row] != QUOTED]
    odd = [row for row in odd if not bare[row].startswith(_COMMENTS)]
    at = 0
    while at + 1 < len(odd):
        first, last = odd[at : at + 2]
        if last - first > _TEMPLATE_LINES:
            at += 1
            continue
        indents[first + 1 : last + 1] = [QUOTED] * (last - first)
        at += 2


def _opened(line: str) -> str:
    """What closes the comment or string that this line leaves open, or the empty string."""
    if "/*" in line:
        return "*/" if line.lstrip().startswith("/*") and "*/" not in line else ""
    line = _QUOTED_QUOTES.sub("", line)
    quotes = '"""' if '"""' in line else "'''"
    return quotes if line.count(quotes) % 2 else ""
