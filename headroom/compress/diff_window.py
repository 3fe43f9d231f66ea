"""A piece of a diff: it begins within a hunk, and the lines that name the hunk's file and function stand above it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from headroom.compress.asks import asking
from headroom.compress.diff_files import SURE_NAME, VERSION, is_file_name
from headroom.compress.diff_parse import File, Hunk, begins_within
from headroom.compress.elsewhere import looks_up, names_elsewhere
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.selecting import spread
from headroom.compress.sides import sides
from headroom.compress.word_search import stands

_BEGUN = 24
_BEGUN_CHARS = 1_000
"""What stays of what was begun above: who reads on after a hunk that was cut, wants its end."""
_LONG = 40
_PASSING = 3
"""Lines of a hunk from which on some of it may go, and lines that stay on either side of one that names what is asked for."""
DEFINES = re.compile(
    r"[ !+-](\s*)((?:(?:export|default|declare|abstract|pub(?:\([^)]*\))?|public|private|protected|static|async|inline)\s+)*"
    r"(?:def|function\*?|fn|func|class|struct|enum|trait|interface|type|macro_rules!)\s+(?:\([^)]*\)\s*)?\w+)"
)
_CHANGED = re.compile(r"[!+<>-]\s*+\S")
"""A line that changes, in any format, and says something."""
_NO_FUNCTION = re.compile(r"[-/@]+")


def may_be_asked_for(hints: Hints, hunks: Mapping[int, str]) -> set[int]:
    """First rows of the hunks of a file named above the text that may be what is asked for; ``hunks`` in lower case.

    Those with something that the questions name within a file; where one of these names files only, it may be any.
    """
    asked = [_things(side) for side in sides(hints) or (hints,)]
    if not all(asked) or not looks_up(hints.query):
        return set(hunks)
    things = [thing for some in asked for thing in some]
    return {row for row, text in hunks.items() if any(thing in text and stands(text, thing) for thing in things)}


def names_what_is_not_here(hints: Hints, text: str) -> bool:
    """Whether all that is asked for are packages, options and the like, and not even a part of their names is in the text.

    A function's name may stand above its hunk; theirs stands on the line that changes.
    """
    asked = [_things(side) for side in sides(hints) or (hints,)]
    parts = [_NO_FUNCTION.split(thing) for things in asked for thing in things]
    lowered = text.lower()
    return (
        all(asked)
        and all(len(some) > 1 and not any(part in lowered for part in some if part) for some in parts)
        and names_elsewhere(hints, text)
    )


def _things(side: Hints) -> list[str]:
    """What a question names for sure beside files and versions."""
    relevance = Relevance(asking(side.query), side.arguments)
    return [
        term.text
        for term in relevance.named
        if term.weight >= SURE_NAME and not is_file_name(term.text) and not VERSION.fullmatch(term.text)
    ]


def in_passing(lines: Sequence[str], hunk: Hunk, hints: Hints) -> set[int]:
    """Rows of a hunk that are shown of a file other than the one that is asked for: of a long one what names the thing meant."""
    rows = range(hunk.first, hunk.end)
    things = [thing for side in sides(hints) or (hints,) for thing in _things(side)]
    told = [row for row in rows if any(thing in lines[row].lower() for thing in things)]
    near = spread(told, _PASSING, _PASSING, hunk.end) - {*range(hunk.first)}
    return near | {hunk.first} if told and len(rows) > _LONG and 2 * len(near) < len(rows) else {*rows}


def rest_of_hunk(lines: Sequence[str], files: Sequence[File]) -> Hunk | None:
    """The hunk within which the text begins, if it begins within one."""
    first = next(iter(files[0].hunks), None)
    return first if first is not None and not files[0].path and begins_within(lines, first) else None


def begun_above(lines: Sequence[str], files: Sequence[File]) -> range:
    """Rows of the rest of a hunk at the text's beginning that may be of the function in which it begins, to the last that changes."""
    hunk = rest_of_hunk(lines, files)
    if hunk is None:
        return range(0)
    least: int | None = None
    chars = 0
    row = hunk.first
    while row < min(hunk.end, hunk.first + _BEGUN) and chars + len(lines[row]) <= _BEGUN_CHARS:
        bare = lines[row][1:].lstrip()
        indent = len(lines[row]) - 1 - len(bare)
        if DEFINES.match(lines[row]) and (least is None or indent <= least):
            break
        if bare:
            least = indent if least is None else min(least, indent)
        chars += len(lines[row]) + 1
        row += 1
    while row > hunk.first and not _CHANGED.match(lines[row - 1]):
        row -= 1
    return range(hunk.first, row)
