"""Files that a question tells in words: "the tests of networkx" are in ``networkx/tests``, "in requests" means that folder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from headroom.compress.plain_words import is_plain
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.sides import sides

_WORDS = re.compile(r"(?<![/\\])\w(?:[\w.+-]*\w)?(?![\w/\\])")
"""Words that are no part of a path: such a path is looked for as it stands."""
_MOST_WORDS = 60
_FEW = 6
"""Paths that may be told equally well; of more none is meant."""
_FOLDER_ROWS = 30
_FOLDER_SHARE = 3
"""A folder with more than a third of all rows is where the search went, and tells nothing apart."""
_CALLED = re.compile(r"\b(?:how (?:big|large|old) is|where is|size of) [`\"']?([\w.@+-]{1,120})(?=[`\"'?.,;:\s]|$)")
_FEW_CALLED = 8


def told_paths(hints: Hints, paths: Sequence[str]) -> set[int]:
    """Rows of the few paths that hold most words of the question, two at least, and the least besides.

    A word that stands in any sentence, such as "tests", counts beside one that does not. Linear.
    """
    return set().union(*(_told(_wording(part), paths) for part in (hints, *sides(hints))))


def called_files(wording: str, paths: Sequence[str]) -> set[int]:
    """Rows of the few files called by their names alone, however short: "how big is iq?"."""
    names = {match[1].rstrip(".") for match in _CALLED.finditer(wording)}
    rows = [row for row, path in enumerate(paths) if path and path.lower().rpartition("/")[2] in names] if names else []
    return set(rows) if len(rows) <= _FEW_CALLED else set()


def _wording(hints: Hints) -> str:
    return Relevance.from_hints(hints).wording


def _told(wording: str, paths: Sequence[str]) -> set[int]:
    words = _words_in(wording, paths)
    if len(words) < 2 or all(map(is_plain, words)):
        return set()
    best: tuple[int, int] = (1, 0)
    rows: list[int] = []
    for row, path in enumerate(paths):
        if not path:
            continue
        parts = path.lower().strip("/").split("/")
        held = words.intersection(parts)
        stem = parts[-1].partition(".")[0]
        if stem != parts[-1] and stem in words:
            held.add(stem)
        if len(held) < 2 or all(map(is_plain, held)):
            continue
        rank = (len(held), len(held) - len(parts))
        if rank > best:
            best, rows = rank, []
        if rank == best:
            rows.append(row)
    return set(rows) if len(rows) <= _FEW else set()


def told_folders(hints: Hints, paths: Sequence[str]) -> set[int]:
    """Rows in each folder that the question names by its bare name, where they are few of all."""
    words = _words_in(_wording(hints), sorted(set(paths)))
    if not words:
        return set()
    inside = {path: words.intersection(path.lower().split("/")[:-1]) for path in set(paths)}
    rows = Counter(word for path in paths for word in inside[path])
    total = len(paths) - paths.count("")
    few = {word for word, count in rows.items() if count <= _FOLDER_ROWS and count * _FOLDER_SHARE <= total}
    return {row for row, path in enumerate(paths) if not few.isdisjoint(inside[path])}


def _words_in(wording: str, paths: Sequence[str]) -> set[str]:
    """Words of the question that stand in the paths at all."""
    joined = "\n".join(paths).lower()
    return {word for word in _WORDS.findall(wording)[:_MOST_WORDS] if len(word) > 1 and word in joined}
