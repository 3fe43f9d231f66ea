"""What is looked at of a text to see of which kind it is: its head, its middle and its tail, in whole lines."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from headroom.compress.once import once

LINE_CHARS = 240
"""A longer line is cut."""
_LOOK_CHARS = 160
_SAMPLE_CHARS = 4_000
_SAMPLE_LINES = 48
_SCATTER = 40_503
"""Multiplies a small number to one whose middle bits look random (Knuth's multiplicative hash, of 16 bits)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What is looked at of a text."""

    text: str
    """Begins with a newline, so that each line has one above it."""
    lines: tuple[str, ...]
    head: str
    tail: str
    size: int
    counted: dict[str, int]
    """Each different one of the lines, and how many times it is among them."""
    shares: dict[re.Pattern[str], float] = field(default_factory=dict)
    """What `share` has found; several judges ask for the same."""

    def share(self, pattern: re.Pattern[str]) -> float:
        """Part of the sampled lines that start with the pattern."""
        found = self.shares.get(pattern)
        if found is None:
            match = pattern.match
            found = sum([count for line, count in self.counted.items() if match(line, 0, _LOOK_CHARS)])
            found /= max(1, len(self.lines))
            self.shares[pattern] = found
        return found


@once
def take(text: str) -> Sample:
    """Sample the head, the middle and the tail, cut at line ends, long lines cut short."""
    size = len(text)
    if size <= 3 * _SAMPLE_CHARS:
        parts = [text]
    else:
        middle = (size - _SAMPLE_CHARS) // 2
        parts = [text[:_SAMPLE_CHARS], text[middle : middle + _SAMPLE_CHARS], text[-_SAMPLE_CHARS:]]
        parts = [_whole_lines(part, first=index == 0) for index, part in enumerate(parts)]
    rows = [line for part in parts for line in part.split("\n") if line and not line.isspace()]
    step = max(1, len(rows) // _SAMPLE_LINES)
    last = len(rows) - 1
    # One of each ``step`` lines, but not always the same one: what repeats every so many lines would be seen in part.
    places = [min(last, at + (at // step * _SCATTER >> 7) % step) for at in range(0, len(rows), step)]
    lines = tuple([rows[at][:LINE_CHARS].rstrip() for at in places])
    head = text[:4_000].lstrip("\ufeff \t\r\n")
    return Sample("\n" + "\n".join(parts), lines, head, text[-400:].rstrip(), size, Counter(lines))


def _whole_lines(part: str, *, first: bool) -> str:
    start = 0 if first else part.find("\n") + 1
    end = part.rfind("\n")
    return part[start : end if end > start else len(part)]
