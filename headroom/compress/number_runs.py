"""Lines in a row that differ in their numbers only, written as one pattern and its numbers; exactly invertible."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby

from headroom.compress import number_spans
from headroom.compress.folding import SIGIL
from headroom.compress.number_spans import HOLE

_NUMBER = re.compile(r"\d+")
_RUN = re.compile(rf"\[~ (\d+) lines: (.*) with # = ({number_spans.PATTERN})\]")
_MIN_RUN = 6
_MAX_SLOTS = 3


def fold(lines: Sequence[str], eligible: Callable[[str], bool]) -> list[str] | None:
    """Write runs of at least six eligible lines as ``[~ 40 lines: ?? build/tmp_# with # = 007, 012, 019]``; None without any.

    ``lines`` must be escaped. A pattern has up to three numbers, which stand in order, parted by blanks; a single one that
    grows by one is written as ``000 to 039``.
    """
    out: list[str] = []
    folded = False

    def pattern_of(line: str) -> str:
        if not eligible(line) or HOLE in line:
            return ""
        pattern, count = _NUMBER.subn(HOLE, line)
        return pattern if 1 <= count <= _MAX_SLOTS else ""

    for pattern, run in groupby(lines, pattern_of):
        rows = list(run)
        if not pattern or len(rows) < _MIN_RUN:
            out += rows
            continue
        numbers = number_spans.written(pattern, [" ".join(_NUMBER.findall(line)) for line in rows])
        out.append(f"{SIGIL}{len(rows)} lines: {pattern} with # = {numbers}]")
        folded = True
    return out if folded else None


def unfold(lines: Sequence[str]) -> list[str]:
    """Invert `fold`."""
    out: list[str] = []
    for line in lines:
        match = _RUN.fullmatch(line) if line.startswith(SIGIL) else None
        if match is None:
            out.append(line)
            continue
        parts = match[2].split(HOLE)
        for numbers in number_spans.read(match[2], match[3]):
            values = numbers.split(" ")
            out.append("".join([part + value for part, value in zip(parts, (*values, ""), strict=True)]))
    return out
