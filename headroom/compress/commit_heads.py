"""Commits whose head is one line in a format of its own, ``git log --format='%ad %an <%ae> (%h)%n%n%B'``: a date, a hash, a name."""

from __future__ import annotations

import re
from typing import NamedTuple

from headroom.compress.once import once

_HASH = r"(?<![\w./-])[0-9a-f]{7,40}(?![\w./-])"
_MIXED = re.compile(r"(?=[0-9]*[a-f])(?=[a-f]*[0-9])")
_MOST = 0.8
"""Share of the hashes with letters and digits, as all but a few have."""
_DAY = r"(?:\d{4}-\d\d-\d\d|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? (?:\d{1,2} )?[A-Z][a-z]{2} )"
_LINE = re.compile(
    rf"(?<=\n)(?=\S)(?=[^\n]{{0,300}}?{_DAY})(?=[^\n]{{0,300}}?(?P<hash>{_HASH}))[^\n]{{10,400}}(?=\n(?:\n|[ \t]|[ACDMRT]\d*\t))"
)
_DATED = re.compile(_DAY)
_NAME = re.compile(r"(?P<name>[^\W\d_][^\d<>()\[\]|\t]{1,80}?)(?: <[^<>\n]*>| *[(\[|\t]|$)")
_NO_NAME = re.compile(rf"{_DAY}(?:[T ]?[\d:.]{{5,16}})?(?: ?[+-]\d\d:?\d\d|Z)?|{_HASH}")
LEAST = 3


class Head(NamedTuple):
    """The one line of a commit above its message."""

    start: int
    """Where it begins, in characters."""
    name: str
    """Its hash."""
    line: str


@once
def heads_of(text: str) -> list[Head]:
    """All such lines, each with an empty one above it; none where they are fewer than three, or name one hash twice."""
    if text.count("\n\n") < LEAST - 1 or _DATED.search(text) is None:
        return []
    marked = f"\n{text}"
    found = [
        Head(match.start() - 1, match["hash"], match[0])
        for match in _LINE.finditer(marked)
        if match.start() == 1 or marked[match.start() - 2] == "\n"
    ]
    mixed = sum([_MIXED.match(head.name) is not None for head in found])
    sure = len(found) >= LEAST and mixed >= _MOST * len(found)
    return found if sure and len({head.name for head in found}) == len(found) else []


def rows_of(text: str) -> list[tuple[int, str]]:
    """The row of each such line, with the hash."""
    found: list[tuple[int, str]] = []
    row = counted = 0
    for head in heads_of(text):
        row += text.count("\n", counted, head.start)
        counted = head.start
        found.append((row, head.name))
    return found


def author_of(head: str) -> str:
    """Who made the commit, as far as its line tells."""
    bare = _NO_NAME.sub("\t", head)
    names = [match["name"].strip() for match in _NAME.finditer(bare) if match["name"].strip()]
    return names[0] if names else ""


def date_of(head: str) -> str:
    """Its date as written."""
    match = _DATED.search(head)
    return head[match.start() :] if match is not None else ""
