"""The hits of grep and ripgrep as they print them: each line's path, place and text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.once import lines_of, once
from headroom.compress.search_headings import HEADED, NO_LINES, NUMBERED, name_once
from headroom.compress.search_hits import Parsed

_NO_PATH = re.compile(r"[\[(\"'<{]|\W*\d+[-/.:]\d")
"""A bracket, a quote, a clock time or a date starts no path."""
_ENDING = re.compile(r".*(?:\.[A-Za-z][\w+-]*|file)", re.DOTALL)
_MAX_PATH = 1024
_LINE = re.compile(
    rf"(?:((?:[^:\n]:(?=[/\\]))?[^:\n]{{1,{_MAX_PATH}}}+):(?=(?:0|[1-9][0-9]{{0,9}}):))?+([^\n]*+)(?:\n|\Z)"
)
"""A hit's path and what follows it, from the line number on, or another line.

The number has no leading zero: a clock's minutes may. A drive's colon is part of the path.
"""
_CONTEXT = re.compile(r"-(?:0|[1-9]\d{0,9})-")
LOOK = 400
"""Lines that are looked at before the rest is read."""
_SHARE = 0.6
"""Part of the lines that must be hits."""
_BARE_SHARE = 0.9
"""The same where hits have no line number, which makes them easy to take for something else."""
_MIN_HITS = 3


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
def parse_flat(text: str) -> Parsed | None:
    """Read ``path:12:text`` or ``path:text`` lines, or None if most lines are something else."""
    lines = lines_of(text)
    some = [line for line in lines[:LOOK] if line and line != "--"]
    if not some:
        return None
    read = _LINE.findall(text)[: len(lines)]
    paths, rests = map(list, zip(*read, strict=True))
    known = {path for path in set(paths) if len(path) < _MAX_PATH and _is_path(path)}
    if known.issuperset(paths):
        return Parsed(paths, rests, [True] * len(lines)) if len(lines) >= _MIN_HITS else None
    parsed = Parsed(paths, rests, list(map(known.__contains__, paths)))
    _find_context(lines, parsed, range(min(LOOK, len(lines))), known)
    if len(parsed.paths[:LOOK]) - parsed.paths[:LOOK].count("") >= _SHARE * len(some):
        _find_context(lines, parsed, range(LOOK, len(lines)), known)
    elif _are_bare(some):
        ends = [end if _is_bare(line, end := _path_end(line)) else 0 for line in lines]
        parsed = Parsed(
            [line[:end] for line, end in zip(lines, ends, strict=True)],
            [line[end:] if end else "" for line, end in zip(lines, ends, strict=True)],
            [end > 0 for end in ends],
        )
    else:
        return None
    other = len([line for line, path in zip(lines, parsed.paths, strict=True) if not path and line not in NO_LINES])
    return parsed if parsed.found >= _MIN_HITS and other <= len(lines) * (1 - _SHARE) else None


def _find_context(lines: Sequence[str], parsed: Parsed, rows: range, known: set[str]) -> None:
    """Write into the rows that are no hits what they are."""
    for row, hit in zip(rows, parsed.hits[rows.start : rows.stop], strict=True):
        if not hit:
            parsed.paths[row], parsed.rests[row] = _context(lines[row], known) if known else ("", "")


def _context(line: str, known: set[str]) -> tuple[str, str]:
    """Path and rest of a line of context; empty for another line."""
    if "-" in line:
        for match in _CONTEXT.finditer(line, 1, _MAX_PATH):
            if line[: match.start()] in known:
                return line[: match.start()], line[match.start() + 1 :]
    return "", ""


def _is_bare(line: str, path_end: int) -> bool:
    return path_end > 0 and line[path_end + 1 : path_end + 2] not in {":", "/", "\\"} and _is_path(line[:path_end])


def _are_bare(lines: Sequence[str]) -> bool:
    """Whether most are ``path:text``; where they are not, a few show it."""
    others = 0
    for line in lines:
        others += not _is_bare(line, _path_end(line))
        if len(lines) - others < _BARE_SHARE * len(lines):
            return False
    return True


def parse_headed(lines: Sequence[str]) -> Parsed | None:
    """Read ``path`` and ``12:text`` lines as ripgrep's ``--heading`` prints them."""
    some = [line for line in lines[:LOOK] if line]
    if sum([NUMBERED.match(line) is not None for line in some]) < (1 - _SHARE) * len(some):
        return None
    if len(lines) <= LOOK and all(map(NUMBERED.match, some)):
        return None  # no heading
    parsed = Parsed([], [], [])
    path = ""
    headings = other = 0
    for line in lines:
        match = NUMBERED.match(line)
        owner = rest = ""
        if match is not None and path:
            owner, rest = path, line
        elif line and match is None and _path_end(line) < 0 and _is_path(line.strip()):
            owner = path = line
            headings += 1
        else:
            other += line not in NO_LINES
        parsed.paths.append(owner)
        parsed.rests.append(rest)
        parsed.hits.append(rest != "" and match is not None and match[2] == ":")
    if parsed.found < _MIN_HITS or not headings or other > parsed.found * (1 - _SHARE):
        return None
    return parsed


def encode_headed(lines: Sequence[str]) -> str | None:
    """Escaped lines with headings of files, those in a row below their folder's; None where that is no other text.

    `search_headings.unfold_headed` inverts it below the first line.
    """
    parsed = parse_headed(lines)
    if parsed is None:
        return None
    headings = [row for row, rest in enumerate(parsed.rests) if parsed.paths[row] and not rest]
    if any(not path and line not in NO_LINES for line, path in zip(lines, parsed.paths, strict=True)):
        return None
    folded, said = name_once(lines, headings)
    return "\n".join([f"{HEADED}{said}]", *folded]) if said else None
