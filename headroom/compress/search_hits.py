"""Which hits of a search a question is about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from copy import copy
from itertools import compress
from typing import NamedTuple

from headroom.compress.elsewhere import looks_up
from headroom.compress.findings import closing_rows, listed
from headroom.compress.folding import SIGIL
from headroom.compress.naming import named_rows
from headroom.compress.query import Relevance, Term
from headroom.compress.rendition import Hints
from headroom.compress.sides import sides
from headroom.compress.word_forms import stem_of

_SAME_NUMBER = 40
"""Hits that may stay for one line number, whichever file is meant."""
_MANY_HITS = 20
"""Among so many hits a word on most of them is the pattern that was looked for."""
_HEADED_HITS = 12
_NEAR = 1
"""Lines of the same file kept on either side of a named hit."""
_GROUP_ROWS = 8
"""A hit with its context of no more rows than this stays whole."""
_RULE = re.compile(r":?\d+:(?:\d+:)? ?(?:\w+ )?([A-Z]{1,7}\d{2,5})\b")
_RULES_SHARE = 0.6
_PLACE = re.compile(r"^:?(?:\d+[:-]){1,2}")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
_ALIKE = 3
_SURE = 0.9
"""Weight of a name that is looked up."""
_SURE_SHARE = 0.25
_SURE_PHRASE = 0.8
_FEW_PHRASES = 4
_A_NAME = 0.6
"""Weight from which a word of the question is a name, beside which plain words count little."""
_CLOSING = 3
"""Lines behind all hits that stay."""


class Parsed(NamedTuple):
    """The lines of a result, each column a list: to make an object of every line takes as long as to read them."""

    paths: list[str]
    """Empty for lines that belong to no file."""
    rests: list[str]
    """What stands under the heading: number, separator and text."""
    hits: list[bool]

    @property
    def found(self) -> int:
        """How many lines are hits."""
        return self.hits.count(True)


def looked_up(parsed: Parsed, hints: Hints) -> bool:
    """Whether each question is where a name comes up, and some hits have it, though not most of them."""
    if not looks_up(hints.query):
        return False
    joined = "\n".join(compress(parsed.rests, parsed.hits)).lower()

    def is_sure(term: Term) -> bool:
        found = joined.count(term.text)
        if " " in term.text:  # two words together: "class Session"
            found = len(re.findall(rf"(?<!\w){re.escape(term.text)}(?!\w)", joined)) if found else 0
            return term.weight >= _SURE_PHRASE and 0 < found <= _FEW_PHRASES
        return term.weight >= _SURE and 0 < found <= _SURE_SHARE * parsed.found

    return all(any(map(is_sure, Relevance.from_hints(side).named)) for side in sides(hints) or (hints,))


def named_hits(relevance: Relevance, lines: Sequence[str], parsed: Parsed, *, words: bool = True) -> set[int]:
    """Rows with what the question names: a word of most hits is what was searched for, and tells none of them apart.

    Where a file's heading is named its hits are, if they are few. With ``words`` False only names are looked for.
    """
    rows: set[int] = set()
    relevance = _without_tails(relevance, parsed)
    if parsed.found >= _MANY_HITS:
        joined = "\n".join(compress(lines, parsed.hits)).lower()
        rarer = copy(relevance)
        rarer.named = tuple([term for term in relevance.named if 2 * joined.count(term.text) <= parsed.found])
        if len(rarer.named) < len(relevance.named):
            rows = named_rows(rarer, lines, words=words)
    rows = rows or named_rows(relevance, lines, words=words)
    files = Counter(compress(parsed.paths, parsed.hits))
    headings = {parsed.paths[row] for row in rows if not parsed.rests[row]}
    few = {path for path in headings if path and files[path] <= _HEADED_HITS}
    return rows | {row for row, path in enumerate(parsed.paths if few else ()) if path in few and parsed.hits[row]}


def with_groups(named: Collection[int], parsed: Parsed, *, beside: bool = True) -> set[int]:
    """These rows with their neighbours in the file, and of a group between separators all if it is short, else the nearest hit.

    The comment above a hit is read for what it says of the hit. Other hits are no neighbours with ``beside`` False.
    """
    paths, hits = parsed.paths, parsed.hits
    keep = {
        near
        for row in named
        for near in range(max(0, row - _NEAR), min(len(paths), row + _NEAR + 1))
        if paths[near] == paths[row] and (beside or near == row or not hits[near] or not hits[row])
    }
    found = set(keep)
    for row in keep:
        if hits[row] or not paths[row] or not parsed.rests[row]:
            continue
        first = last = row
        while first and paths[first - 1] == paths[row] and parsed.rests[first - 1] and row - first < _GROUP_ROWS:
            first -= 1
        while last + 1 < len(paths) and paths[last + 1] == paths[row] and last - row < _GROUP_ROWS:
            last += 1
        if last - first < _GROUP_ROWS:
            found.update(range(first, last + 1))
            continue
        inside = [near for near in range(first, last + 1) if hits[near]]
        if inside:
            nearest = min(inside, key=lambda near: (abs(near - row), -near))
            found.update(range(min(row, nearest), max(row, nearest) + 1))
    return found


def told_in_the_end(lines: Sequence[str], paths: Sequence[str]) -> list[int]:
    """Rows of totals, and the last lines that belong to no file, below all that do: a linter's rating, a tool's hint."""
    others = [row for row, path in enumerate(paths) if not path]
    behind = next((row for row in range(len(paths) - 1, -1, -1) if paths[row]), -1)
    return [*closing_rows(lines, others), *[row for row in others if row > behind and lines[row]][-_CLOSING:]]


def hits_of_files(parsed: Parsed, relevance: Relevance) -> set[int]:
    """Rows of all hits in the files that the question names."""
    wanted = {term.text for term in _without_tails(relevance, parsed).named}
    files = {
        path
        for path in set(parsed.paths)
        if path and not wanted.isdisjoint((path.lower(), _bare(path), path.lower().rpartition("/")[2]))
    }
    return {row for row, path in enumerate(parsed.paths) if parsed.hits[row] and path in files}


def extremes(parsed: Parsed, relevance: Relevance) -> set[int]:
    """Rows with the largest or smallest number among hits that differ in numbers only, of what the question names and asks so.

    A linter says ``Too many branches (31 > 12)`` of each function.
    """
    ends = [end for ask, end in (("max", -1), ("min", 0)) if ask in relevance.asks]
    words = [term.text for term in relevance.named]
    alike: dict[str, list[tuple[float, int]]] = {}
    for row, (hit, rest) in enumerate(zip(parsed.hits, parsed.rests, strict=True)) if ends else ():
        if hit and any(word in rest.lower() for word in words) and (numbers := _NUMBER.findall(_PLACE.sub("", rest))):
            alike.setdefault(_NUMBER.sub("0", _PLACE.sub("", rest)), []).append((float(numbers[0]), row))
    return {sorted(rows)[end][1] for rows in alike.values() if len(rows) >= _ALIKE for end in ends}


def hits_of_topics(parsed: Parsed, relevance: Relevance) -> set[int]:
    """Rows of the few hits in files that are called like a plain word of the question: ``repair.go`` for "repairing"."""
    if relevance.literals or any(term.weight >= _A_NAME and " " not in term.text for term in relevance.named):
        return set()
    stems = {stem_of(term.text) for term in relevance.named if term.text.isalpha()}
    counts = Counter(compress(parsed.paths, parsed.hits))
    files = {path for path, count in counts.items() if count <= _MANY_HITS and stem_of(_own_name(path)) in stems}
    return {row for row, path in enumerate(parsed.paths) if parsed.hits[row] and path in files}


def _own_name(path: str) -> str:
    return re.split(r"[\\/]", path.lower())[-1].partition(".")[0]


def _bare(path: str) -> str:
    return path.lower().removeprefix("./")


def _without_tails(relevance: Relevance, parsed: Parsed) -> Relevance:
    """Return the question without ``a.go`` where it is about ``lib/a.go`` and there is such a file."""
    named = [term.text for term in relevance.named if "/" in term.text]
    paths = set(map(_bare, set(parsed.paths))) if named else set()
    whole = [text for text in named if text.removeprefix("./") in paths]
    if not whole:
        return relevance
    others = copy(relevance)
    others.named = tuple(
        [term for term in relevance.named if not any(text.endswith(f"/{term.text}") for text in whole)]
    )
    return others


def at_lines(parsed: Parsed, numbers: Collection[int]) -> set[int]:
    """Rows with these line numbers, in any file, if they are few."""
    wanted = tuple([f"{number}{mark}" for number in numbers for mark in ":-"])
    rows = {row for row, rest in enumerate(parsed.rests) if rest.startswith(wanted)} if wanted else set[int]()
    return rows if len(rows) <= _SAME_NUMBER * len(numbers) else set()


def at_places(parsed: Parsed, places: Collection[tuple[str, int]]) -> set[int]:
    """Rows of these lines of these files."""
    rows: set[int] = set()
    for file, number in places:
        starts = f"{number}:", f"{number}-"
        ending = file.removeprefix("./")
        files = {path for path in set(parsed.paths) if f"/{path}".endswith(f"/{ending}")}
        rows |= {
            row
            for row, (path, rest) in enumerate(zip(parsed.paths, parsed.rests, strict=True))
            if path in files and rest.removeprefix(":").startswith(starts)
        }
    return rows


def count_rules(parsed: Parsed) -> list[str]:
    """A line that counts a linter's findings by their rule, where these are such."""
    codes = Counter([match[1] for rest in compress(parsed.rests, parsed.hits) if (match := _RULE.match(rest))])
    many = len(codes) > 1 and codes.total() > _RULES_SHARE * parsed.found
    return [f"{SIGIL}{codes.total()} findings: {listed(codes)}]"] if many else []
