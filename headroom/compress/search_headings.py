"""Hits under the heading of their file, and files in a row below their folder, which so stands there in full, and once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from headroom.compress.folding import SIGIL
from headroom.compress.search_hits import Parsed

NUMBERED = re.compile(r"(0|[1-9]\d*)([:-])")
NO_LINES = frozenset(("", "--"))

TOP = "./"
"""Heads files that have no folder, where others with one stand above."""
TOP_SAID = f", {TOP} for those in none"
_BY_FOLDER = "folder and file"
BY_FILE = "file"
"""What hits stand below, where that is no folder."""
HEADED = f"{SIGIL}hits by "
"""Begins the line above hits that had their files' headings before, which now stand below those of their folders."""
_OLDER = f"{SIGIL}hits under their file's name"
"""What older texts have in its place."""


def fold(lines: Sequence[str], parsed: Parsed) -> list[str] | None:
    """Escaped lines: headings, what stands under them, and everything else behind a backslash; None where it has one itself."""
    out: list[str] = []
    before = ""
    for line, path, rest in zip(lines, parsed.paths, parsed.rests, strict=True):
        if not path:
            if line[:1] == "\\":
                return None
            out.append(line if line in NO_LINES else f"\\{line}")
            continue
        if path != before:
            before = path
            out.append(path if path[0] not in "\\-:" and not NUMBERED.match(path) else f"\\\\{path}")
        out.append(rest)
    return out


def is_headed(head: str) -> bool:
    """Whether `unfold_headed` reads what stands below this line."""
    return head.startswith((HEADED, _OLDER))


def is_heading(line: str) -> bool:
    """Whether a line that `fold` made is a path, not a hit nor anything else."""
    return line not in NO_LINES and line[0] not in "\\:" and not NUMBERED.match(line)


def name_once(lines: Sequence[str], headings: Sequence[int]) -> tuple[list[str], str]:
    """Put the folder on a line of its own above two or more of its files in a row; also what hits then stand below, if so.

    ``headings`` are the rows that are a file's path, ascending. Any other line stays; `unfold` inverts it.
    """
    parts = {row: lines[row].rpartition("/") for row in headings}
    tops = any(lines[row].startswith(TOP) for row in headings)
    bare = any(not slash for _, slash, _ in parts.values())
    if (tops and bare) or any(not name for _, _, name in parts.values()):
        return list(lines), ""
    out: list[str] = []
    at = 0
    below = False
    said = ""
    for folder, run in groupby(headings, lambda row: "".join(parts[row][:2])):
        rows = list(run)
        out += lines[at : rows[0]]
        at = rows[0]
        if below and not folder:
            out.append(TOP)
            said = _BY_FOLDER + TOP_SAID
        below = len(rows) > 1 and folder != "" and all(is_heading(parts[row][2]) for row in rows)
        if below:
            out.append(folder)
            said = said or _BY_FOLDER
            for row in rows:
                out += lines[at:row]
                out.append(parts[row][2])
                at = row + 1
    return [*out, *lines[at:]], said


def unfold(lines: Sequence[str], head: str) -> list[str]:
    """Invert `fold` and `name_once`; ``head`` is the line in which the latter had something said."""
    out: list[str] = []
    path = folder = ""
    for line in lines:
        if line in {"", "--"}:
            out.append(line)
        elif line.startswith("\\\\"):
            path = line[2:]
        elif line[0] == "\\":
            out.append(line[1:])
        elif line[0] == ":":
            out.append(path + line)
        elif match := NUMBERED.match(line):
            out.append(f"{path}{match[2]}{line}")
        else:
            path, folder = _spell(line, folder, head)
    return out


def unfold_headed(lines: Sequence[str], head: str) -> list[str]:
    """Invert `name_once` where headings stood before; all other lines are hits or `NO_LINES`."""
    out: list[str] = []
    folder = ""
    for line in lines:
        if line in NO_LINES or NUMBERED.match(line):
            out.append(line)
            continue
        path, folder = _spell(line, folder, head)
        if path:
            out.append(path)
    return out


def _spell(heading: str, folder: str, head: str) -> tuple[str, str]:
    """Path of a file and its open folder after a heading, which may be the folder's own and then names no file."""
    if heading.endswith("/"):
        return "", "" if heading == TOP and TOP_SAID in head else heading
    if "/" in heading:
        return heading, ""
    return folder + heading, folder
