"""The ``---`` and ``+++`` lines of a file that its ``diff --git`` line says already: left out, and put back exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from headroom.compress.diff_git import names_of
from headroom.compress.diff_parse import HUNK

_EXTENDED = re.compile(
    r"(?:index|old mode|new mode|similarity index|dissimilarity index|rename (?:from|to)|copy (?:from|to)) "
)


def drop_names(lines: list[str]) -> list[str] | None:
    """The lines without those that their ``diff --git`` line says; None where that gains nothing, or can't be undone."""
    out: list[str] = []
    done = 0
    for names, behind in _headers(lines):
        if lines[behind : behind + 2] == [f"--- {names[0]}", f"+++ {names[1]}"]:
            out += lines[done:behind]
            done = behind + 2
    out += lines[done:]
    return out if len(out) < len(lines) and restore_names(out) == lines else None


def restore_names(lines: Sequence[str]) -> list[str]:
    """Invert ``drop_names``."""
    out: list[str] = []
    done = 0
    for names, behind in _headers(lines):
        if behind < len(lines) and HUNK.match(lines[behind]):
            out += [*lines[done:behind], f"--- {names[0]}", f"+++ {names[1]}"]
            done = behind
    return [*out, *lines[done:]]


def _headers(lines: Sequence[str]) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield the names that each ``diff --git`` line gives, and the row behind the lines that tell more of the file."""
    for row, line in enumerate(lines):
        if (names := names_of(line)) is not None:
            behind = row + 1
            while behind < len(lines) and _EXTENDED.match(lines[behind]):
                behind += 1
            yield names, behind
