"""Dumps of a process's memory beside a crash that few ask for: gdb's registers, the shadow bytes of a sanitizer with their legend."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from headroom.compress.query import Relevance

_REGISTER = re.compile(r"[a-z][a-z0-9_]{1,14} +(?:0x[0-9a-f]+|\{[^\n]{1,200}\}) +\S")
_OF_REGISTERS = re.compile(
    r"\bregisters?\b|\b[re][a-d]x\b|\b[re][sd]i\b|\b[re][isb]p\b|\br\d\d?\b|\beflags\b|\bstack pointer\b"
)
_REGISTERS = 8
"""So many lines of registers are a dump of them."""
_SHADOWS = "Shadow bytes around the buggy address:"
_SHADOW = re.compile(
    r"(?:=>|  )0x[0-9a-f]{6,16}:(?:[ \[]?[0-9a-f]{2}\]?)+ *$|Shadow byte legend |  [A-Z][A-Za-z ]{2,40}: +(?:[0-9a-f]{2} *)+$"
)
_OF_SHADOWS = re.compile(r"\bshadow|\bredzone|\bbytes? (?:around|before|after)|\blegend\b|\bmemory (?:map|layout|dump)")


class Gone(NamedTuple):
    """Rows that may go, and what a gap says of them."""

    rows: range
    told: str


def spare(lines: Sequence[str], relevance: Relevance) -> list[Gone]:
    """Dumps that the question is not about, in the order of the text."""
    found: list[Gone] = []
    if _OF_REGISTERS.search(relevance.wording) is None:
        found += _registers(lines)
    if _SHADOWS in lines and _OF_SHADOWS.search(relevance.wording) is None:
        found += _shadows(lines)
    return sorted(found, key=start)


def told(found: Sequence[Gone], first: int, last: int) -> list[str]:
    """What a gap says of them; they are in the order of the text."""
    return [gone.told for gone in found[bisect_left(found, first, key=start) : bisect_right(found, last, key=start)]]


def start(gone: Gone) -> int:
    """The row at which it begins, to order by."""
    return gone.rows.start


def _registers(lines: Sequence[str]) -> Iterator[Gone]:
    """Runs of lines that tell each a register."""
    row = 0
    for of_registers, run in groupby(lines, key=lambda line: _REGISTER.match(line) is not None):
        count = len([*run])
        if of_registers and count >= _REGISTERS:
            yield Gone(range(row, row + count), f"{count} registers")
        row += count


def _shadows(lines: Sequence[str]) -> Iterator[Gone]:
    """The bytes below each such title, and their legend."""
    end = 0
    for row, line in enumerate(lines):
        if line == _SHADOWS and row >= end:
            end = row + 1
            while end < len(lines) and _SHADOW.match(lines[end]):
                end += 1
            yield Gone(range(row, end), "shadow bytes")
