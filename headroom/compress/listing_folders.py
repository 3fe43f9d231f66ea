"""The folders of a listing: all that is in those which a question names, and how many entries each has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from headroom.compress.listing_entries import Entry
from headroom.compress.query import Relevance
from headroom.compress.word_forms import stem_of

_FOLDER_ROWS = 80
"""Entries of a folder that the question names; a larger one gets its first and last twenty."""
_FOLDER = re.compile(r"^(.+)/[^/\n]*$", re.MULTILINE)


def inside_named(relevance: Relevance, entries: Sequence[Entry]) -> tuple[set[int], bool]:
    """Entries below a folder whose name the question holds, and whether these are all of such."""
    wanted = {term.text.strip("/") for term in relevance.named}
    paths = "\n".join([entry[0] for entry in entries]).lower()
    stems = {stem_of(name) for name in wanted if name.isalpha()}
    folders = {part for path in set(_FOLDER.findall(paths)) for part in path.split("/")} if stems else set()
    wanted = {name for name in wanted if f"{name}/" in paths} | {
        name for name in folders if name.isalpha() and stem_of(name) in stems
    }
    found: dict[str, list[int]] = {}
    for row, path in enumerate(paths.split("\n") if wanted else ()):
        if path:
            for name in wanted.intersection(path.split("/")[:-1]):
                found.setdefault(name, []).append(row)
    keep: set[int] = set()
    for rows in found.values():
        keep.update(rows if len(rows) <= _FOLDER_ROWS else [*rows[:20], *rows[-20:]])
    return keep, bool(found) and max(map(len, found.values())) <= _FOLDER_ROWS


def folders_of(paths: Sequence[str]) -> list[str | None]:
    """The folder that each path names, or None."""
    return [path[:at] if (at := path.rfind("/")) >= 0 else None for path in paths]


def by_folder(folders: Sequence[str | None], most: int) -> str:
    """Word how many of these entries are in each folder, so many named."""
    counts = Counter(folders)
    del counts[None]
    shown = counts.most_common(most)
    more = len(counts) - len(shown)
    return ", ".join(f"{folder}/ {count}" for folder, count in shown) + (f" and {more} more folders" if more else "")
