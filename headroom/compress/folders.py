"""A legend for the folders that many paths share: ``$a=src/main/java`` at the top, ``$a/Main.java`` in the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from headroom.compress import legends

_MIN_GAIN = 10
"""Tokens that naming a folder in the legend must spare."""
_DEPTH = 24
"""Folders above a file that are looked at."""


def name_folders(lines: list[str], paths: Mapping[int, int], *, ancestors: bool = True) -> tuple[list[str], list[str]]:
    """Write the folders of some lines as marks; return the legend's lines (none if nothing is gained) and the text's.

    ``paths`` maps the index of a line to the offset where a path starts in it, in a line that holds a slash behind it.
    A folder's own label (``a/b/: x, y``) keeps its name. Without ``ancestors`` a mark stands for all of a path but its
    name, so that each of these folders can be found in full. Inverted by ``legends.decode``.
    """
    depth = _DEPTH if ancestors else 1
    folders: Counter[str] = Counter()
    for row, start in paths.items():
        folders[_folder(lines[row][start:])] += 1
    shared: Counter[str] = Counter()
    for folder, count in folders.items():
        at = len(folder)
        for _ in range(depth):
            shared[folder[:at]] += count
            at = folder.rfind("/", 0, at)
            if at <= 0:
                break
    sigil, body = legends.choose_sigil("\n".join(lines))
    gains = [
        (_gain(folder, count), len(folder), folder)
        for folder, count in shared.items()
        if count > 1 and sigil not in folder and folder.strip() and not folder[0].isspace()
    ]
    likely = sorted((entry for entry in gains if entry[0] >= _MIN_GAIN), reverse=True)[: len(legends.names(sigil))]
    chosen: list[str] = []
    used: Counter[str] = Counter()
    for folder, count in folders.items():
        used[_longest(folder, {name for _, _, name in likely}, depth)] += count
    chosen = [name for _, _, name in likely if _gain(name, used[name]) >= _MIN_GAIN]
    if not chosen:
        return [], lines
    marks = {folder: sigil + name for folder, name in zip(chosen, legends.names(sigil), strict=False)}
    out = body.split("\n")
    for row, start in paths.items():
        folder = _folder(lines[row][start:])
        prefix = _longest(folder, marks, depth)
        if prefix and out[row] == lines[row]:
            out[row] = f"{out[row][:start]}{marks[prefix]}{out[row][start + len(prefix) :]}"
    entries = [f"{mark}={folder}" for folder, mark in marks.items()]
    return [legends.header(entries), *entries], out


def _folder(path: str) -> str:
    """Folder of a path, or the one above it where the path is the label of a folder."""
    folder = path.rpartition("/")[0]
    return folder.rpartition("/")[0] if path.startswith("/:", len(folder)) else folder


def _gain(folder: str, count: int) -> int:
    return (count - 1) * (legends.estimate(folder) - 2) - 6


def _longest(folder: str, known: Mapping[str, str] | set[str], depth: int) -> str:
    """Return the longest known folder that is ``folder`` or holds it, so many looked at, or the empty string."""
    at = len(folder)
    for _ in range(depth):
        if folder[:at] in known:
            return folder[:at]
        at = folder.rfind("/", 0, at)
        if at <= 0:
            break
    return ""
