"""Counts of a listing's entries: how many there are, of which sorts, and of which endings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from headroom.compress.folding import SIGIL

ENDING = re.compile(r"\.(?<=[^/\n].)([^./\n]*+)(?![^\n])")
"""What stands behind the last dot of a file's name, unless the dot begins the name."""
_COUNTED = 40
"""Entries of ``ls -l`` from which they are counted by sort, and files of an ending."""
_FEW_ENDINGS = 2
MOST_ENDINGS = 8
_SORTS = (("d", "directory", "directories"), ("l", "link", "links"), ("-", "file", "files"))


def sorts(long: Sequence[re.Match[str]]) -> list[str]:
    """Summary line for many lines of `LONG`: how many are directories, links, files, and of the commonest endings; none for few."""
    if len(long) < _COUNTED:
        return []
    counts = Counter([match[1][0] for match in long])
    parts = [f"{counts[sign]} {words if counts[sign] > 1 else word}" for sign, word, words in _SORTS if counts[sign]]
    endings = endings_of([match[3] for match in long if match[1][0] == "-"])
    return [f"{SIGIL}{', '.join(parts)}{': ' if endings else ''}{endings}]"] if parts else []


def endings_of(paths: Sequence[str]) -> str:
    """How many of many paths have each of the commonest endings."""
    endings = Counter(ENDING.findall("\n".join(paths))).most_common(_FEW_ENDINGS)
    return ", ".join(f"{count} .{ending}" for ending, count in endings if count >= _COUNTED)


def count_told(paths: Sequence[str], inside: str = "", *, tabs: bool = False, endings: int = MOST_ENDINGS) -> str:
    """Summary line: how many entries there are, and of which endings; what has no path is none."""
    commonest = Counter(ENDING.findall("\n".join(paths))).most_common(endings)
    listed = ", ".join(f"{count} .{ending}" for ending, count in commonest)
    total = len(paths) - paths.count("")
    drawn = ", a tab per folder" if tabs else ""
    return f"{SIGIL}{total} entries{drawn}{': ' if listed else ''}{listed}{'; in ' if inside else ''}{inside}]"
