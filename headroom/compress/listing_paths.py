"""Lists of paths in less without loss: one line for the files of a folder that stand in a row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import eq

from headroom.compress import phrases
from headroom.compress.folders import name_folders
from headroom.compress.folding import SIGIL
from headroom.compress.listing_counts import count_told
from headroom.compress.listing_entries import NOTICE, path_starts

_COLUMNS = re.compile(r"\s*(?:\d[\w.,:+-]*[ \t]+)*")
"""Sizes, counts, dates before a path, as ``du``, ``wc`` and ``find -printf`` print them."""
_OTHER_WHITE = re.compile(r"[^\S ]")
"""White space of other sorts."""
_RUN = 2
"""Files in a row of one folder from which they stand behind its name."""
_ONLY_FILES = 4
"""Folders in a row with one file of the same name each from which they stand behind that name."""
_STARRED = re.compile(r"([^*:]*)/\*/([^/*:]+): (.*)")


def fold(lines: Sequence[str]) -> str | None:
    """One line for the files of a folder that stand in a row; other lines behind a backslash where needed."""
    starts = path_starts(lines)
    if starts is None or lines[min(starts)].startswith(NOTICE):  # in a row of names these words tell nothing
        return None

    def folder_of(row: int) -> tuple[str, int]:
        line = lines[row]
        start = starts.get(row, -1)
        if start < 0:
            return "", row
        folder, slash, name = line[start:].rpartition("/")
        if not slash or not name or ", " in name or ": " in line or line[0] == "\\":
            return "", row
        return folder + "/", -1

    keys = [folder_of(row) for row in range(len(lines))]
    alike = _only_files(lines, starts, keys)
    out: list[str] = []
    paths: dict[int, int] = {}
    for (folder, alone), run in groupby(range(len(lines)), lambda row: (alike[row], -2) if row in alike else keys[row]):
        rows = list(run)
        source = [lines[row] for row in rows]
        if alone == -2:
            parent, _, file = folder.partition("/*/")
            short = [lines[row][: starts[row]] + lines[row][starts[row] + len(parent) + 1 :] for row in rows]
            out.append(f"{folder}: {', '.join(name.removesuffix(f'/{file}') for name in short)}")
            continue
        if alone < 0 and len(rows) < _RUN:
            paths[len(out)] = starts[rows[0]]
            out += source
            continue
        names = [lines[row][: starts.get(row, 0)] + lines[row][starts.get(row, 0) + len(folder) :] for row in rows]
        folded = f"{folder}: {', '.join(names)}"
        if alone < 0 and unfold([folded]) == source:
            paths[len(out)] = 0
            out.append(folded)
        else:
            out += [line and f"\\{line}" for line in source]
    if any(starts.values()):  # sizes and dates recur, too
        legend, body = phrases.encode("\n".join(out))
        out = [body]
    else:
        legend, out = name_folders(out, paths)
    head = count_told([lines[row][start:] for row, start in starts.items()])
    return "\n".join([*legend, f"{SIGIL}paths {head.removeprefix(SIGIL)}", *out])


def _only_files(lines: Sequence[str], starts: Mapping[int, int], keys: Sequence[tuple[str, int]]) -> dict[int, str]:
    """Rows whose folders, side by side, hold one file of the same name each, with what they share: ``src/*/index.ts``."""
    names = [line.rpartition("/")[2] for line in lines]
    as_above = [*map(eq, names, ["", *names[:-1]]), False]

    def shared(row: int) -> str:
        folder, alone = keys[row]
        if alone >= 0 or not (as_above[row] or as_above[row + 1]) or "*" in lines[row]:
            return ""
        parent, slash, _ = folder.rstrip("/").rpartition("/")
        return f"{parent}/*/{names[row]}" if slash else ""

    found: dict[int, str] = {}
    for pattern, run in groupby(range(len(lines)), shared):
        rows = list(run)
        if pattern and len(rows) >= _ONLY_FILES:
            source = [lines[row] for row in rows]
            parent, _, file = pattern.partition("/*/")
            short = [lines[row][: starts[row]] + lines[row][starts[row] + len(parent) + 1 :] for row in rows]
            if unfold([f"{pattern}: {', '.join(name.removesuffix(f'/{file}') for name in short)}"]) == source:
                found.update(dict.fromkeys(rows, pattern))
    return found


def unfold(lines: Sequence[str]) -> list[str]:
    """Invert ``fold``, line by line below its head."""
    out: list[str] = []
    for line in lines:
        if line.startswith("\\"):
            out.append(line[1:])
            continue
        if (match := _STARRED.fullmatch(line)) is not None:
            for name in match[3].split(", "):
                columns = _COLUMNS.match(name).end()  # type: ignore[union-attr]  # matches the empty string
                out.append(f"{name[:columns]}{match[1]}/{name[columns:]}/{match[2]}")
            continue
        folder, separator, names = line.partition("/: ")
        if not separator:
            out.append(line)
            continue
        parts = names.split(", ")
        if names.count(" ") == len(parts) - 1 and _OTHER_WHITE.search(names) is None:  # no columns
            out += [f"{folder}/{name}" for name in parts]
            continue
        for name in parts:
            columns = _COLUMNS.match(name).end()  # type: ignore[union-attr]  # matches the empty string
            out.append(f"{name[:columns]}{folder}/{name[columns:]}")
    return out
