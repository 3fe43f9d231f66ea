"""YAML, TOML, INI and their like: what is asked for stays verbatim, the rest is named in the gaps."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from headroom.compress import any_lines
from headroom.compress.config_odd import odd_rows
from headroom.compress.config_outline import Entry, entries, looks_like_config
from headroom.compress.folding import SIGIL
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition
from headroom.compress.sides import united
from headroom.compress.tabular import DrawnTable

_LEAST = 0.3
"""Below this score nothing in the text is what was asked for."""
_LONG_QUERY = 1_200
_SURE = 0.8
"""The least score for a longer query, where single words meet by chance."""
_CLOSE = 0.7
"""Entries that score this share of the best are shown too."""
_LONG_ENTRY = 150
"""Lines; of a longer entry only the parts in question are shown."""
_NAME = 0.9
"""Weight of a name: where one entry holds such, a long one without is not what is asked about, whatever its words."""
_MAX_DEPTH = 4
_SHOWN_SHARE = 0.5
_COMMENT_LINES = 5
_COMMENT_CHARS = 300
"""A comment this long is left out, unless the question is about it."""
_RECORDS = 20
"""So many entries side by side are records, of which some stay at either end unless they are longer than this:"""
_RECORD_ENDS = 2
_RECORD_CHARS = 160
_MIN_GAP_LINES = 3
_MIN_GAP_CHARS = 130
_NOTE_CHARS = 225
_MAX_LINES = 100_000
_HEAD = 3
"""Lines that stay at the top: what the file is, its version."""
_TAIL = 2
_END_CHARS = 120
_OUTLINE_SHARE = 0.12
"""Part of the text that the notes of its gaps may take."""
_JSON = re.compile(r"\s*(?:\{|\[\s*(?:[{\"]|\[(?!\w)))")
_ALIKE = 3
_NAMED = re.compile(r"\s*(?:- )?(?:name|id): *\S")
_OFF = re.compile(
    r"\b(?:not|\w+n['’]t|un(?:healthy|ready|available|schedul\w+|usual)|odd|bad|broken|stuck|down|wrong)\b",
    re.IGNORECASE,
)
"""Asks for what is not as it should be."""
_BLOCK_SCALAR = re.compile(r"[|>][-+0-9]*\s*(?:#.*)?$")


class ConfigText(LineCompressor):
    """Configuration files, one or several in a text."""

    kind = "config"
    layout = "rows"

    def encode(self, text: str) -> str | None:
        """Entries made alike as a pattern and rows, repeated blocks once, a legend; keys are never written anew."""
        return None if _JSON.match(text) else any_lines.encode(text)

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        return any_lines.decode(encoded)

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Show the entries that the question is about; where it names none, leave out what long comments say.

        Where the call was made for names that stand nowhere in the text, only an outline stays.
        """
        relevance = Relevance.from_hints(hints)
        if not relevance.specific or "every" in relevance.asks or _JSON.match(text):
            return None
        lines = lines_of(text)
        if len(lines) > _MAX_LINES or not looks_like_config(lines):
            return None
        total = len(lines) - (not lines[-1])
        outline: list[Entry] = []
        least = _LEAST if len(hints.query) <= _LONG_QUERY else _SURE

        def chosen(side: Hints) -> set[int]:
            choice = _Choice(lines, Relevance.from_hints(side), least)
            choice.choose(0, total - 1, 0)
            outline.extend(choice.outline)
            return choice.keep

        keep = united(hints, chosen)
        if not keep:
            keep = set(range(total))  # less its comments
        elif sum(len(lines[i]) for i in keep) > _SHOWN_SHARE * len(text):
            asks_for_odd = "failure" in relevance.asks or _OFF.search(hints.query) is not None
            keep = _odd_entries(lines[:total], outline) if asks_for_odd else set()
            if not keep or sum(len(lines[i]) for i in keep) > _SHOWN_SHARE * len(text):
                return None
        keep -= _long_comments(lines, keep, relevance)
        keep |= odd_rows(lines[:total])
        ends = (*range(min(_HEAD, total)), *range(max(0, total - _TAIL), total))
        keep |= {i for i in ends if len(lines[i]) <= _END_CHARS}
        pieces = _pieces(lines[:total], keep, outline, len(text))
        if not any(isinstance(piece, Gap) for piece in pieces):
            return None
        kinds = f"\n{text}".count("\nkind:")
        if kinds > 1:
            pieces.insert(0, f"{SIGIL}config: {kinds} manifests]\n")
        return Rendition(tuple(pieces), self.kind, "config:entries", lossless=False)


class _Choice:
    """Walks down to the entries in question."""

    def __init__(self, lines: Sequence[str], relevance: Relevance, least: float) -> None:
        self.lines = lines
        self.keep: set[int] = set()
        self.outline: list[Entry] = []
        self._relevance = relevance
        self._least = least
        self._names = [term.text for term in relevance.named if term.weight >= _NAME]

    def choose(self, first: int, last: int, depth: int) -> None:
        """Keep what is in question between two lines; nothing at all if nothing is."""
        found = entries(self.lines, first, last)
        if len(found) == 1 and depth < _MAX_DEPTH and found[0].head < last:
            inner = entries(self.lines, found[0].head + 1, last)
            if len(inner) > 1:
                self.keep.update(range(first, found[0].head + 1))
                found = inner
        if len(found) < 2:
            if depth:
                self.keep.update(range(first, last + 1))
            return
        self.outline += _told_apart(self.lines, found)
        texts = [" ".join(self.lines[entry.first : entry.last + 1]) for entry in found]
        scores = self._relevance.score_lines(texts)
        best = max(scores)
        if best < self._least:
            if depth:
                self.keep.update(range(first, last + 1))
            else:
                self.keep.clear()
            return
        if len(found) >= _RECORDS:
            for entry in (*found[:_RECORD_ENDS], *found[-_RECORD_ENDS:]):
                if sum(map(len, self.lines[entry.first : entry.last + 1])) <= _RECORD_CHARS:
                    self.keep.update(range(entry.first, entry.last + 1))
        named = [any(name in text for name in self._names) for text in map(str.lower, texts)]
        for entry, score, holds in zip(found, scores, named, strict=True):
            long = entry.last - entry.first >= _LONG_ENTRY
            if score < _CLOSE * best or (long and not holds and any(named)):
                continue
            if long and depth < _MAX_DEPTH:
                self.keep.update(range(entry.first, entry.head + 1))
                self.choose(entry.head + 1, entry.last, depth + 1)
            else:
                self.keep.update(range(entry.first, entry.last + 1))


def _told_apart(lines: Sequence[str], found: Sequence[Entry]) -> list[Entry]:
    """Entries that all begin alike, labelled by the name that each has further down."""
    if len(found) < _ALIKE or len({entry.label for entry in found}) > 1:
        return list(found)
    names = [
        next((line.strip() for line in lines[entry.first : entry.last + 1] if _NAMED.match(line)), entry.label)
        for entry in found
    ]
    return [replace(entry, label=name) for entry, name in zip(found, names, strict=True)]


def _odd_entries(lines: Sequence[str], outline: Sequence[Entry]) -> set[int]:
    """Entries made alike, side by side, with a setting that differs from that of nearly all others."""
    odd = odd_rows(lines)
    inner = [entry for entry in outline if entry.last - entry.first < len(lines) // _RECORD_ENDS]
    return {
        row
        for entry in inner
        if not odd.isdisjoint(range(entry.first, entry.last + 1))
        for row in range(entry.first, entry.last + 1)
    }


def _long_comments(lines: Sequence[str], keep: set[int], relevance: Relevance) -> set[int]:
    """Lines of long comments that say nothing on the question; none inside block scalars."""
    drop: set[int] = set()
    if any(_BLOCK_SCALAR.search(lines[i]) for i in keep):
        return drop
    rows = sorted(keep)
    for is_comment, group in groupby(rows, key=lambda i: lines[i].lstrip()[:1] in {"#", ";"}):
        run = list(group)
        size = sum(len(lines[i]) for i in run)
        long = len(run) >= _COMMENT_LINES and size >= _COMMENT_CHARS and run[-1] - run[0] == len(run) - 1
        if is_comment and long and relevance.score(" ".join(lines[i] for i in run)) < _LEAST:
            drop.update(run)
    return drop


def _pieces(lines: Sequence[str], keep: set[int], outline: Sequence[Entry], size: int) -> list[str | Gap]:
    pieces: list[str | Gap] = []
    outline = sorted(outline, key=lambda entry: (entry.first, -entry.last))
    start = 0
    room = int(_OUTLINE_SHARE * size)
    ordered = sorted(keep)
    for before, behind in zip([-1, *ordered], [*ordered, len(lines)], strict=True):
        first, last = before + 1, behind - 1
        if last - first + 1 < _MIN_GAP_LINES or sum(map(len, lines[first:behind])) < _MIN_GAP_CHARS:
            continue
        if first > start:
            pieces.append("".join(f"{line}\n" for line in lines[start:first]))
        for a, b, note in _parts(outline, first, last, room):
            room -= len(note)
            pieces.append(Gap(a + 1, b + 1, "lines", note))
        start = behind
    if start < len(lines):
        pieces.append("".join(f"{line}\n" for line in lines[start:]))
    return pieces


def _parts(outline: Sequence[Entry], first: int, last: int, room: int) -> list[tuple[int, int, str]]:
    """Cut a gap so that each part's entries fit a note; beyond ``room`` characters names are only counted."""
    at = bisect_left(outline, first, key=lambda entry: entry.first)
    inside: list[Entry] = []
    for entry in outline[at:]:
        if entry.first > last:
            break
        # An entry comes before those in it.
        if entry.last <= last and entry.label and not (inside and entry.last <= inside[-1].last):
            inside.append(entry)
    parts: list[tuple[int, int, str]] = []
    start, names, used = first, list[str](), 0
    for position, entry in enumerate(inside):
        if used + len(entry.label) > _NOTE_CHARS and names:
            parts.append((start, entry.first - 1, "; ".join(names)))
            room -= used
            start, names, used = entry.first, [], 0
            if room <= 0:
                parts.append((start, last, f"{len(inside) - position} more entries"))
                return parts
        names.append(entry.label)
        used += len(entry.label) + 2
    parts.append((start, last, "; ".join(names)))
    return parts


COMPRESSORS = (DrawnTable(records_only=True), ConfigText())
"""Records printed a field a line (``id = 7``) look like settings at first sight."""
