"""``git shortlog``: the commits of the authors asked for, those that a question names, and how many each author has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from headroom.compress.asks import asking
from headroom.compress.commits_asked import asks_by_author, named_authors
from headroom.compress.folding import SIGIL
from headroom.compress.naming import named_rows
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints, Rendition
from headroom.compress.selecting import elide, finish

HEAD = re.compile(r"(\S.*) \((\d+)\):")
COMMIT = re.compile(r" {6}\S")
_LEAST = 2
_SHARE = 0.9
_TOLD = 10
_BUSIEST = 3
_SHOWN = 3
"""Lines of a section at either end that show what it looks like."""


class Section(NamedTuple):
    """Rows from an author's name to before the next one's."""

    first: int
    end: int
    author: str
    commits: int


def read(lines: Sequence[str]) -> list[Section]:
    """All sections; none of another text."""
    heads = [(row, match) for row, line in enumerate(lines) if line[-2:] == "):" and (match := HEAD.fullmatch(line))]
    other = sum(bool(line) and COMMIT.match(line) is None for line in lines) - len(heads)
    if len(heads) < _LEAST or other > (1 - _SHARE) * len(lines):
        return []
    ends = [*(row for row, _ in heads[1:]), len(lines)]
    return [Section(row, end, match[1], int(match[2])) for (row, match), end in zip(heads, ends, strict=True)]


def lossy(lines: Sequence[str], sections: Sequence[Section], hints: Hints) -> Rendition | None:
    """Keep whole the sections of authors that a question names, beside them the commits that it names, and count all."""
    names = named_authors([section.author for section in sections], asking(hints.query))
    words = " ".join(names).lower()
    relevance = Relevance.from_hints(hints)
    by_author = asks_by_author(hints)
    busiest = sorted(sections, key=lambda section: -section.commits)
    keep = named_rows(relevance.only(lambda term: term.text not in words), lines)
    if not names and not keep and not by_author:
        return None
    for section in sections:
        if section.author in names:
            keep.update(range(section.first, section.end))
        elif not keep.isdisjoint(range(section.first, section.end)):
            keep.add(section.first)
    keep.update(section.first for section in busiest[:_BUSIEST] if by_author)
    keep.update(range(sections[0].first + _SHOWN))
    keep.add(sections[-1].first)
    listed = ", ".join(f"{section.commits} {section.author}" for section in busiest[:_TOLD])
    more = (
        f" and {len(sections) - _TOLD} more with at most {busiest[_TOLD].commits} each" if len(sections) > _TOLD else ""
    )
    head = f"{SIGIL}{sum(section.commits for section in sections)} commits by {len(sections)} authors: {listed}{more}]"
    return finish(elide(lines, keep), "vcs", "vcs:asked" if names or by_author else "vcs:named", head=[head])
