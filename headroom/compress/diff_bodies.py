"""Hunks of the function that a question names, in a diff whose hunks do not say within which function they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import partial

from headroom.compress.diff_parse import File, Hunk
from headroom.compress.diff_window import DEFINES
from headroom.compress.elsewhere import NAME
from headroom.compress.query import Relevance
from headroom.compress.word_search import stands

_UNHEADED = re.compile(r"@@ -(?P<line>\d+)(?:,(?P<count>\d+))? \+\d+(?:,\d+)? @@\s*$")
_WITHIN = r"\b(?:in|into|inside|within|to|of|by|function|method|def) (?:the )?(?:(?:function|method|class) )?[`\"']?"
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]|\d+")
_LEAST_PART = 3
_LOOK = 200
"""Characters of a line within which it says what it defines."""
_HEAD = re.compile(r"\s*(?:/\*\*|\*(?!\w)|///|@\w|#\[)")
"""What stands above a definition: the lines of a comment on it, a decorator."""
_NEAR = 40
"""Lines between two hunks from which on the lower one is hardly of the same function."""
_CONTEXT = 3
"""Lines of the source that tools put above and below what changes, where they are not told otherwise."""
_MOST = 12
"""Hunks of one body; in a longer one they tell nothing of where it ends."""
_FEW = 4
"""Hunks that say the parts of a name, of which one may be where its function is told of."""


def of_bodies(
    lines: Sequence[str], files: Sequence[File], called: Collection[int], chosen: Collection[int], relevance: Relevance
) -> set[int]:
    """First rows of hunks that may be of a function: from where it is defined, or spoken of, to where another one begins.

    ``called``: hunks of the files that the question names, ``chosen``: those with the function's name. Where nothing tells
    where it begins, all hunks of the files that are called.
    """
    found: set[int] = set()
    for name in _names(relevance) if chosen else ():
        holding = [
            file
            for file in files
            if any(hunk.first in chosen and _holds(lines, hunk, name.lower()) for hunk in file.hunks)
            and all(_UNHEADED.match(lines[hunk.first]) for hunk in file.hunks)
        ]
        for file in holding:
            defined = [
                (place, indent) for place, hunk in enumerate(file.hunks) if (indent := _defined(lines, hunk, name)) >= 0
            ]
            spoken = [place for place, hunk in enumerate(file.hunks) if _speaks_of(lines, hunk, name)]
            starts = defined or [(place, _indent(lines, file.hunks[place])) for place in spoken[: _FEW + 1]]
            if 0 < len(starts) <= _FEW:
                found.update(hunk.first for place, base in starts for hunk in _body(lines, file.hunks, place, base))
            else:
                found.update(hunk.first for hunk in file.hunks if hunk.first in called)
    return found


def begun_bodies(lines: Sequence[str], hunks: Sequence[Hunk], relevance: Relevance) -> set[int]:
    """First rows of the hunks at a text's beginning, of a file named above it, that may be of a function that a question names.

    Those from where it is spoken of, else those down to where another one begins.
    """
    narrow = len(hunks) > 1 and all(map(partial(_is_narrow, lines), hunks[1:]))
    if not narrow:  # with more lines around each change, its function is often in sight
        return set()
    found: set[int] = set()
    for name in _names(relevance):
        spoken = [place for place, hunk in enumerate(hunks) if _speaks_of(lines, hunk, name)]
        starts = [(place, _indent(lines, hunks[place])) for place in spoken] if 0 < len(spoken) <= _FEW else [(0, 0)]
        found.update(hunk.first for place, base in starts for hunk in _body(lines, hunks, place, base))
    return found


def _is_narrow(lines: Sequence[str], hunk: Hunk) -> bool:
    """Whether a hunk does not say what it is within, and has fewer lines above its changes than is usual."""
    above = lines[hunk.first + 1 : min(hunk.end, hunk.first + 1 + _CONTEXT)]
    return _UNHEADED.match(lines[hunk.first]) is not None and any(line[:1] in {"+", "-"} for line in above)


def _names(relevance: Relevance) -> list[str]:
    """Names of functions within which a question looks for changes, as they are written in quotes, or in lower case."""
    written = {text.lower(): text for text in relevance.literals}
    return [
        written.get(term.text, term.text)
        for term in relevance.named
        if term.weight >= NAME
        and term.text.isidentifier()
        and re.search(rf"{_WITHIN}{re.escape(term.text)}\b", relevance.wording) is not None
    ]


def _holds(lines: Sequence[str], hunk: Hunk, name: str) -> bool:
    return any(name in (line := lines[row].lower()) and stands(line, name) for row in range(hunk.first + 1, hunk.end))


def _defined(lines: Sequence[str], hunk: Hunk, name: str) -> int:
    """How far the line of the hunk is indented that begins the function, with a word for it, or as a method; -1 where none does."""
    told = re.escape(name)
    looks = re.compile(
        rf"(?i)[^\n]{{0,80}}?\b(?:def|class|func(?:tion)?\*?|fn|sub|struct|interface|trait|impl|type)\s+(?:\([^)]*\)\s*)?{told}\b"
        rf"|[ +-]\s*+(?:[\w$<>*&]+ ){{0,4}}(?:\w+(?:\.|::))?{told}(?:\([^;]*[{{,]$| ?[:=] ?(?:async )?(?:function\b|\([^)]*\) ?=>))"
    )
    for row in range(hunk.first + 1, hunk.end):
        if name in lines[row] and looks.match(lines[row][:_LOOK]):
            return _depth(lines[row][1:])
    return -1


def _speaks_of(lines: Sequence[str], hunk: Hunk, name: str) -> bool:
    """Whether one line that is not of the name itself says all its parts: ``Parse the url`` of ``parseURL``."""
    parts = {part.lower() for part in _PART.findall(name)}
    if len(parts) < 2 or min(map(len, parts)) < _LEAST_PART:
        return False
    return any(
        all(part in (line := lines[row].lower()) for part in parts) and name.lower() not in line
        for row in range(hunk.first + 1, hunk.end)
    )


def _body(lines: Sequence[str], hunks: Sequence[Hunk], start: int, base: int) -> Sequence[Hunk]:
    """The hunk at a place and those below it, until one is indented by less than ``base``, or begins another definition."""
    end = start + 1
    while (
        end < len(hunks)
        and end - start < _MOST
        and _between(lines, hunks[end - 1], hunks[end]) < _NEAR
        and not _leaves(lines, hunks[end], base)
    ):
        end += 1
    return hunks[start:end]


def _between(lines: Sequence[str], above: Hunk, below: Hunk) -> int:
    """Lines of the old file between two hunks; 0 where that is not told."""
    first, second = _UNHEADED.match(lines[above.first]), _UNHEADED.match(lines[below.first])
    return int(second["line"]) - int(first["line"]) - int(first["count"] or 1) if first and second else 0


def _leaves(lines: Sequence[str], hunk: Hunk, base: int) -> bool:
    """Whether the first lines of a hunk are outside of what is indented by more than ``base``."""
    for line in lines[hunk.first + 1 : hunk.end]:
        said = line[1:]
        if not said.strip():
            continue
        depth = _depth(said)
        return depth < base or (depth <= base + 1 and (_HEAD.match(said) or DEFINES.match(line)) is not None)
    return False


def _indent(lines: Sequence[str], hunk: Hunk) -> int:
    """How far the least indented line of a hunk is."""
    said = [line[1:] for line in lines[hunk.first + 1 : hunk.end] if line[1:].strip()]
    return min(map(_depth, said), default=0)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
