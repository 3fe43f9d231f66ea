"""How many hits a search has in each file, on top of the result, and the hits beside one that is looked up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from itertools import compress, takewhile

from headroom.compress.folding import SIGIL
from headroom.compress.legends import estimate
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.search_headings import BY_FILE
from headroom.compress.search_hits import Parsed

_FEW = 3
"""A name in hits of so few files is looked up, not surveyed."""
_NAME = 0.8
_SAME_FILE = re.compile(
    r"\b(?:(?:that|this|the same|same|its) (?:(?:test|source|header|config) )?(?:file|module)"
    r"|(?:dieser|der gleichen|derselben) datei|(?:ce|même) fichier|(?:ese|este|mismo) (?:archivo|fichero))\b"
)
_LEAST_SPARED = 20
"""Tokens from which it pays to say that all files are below one folder."""
_TOLD = 8
_MANY_MORE = 1.5
_OF_FILES = re.compile(
    r"\b(?:(?:which|what|all|every|each|how many|other) (?:\w+ )?(?:files?|modules?|places?)|files)\b", re.IGNORECASE
)
"""Asks for a survey of the files."""
_GROUP = 60
"""Hits of the same file that stay, the nearest of more."""


def flat_head(parsed: Parsed, said: str = "") -> str:
    """Say how many hits there are in how many files, and what `name_once` says that they stand below."""
    paths = len(set(compress(parsed.paths, parsed.hits)))
    return f"{SIGIL}{parsed.found} hits in {paths} file{'s' * (paths > 1)}, by {said or BY_FILE}]"


def head(parsed: Parsed, answered: str = "") -> str:
    """Count the hits of each file, those of a folder behind its name, and name first what most paths would begin with.

    Where the hits below answer a question, and it is not about the files, only those with the most hits are told.
    """
    files = Counter(compress(parsed.paths, parsed.hits))
    if len(files) == 1:
        return f"{SIGIL}{parsed.found} hits in {min(files)}]"
    told = dict(files)
    if answered and len(files) > _MANY_MORE * _TOLD and not _OF_FILES.search(answered):
        largest = dict(files.most_common(_TOLD))
        told = {path: count for path, count in files.items() if path in largest}
    folders: dict[str, list[str]] = {}
    for path, count in told.items():
        folder, slash, name = path.rpartition("/")
        folders.setdefault(folder + slash, []).append(f"{name} {count}")
    root = _root(folders)
    listed = "; ".join(
        f"{folder[len(root) :]}{': ' if folder != root and len(names) > 1 else ''}{', '.join(names)}"
        for folder, names in sorted(folders.items(), key=lambda entry: entry[0] != root)
    )
    rest = len(files) - len(told)
    fewer = f" and {rest} more files with at most {min(told.values())} each" if rest else ""
    return f"{SIGIL}{parsed.found} hits in {len(files)} files{' below ' if root else ''}{root}: {listed}{fewer}]"


def _root(folders: Collection[str]) -> str:
    """Folder above all of these, with its slash, where naming it once spares enough."""
    first, last = min(folders), max(folders)
    same = [*takewhile(lambda place: first[place] == last[place], range(min(len(first), len(last))))]
    root = first[: first.rfind("/", 0, len(same)) + 1]
    return root if (len(folders) - 1) * estimate(root) >= _LEAST_SPARED else ""


def of_same_file(parsed: Parsed, hints: Hints) -> set[int]:
    """Rows of all hits in the file of what the question names, where it asks for what else is there."""
    if not _SAME_FILE.search(Relevance.from_hints(hints).wording):
        return set()
    found: set[int] = set()
    for path, rows in _places(parsed, hints).items():
        hits = [row for row, own in enumerate(parsed.paths) if own == path and parsed.hits[row]]
        near = sorted(hits, key=lambda row: min(abs(row - named) for named in rows))
        found.update(near[:_GROUP])
    return found


def _places(parsed: Parsed, hints: Hints) -> dict[str, Collection[int]]:
    """Files, if few, with the rows of their hits that hold a name which the question tells."""
    names = [term.text for term in Relevance.from_hints(hints).named if term.weight > _NAME]
    words = [re.compile(rf"(?<!\w){re.escape(name)}(?!\w)") for name in names]
    found: dict[str, list[int]] = {}
    for row in compress(range(len(parsed.rests)), parsed.hits) if words else ():
        lowered = parsed.rests[row].lower()
        if any(name in lowered and word.search(lowered) for name, word in zip(names, words, strict=True)):
            found.setdefault(parsed.paths[row], []).append(row)
    return dict(found) if len(found) <= _FEW else {}
