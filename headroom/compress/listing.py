"""Listings of files: path lists by folder, trees by indentation, ``ls -l`` columns in a legend; with loss what was asked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import eq
from typing import NamedTuple

from headroom.compress import phrases, tree_glyphs
from headroom.compress.asked_count import asked_count
from headroom.compress.folders import name_folders
from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor, pack, unpack
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.selecting import between_ends, elide, finish

_COLUMNS = re.compile(r"\s*(?:\d[\w.,:+-]*[ \t]+)*")
"""Sizes, counts, dates before a path, as ``du``, ``wc`` and ``find -printf`` print them."""
_OTHER_WHITE = re.compile(r"[^\S ]")
"""White space of other sorts."""
_COLUMNED_PATHS = re.compile(
    r"^(?:([^\S\n]*+(?:\d[\w.,:+-]*+[ \t]++)*+)"
    r"((?:[A-Za-z]:)?[^\s\"'`<>|:;=(){}\[\],?*][^\"'`<>|:;=(){},?*\t\n]*+)$|.*)",
    re.MULTILINE,
)
"""Columns and path of each line, both empty for a line that is no path."""
_PART = r"[^\"'`<>|:;=(){},?*\t\n ]*+"
_PLAIN_PATH = rf"[^\s\d\"'`<>|:;=(){{}}\[\],?*]{_PART}(?: {_PART}){{0,3}}+"
_PLAIN_PATHS = re.compile(rf"(?:(?:{_PLAIN_PATH})?\n)*+(?:{_PLAIN_PATH})?")
"""A text that is paths without columns from top to bottom, which is seen sooner than line by line."""
_LONG = re.compile(
    r"(?:\s*\d+\s+\d+\s+)?([-dlbcpsD][-rwxsStTlh]{9}[.+@]?)\s+(?:\d+\s+)?(?:\S+)\s+(?:(?:\S+)\s+)?"
    r"(\d+(?:, *\d+)?|[\d.]+[KMGTP]?)\s+"
    r"(?:\w{3}\s+\d+\s+[\d:]+|\d{4}-\d\d-\d\d\s+[\d:.]+(?:\s[+-]\d{4})?|\d+\s\w{3}\s+[\d:]+)\s(.*)",
    re.DOTALL,
)
"""Mode, size and name of a line of ``ls -l``, ``find -ls`` (with two numbers before it) or ``tar tv`` (owner and group in one)."""
_TOLD = re.compile(
    r"\d{6} (?:blob|tree|commit) [0-9a-f]{40,64}(?: +(?P<size>\d+|-))?\t(?P<name>.*)"
    r"|(?P<path>[^\s:,]*/[^\s:,]+)[ \t]+(?P<bytes>\d+)(?:[ \t]+(?:\d{4}-\d\d-\d\d|\d{9,10}\b|[-dl][-rwxsStT]{9}\b).*)?"
)
"""Size and name of a line of ``git ls-tree``, or of ``stat`` with the name before the size."""
_NAME = re.compile(r"(?=[^\W_]|[._])(?=\d*[^\W\d]|\.)[^\s\"'`<>|:;=(){}\[\],?*/]{1,120}[*/@|=]?")
_NAMES = 24
_NAME_SHARE = 0.9
"""So many lines, almost all of one name each, are a listing without folders."""
_SECTION = re.compile(r"(\S.*):\s*")
_SHARE = 0.8
_BLANKS = 3
"""A path with more blanks than this is prose."""
_LOOK = 400
"""Lines that are looked at before the rest is read."""
_RUN = 2
"""Files in a row of one folder from which they stand behind its name."""
_ONLY_FILES = 4
"""Folders in a row with one file of the same name each from which they stand behind that name."""
_STARRED = re.compile(r"([^*:]*)/\*/([^/*:]+): (.*)")
_FOLDER_ROWS = 80
"""Entries of a folder that the question names; a larger one gets its first and last twenty."""
_MOST_EXTREMES = 50
_NAMED = 150
"""Entries kept for one name in the question: a file name can be in many folders."""
_ENDING = re.compile(r"\.(?<=[^/\n].)([^./\n]*+)(?![^\n])")
"""What stands behind the last dot of a file's name, unless the dot begins the name."""
_FOLDERS = 16
_ENDINGS = 8


class _Entry(NamedTuple):
    """A line of a listing; ``path`` is empty for totals, headings and blanks."""

    path: str = ""
    size: float = -1.0
    parent: int = -1
    """Row of the line that names the folder this entry is in, or -1 where its own path says so."""


_NO_ENTRY = _Entry()
_entry: Callable[[tuple[str, float, int]], _Entry] = partial(tuple.__new__, _Entry)
"""`_Entry` of a tuple, in half the time of calling the class: there is one for each line."""


class Listing(LineCompressor):
    """``find``, ``ls``, ``tree``, ``git ls-files``, ``du`` and what agents' glob tools print."""

    kind = "listing"
    layout = "folded"

    def encode(self, text: str) -> str | None:
        """Fold the layout that the listing has."""
        lines = lines_of(escape(text))
        for fold in (_fold_tree, _fold_paths, _fold_long):
            encoded = fold(lines)
            if encoded is not None:
                return encoded
        return None

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        legend, body = phrases.split(encoded)
        first, _, rest = body.partition("\n")
        if first.startswith(f"{SIGIL}tree "):
            lines = _unfold_tree(first, phrases.decode(legend, rest))
        elif first.startswith(f"{SIGIL}paths "):
            lines = _unfold_paths(phrases.decode(legend, rest).split("\n"))
        else:
            lines = unpack(encoded)[1]
        return unescape("\n".join(lines))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep entries and folders that the question names, the largest and smallest where it asks, and both ends."""
        relevance = Relevance.from_hints(hints)
        lines = lines_of(text)
        sized = bool(relevance.asks & {"max", "min"})
        entries = _read(lines, sized=sized) if relevance.specific else None
        if entries is None:
            return None
        keep = named_rows(relevance, lines, strong_lines=_NAMED) | _inside_named(relevance, entries)
        if sized:
            keep |= _extremes(entries, max(3, min(_MOST_EXTREMES, asked_count(hints.query) or 0)))
        keep = {row for row in keep if row < len(lines)}
        if not any(entries[row].path for row in keep):
            return None
        files = [row for row, entry in enumerate(entries) if entry.path]
        keep |= {*files[:3], *files[-3:]}
        keep.update(between_ends(keep, files))
        total = len(lines) - (not lines[-1])
        keep |= {row for row in range(max(0, total - 2), total) if not entries[row].path and lines[row]}
        todo = list(keep)
        while todo:
            parent = entries[todo.pop()].parent
            if parent >= 0 and parent not in keep:
                keep.add(parent)
                todo.append(parent)

        paths = [entry[0] for entry in entries]
        folders = _folders(paths)

        def note(first: int, last: int) -> str:
            return _by_folder(folders[first : last + 1], 3)

        head = _count(paths, _by_folder(folders, _FOLDERS))
        return finish(elide(lines, keep, note=note), self.kind, "listing:named", head=[head])


def _fold_tree(lines: Sequence[str]) -> str | None:
    folded = tree_glyphs.fold(lines[1:]) if len(lines) > 4 else None
    if folded is None:
        return None
    style, count, names = folded
    drawn = escape("\n".join(names))
    legend, body = phrases.encode("\n".join([lines[0], drawn, *lines[1 + count :]]))
    return "\n".join([*legend, f"{SIGIL}tree of {count} branches, style {style}]", body])


def _unfold_tree(header: str, body: str) -> list[str]:
    root, *rest = body.split("\n")
    count, style = map(int, re.findall(r"\d+", header))
    return [root, *tree_glyphs.unfold(style, unescape("\n".join(rest[:count])).split("\n")), *rest[count:]]


def _path_starts(lines: Sequence[str]) -> dict[int, int] | None:
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
    if len(starts) < max(3, _SHARE * filled) or not _have_slash([lines[row] for row in starts], filled):
        return None
    widths = [len(found[row][0].split()) for row in starts]  # columns before each of these paths
    usual = Counter(widths).most_common(1)[0][0]
    return {row: start for (row, start), width in zip(starts.items(), widths, strict=True) if width == usual}


def _have_slash(lines: Sequence[str], of: int) -> bool:
    return sum(["/" in line for line in lines]) >= 0.5 * of


def _fold_paths(lines: Sequence[str]) -> str | None:
    """One line for the files of a folder that stand in a row; other lines behind a backslash where needed."""
    starts = _path_starts(lines)
    if starts is None:
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
        if alone < 0 and _unfold_paths([folded]) == source:
            paths[len(out)] = 0
            out.append(folded)
        else:
            out += [line and f"\\{line}" for line in source]
    if any(starts.values()):  # sizes and dates recur, too
        legend, body = phrases.encode("\n".join(out))
        out = [body]
    else:
        legend, out = name_folders(out, paths)
    head = _count([lines[row][start:] for row, start in starts.items()])
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
            if _unfold_paths([f"{pattern}: {', '.join(name.removesuffix(f'/{file}') for name in short)}"]) == source:
                found.update(dict.fromkeys(rows, pattern))
    return found


def _unfold_paths(lines: Sequence[str]) -> list[str]:
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


def _fold_long(lines: Sequence[str]) -> str | None:
    long = sum(_LONG.fullmatch(line) is not None for line in lines)
    if long < 3 or long < 0.5 * sum(map(bool, lines)):
        return None
    return pack(list(lines))


def _read(lines: Sequence[str], *, sized: bool) -> list[_Entry] | None:
    """Entries of any listing, one for each line, or None where the text is no listing; with sizes where asked for."""
    starts = _path_starts(lines)
    if starts is not None:
        if not any(starts.values()):
            return (_entries_of_told(lines) if sized else None) or [
                _entry((line, -1.0, -1)) if row in starts else _NO_ENTRY for row, line in enumerate(lines)
            ]
        found = [_NO_ENTRY] * len(lines)
        for row, start in starts.items():
            line = lines[row]
            size = _size(line[:start].split()) if sized and start else -1.0
            found[row] = _entry((line[start:], size, -1))
        return found
    branches = tree_glyphs.depths(lines[1:])
    if len(branches) > 3:
        return _entries_of_tree(len(lines), branches)
    filled = len(lines) - lines.count("")
    long = list(map(_LONG.fullmatch, lines))
    if len(long) - long.count(None) >= max(3, 0.5 * filled):
        return _entries_of_ls(lines, long)
    if (told := _entries_of_told(lines)) is not None:
        return told
    names = [_entry((line, -1.0, -1)) if _NAME.fullmatch(line) else _NO_ENTRY for line in lines]
    return names if filled >= _NAMES and len(names) - names.count(_NO_ENTRY) >= _NAME_SHARE * filled else None


def _size(columns: Sequence[str]) -> float:
    """Return the first number of these, or -1."""
    return next((float(column) for column in columns if column.replace(".", "", 1).isdigit()), -1.0)


def _entries_of_tree(count: int, branches: Sequence[tuple[int, str]]) -> list[_Entry]:
    entries = [_Entry(parent=-1)]
    open_rows = [0]
    names = [""]
    for row, (depth, name) in enumerate(branches, 1):
        del open_rows[depth + 1 :], names[depth + 1 :]
        entries.append(_entry(("/".join([*names[1:], name]), -1.0, open_rows[-1])))
        open_rows.append(row)
        names.append(name)
    return entries + [_NO_ENTRY] * (count - len(entries))


def _entries_of_ls(lines: Sequence[str], long: Sequence[re.Match[str] | None]) -> list[_Entry]:
    entries = []
    folder, heading = "", -1
    for row, (line, match) in enumerate(zip(lines, long, strict=True)):
        if match is not None:
            name = match[3].partition(" -> ")[0]
            size = -1.0 if match[1][0] == "d" or not match[2].isdigit() else float(match[2])
            entries.append(_entry((f"{folder}/{name}" if folder else name, size, heading)))
            continue
        section = _SECTION.fullmatch(line)
        if section is not None:
            folder, heading = section[1].rstrip("/"), row
        entries.append(_NO_ENTRY)
    return entries


def _entries_of_told(lines: Sequence[str]) -> list[_Entry] | None:
    found = list(map(_TOLD.fullmatch, lines))
    if len(found) - found.count(None) < max(3, _SHARE * (len(lines) - lines.count(""))):
        return None
    entries = []
    for match in found:
        if match is None:
            entries.append(_NO_ENTRY)
            continue
        size = match["size"] or match["bytes"] or "-"
        entries.append(_entry((match["name"] or match["path"], -1.0 if size == "-" else float(size), -1)))
    return entries


def _inside_named(relevance: Relevance, entries: Sequence[_Entry]) -> set[int]:
    """Entries below a folder whose name the question holds."""
    wanted = {term.text.strip("/") for term in relevance.named}
    paths = "\n".join([entry[0] for entry in entries]).lower()
    wanted = {name for name in wanted if f"{name}/" in paths}
    found: dict[str, list[int]] = {}
    for row, path in enumerate(paths.split("\n") if wanted else ()):
        if path:
            for name in wanted.intersection(path.split("/")[:-1]):
                found.setdefault(name, []).append(row)
    keep: set[int] = set()
    for rows in found.values():
        keep.update(rows if len(rows) <= _FOLDER_ROWS else [*rows[:20], *rows[-20:]])
    return keep


def _extremes(entries: Sequence[_Entry], count: int) -> set[int]:
    """The ``count`` largest and as many of the smallest files."""
    sized = sorted((entry.size, row) for row, entry in enumerate(entries) if entry.size >= 0)
    return {row for _, row in [*sized[:count], *sized[-count:]]}


def _count(paths: Sequence[str], by_folder: str = "") -> str:
    """Summary line: how many entries there are, and of which endings; what has no path is none."""
    endings = Counter(_ENDING.findall("\n".join(paths))).most_common(_ENDINGS)
    listed = ", ".join(f"{count} .{ending}" for ending, count in endings)
    total = len(paths) - paths.count("")
    return f"{SIGIL}{total} entries{': ' if listed else ''}{listed}{'; in ' if by_folder else ''}{by_folder}]"


def _folders(paths: Sequence[str]) -> list[str | None]:
    """The folder that each path names, or None."""
    return [path[:at] if (at := path.rfind("/")) >= 0 else None for path in paths]


def _by_folder(folders: Sequence[str | None], most: int) -> str:
    counts = Counter(folders)
    del counts[None]
    shown = counts.most_common(most)
    more = len(counts) - len(shown)
    return ", ".join(f"{folder}/ {count}" for folder, count in shown) + (f" and {more} more folders" if more else "")


COMPRESSORS: tuple[Compressor, ...] = (Listing(),)
