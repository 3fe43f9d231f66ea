"""``git log``: commit messages without their indent of four blanks, put back exactly."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.folding import SIGIL

HEAD = f"{SIGIL}git log: messages without indent]"
HEADS = frozenset((HEAD, f"{SIGIL}git log: messages without the 4 blanks before each of their lines]"))
"""That line, and what older texts have in its place."""

_INDENT = "    "
_COMMIT = "commit "
_BEHIND = re.compile(
    r"(?:commit |diff --(?:git|cc) |Notes| \S.* \| +(?:\d+|Bin)| \d+ files? changed|:\d{6} |\d+\t\d+\t|-\t-\t)"
)
"""What may follow the blank line below a message."""


def dedent(lines: list[str]) -> list[str] | None:
    """Strip the indent of all messages; None where there is none, or where `indent` would not give ``lines`` back."""
    out: list[str] = []
    row = stripped = 0
    while row < len(lines):
        out.append(lines[row])
        row += 1
        if not out[-1].startswith(_COMMIT):
            continue
        row = _copy_head(lines, row, out)
        while row < len(lines) and lines[row].startswith(_INDENT):
            out.append(lines[row][len(_INDENT) :])
            stripped += 1
            row += 1
    return out if stripped and indent(out) == lines else None


def indent(lines: Sequence[str]) -> list[str]:
    """Invert `dedent`."""
    out: list[str] = []
    row = 0
    while row < len(lines):
        out.append(lines[row])
        row += 1
        if not out[-1].startswith(_COMMIT):
            continue
        row = _copy_head(lines, row, out)
        while row < len(lines) and not _ends(lines, row):
            out.append(_INDENT + lines[row])
            row += 1
    return out


def _copy_head(lines: Sequence[str], row: int, out: list[str]) -> int:
    """Copy author, date and the blank line below them; return the row of the message."""
    while row < len(lines) and lines[row]:
        out.append(lines[row])
        row += 1
    if row < len(lines):
        out.append(lines[row])
        row += 1
    return row


def _ends(lines: Sequence[str], row: int) -> bool:
    """Whether the message ends above this row: at a blank line, with nothing of the message behind it."""
    return not lines[row] and (
        row + 1 >= len(lines)
        or (not lines[row + 1] and row + 2 >= len(lines))
        or _BEHIND.match(lines[row + 1]) is not None
    )
