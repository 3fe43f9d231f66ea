"""What a listing of files says line by line: the path of each entry, its size, and the folder that it is in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import NamedTuple

from headroom.compress import tree_glyphs

NOTICE = "npm notice "
"""Before each size and path that ``npm pack`` prints, and before all else that it says."""
_COLUMNED_PATHS = re.compile(
    rf"^(?:((?:{NOTICE})?+[^\S\n]*+(?:\d[\w.,:+-]*+[ \t]++)*+)"
    r"((?:[A-Za-z]:)?[^\s\"'`<>|:;=(){}\[\],?*][^\"'`<>|:;=(){},?*\t\n]*+)$|.*)",
    re.MULTILINE,
)
"""Columns and path of each line, both empty for a line that is no path."""
_PART = r"[^\"'`<>|:;=(){},?*\t\n ]*+"
_PLAIN_PATH = rf"(?!{NOTICE})[^\s\d\"'`<>|:;=(){{}}\[\],?*]{_PART}(?: {_PART}){{0,3}}+"
_PLAIN_PATHS = re.compile(rf"(?:(?:{_PLAIN_PATH})?\n)*+(?:{_PLAIN_PATH})?")
"""A text that is paths without columns from top to bottom, which is seen sooner than line by line."""
LONG = re.compile(
    r"(?:\s*\d+\s+\d+\s+)?([-dlbcpsD][-rwxsStTlh]{9}[.+@]?)\s+(?:\d+\s+)?(?:\S+)\s+(?:(?:\S+)\s+)?"
    r"(\d+(?:, *\d+)?|[\d.]+[KMGTP]?)\s+"
    r"(?:\w{3}\s+\d+\s+[\d:]+|\d{4}-\d\d-\d\d\s+[\d:.]+(?:\s[+-]\d{4})?|\d+\s\w{3}\s+[\d:]+)\s(.*)",
    re.DOTALL,
)
"""Mode, size and name of a line of ``ls -l``, ``find -ls`` (with two numbers before it) or ``tar tv`` (owner and group in one)."""
WINDOWS = re.compile(
    r"(?:[dl-][a-z-]{4,6}\s+\d{1,4}[/.-]\d\d?[/.-]\d{2,4}\s+\d\d?:\d\d(?: [AP]M)?\s+?(?:(?P<length>\d+) )?\s*"
    r"|\d{1,4}[/.-]\d\d?[/.-]\d{2,4}\s+\d\d?:\d\d(?: [AP]M)?\s+(?:<\w+>|(?P<size>[\d,.]+))\s+)(?P<name>[^\s\d].*|\d\S*)"
)
"""Size and name of a line of PowerShell's ``Get-ChildItem``, or of ``dir``."""
_FOLDER = re.compile(r"\s+Directory(?: of|:) (.+)")
"""Above the files of a folder, in both."""
_PATH_MAX = 4_096
"""Characters of a path from which it is none; PATH_MAX of Linux."""
_TOLD = re.compile(
    r"\d{6} (?:blob|tree|commit) [0-9a-f]{40,64}(?: +(?P<size>\d+|-))?\t(?P<name>.*)"
    r"|(?P<path>(?=[^\s:,/]*+/)[^\s:,]{2,}+)[ \t]+(?P<bytes>\d+)(?:[ \t]+(?:\d{4}-\d\d-\d\d|\d{9,10}\b|[-dl][-rwxsStT]{9}\b).*)?"
    r"|(?P<member>[^\s:,]{2,}+)[ \t]+\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?[ \t]+(?P<length>\d+)"
)
"""Size and name of a line of ``git ls-tree``, of ``stat`` with the name before the size, or of ``python -m zipfile -l``."""
_NAME = re.compile(r"(?=[^\W_]|[._])(?=\d*[^\W\d]|\.)[^\s\"'`<>|:;=(){}\[\],?*/]{1,120}[*/@|=]?")
_FILES_SAID = re.compile(r"\b(?:files?(?![.\w])|dateien|datei|fichiers?|archivos?|ficheros?)\b")
_FOLDERS_SAID = re.compile(
    r"\b(?:(?:sub)?(?:folders?|director(?:y|ies)|dirs?)|packages?|modules?|librar(?:y|ies)"
    r"|ordner|verzeichnis(?:se)?|dossiers?|répertoires?|carpetas?|directorios?)\b"
)
_NAMES = 24
_NAME_SHARE = 0.9
"""So many lines, almost all of one name each, are a listing without folders."""
_SIZE = re.compile(r"(\d+(?:\.\d+)?)(?:([kKMGTP])(?:i?B)?|B)?")
"""A size as it stands alone: in bytes or blocks, or with a unit, as ``-h`` has them written."""
_NO_MARKS = str.maketrans("", "", ",.")
"""Between the thousands of a size."""
_UNITS = {unit: 1024.0 ** (place + 1) for place, unit in enumerate("KMGTP")}
_MONTHS = frozenset(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"])
_TREE_COLUMNS = re.compile(r"\[([^\]\n]{1,200})\] {1,2}(?=\S)")
"""What ``tree -s``, ``-h``, ``-p``, ``-D`` write before a name."""
_SECTION = re.compile(r"(\S.*):\s*")
_SHARE = 0.8
_MODE_CHARS = 10
_BLANKS = 3
"""A path with more blanks than this is prose."""
_TOP = 8
"""Lines in which Windows names the first folder."""
_LOOK = 400
"""Lines that are looked at before the rest is read."""


class Entry(NamedTuple):
    """A line of a listing; ``path`` is empty for totals, headings and blanks."""

    path: str = ""
    size: float = -1.0
    parent: int = -1
    """Row of the line that names the folder this entry is in, or -1 where its own path says so."""


_NO_ENTRY = Entry()
_entry: Callable[[tuple[str, float, int]], Entry] = partial(tuple.__new__, Entry)
"""`Entry` of a tuple, in half the time of calling the class: there is one for each line."""


def path_starts(lines: Sequence[str]) -> dict[int, int] | None:
    """Offset of the path in each line that is one, or None where the text is no path list."""
    some = [line for line in lines[:_LOOK] if line]
    if sum("/" in line for line in some) < 0.5 * len(some):
        return None
    filled = len(lines) - lines.count("")
    text = "\n".join(lines)
    if _PLAIN_PATHS.fullmatch(text):
        return (
            {row: 0 for row, line in enumerate(lines) if line} if filled >= 3 and _have_slash(lines, filled) else None
        )
    found = _COLUMNED_PATHS.findall(text)
    starts = {row: len(columns) for row, (columns, path) in enumerate(found) if path and path.count(" ") <= _BLANKS}
    if text.startswith(NOTICE.rstrip()):  # totals and headings have it, too
        filled -= sum(line.startswith(NOTICE.rstrip()) for row, line in enumerate(lines) if row not in starts)
    if len(starts) < max(3, _SHARE * filled) or not _have_slash([lines[row] for row in starts], filled):
        return None
    widths = [len(found[row][0].split()) for row in starts]  # columns before each of these paths
    usual = Counter(widths).most_common(1)[0][0]
    return {row: start for (row, start), width in zip(starts.items(), widths, strict=True) if width == usual}


def _have_slash(lines: Sequence[str], of: int) -> bool:
    return sum(["/" in line for line in lines]) >= 0.5 * of


def read(lines: Sequence[str], *, sized: bool) -> list[Entry] | None:
    """Entries of any listing, one for each line, or None where the text is no listing; with sizes where asked for."""
    starts = path_starts(lines)
    if starts is not None:
        if not any(starts.values()):
            return (entries_of_told(lines) if sized else None) or [
                _entry((line, -1.0, -1)) if row in starts else _NO_ENTRY for row, line in enumerate(lines)
            ]
        found = [_NO_ENTRY] * len(lines)
        for row, start in starts.items():
            line = lines[row]
            size = _size(line[:start].split()) if sized and start else -1.0
            found[row] = _entry((line[start:], size, -1))
        return found
    first = 0 if tree_glyphs.is_branch(lines[0]) else 1
    branches = tree_glyphs.depths(lines[first:])
    if len(branches) > 3:
        return _entries_of_tree(len(lines), branches, first)
    filled = len(lines) - lines.count("")
    long = list(map(LONG.fullmatch, lines))
    if len(long) - long.count(None) >= max(3, 0.5 * filled):
        return _entries_of_ls(lines, long)
    windows = list(map(WINDOWS.fullmatch, lines)) if any("\\" in line for line in lines[:_TOP]) else []
    if len(windows) - windows.count(None) >= max(3, 0.5 * filled):
        return _entries_of_windows(lines, windows)
    if (told := entries_of_told(lines)) is not None:
        return told
    return _entries_of_names(lines) if filled >= _NAMES else None


def _size(columns: Sequence[str]) -> float:
    """Return the first size among these, in bytes where it has a unit, or -1."""
    for column in columns:
        if (match := _SIZE.fullmatch(column)) is not None:
            return float(match[1]) * _UNITS.get((match[2] or "").upper(), 1.0)
    return -1.0


def told_apart(
    entries: Sequence[Entry], wording: str, files: int, all_sorts: int
) -> list[tuple[dict[int, Entry], int]]:
    """By their rows, entries among which to look for the largest, and how many of these to take.

    The size of an entry with others below it is their total: it hides the files, unless the question is about folders.
    """
    holders: set[str] = set()
    for entry in entries:
        path = entry.path.rstrip("/") if len(entry.path) <= _PATH_MAX else ""
        while (at := path.rfind("/")) >= 0 and (path := path[:at]) not in holders:
            holders.add(path)
    own = {row: entry for row, entry in enumerate(entries) if entry.path.rstrip("/") not in holders}
    every = dict(enumerate(entries))
    if len(own) == len(every) or (_FOLDERS_SAID.search(wording) and not _FILES_SAID.search(wording)):
        return [(every, all_sorts)]
    if _FILES_SAID.search(wording) and not _FOLDERS_SAID.search(wording):
        return [(own, files)]
    return [(own, files), (every, all_sorts)]


def _entries_of_tree(count: int, branches: Sequence[tuple[int, str]], first: int) -> list[Entry]:
    entries = [Entry(parent=-1)] * first
    open_rows = [first - 1]
    names = [""]
    columns = [_TREE_COLUMNS.match(name) for _, name in branches]
    columned = columns.count(None) < (1 - _SHARE) * len(columns)
    for row, ((depth, told), match) in enumerate(zip(branches, columns, strict=True), first):
        del open_rows[depth + 1 :], names[depth + 1 :]
        above = depth + 1 - len(names)  # folders that stand above this text
        open_rows += [-1] * above
        names += [""] * above
        name, size = told, -1.0
        if columned and match is not None:
            name = told[match.end() :]
            size = _size_in_tree(match[1].split())
        entries.append(_entry(("/".join([*filter(None, names), name]), size, open_rows[-1])))
        open_rows.append(row)
        names.append(name.rstrip("/"))  # tree -F
    if columned:
        _forget_empty_sizes(entries)
    return entries + [_NO_ENTRY] * (count - len(entries))


def _size_in_tree(columns: Sequence[str]) -> float:
    """The size among what stands in the brackets: the last column that is one, before a date's; a folder by its mode has none."""
    if columns and columns[0][0] == "d" and len(columns[0]) == _MODE_CHARS:
        return -1.0
    dated = next((row for row, column in enumerate(columns) if column in _MONTHS), len(columns))
    # Numbers before it are those of an inode, a device, a user or a group.
    return _size(columns[:dated][::-1])


def _forget_empty_sizes(entries: list[Entry]) -> None:
    """Take the sizes of folders away where all are the same, as they are without ``--du``: that of their own list of names."""
    folders = {entry.parent for entry in entries if entry.parent > 0}
    if len({entries[row].size for row in folders}) == 1:
        for row in folders:
            entries[row] = entries[row]._replace(size=-1.0)


def _entries_of_ls(lines: Sequence[str], long: Sequence[re.Match[str] | None]) -> list[Entry]:
    entries = []
    folder, heading = "", -1
    for row, (line, match) in enumerate(zip(lines, long, strict=True)):
        if match is not None:
            name = match[3].partition(" -> ")[0]
            size = _size(match[2].split()) if match[1][0] == "-" else -1.0
            entries.append(_entry((f"{folder}/{name}" if folder else name, size, heading)))
            continue
        section = _SECTION.fullmatch(line)
        if section is not None:
            folder, heading = section[1].rstrip("/"), row
        entries.append(_NO_ENTRY)
    return entries


def _entries_of_names(lines: Sequence[str]) -> list[Entry] | None:
    """Entries of ``ls``, and of ``ls -R`` below the names of the folders; None where most lines are no names."""
    entries = []
    folder, heading, others = "", -1, 0
    above = ""
    for row, line in enumerate(lines):
        if _NAME.fullmatch(line):
            entries.append(_entry((f"{folder}/{line}" if folder else line, -1.0, heading)))
        else:
            if not above and (section := _SECTION.fullmatch(line)) is not None:
                folder, heading = section[1].rstrip("/"), row
            elif line:
                others += 1
            entries.append(_NO_ENTRY)
        above = line
    named = len(entries) - entries.count(_NO_ENTRY)
    return entries if named >= _NAME_SHARE * (named + others) and named else None


def _entries_of_windows(lines: Sequence[str], found: Sequence[re.Match[str] | None]) -> list[Entry]:
    entries = []
    folder, heading = "", -1
    for row, (line, match) in enumerate(zip(lines, found, strict=True)):
        if match is not None:
            size = match["length"] or (match["size"] or "").translate(_NO_MARKS) or "-1"
            entries.append(_entry((f"{folder}/{match['name']}" if folder else match["name"], float(size), heading)))
            continue
        if (section := _FOLDER.fullmatch(line)) is not None:
            folder, heading = section[1].rstrip("\\").replace("\\", "/"), row
        entries.append(_NO_ENTRY)
    return entries


def entries_of_told(lines: Sequence[str]) -> list[Entry] | None:
    """Entries of ``git ls-tree`` and others that tell of files with their sizes in a way of their own; None for other lines."""
    found = list(map(_TOLD.fullmatch, lines))
    if len(found) - found.count(None) < max(3, _SHARE * (len(lines) - lines.count(""))):
        return None
    entries = []
    for match in found:
        if match is None:
            entries.append(_NO_ENTRY)
            continue
        size = match["size"] or match["bytes"] or match["length"] or "-"
        entries.append(
            _entry((match["name"] or match["path"] or match["member"], -1.0 if size == "-" else float(size), -1))
        )
    return entries


def totals(entries: Sequence[Entry], inside: Collection[int]) -> set[int]:
    """Rows of the folders whose own lines say how much is in each, of those that are above all these rows; empty if any has none."""
    tops = {path.rpartition("/")[0] for row in inside if (path := entries[row].path.rstrip("/"))}
    tops = {folder for folder in tops if not any(folder.startswith(f"{other}/") for other in tops)}
    rows = {entry.path.rstrip("/"): row for row, entry in enumerate(entries) if entry.path and entry.size >= 0}
    return {rows[folder] for folder in tops} if tops <= rows.keys() else set()
