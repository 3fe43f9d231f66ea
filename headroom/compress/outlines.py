"""The outline of a document that stands in the markers of its gaps: titles, or how many there are."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

NOTE_CHARS = 220
"""Characters of one marker's outline; markers are cut a little above."""
OUTLINE_SHARE = 0.06
"""Part of the document that the outline in the markers may take."""
SURE_CHARS = 700
"""Characters of the outline beside a section that is asked for by its title."""
OUTLINE_CHARS = 4_000
"""Characters of an outline from which the first and the last tell enough of titles that differ in numbers only."""
_COUNTED = re.compile(
    r"\b(?:version |v)?\d[\d.,/:-]*(?:-?(?:alpha|beta|rc|pre|dev|canary)[.\d-]*)?(?:st|nd|rd|th)?\b"
    r"|\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b",
    re.IGNORECASE,
)
"""Versions, numbers, dates."""
_SERIES = 6
"""Titles in a row that differ in these only, of which the first and the last tell enough."""
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


class Heading(NamedTuple):
    """A heading line of a document, 0-based."""

    row: int
    level: int
    title: str


class Detail(NamedTuple):
    """Which headings an outline names: down to a level, and of titles numbered alike all, or the first and last."""

    level: int
    all: bool


def outline(headings: Sequence[Heading], first: int, last: int, shown: Detail) -> list[tuple[int, int, str]]:
    """Cut rows ``first``..``last`` into parts whose headings, those that are ``shown``, fit the note of a marker.

    Returns (first, last, note) for each part, at least one.
    """
    inside = headings[bisect_left(headings, (first,)) : bisect_left(headings, (last + 1,))]
    told = [heading for heading in inside if heading.level <= shown.level]
    titles = [LINK.sub(r"\1", heading.title) if "](" in heading.title else heading.title for heading in told]
    entries = [(told[at].row, name) for at, name in (enumerate(titles) if shown.all else _shortened(titles))]
    rows = [heading.row for heading in inside if heading.level > shown.level]
    parts: list[tuple[int, int, str]] = []
    start, names, size = first, list[str](), 0
    for row, name in [*entries, (last + 1, "")]:
        if row > last or (size + len(name) > NOTE_CHARS and names):
            hidden = bisect_left(rows, row) - bisect_left(rows, start)
            parts.append((start, row - 1, _note(names, hidden)))
            start, names, size = row, [], 0
        names.append(name[:NOTE_CHARS])
        size += len(name) + 2
    return parts


def _shortened(titles: Sequence[str]) -> list[tuple[int, str]]:
    """Titles with the place of each; of many in a row that differ in numbers and dates only, the first, how many more, the last."""
    if len(titles) < _SERIES:
        return list(enumerate(titles))
    found: list[tuple[int, str]] = []
    at = 0
    for _, group in groupby(titles, _forms(titles).__getitem__):
        alike = list(group)
        if len(alike) < _SERIES:
            found += enumerate(alike, at)
        else:
            ends = [title[: NOTE_CHARS // 3] for title in (alike[0], alike[-1])]
            found.append((at, f"; {len(alike) - 2} more like it; ".join(ends)))
        at += len(alike)
    return found


def _forms(titles: Sequence[str]) -> dict[str, str]:
    """Each title without what tells one release or day from the next."""
    different = list(dict.fromkeys(titles))
    bare = _COUNTED.sub("#", "\n".join(different)).split("\n")  # one pass over all: no match holds a line's end
    return {title: " ".join(form.split()).strip("[]()`* ") for title, form in zip(different, bare, strict=True)}


def _note(names: Sequence[str], hidden: int) -> str:
    if not names:
        return f"{hidden} section{'s' * (hidden != 1)}" if hidden else ""
    return "; ".join(names) + (f"; {hidden} more sections" if hidden else "")


def detail(headings: Sequence[Heading], size: int, *, sure: bool = False) -> Detail:
    """The deepest level whose headings, with all above it, take no more than their share of ``size`` characters.

    Beside a section that is asked for by its title, ``sure`` to answer, an outline of the uppermost levels is enough.
    """
    share = OUTLINE_SHARE * size
    if sure:
        return Detail(_deepest(headings, min(SURE_CHARS, share), _shortened), False)
    every, ends = _deepest(headings, share, enumerate), _deepest(headings, share, _shortened)
    named = sum(len(heading.title) + 2 for heading in headings if heading.level <= every)
    return Detail(every, True) if every >= ends and named <= OUTLINE_CHARS else Detail(ends, False)


def _deepest(
    headings: Sequence[Heading], most: float, named: Callable[[Sequence[str]], Iterable[tuple[int, str]]]
) -> int:
    for level in sorted({heading.level for heading in headings}):
        titles = named([heading.title for heading in headings if heading.level <= level])
        if sum(len(title) + 2 for _, title in titles) > most:
            return level - 1
    return 7
