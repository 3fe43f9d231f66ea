"""Listings of files: path lists by folder, trees by indentation, ``ls -l`` columns in a legend; with loss what was asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from headroom.compress import (
    legends,
    listing_counts,
    listing_entries,
    listing_modes,
    listing_paths,
    listing_tree,
    omissions,
)
from headroom.compress.asked_count import asked_count, asks_for_several
from headroom.compress.elsewhere import NAME, looks_up, told_absent
from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.listing_absent import is_elsewhere
from headroom.compress.listing_counts import MOST_ENDINGS, count_told
from headroom.compress.listing_entries import LONG, Entry
from headroom.compress.listing_folders import by_folder, cut_off, folders_of, inside_named
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor, pack, unpack
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Gap, Hints, Rendition
from headroom.compress.said_last import said_last
from headroom.compress.selecting import between_ends, elide, finish
from headroom.compress.told_paths import called_files, told_paths

_SEVERAL = 5
"""Who asks for the largest of them without saying how many sees at least so many."""
_EXTREMES = 3
_FEW_EXTREMES = 2
_MOST_EXTREMES = 50
"""The largest and the smallest that stay where a question asks for such, and where it says how many."""
_LARGEST = 10
_LARGEST_OF = 100
"""One in so many of the largest stays, up to ten: what holds others takes places among them."""
_NAMED = 150
"""Entries kept for one name in the question: a file name can be in many folders."""
_NEAR = 40
"""Entries kept for names with another form of a word, such as ``python3`` for "python": they are short."""
_ENDS = 3
"""Entries at either end that stay."""
_SHORT = 24_000
"""Characters of a listing of which little is shown beside what was asked for, where all of that is found."""
_OF_IT = re.compile(r"\b(?:of|in|among|inside) (?:it|them|there|that|those|these)\b")
_SIZE_OF = re.compile(
    r"\b(?:how (?:much|big|large|heavy)|size of|total (?:size )?(?:of|for)|(?:in all|in total|altogether))\b"
)
_UNASKED_OF = 50
"""Beside all of a folder, or the largest, one in so many at the end, or of the other extreme, shows what entries look like."""
_TOTALS = 12
"""Lines below the last entry that stay: what is said of all entries."""
_FOLDERS = 16
_FEW_FOLDERS = 8
"""Folders told with their counts on top; of more, the gaps tell theirs."""
_OF_ALL = frozenset((".", "total", "insgesamt"))
"""What the last entry is called where it says how much all of them are."""
_GAP_CHARS = 60
"""Characters that are worth a gap."""


class Listing(LineCompressor):
    """``find``, ``ls``, ``tree``, ``git ls-files``, ``du`` and what agents' glob tools print."""

    kind = "listing"
    layout = "folded"

    def encode(self, text: str) -> str | None:
        """Fold the layout that the listing has."""
        lines = lines_of(escape(text))
        for fold in (listing_tree.fold, listing_paths.fold, _fold_long, _fold_told):
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
            lines = listing_paths.unfold(legends.decode(legend, rest).split("\n"))
        else:
            lines = unpack(encoded)[1]
        return unescape("\n".join(lines))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep entries and folders that the question names, the largest and smallest where it asks, and both ends where that is not all.

        Of a short listing in which all that is asked for is found, little else.
        """
        hints = said_last(hints, text)
        relevance = Relevance.from_hints(hints)
        lines = lines_of(text)
        sized = bool(relevance.asks & {"max", "min"})
        of_folder = _SIZE_OF.search(relevance.wording) is not None
        entries = listing_entries.read(lines, sized=sized or of_folder) if relevance.specific else None
        if entries is None:
            return None
        # The name of the folder that was listed tells nothing apart.
        relevance = relevance.telling_apart([f"{entry.path.lower()}/" for entry in entries if entry.path])
        inside, whole, meant, told_in = inside_named(relevance, entries)
        # Asked for what is in the folder "complex", or in "src/complex", nobody wants complex.rst from another one.
        paths_told = tuple(f"/{name}" for name in told_in if "/" in name)
        meant |= {part for way in paths_told for part in (way[1:], *way[1:].split("/"))}
        beside = relevance.only(lambda term: term.text.strip("/") not in meant) if meant else relevance
        keep = named_rows(beside, lines, strong_lines=_NAMED, near_lines=_NEAR)
        of_it = sized and _OF_IT.search(relevance.wording) is not None  # of what is in the folder
        if inside and of_folder and not of_it and (totals := listing_entries.totals(entries, inside)):
            keep -= inside  # how much is in a folder says its own line
            inside, told_in = totals, frozenset()
        tree = listing_tree.as_tabs(lines)
        keep |= inside or cut_off(relevance, entries, tree)
        sized = sized and not (told_in and whole and of_it)
        keep |= {row for row, entry in enumerate(entries) if f"/{entry.path.lower().rstrip('/')}".endswith(paths_told)}
        keep |= told_paths(hints, [entry.path for entry in entries])
        keep |= called_files(relevance.wording, [entry.path for entry in entries])
        short = len(text) <= _SHORT
        if keep or sized:
            odd = listing_modes.odd_modes(lines, relevance.wording)
            keep |= set() if short and not listing_modes.asks_for_modes(relevance.wording) else odd
        if sized:
            several = _SEVERAL if asks_for_several(relevance.wording) else 0
            asked = max(_FEW_EXTREMES if short else _EXTREMES, min(_MOST_EXTREMES, asked_count(hints.query) or several))
            largest = max(asked, min(_LARGEST, len(entries) // _LARGEST_OF))
            for among, count in listing_entries.told_apart(entries, relevance.wording, asked, largest):
                unasked = 0 if short else min(asked, len(entries) // _UNASKED_OF)
                least = asked if "min" in relevance.asks else unasked
                keep |= _extremes(among, count if "max" in relevance.asks else unasked, least)
        files = [row for row, entry in enumerate(entries) if entry.path]
        lacking = not (inside or told_in or sized) and is_elsewhere(hints, text, [entries[row].path for row in files])
        if lacking:  # what its name has in common with others tells nothing
            keep = {files[0], files[-1]}
        keep = {row for row in keep if row < len(lines)}
        if not any(entries[row].path for row in keep):
            return None
        answered = (
            whole
            or _is_found(relevance, hints, [entries[row].path for row in keep])
            or (sized and any(entry.size >= 0 for entry in entries))
        )
        # A folder that is asked for is there as a whole.
        ways = tuple(f"/{name}" for name in told_in)
        folder = bool(told_in) and all(f"/{entries[row].path.lower()}".endswith(ways) for row in keep - inside)
        ends = max(2, min(_ENDS, 0 if whole else len(files) // _UNASKED_OF)) if answered else _ENDS
        ends = 0 if folder or lacking or (answered and short) else ends
        keep |= {*files[:ends], *files[len(files) - ends :]}
        if not lacking and not (answered and short):
            keep.update(between_ends(keep, files))
        if answered and entries[files[-1]].path.rstrip("/") in _OF_ALL:
            keep.add(files[-1])
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

        few = _FEW_FOLDERS if answered else _FOLDERS
        told = "" if answered and short else by_folder(folders, few)
        head = count_told(paths, told, tabs=tree is not None, endings=0 if answered and short else MOST_ENDINGS)
        if folder and not any(f"{name}/ {len(inside)}" in head for name in told_in):
            head = f"{head.removesuffix(']')}; {len(inside)} below {'/ or '.join(sorted(told_in))}/]"
        told = "listing:folder" if folder else "listing:asked" if answered or lacking else "listing:named"
        pieces = elide(tree or lines, keep, note=note, min_chars=_GAP_CHARS, few_chars=_GAP_CHARS)
        if not any(isinstance(piece, Gap) and piece.note for piece in pieces):
            pieces = [replace(piece, brief=True) if isinstance(piece, Gap) else piece for piece in pieces]
            head = omissions.others(head)
        return finish(pieces, self.kind, told, head=[head, *(told_absent(hints, text) if lacking else [])])

    def explains(self, text: str, lines: list[str]) -> bool:
        """Whether each line is a branch of the tree, as lossy draws it."""
        known = {escape(line) for line in listing_tree.as_tabs(lines_of(text)) or ()}
        return known.issuperset(lines)


def _is_found(relevance: Relevance, hints: Hints, paths: Sequence[str]) -> bool:
    """Whether a question looks up files by their names, and all of them are among these."""
    names = [term.text for term in relevance.named if term.weight >= NAME and " " not in term.text]
    joined = "\n".join(paths).lower()
    return bool(names) and looks_up(hints.query) and all(name in joined for name in names)


def _fold_long(lines: Sequence[str]) -> str | None:
    long = [match for line in lines if (match := LONG.fullmatch(line)) is not None]
    if len(long) < 3 or len(long) < 0.5 * sum(map(bool, lines)):
        return None
    return pack(list(lines), listing_counts.sorts(long))


def _fold_told(lines: Sequence[str]) -> str | None:
    entries = listing_entries.entries_of_told(lines)
    if entries is None:
        return None
    paths = [entry.path for entry in entries if entry.path]
    endings = listing_counts.endings_of(paths)
    return pack(list(lines), [f"{SIGIL}{len(paths)} entries: {endings}]"] if endings else [])


def _extremes(entries: Mapping[int, Entry], largest: int, smallest: int) -> set[int]:
    """So many of the largest and of the smallest of these entries, by their rows."""
    sized = sorted((entry.size, row) for row, entry in entries.items() if entry.size >= 0)
    return {row for _, row in [*sized[:smallest], *sized[len(sized) - min(largest, len(sized)) :]]}


COMPRESSORS: tuple[Compressor, ...] = (Listing(),)
