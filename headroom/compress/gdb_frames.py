"""What gdb prints of a crash: of a function that calls itself, the frames between the ends; registers that nobody asks for."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from headroom.compress.naming import named_rows
from headroom.compress.query import Relevance

_FRAME = re.compile(
    r"#\d{1,6} +(?:0x[0-9a-f]+ in )?(?P<call>[^\s(][^\n(]{0,300}?) ?\([^\n]{0,2000}\) (?P<place>at \S+:\d+|from \S+)$"
)
_REGISTER = re.compile(r"[a-z][a-z0-9_]{1,14} +(?:0x[0-9a-f]+|\{[^\n]{1,200}\}) +\S")
_NO_LOCALS = re.compile(r"No locals\.$|No symbol table info available\.$")
_OF_REGISTERS = re.compile(
    r"\bregisters?\b|\b[re][a-d]x\b|\b[re][sd]i\b|\b[re][isb]p\b|\br\d\d?\b|\beflags\b|\bstack pointer\b"
)
_LEAST = 6
"""Frames of one call, one below the other, from which those between go."""
_FIRST = 2
"""Of these the ones that stay next to where it stopped."""
_REGISTERS = 8
"""So many lines of registers are a dump of them."""


class Gone(NamedTuple):
    """Rows that may go, and what a gap says of them."""

    rows: range
    told: str


def spare(lines: Sequence[str], relevance: Relevance, *, whole: bool) -> list[Gone]:
    """Inner frames of recursions, none where ``whole`` stacks are asked for, and dumps of registers, in the order of the text."""
    found = [] if whole else [*_recursions(lines)]
    if found:
        rows = {row for gone in found for row in gone.rows}
        named = named_rows(relevance, lines, strong_lines=12, words=False) & rows
        found = [gone for gone in found if named.isdisjoint(gone.rows)]
    if _OF_REGISTERS.search(relevance.wording) is None:
        found += _registers(lines)
    return sorted(found, key=_start)


def told(found: Sequence[Gone], first: int, last: int) -> list[str]:
    """What a gap says of them."""
    return [gone.told for gone in found[bisect_left(found, first, key=_start) : bisect_right(found, last, key=_start)]]


def _start(gone: Gone) -> int:
    return gone.rows.start


def _recursions(lines: Sequence[str]) -> Iterator[Gone]:
    """Frames of one call at one place between the first ones and the last one of a run."""
    frames: list[tuple[range, str]] = []
    row = 0
    while row < len(lines):
        match = _FRAME.match(lines[row]) if lines[row][:1] == "#" else None
        start = row
        row += 1
        if match is None:
            continue
        while row < len(lines) and ((lines[row][:8].isspace() and lines[row].strip()) or _NO_LOCALS.match(lines[row])):
            row += 1
        frames.append((range(start, row), f"{match['call']} {match['place']}"))
    at = 0
    for call, run in groupby(frames, key=lambda frame: frame[1]):
        count = len([*run])
        rows = [frame[0] for frame in frames[at : at + count]]
        at += count
        if count >= _LEAST and all(rows[n].stop == rows[n + 1].start for n in range(count - 1)):
            inner = rows[_FIRST:-1]
            yield Gone(range(inner[0].start, inner[-1].stop), f"{len(inner)} more frames of {call}")


def _registers(lines: Sequence[str]) -> Iterator[Gone]:
    """Runs of lines that tell each a register."""
    start = 0
    for of_registers, run in groupby(lines, key=lambda line: _REGISTER.match(line) is not None):
        count = len([*run])
        if of_registers and count >= _REGISTERS:
            yield Gone(range(start, start + count), f"{count} registers")
        start += count
