"""pytest's summary of warnings: of those with the same message the first is enough, unless the question is about warnings."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_TITLE = re.compile(r"={4,} warnings summary (?:\([^()\n]{1,40}\) )?={4,}$")
_PART = re.compile(r"={4,} .* ={4,}$|-- Docs: ")
_MESSAGE = re.compile(r"  \S.{0,400}?:\d+: (\w+(?:\.\w+)*: .*)")
_ASKED = re.compile(r"warn|deprecat", re.IGNORECASE)


class Alike(NamedTuple):
    """A warning like an earlier one, with the tests that raised it and the blank line below."""

    rows: range
    first: int
    """The row at which that one begins."""


def alike(text: str, lines: Sequence[str], query: str) -> list[Alike]:
    """All warnings but the first of each message, in the order of the text; none where the question is about warnings."""
    if " warnings summary " not in text or asked(query):
        return []
    seen: dict[str, int] = {}
    found: list[Alike] = []
    for rows, message in warnings_of(lines):
        first = seen.setdefault(message, rows.start)
        if first != rows.start:
            found.append(Alike(rows, first))
    return found


def asked(query: str) -> bool:
    """Whether a question is about warnings."""
    return _ASKED.search(query) is not None


def told(found: Sequence[Alike], first: int, last: int) -> list[str]:
    """What a gap says of the warnings in it."""
    gone = found[bisect_left(found, first, key=_start) : bisect_right(found, last, key=_start)]
    counts = Counter([warning.first for warning in gone])
    return [f"{count} warning{'s' * (count > 1)} with the message of L{row + 1}" for row, count in counts.items()]


def _start(warning: Alike) -> int:
    return warning.rows.start


def warnings_of(lines: Sequence[str]) -> Iterator[tuple[range, str]]:
    """Each warning of the summary with its message: blocks of lines with a blank one below, of which one tells place and message."""
    row = next((row for row, line in enumerate(lines) if line[:1] == "=" and _TITLE.match(line)), len(lines)) + 1
    while row < len(lines) and not _PART.match(lines[row]):
        start = row
        while row < len(lines) and lines[row].strip() and not _PART.match(lines[row]):
            row += 1
        messages = [match[1] for line in lines[start:row] if (match := _MESSAGE.match(line)) is not None]
        while row < len(lines) and not lines[row].strip():
            row += 1
        if len(messages) == 1:
            yield range(start, row), messages[0]
