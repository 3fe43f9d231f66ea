"""pytest: arguments of a failed call that say nothing of it: bare objects, ``self = <cart.Cart object at 0x7f…>``, and unused fixtures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from headroom.compress import omissions

_ASKED = re.compile(
    r"\b(?:args?|arguments?|parameters?|fixtures?|objects?|instances?|self|address\w*|variables?|locals|full|whole|entire|verbatim)\b",
    re.IGNORECASE,
)
"""Words of a question for what would go."""
_OBJECT = r"\w++ = <[\w.]++ (?:object at 0x[0-9a-f]++|testMethod=\w++)>"
_BARE = re.compile(rf"{_OBJECT}(?:, {_OBJECT})*+")
_ARGUMENT = re.compile(r"(\w++) = ")
_MADE = re.compile(r"\w++ = (?:[A-Za-z_][\w.]*+\(|<)")
"""An object that tells of itself; plain values may be what a test was parametrized with, and stay."""
_ANOTHER = re.compile(r", \w+ = ")
_HEAD = re.compile(r"    (?:async )?def \w+\(")
_SOURCE = ("    ", ">", "E ")
_WORD = re.compile(r"\w++")
_LINE_CHARS = 300
NOTE: Final = omissions.note("arguments not used or shown as bare objects")


def spare(lines: Sequence[str], query: str) -> set[int]:
    """Rows with nothing but such arguments."""
    if _ASKED.search(query) is not None:
        return set()
    bare = {row for row, line in enumerate(lines) if line[-1:] == ">" and _BARE.fullmatch(line)}
    return bare | _unused(lines)


def _unused(lines: Sequence[str]) -> set[int]:
    """Rows of one argument each that the source below, from the function's head to the failure, names in that head only."""
    found: set[int] = set()
    for row, line in enumerate(lines):
        if not line.startswith("    ") or row < 2 or lines[row - 1] or _HEAD.match(line) is None:
            continue
        first = row - 1
        while first and _ARGUMENT.match(lines[first - 1]) is not None:
            first -= 1
        made = [at for at in range(first, row - 1) if _is_made(lines[at])]
        if not made:
            continue
        ahead = (lines[at] for at in range(row, len(lines)))
        source = [*takewhile(lambda line: line.startswith(_SOURCE), ahead)]
        if not any(line[0] == ">" for line in source):
            continue
        named = Counter(word for line in source for word in _WORD.findall(line))
        found.update(at for at in made if named[lines[at].split(" = ")[0]] == 1)
    return found


def _is_made(line: str) -> bool:
    """Whether a line has one argument, whose value is an object."""
    return len(line) <= _LINE_CHARS and _MADE.match(line) is not None and _ANOTHER.search(line) is None
