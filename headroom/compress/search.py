"""Search results of grep and ripgrep: hits under their file's heading; with loss, those that the question names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from headroom.compress import phrases
from headroom.compress.folders import name_folders
from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of, once
from headroom.compress.packing import LineCompressor
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Gap, Hints, Rendition
from headroom.compress.selecting import between_ends, elide, finish

_NO_PATH = re.compile(r"[\[(\"'<{]|\W*\d+[-/.:]\d")
"""A bracket, a quote, a clock time or a date starts no path."""
_ENDING = re.compile(r".*(?:\.[A-Za-z][\w+-]*|file)", re.DOTALL)
_MAX_PATH = 1024
_HIT = re.compile(rf"((?:[^:]:(?=[/\\]))?[^:]{{1,{_MAX_PATH}}}+):(?:0|[1-9][0-9]{{0,9}}):")
"""Path and line number. The number has no leading zero: a clock's minutes may. A drive's colon is part of the path."""
_CONTEXT = re.compile(r"-(?:0|[1-9]\d{0,9})-")
_NUMBERED = re.compile(r"(0|[1-9]\d*)([:-])")
_LOOK = 400
"""Lines that are looked at before the rest is read."""
_SHARE = 0.6
"""Part of the lines that must be hits."""
_BARE_SHARE = 0.9
"""The same where hits have no line number, which makes them easy to take for something else."""
_SAMPLED_FILES = 12
_ENDS = 2
"""Hits that stay at either end."""
_NEAR = 1
"""Lines of the same file kept on either side of a named hit."""


class _Row(NamedTuple):
    """A line of the result; ``path`` is empty for lines that belong to no file."""

    path: str = ""
    rest: str = ""
    """What stands under the heading: number, separator and text."""
    hit: bool = False


_NO_ROW = _Row()
_row: Callable[[tuple[str, str, bool]], _Row] = partial(tuple.__new__, _Row)
"""`_Row` of a tuple, in half the time of calling the class: there is one for each line."""
_OF_HIT, _OF_CONTEXT = 1, 2
_NO_LINES = frozenset(("", "--"))


class Search(LineCompressor):
    """``grep -rn``, ``rg -n`` and what agents' search tools print: flat or under headings, with context lines or not."""

    kind = "search"
    layout = "headings"

    def encode(self, text: str) -> str | None:
        """Put the hits of a file under its path, and long folder names into a legend."""
        text = escape(text)
        lines = lines_of(text)
        rows = _parse_flat(text)
        if rows is None:
            return None
        folded = _fold(lines, rows)
        headings = {
            row: 0
            for row, line in enumerate(folded)
            if "/" in line and line[0] not in "\\:" and not _NUMBERED.match(line)
        }
        legend, folded = name_folders(folded, headings)
        return "\n".join([*legend, _count(rows, ()), *folded])

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        legend, body = phrases.split(encoded)
        body = body.partition("\n")[2]
        return unescape("\n".join(_unfold(phrases.decode(legend, body).split("\n"))))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep the hits that the question names, every file with its count of hits, and the hits at both ends."""
        relevance = Relevance.from_hints(hints)
        if not relevance.specific:
            return None
        lines = lines_of(text)
        flat = _parse_flat(text)
        rows = flat if flat is not None else _parse_headed(lines)
        if rows is None:
            return None
        named = {row for row in named_rows(relevance, lines) if rows[row].path}
        if not named:
            return None
        keep = _around(named, rows)
        hits = [row for row, parsed in enumerate(rows) if parsed[2]]
        keep |= {*hits[:_ENDS], *hits[-_ENDS:]}
        keep.update(between_ends(keep, hits, _ENDS))
        files = Counter([parsed[0] for parsed in rows if parsed[2]])
        if len(files) <= _SAMPLED_FILES:
            first: dict[str, int] = {}
            for row in hits:
                first.setdefault(rows[row].path, row)
            keep |= set(first.values())
        if flat is None:
            keep |= _headings_of(keep, rows)
        pieces = elide(lines, keep)
        if flat is not None:
            pieces = _head(pieces, rows, lines)
        return finish(pieces, self.kind, "search:named", head=[_count(rows, list(files.items()))], packed=False)

    def explains(self, text: str, lines: list[str]) -> bool:
        """Whether each line is a hit without its path, or a path, as lossy folds them."""
        rows = _parse_flat(text) or ()
        known = {row[0] for row in rows} | {row[1] for row in rows}
        return all(unescape(line) in known for line in lines)


def _is_path(text: str) -> bool:
    """Whether this can be a file's name: it has a slash, a backslash or an ending."""
    if not text or len(text) > _MAX_PATH or _NO_PATH.match(text) or "\0" in text:
        return False
    return "/" in text or "\\" in text or _ENDING.fullmatch(text) is not None


def _path_end(line: str) -> int:
    """Where the colon behind the path stands, a drive's passed over; -1 if there is none."""
    at = line.find(":", 0, _MAX_PATH)
    return line.find(":", 2, _MAX_PATH) if at == 1 and line[2:3] in {"/", "\\"} else at


@once
def _parse_flat(text: str) -> list[_Row] | None:
    """Read ``path:12:text`` or ``path:text`` lines, or None if most lines are something else."""
    lines = lines_of(text)
    some = [line for line in lines[:_LOOK] if line and line != "--"]
    if not some:
        return None
    hit_paths = [match[1] if match else "" for match in map(_HIT.match, lines)]
    paths = {path for path in set(hit_paths) if len(path) < _MAX_PATH and _is_path(path)}
    owners = _owners(lines[:_LOOK], hit_paths, paths)
    numbered = sum([kind > 0 for _, kind in owners]) >= _SHARE * len(some)
    if not numbered and sum([_is_bare(line, _path_end(line)) for line in some]) < _BARE_SHARE * len(some):
        return None
    if numbered:
        owners += _owners(lines[_LOOK:], hit_paths[_LOOK:], paths)
        rows = [
            _row((path, line[len(path) + 1 :], kind == _OF_HIT)) if kind else _NO_ROW
            for line, (path, kind) in zip(lines, owners, strict=True)
        ]
    else:
        rows = [
            _Row(line[:end], line[end:], hit=True) if _is_bare(line, end := _path_end(line)) else _NO_ROW
            for line in lines
        ]
    hits = sum([row[2] for row in rows])
    other = len([line for line, row in zip(lines, rows, strict=True) if row is _NO_ROW and line not in _NO_LINES])
    return rows if hits >= 3 and other <= len(rows) * (1 - _SHARE) else None


def _owners(lines: Sequence[str], hit_paths: Iterable[str], paths: set[str]) -> list[tuple[str, int]]:
    """Path of each numbered line and which sort of line it is; an empty path and 0 for a line that is none."""
    return [
        (path, _OF_HIT) if path in paths else _owner(line, paths) for line, path in zip(lines, hit_paths, strict=False)
    ]


def _owner(line: str, paths: set[str]) -> tuple[str, int]:
    """Path of a line that is no hit, and whether it is one of context."""
    if "-" not in line:
        return "", 0
    for match in _CONTEXT.finditer(line, 1, _MAX_PATH):
        if line[: match.start()] in paths:
            return line[: match.start()], _OF_CONTEXT
    return "", 0


def _is_bare(line: str, path_end: int) -> bool:
    return path_end > 0 and line[path_end + 1 : path_end + 2] not in {":", "/", "\\"} and _is_path(line[:path_end])


def _parse_headed(lines: Sequence[str]) -> list[_Row] | None:
    """Read ``path`` and ``12:text`` lines as ripgrep's ``--heading`` prints them."""
    some = [line for line in lines[:_LOOK] if line]
    if sum(_NUMBERED.match(line) is not None for line in some) < (1 - _SHARE) * len(some):
        return None
    rows: list[_Row] = []
    path = ""
    hits = headings = other = 0
    for line in lines:
        match = _NUMBERED.match(line)
        if match is not None and path:
            rows.append(_Row(path, line, hit=match[2] == ":"))
            hits += match[2] == ":"
        elif line and match is None and _path_end(line) < 0 and _is_path(line.strip()):
            path = line
            headings += 1
            rows.append(_Row(path))
        else:
            other += line not in {"", "--"}
            rows.append(_Row())
    if hits < 3 or not headings or other > hits * (1 - _SHARE):
        return None
    return rows


def _fold(lines: Sequence[str], rows: Sequence[_Row]) -> list[str]:
    """Escaped lines: headings, what stands under them, and everything else behind a backslash."""
    out: list[str] = []
    path = ""
    for line, row in zip(lines, rows, strict=True):
        if not row.path:
            out.append(line if line in {"", "--"} else f"\\{line}")
            continue
        if row.path != path:
            path = row.path
            out.append(path if path[0] not in "\\-:" and not _NUMBERED.match(path) else f"\\\\{path}")
        out.append(row.rest)
    return out


def _unfold(lines: Sequence[str]) -> list[str]:
    out: list[str] = []
    path = ""
    for line in lines:
        if line in {"", "--"}:
            out.append(line)
        elif line.startswith("\\\\"):
            path = line[2:]
        elif line[0] == "\\":
            out.append(line[1:])
        elif line[0] == ":":
            out.append(path + line)
        elif match := _NUMBERED.match(line):
            out.append(f"{path}{match[2]}{line}")
        else:
            path = line
    return out


def _around(named: set[int], rows: Sequence[_Row]) -> set[int]:
    """Add the neighbours in the same file."""
    return {
        near
        for row in named
        for near in range(max(0, row - _NEAR), min(len(rows), row + _NEAR + 1))
        if rows[near].path == rows[row].path
    }


def _headings_of(keep: set[int], rows: Sequence[_Row]) -> set[int]:
    headings: dict[str, int] = {}
    for row, parsed in enumerate(rows):
        if parsed.path and not parsed.rest:
            headings[parsed.path] = row
    return {headings[rows[row].path] for row in keep if rows[row].path in headings}


def _head(pieces: Sequence[str | Gap], rows: Sequence[_Row], lines: Sequence[str]) -> list[str | Gap]:
    """Fold the kept runs of flat rows under headings; the heading is repeated after a gap in another file."""
    out: list[str | Gap] = []
    at = 0
    path = ""
    for piece in pieces:
        if isinstance(piece, Gap):
            out.append(piece)
            at = piece.last
            continue
        end = at + piece.count("\n")
        run = []
        for row in range(at, end):
            parsed = rows[row]
            if not parsed.path:
                run.append(escape(lines[row]))
                continue
            if parsed.path != path:
                path = parsed.path
                run.append(escape(path))
            run.append(parsed.rest)
        tail = piece[piece.rfind("\n") + 1 :]
        if tail:
            parsed = rows[end]
            run += (
                [tail]
                if not parsed.path
                else [parsed.rest]
                if parsed.path == path
                else [escape(parsed.path), parsed.rest]
            )
        out.append("\n".join(run) + ("" if tail else "\n"))
        at = end
    return out


def _count(rows: Sequence[_Row], files: Sequence[tuple[str, int]]) -> str:
    hits = sum([row[2] for row in rows])
    if files:
        listed = ", ".join(f"{path} {count}" for path, count in files)
        return f"{SIGIL}{hits} hits in {len(files)} files: {listed}]"
    paths = len({row.path for row in rows if row.hit})
    return f"{SIGIL}flat list of {hits} hits in {paths} files, here under their file's name]"


COMPRESSORS: tuple[Compressor, ...] = (Search(),)
