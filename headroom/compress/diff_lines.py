"""Hunks of a diff with a line that a question tells by its number: "what changed around line 1202 of fields.py"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from headroom.compress.asked_lines import asked_lines
from headroom.compress.asks import asking
from headroom.compress.diff_files import SURE_NAME, header_of, is_file_name, is_named
from headroom.compress.diff_parse import File, Hunk
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.sides import sides

_UNIFIED = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NORMAL = re.compile(r"(\d+)(?:,(\d+))?[acd](\d+)(?:,(\d+))?")
_CONTEXT = re.compile(r"(\*\*\*|---) (\d+)(?:,(\d+))? (?:\*\*\*\*|----)")
_OLD = re.compile(r"\b(?:old|original|previous)\b", re.IGNORECASE)
_NEW = re.compile(r"\bnew\b(?! lines?\b)", re.IGNORECASE)
_MOST = 3
"""In more hunks than these the number alone tells nothing."""


def at_lines(lines: Sequence[str], files: Sequence[File], hints: Hints) -> tuple[set[int], list[Hints]]:
    """First rows of the hunks that hold a line with a number which a question tells, of the files that it names, if any.

    Beside them the other questions that name something for sure, and no file.
    """
    asked = [side for side in sides(hints) or (hints,) if asked_lines(asking(side.query))]
    relevance = Relevance.from_hints(hints)
    named = [file for file in files if file.path and is_named(relevance, header_of(file, lines))]
    found = {row for side in asked for row in _of_side(lines, named or files, side)}
    others = [side for side in sides(hints) if side not in asked and _names_for_sure(side)]
    return (found, others) if len(found) <= _MOST * len(asked) else (set(), [])


def _names_for_sure(side: Hints) -> bool:
    named = Relevance.from_hints(side).named
    return any(term.weight >= SURE_NAME and not is_file_name(term.text) for term in named)


def _of_side(lines: Sequence[str], files: Sequence[File], side: Hints) -> set[int]:
    numbers = asked_lines(asking(side.query))
    old = _OLD.search(side.query) is not None
    wanted = (0, 1) if old == (_NEW.search(side.query) is not None) else (0,) if old else (1,)
    return {
        hunk.first
        for file in files
        for hunk in file.hunks
        for of_new, span in _spans(lines, hunk)
        if of_new in wanted and any(number in span for number in numbers)
    }


def _spans(lines: Sequence[str], hunk: Hunk) -> Iterator[tuple[int, range]]:
    """The numbers of a hunk's lines, with 0 for those of the old file, 1 for the new one's."""
    first = lines[hunk.first]
    if match := _UNIFIED.match(first):
        for side in (0, 1):
            start, count = int(match[2 * side + 1]), int(match[2 * side + 2] or 1)
            yield side, range(start, start + count)
    elif match := _NORMAL.fullmatch(first):
        for side in (0, 1):
            start = int(match[2 * side + 1])
            yield side, range(start, int(match[2 * side + 2] or start) + 1)
    else:
        for line in lines[hunk.first + 1 : hunk.end]:
            if line[:4] in {"*** ", "--- "} and (match := _CONTEXT.fullmatch(line)):
                start = int(match[2])
                yield int(match[1] == "---"), range(start, int(match[3] or start) + 1)
