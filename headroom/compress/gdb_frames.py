"""Backtraces of gdb: of a function that calls itself the frames between the ends may go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from headroom.compress.memory_dumps import Gone
from headroom.compress.naming import named_rows
from headroom.compress.query import Relevance

_FRAME = re.compile(
    r"#\d{1,6} +(?:0x[0-9a-f]+ in )?(?P<call>[^\s(][^\n(]{0,300}?) ?\([^\n]{0,2000}\) (?P<place>at \S+:\d+|from \S+)$"
)
_NO_LOCALS = re.compile(r"No locals\.$|No symbol table info available\.$")
_LEAST = 6
"""Frames of one call, one below the other, from which those between go."""
_LEAST_VAGUE = 20
"""So many where the question tells nothing of what is looked for: a few frames may all be."""
_FIRST = 2
"""Of these the ones that stay next to where it stopped."""


def spare(lines: Sequence[str], relevance: Relevance) -> list[Gone]:
    """Inner frames of recursions that the question does not name, in the order of the text."""
    found = [*_recursions(lines, _LEAST if relevance.specific else _LEAST_VAGUE)]
    if not found:
        return []
    rows = {row for gone in found for row in gone.rows}
    named = named_rows(relevance, lines, strong_lines=12, words=False) & rows
    return [gone for gone in found if named.isdisjoint(gone.rows)]


def _recursions(lines: Sequence[str], least: int) -> Iterator[Gone]:
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
        if count >= least and all(rows[n].stop == rows[n + 1].start for n in range(count - 1)):
            inner = rows[_FIRST:-1]
            yield Gone(range(inner[0].start, inner[-1].stop), f"{len(inner)} more frames of {call}")
