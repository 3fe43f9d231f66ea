"""The folders of a listing: all that is in those which a question names, and how many entries each has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from headroom.compress.listing_entries import Entry
from headroom.compress.query import Relevance
from headroom.compress.word_forms import stem_of

_FOLDER_ROWS = 80
"""Entries of a folder that the question names; a larger one gets what is right in it, or else its first and last twenty."""
_NEARLY_ALL = 0.9
_FOLDER_WORD = re.compile(r"\b(?:folders?|director(?:y|ies)|dirs?)\b")
_CALLED = re.compile(
    r"(?:\bthe |[`\"'])([\w.@+/-]{1,120})[`\"']? (?:sub)?(?:folder|director(?:y|ies)|dir)\b"
    r"|\b(?:folder|directory|dir) (?:called |named )?[`\"']([\w.@+/-]{1,120})[`\"']"
)
"""A folder called by its name, which may be too short to tell anything else apart: "the t5 folder"."""
_FOLDER = re.compile(r"^(.+)/[^/\n]*$", re.MULTILINE)


class Inside(NamedTuple):
    """What is below the folders whose names a question holds."""

    rows: set[int]
    whole: bool
    """Whether these are all of such."""
    names: frozenset[str]
    """The question's words for them, where it says that it means folders."""
    told: frozenset[str]
    """The same where it may be that it means them: "in lib"."""


def inside_named(relevance: Relevance, entries: Sequence[Entry]) -> Inside:
    """Find the entries below a folder whose name, or path, the question holds."""
    wanted = {term.text.strip("/").removeprefix("./") for term in relevance.named}
    paths = "\n".join([entry[0] for entry in entries]).lower()
    called = {(match[1] or match[2]).strip("/") for match in _CALLED.finditer(relevance.wording)}
    # That in which all were looked for tells none of them apart.
    wanted |= {name for name in called if name and paths.count(f"{name}/") < _NEARLY_ALL * len(entries)}
    stems = {stem_of(name) for name in wanted if name.isalpha()}
    folders = {part for path in set(_FOLDER.findall(paths)) for part in path.split("/")} if stems else set()
    wanted = {name for name in wanted if name and f"{name}/" in paths}
    longer = {name for name in wanted if "/" in name}
    # Of "docs/examples" the examples of the documents are meant, and no others.
    wanted = {name for name in wanted if not any(other != name and name in other.split("/") for other in longer)}
    held = {part for name in longer for part in name.split("/")}
    wanted |= {name for name in folders - held if name.isalpha() and stem_of(name) in stems - set(map(stem_of, held))}
    found: dict[str, list[int]] = {}
    for row, path in enumerate(paths.split("\n") if wanted else ()):
        if path:
            for name in wanted.intersection(path.split("/")[:-1]):
                found.setdefault(name, []).append(row)
            for name in longer:
                if f"/{name}/" in f"/{path}":
                    found.setdefault(name, []).append(row)
    keep: set[int] = set()
    parted = {name for name, rows in found.items() if len(rows) > _FOLDER_ROWS}
    for name in parted:
        found[name] = _nearest(found[name], [entries[row].path.lower() for row in found[name]], name)
    for rows in found.values():
        keep.update(rows if len(rows) <= _FOLDER_ROWS else [*rows[:20], *rows[-20:]])
    whole = bool(found) and max(map(len, found.values())) <= _FOLDER_ROWS
    names = (
        frozenset(found)
        if whole and not parted and _FOLDER_WORD.search(relevance.wording) is not None
        else frozenset[str]()
    )
    told = {name for name in found.keys() - parted if whole and (names or _says_in(name, relevance.wording))}
    return Inside(keep, whole, names, frozenset(told))


def _nearest(rows: list[int], paths: Sequence[str], name: str) -> list[int]:
    """Rows of what is right in a folder, and the first of each folder in it; all of them where that is too much, or nothing."""
    seen: set[str] = set()
    found: list[int] = []
    right = 0
    for row, path in zip(rows, paths, strict=True):
        below, folder, _ = f"/{path}".rpartition(f"/{name}/")[2].strip("/").partition("/")
        right += not folder
        if not folder or below not in seen:
            found.append(row)
        seen |= {below} if folder else set()
    return found if right and len(found) <= _FOLDER_ROWS else rows


def cut_off(relevance: Relevance, entries: Sequence[Entry], tree: Sequence[str] | None) -> set[int]:
    """The rows on top that are in a folder whose own line stands above this text, where a question is about some folder.

    ``tree`` are the lines of a drawn tree, each branch behind as many tabs as it is deep.
    """
    if _FOLDER_WORD.search(relevance.wording) is None:
        return set()
    if tree is not None:
        depth = len(tree[0]) - len(tree[0].lstrip("\t"))
        same = "\t" * depth
        end = next((row for row, line in enumerate(tree) if not line.startswith(same)), len(tree)) if depth else 0
    elif any(entry.parent >= 0 for entry in entries):
        end = next((row for row, entry in enumerate(entries) if not entry.path or entry.parent >= 0), 0)
    else:
        end = 0
    return set(range(end)) if end <= _FOLDER_ROWS else set()


def _says_in(name: str, wording: str) -> bool:
    return re.search(rf"\b(?:in|inside|under|below|within) (?:the )?[`\"'./]*{re.escape(name)}\b", wording) is not None


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
