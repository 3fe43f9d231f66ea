"""Hunks of a diff without which others are not understood: a name changes there, or is defined, that these only hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.diff_parse import File, Hunk
from headroom.compress.elsewhere import NAME
from headroom.compress.query import Relevance
from headroom.compress.word_search import stands

_WORDS = (("[-", "-]"), ("{+", "+}"))
"""What ``--word-diff`` puts around removed and added words."""
_MOST = 3
_HEADS = re.compile(r"(?:def|class|func|function|fn|struct|enum|interface|type|trait|impl|module)$")

_FEW_CHOSEN = 6
_DEFINES = re.compile(
    r"\+\s*(?:(?:export|default|pub(?:\([^)]*\))?|public|private|protected|static|async|inline)\s+)*"
    r"(?:def|function\*?|fn|func|class|struct|enum|trait|interface|type|macro_rules!)\s+(?:\([^)]*\)\s*)?(\w{4,})"
)
_WORD_USED = re.compile(r"\w{4,}")


def where_it_changes(lines: Sequence[str], files: Sequence[File], chosen: set[int], relevance: Relevance) -> set[int]:
    """First rows of more hunks: of each name that stands in the chosen ones, but on none of their changed lines.

    Of several such hunks those that define the name; none where there are more than a few.
    """
    names = [term.text for term in relevance.named if term.weight >= NAME and " " not in term.text]
    hunks = [hunk for file in files for hunk in file.hunks] if names and chosen else []
    found: set[int] = set()
    for name in names:
        held = {hunk.first: kind for hunk in hunks if (kind := _changes(lines, hunk, name))}
        if not held or not chosen.isdisjoint(held):
            continue
        defined = [row for row, kind in held.items() if kind > 1]
        wanted = defined or list(held)
        if len(wanted) <= _MOST:
            found.update(wanted)
    return found


def _changes(lines: Sequence[str], hunk: Hunk, name: str) -> int:
    """2 where a changed line of the hunk defines the name, 1 where one holds it, else 0."""
    best = 0
    for line in lines[hunk.first + 1 : hunk.end]:
        if line[:1] not in {"+", "-", "<", ">", "!"} and not any(
            (at := line.find(opens)) >= 0 and line.find(closes, at) > 0 for opens, closes in _WORDS
        ):
            continue
        lowered = line.lower()
        if name not in lowered or not stands(lowered, name):
            continue
        before = lowered[: lowered.find(name)].rstrip("{[(+- ").split()
        if before and _HEADS.match(before[-1].lstrip("+-")):
            return 2
        best = 1
    return best


def defined_elsewhere(lines: Sequence[str], files: Sequence[File], chosen: set[int]) -> set[int]:
    """First rows of hunks that add what added lines of the few chosen ones use: who reads those needs it, too."""
    if not 0 < len(chosen) <= _FEW_CHOSEN:
        return set()
    hunks = [hunk for file in files for hunk in file.hunks]
    used = {
        word
        for hunk in hunks
        if hunk.first in chosen
        for line in lines[hunk.first : hunk.end]
        if line[:1] == "+"
        for word in _WORD_USED.findall(line)
    }
    found = [
        hunk.first
        for hunk in hunks
        if hunk.first not in chosen
        and any(
            match[1] in used for line in lines[hunk.first : hunk.end] if (match := _DEFINES.match(line)) is not None
        )
    ]
    return set(found) if len(found) <= _FEW_CHOSEN else set()
