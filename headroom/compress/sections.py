"""Documents in sections: which lines answer the question."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from headroom.compress.fitting import fitting
from headroom.compress.outlines import LINK, Heading
from headroom.compress.query import Relevance
from headroom.compress.version_ranges import VERSION, versions_between

CLOSE = 0.6
"""Lines that score this share of the best line's score are answers too."""
REACH = 6
"""Lines within which the words of a question belong together."""
WHOLE_SECTION = 60
"""A section of up to this many lines is kept whole around an answer; of a longer one the surroundings."""
BEFORE = 8
AFTER = 16
"""Lines kept around an answer in a long section."""
BUDGET_SHARE = 0.15
BUDGET_LEAST = 6_000
"""Characters that answers may take, unless a heading was named: then its whole section stays."""


_GAP_CHARS = 160
_FEW_LINES = 32
_FEW_TITLES = 3
_FITTING = 2
"""Sections that fit best what is described, beside the lines nearest to it."""
_TITLED = 120
"""Lines of a section whose title the question may have met by chance."""
_TERM_CHARS = 60
_TELLING_WORDS = 4
_AROUND = "-*:= "
_EDGES = _AROUND + "".join(filter(str.isspace, map(chr, range(0x3001))))
_QUOTED_CHARS = 4
_TITLE_CHARS = 10
"""Characters that what is quoted, or told without quotes, has at least to name a title."""


def answers(lines: Sequence[str], headings: Sequence[Heading], relevance: Relevance, size: int) -> set[int] | None:
    """Rows to keep for the question, or None when the document has nothing on it.

    ``headings`` are in order of their rows; ``size`` is that of all lines, in characters.

    A heading that the question names brings its section with all that is below it.
    """
    titles = [_plain(heading.title) for heading in headings]
    named, loosely = _named(titles, relevance)
    keep: set[int] = set()
    for index in named:
        keep.update(range(headings[index].row, _end(headings, index, len(lines))))
    if not named:
        titled = _titled(titles, relevance)
        for index in titled:
            end = min(_end(headings, index, len(lines)), headings[index].row + _TITLED)
            if any(headings[index].row < headings[other].row < end for other in titled):
                end = headings[index + 1].row  # one below it is meant
            keep.update(range(headings[index].row, end))
    if not named or loosely:
        keep.update(_defined(lines, relevance))
    near = relevance.score_near(lines, REACH) if not named or loosely else {}
    best = max(near.values(), default=0.0)
    if not keep and best < relevance.threshold:
        return None
    budget = max(BUDGET_LEAST, BUDGET_SHARE * size)
    used = 0
    if not named or loosely:
        for row in sorted(near, key=lambda row: (-near[row], row)):
            if near[row] < CLOSE * best or used > budget:
                break
            if row in keep:
                continue
            span = _surroundings(row, headings, len(lines))
            keep.update(span)
            used += sum(len(lines[at]) for at in span)
    if not named:
        keep.update(_fitting(lines, headings, relevance, budget))
    keep.update(_above(headings, keep))
    return keep


def names_titles(headings: Sequence[Heading], relevance: Relevance) -> bool:
    """Whether the question calls sections by their whole titles, or their versions."""
    named, loosely = _named([_plain(heading.title) for heading in headings], relevance)
    return bool(named) and not loosely


def _fitting(lines: Sequence[str], headings: Sequence[Heading], relevance: Relevance, budget: float) -> Iterator[int]:
    """Rows of the few sections that fit best what the question describes, as far as they are short."""
    behind = [*[heading.row for heading in headings], len(lines)][1:]
    most = min(WHOLE_SECTION, len(lines) // 3)
    short = [(heading, end) for heading, end in zip(headings, behind, strict=True) if 0 < end - heading.row <= most]
    spans = [(heading.row, end - 1) for heading, end in short]
    for at in fitting(lines, spans, [heading.title for heading, _ in short], relevance, _FITTING):
        rows = range(spans[at][0], spans[at][1] + 1)
        if sum(len(lines[row]) for row in rows) <= budget:
            yield from rows


def _defined(lines: Sequence[str], relevance: Relevance) -> set[int]:
    """Rows of the few lines that are a word of the question and nothing else, with what they head: a term's definition."""
    asked = {term.text for term in relevance.named}
    beginnings = {term[:1] for term in asked}
    short = [row for row, line in enumerate(lines) if len(line) <= _TERM_CHARS]
    found = [
        row
        for row, line in zip(short, _unmarked([lines[row] for row in short]), strict=True)
        if (bare := line.strip(_EDGES))[:1] in beginnings and " ".join(bare.split()) in asked
    ]
    told = [row for row in found if row + 1 < len(lines) and len(lines[row + 1].split()) >= _TELLING_WORDS]
    return (
        {near for row in told for near in range(row, min(row + AFTER, len(lines)))}
        if len(told) <= _FEW_TITLES
        else set()
    )


def _unmarked(lines: Sequence[str]) -> Sequence[str]:
    """The lines in lower case without marks for links, code and emphasis; all at once where none holds a line's end."""
    text = "\n".join(lines)
    if text.count("\n") >= len(lines):
        return list(map(_plain, lines))
    if "](" in text:
        text = "\n".join([LINK.sub(r"\1", line) if "](" in line else line for line in lines])
    return text.replace("`", "").replace("*", "").lower().split("\n")


def is_worth_a_gap(lines: Sequence[str], start: int, behind: int) -> bool:
    """Whether these rows hold so many characters that a marker in their place is shorter."""
    few = min(behind, start + _FEW_LINES)  # are mostly enough to tell
    return sum(map(len, lines[start:few])) >= _GAP_CHARS or sum(map(len, lines[start:behind])) >= _GAP_CHARS


def _named(titles: Sequence[str], relevance: Relevance) -> tuple[list[int], bool]:
    """Headings that the question quotes, or names in full; and whether what is quoted is but a part of each title."""
    quoted = set(map(_plain, relevance.literals))
    exact = [index for index, title in enumerate(titles) if title in quoted]
    if exact := exact or _told(titles, relevance.wording):
        return exact, False
    whole = [re.compile(rf"(?<!\w){re.escape(literal)}(?!\w)") for literal in quoted if len(literal) >= _QUOTED_CHARS]
    return [index for index, title in enumerate(titles) if any(word.search(title) for word in whole)][:3], True


def _told(titles: Sequence[str], wording: str) -> list[int]:
    """Titles of several words that a question holds as they are, none a part of another; or of the versions that it names."""
    around = f" {wording}"
    if among := versions_between(titles, wording):
        return among
    held = [title for title in titles if " " in title and len(title) >= _TITLE_CHARS and f" {title}" in around]
    if held:
        whole = [title for title in held if not any(title != other and f" {title} " in f" {other} " for other in held)]
        return [index for index, title in enumerate(titles) if title in whole]
    versions = set(VERSION.findall(wording))
    if not versions:
        return []
    found = [index for index, title in enumerate(titles) if not versions.isdisjoint(VERSION.findall(title))]
    return found if len(found) <= _FEW_TITLES * max(1, len(versions)) else []


def _titled(titles: Sequence[str], relevance: Relevance) -> list[int]:
    """Headings whose whole title is a word, or two, of the question; none where these are many."""
    asked = {term.text for term in relevance.named}
    found = [index for index, title in enumerate(titles) if title in asked]
    return found if len(found) <= _FEW_TITLES else []


def _plain(title: str) -> str:
    if "](" in title:
        title = LINK.sub(r"\1", title)
    return " ".join(title.replace("`", "").replace("*", "").lower().split())


def _end(headings: Sequence[Heading], index: int, total: int) -> int:
    level = headings[index].level
    for heading in headings[index + 1 :]:
        if heading.level <= level:
            return heading.row
    return total


def _surroundings(row: int, headings: Sequence[Heading], total: int) -> range:
    behind = bisect_left(headings, (row + 1,))
    start = headings[behind - 1].row if behind else 0
    end = headings[behind].row if behind < len(headings) else total
    if end - start <= WHOLE_SECTION:
        return range(start, end)
    return range(max(start, row - BEFORE), min(end, row + AFTER + 1))


def _above(headings: Sequence[Heading], rows: Iterable[int]) -> set[int]:
    """Rows of the headings above these rows, one for each level on the way up."""
    parents: list[int] = []  # of each heading the one it stands below, by index, or -1
    for index, heading in enumerate(headings):
        above = index - 1
        while above >= 0 and headings[above].level >= heading.level:
            above = parents[above]
        parents.append(above)
    starts = [heading.row for heading in headings]
    found: set[int] = set()
    for last in {bisect_right(starts, row) - 1 for row in rows}:
        index = last
        while index >= 0 and index not in found:
            found.add(index)
            index = parents[index]
    return {starts[index] for index in found}
