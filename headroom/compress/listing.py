"""Listings of files: path lists by folder, trees by indentation, ``ls -l`` columns in a legend; with loss what was asked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import eq

from headroom.compress import legends, listing_entries, listing_tree, phrases
from headroom.compress.asked_count import asked_count, asks_for_several
from headroom.compress.elsewhere import looks_up
from headroom.compress.folders import name_folders
from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.listing_entries import ENDING, LONG, NOTICE, Entry, path_starts
from headroom.compress.listing_folders import by_folder, folders_of, inside_named
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor, pack, unpack
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.selecting import between_ends, elide, finish
from headroom.compress.told_paths import told_paths

_COLUMNS = re.compile(r"\s*(?:\d[\w.,:+-]*[ \t]+)*")
"""Sizes, counts, dates before a path, as ``du``, ``wc`` and ``find -printf`` print them."""
_OTHER_WHITE = re.compile(r"[^\S ]")
"""White space of other sorts."""
_RUN = 2
"""Files in a row of one folder from which they stand behind its name."""
_ONLY_FILES = 4
"""Folders in a row with one file of the same name each from which they stand behind that name."""
_STARRED = re.compile(r"([^*:]*)/\*/([^/*:]+): (.*)")
_SEVERAL = 5
"""Who asks for the largest of them without saying how many sees at least so many."""
_EXTREMES = 3
_MOST_EXTREMES = 50
"""The largest and the smallest that stay where a question asks for such, and where it says how many."""
_LARGEST = 10
_LARGEST_OF = 100
"""One in so many of the largest stays, up to ten: what holds others takes places among them."""
_NAME = 0.9
"""Weight of a file's name in a question."""
_NAMED = 150
"""Entries kept for one name in the question: a file name can be in many folders."""
_NEAR = 40
"""Entries kept for names with another form of a word, such as ``python3`` for "python": they are short."""
_ENDS = 3
"""Entries at either end that stay."""
_UNASKED_OF = 50
"""Beside all of a folder, or the largest, one in so many at the end, or of the other extreme, shows what entries look like."""
_TOTALS = 12
"""Lines below the last entry that stay: what is said of all entries."""
_FOLDERS = 16
_FEW_FOLDERS = 8
"""Folders told with their counts on top; of more, the gaps tell theirs."""
_ENDINGS = 8


class Listing(LineCompressor):
    """``find``, ``ls``, ``tree``, ``git ls-files``, ``du`` and what agents' glob tools print."""

    kind = "listing"
    layout = "folded"

    def encode(self, text: str) -> str | None:
        """Fold the layout that the listing has."""
        lines = lines_of(escape(text))
        for fold in (listing_tree.fold, _fold_paths, _fold_long, _fold_told):
            encoded = fold(lines)
            if encoded is not None:
                return encoded
        return None

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        legend, body = legends.split(encoded)
        first, _, rest = body.partition("\n")
        if first.startswith(f"{SIGIL}tree "):
            lines = listing_tree.unfold(first, legends.decode(legend, rest))
        elif first.startswith(f"{SIGIL}paths "):
            lines = _unfold_paths(legends.decode(legend, rest).split("\n"))
        else:
            lines = unpack(encoded)[1]
        return unescape("\n".join(lines))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep entries and folders that the question names, the largest and smallest where it asks, and both ends."""
        relevance = Relevance.from_hints(hints)
        lines = lines_of(text)
        sized = bool(relevance.asks & {"max", "min"})
        entries = listing_entries.read(lines, sized=sized) if relevance.specific else None
        if entries is None:
            return None
        # The name of the folder that was listed tells nothing apart.
        relevance = relevance.telling_apart([f"{entry.path.lower()}/" for entry in entries if entry.path])
        inside, whole, meant, told_in = inside_named(relevance, entries)
        # Asked for what is in the folder "complex", nobody wants complex.rst from another one.
        beside = relevance.only(lambda term: term.text.strip("/") not in meant) if meant else relevance
        keep = named_rows(beside, lines, strong_lines=_NAMED, near_lines=_NEAR) | inside
        keep |= told_paths(hints, [entry.path for entry in entries])
        if keep or sized:
            keep |= listing_entries.odd_modes(lines, relevance.wording)
        if sized:
            several = _SEVERAL if asks_for_several(relevance.wording) else 0
            asked = max(_EXTREMES, min(_MOST_EXTREMES, asked_count(hints.query) or several))
            largest = max(asked, min(_LARGEST, len(entries) // _LARGEST_OF))
            for among, count in listing_entries.told_apart(entries, relevance.wording, asked, largest):
                unasked = min(asked, len(entries) // _UNASKED_OF)
                least = asked if "min" in relevance.asks else unasked
                keep |= _extremes(among, count if "max" in relevance.asks else unasked, least)
        keep = {row for row in keep if row < len(lines)}
        if not any(entries[row].path for row in keep):
            return None
        files = [row for row, entry in enumerate(entries) if entry.path]
        answered = (
            whole
            or _is_found(relevance, hints, [entries[row].path for row in keep])
            or (sized and any(entry.size >= 0 for entry in entries))
        )
        # A folder that is asked for is there as a whole: two others show what the rest looks like.
        ways = tuple(f"/{name}" for name in told_in)
        folder = bool(told_in) and all(f"/{entries[row].path.lower()}".endswith(ways) for row in keep - inside)
        ends = max(2, min(_ENDS, 0 if whole else len(files) // _UNASKED_OF)) if answered else _ENDS
        ends = 1 if folder else ends
        keep |= {*files[:ends], *files[-ends:]}
        keep.update(between_ends(keep, files))
        below = range(max(files[-1] + 1, len(lines) - _TOTALS), len(lines))
        keep |= {row for row in below if lines[row]}
        todo = list(keep)
        while todo:
            parent = entries[todo.pop()].parent
            if parent >= 0 and parent not in keep:
                keep.add(parent)
                todo.append(parent)

        paths = [entry[0] for entry in entries]
        folders = folders_of(paths)

        told_above = len(set(folders) - {None}) <= _FOLDERS

        def note(first: int, last: int) -> str:
            return "" if told_above or answered else by_folder(folders[first : last + 1], 3)

        tree = listing_tree.as_tabs(lines)
        head = _count(
            paths,
            by_folder(folders, _FEW_FOLDERS if answered else _FOLDERS),
            tabs=tree is not None,
        )
        if folder and not any(f"{name}/ {len(inside)}" in head for name in told_in):
            head = f"{head.removesuffix(']')}; {len(inside)} below {'/ or '.join(sorted(told_in))}/]"
        told = "listing:folder" if folder else "listing:asked" if answered else "listing:named"
        return finish(elide(tree or lines, keep, note=note), self.kind, told, head=[head])

    def explains(self, text: str, lines: list[str]) -> bool:
        """Whether each line is a branch of the tree, as lossy draws it."""
        known = {escape(line) for line in listing_tree.as_tabs(lines_of(text)) or ()}
        return known.issuperset(lines)


def _is_found(relevance: Relevance, hints: Hints, paths: Sequence[str]) -> bool:
    """Whether a question looks up files by their names, and all of them are among these."""
    names = [term.text for term in relevance.named if term.weight >= _NAME and " " not in term.text]
    joined = "\n".join(paths).lower()
    return bool(names) and looks_up(hints.query) and all(name in joined for name in names)


def _fold_paths(lines: Sequence[str]) -> str | None:
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
    long = [match for line in lines if (match := LONG.fullmatch(line)) is not None]
    if len(long) < 3 or len(long) < 0.5 * sum(map(bool, lines)):
        return None
    return pack(list(lines), listing_entries.sorts(long))


def _fold_told(lines: Sequence[str]) -> str | None:
    entries = listing_entries.entries_of_told(lines)
    if entries is None:
        return None
    paths = [entry.path for entry in entries if entry.path]
    endings = listing_entries.endings_of(paths)
    return pack(list(lines), [f"{SIGIL}{len(paths)} entries: {endings}]"] if endings else [])


def _extremes(entries: Mapping[int, Entry], largest: int, smallest: int) -> set[int]:
    """So many of the largest and of the smallest of these entries, by their rows."""
    sized = sorted((entry.size, row) for row, entry in entries.items() if entry.size >= 0)
    return {row for _, row in [*sized[:smallest], *sized[len(sized) - min(largest, len(sized)) :]]}


def _count(paths: Sequence[str], inside: str = "", *, tabs: bool = False) -> str:
    """Summary line: how many entries there are, and of which endings; what has no path is none."""
    endings = Counter(ENDING.findall("\n".join(paths))).most_common(_ENDINGS)
    listed = ", ".join(f"{count} .{ending}" for ending, count in endings)
    total = len(paths) - paths.count("")
    drawn = " (indented by a tab per folder)" if tabs else ""
    return f"{SIGIL}{total} entries{drawn}{': ' if listed else ''}{listed}{'; in ' if inside else ''}{inside}]"


COMPRESSORS: tuple[Compressor, ...] = (Listing(),)
