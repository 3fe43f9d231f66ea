"""Unified diffs: the two name lines said once without loss; with loss the hunks that the question names, whole."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.packing import LineCompressor, pack, unpack
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.selecting import elide, finish

_START = re.compile(r"diff --git (a/.*) (b/.*)")
_EXTENDED = re.compile(
    r"(?:index|old mode|new mode|similarity index|dissimilarity index|rename (?:from|to)|copy (?:from|to)) "
)
_HUNK = re.compile(r"@@@* -\d+(?:,\d+)? .*@@")
_OVER = 6_000
"""A diff of fewer characters is read whole."""
_CLOSE = 4.0
"""Hunks within this factor of the best one's doubt stay too."""
_SURE = 0.6
"""A hunk must score at least this much to be what the question is about."""
_HUNKS = 24
_BULK = re.compile(
    r"(?:^|/)(?:package-lock\.json|yarn\.lock|pnpm-lock\.yaml|Cargo\.lock|poetry\.lock|uv\.lock|composer\.lock|Gemfile\.lock"
    r"|go\.sum|Pipfile\.lock)$|\.min\.(?:js|css)$|\.map$|\.snap$"
)
_NAMES_INSIDE = f"{SIGIL}each diff --git line also stands for the --- and +++ lines]"


@dataclass(frozen=True, slots=True)
class _Hunk:
    first: int
    """Row of the ``@@`` line."""
    end: int
    """Row behind the last line."""


@dataclass(frozen=True, slots=True)
class _File:
    first: int
    end: int
    path: str
    hunks: tuple[_Hunk, ...]
    added: int
    removed: int


class Diff(LineCompressor):
    """``git diff``, ``git show``, ``diff -u`` and patches."""

    kind = "diff"
    layout = "slim"

    def encode(self, text: str) -> str | None:
        """Drop the ``---`` and ``+++`` lines that the ``diff --git`` line says already, then repeats and a legend."""
        lines = escape(text).split("\n")
        if not any(_START.fullmatch(line) or _HUNK.match(line) for line in lines):
            return None
        slim = _drop_names(lines)
        head = [_NAMES_INSIDE] if slim is not None else []
        return pack(lines if slim is None else slim, head, always=slim is not None, margin=False)

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        head, lines = unpack(encoded)
        return unescape("\n".join(_restore_names(lines) if head else lines))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep whole hunks that the question names under their file's header; list every file with its counts of lines.

        A diff that nobody asked about keeps all its hunks but those of lock files and the like.
        """
        lines = text.split("\n")
        files = _parse(lines)
        if not files or len(text) < _OVER:
            return None
        relevance = Relevance.from_hints(hints)
        chosen = _named(lines, files, relevance) if relevance.specific else []
        if not chosen:
            chosen = [(file, hunk) for file in files if not _is_bulk(file) for hunk in file.hunks]
            if len(chosen) == sum(len(file.hunks) for file in files):
                return None
        keep = set(range(files[0].first))
        for file, hunk in chosen:
            keep.update(range(file.first, file.hunks[0].first))
            keep.update(range(hunk.first, hunk.end))

        def note(first: int, last: int) -> str:
            hunks = sum(first <= hunk.first <= last for file in files for hunk in file.hunks)
            return f"{hunks} hunks"

        stat = ", ".join(f"{file.path} +{file.added} -{file.removed}" for file in files)
        total = sum(len(file.hunks) for file in files)
        head = f"{SIGIL}{len(files)} files, {total} hunks: {stat}]"
        return finish(elide(lines, keep, note=note), self.kind, "diff:hunks", head=[head], packed=False)


def _drop_names(lines: list[str]) -> list[str] | None:
    out: list[str] = []
    done = 0
    for names, behind in _headers(lines):
        if lines[behind : behind + 2] == [f"--- {names[1]}", f"+++ {names[2]}"]:
            out += lines[done:behind]
            done = behind + 2
    out += lines[done:]
    return out if len(out) < len(lines) and _restore_names(out) == lines else None


def _restore_names(lines: Sequence[str]) -> list[str]:
    out: list[str] = []
    done = 0
    for names, behind in _headers(lines):
        if behind < len(lines) and _HUNK.match(lines[behind]):
            out += [*lines[done:behind], f"--- {names[1]}", f"+++ {names[2]}"]
            done = behind
    return [*out, *lines[done:]]


def _headers(lines: Sequence[str]) -> Iterator[tuple[re.Match[str], int]]:
    """Yield the names that each ``diff --git`` line gives, and the row behind the lines that tell more of the file."""
    for row, line in enumerate(lines):
        if line.startswith("diff --git ") and (names := _START.fullmatch(line)) is not None:
            behind = row + 1
            while behind < len(lines) and _EXTENDED.match(lines[behind]):
                behind += 1
            yield names, behind


def _parse(lines: Sequence[str]) -> list[_File]:
    """Cut a diff into files and hunks; what stands before the first file belongs to none."""
    firsts = "".join([line[:1] or "\n" for line in lines])
    starts = [(row, match[2][2:]) for row in _rows(firsts, "d") if (match := _START.fullmatch(lines[row])) is not None]
    if not any(lines[row].startswith("diff --git ") for row in _rows(firsts, "d")):
        starts = [
            (row, lines[row + 1][4:].partition("\t")[0])
            for row in _rows(firsts, "-")
            if lines[row].startswith("--- ") and row + 1 < len(lines) and lines[row + 1].startswith("+++ ")
        ]
    hunks = [row for row in _rows(firsts, "@") if _HUNK.match(lines[row])]
    files: list[_File] = []
    ends = [*(row for row, _ in starts[1:]), len(lines) - (bool(lines) and not lines[-1])]
    for (first, path), end in zip(starts, ends, strict=False):
        own = hunks[bisect_left(hunks, first) : bisect_left(hunks, end)]
        if own:
            whole = tuple(_Hunk(row, behind) for row, behind in pairwise([*own, end]))
            files.append(_File(first, end, path, whole, firsts.count("+", own[0], end), firsts.count("-", own[0], end)))
    return files


def _rows(firsts: str, sign: str) -> Iterator[int]:
    """Rows that begin with a sign; ``firsts`` holds the first character of each."""
    row = firsts.find(sign)
    while row >= 0:
        yield row
        row = firsts.find(sign, row + 1)


def _named(lines: Sequence[str], files: Sequence[_File], relevance: Relevance) -> list[tuple[_File, _Hunk]]:
    """Hunks that have about as much to do with the question as the best one, best first."""
    scored = [
        (relevance.score("\n".join([file.path, *lines[hunk.first : hunk.end]])), file, hunk)
        for file in files
        for hunk in file.hunks
    ]
    best = max(score for score, _, _ in scored)
    if best < _SURE:
        return []
    floor = 1.0 - _CLOSE * (1.0 - best) - 1e-9
    chosen = sorted((-score, hunk.first, file, hunk) for score, file, hunk in scored if score >= floor)
    return [(file, hunk) for _, _, file, hunk in chosen[:_HUNKS]]


def _is_bulk(file: _File) -> bool:
    return _BULK.search(file.path) is not None


COMPRESSORS: tuple[Compressor, ...] = (Diff(),)
