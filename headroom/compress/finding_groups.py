"""Many findings of linters and compilers: each file's below its name, and a message that comes several times once, with its places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from headroom.compress.findings import digest, findings_of
from headroom.compress.folding import SIGIL, has_sigil
from headroom.compress.once import lines_of, once
from headroom.compress.rendition import Rendition

_FLAT = re.compile(
    r"(?P<path>(?:[A-Za-z]:(?=[\\/]))?[^\s:()][^:()\n]{0,300}?)(?::(?P<place>\d+(?::\d+)?(?:-\d+(?::\d+)?)?)|(?P<round>\(\d+(?:,\d+){0,3}\))): (?P<said>\S.*)"
)
_AT = r"(?:\d+(?::\d+)?(?:-\d+(?::\d+)?)?|\(\d+(?:,\d+){0,3}\))"
_GROUP = re.compile(rf"(?P<at>{_AT}): (?P<said>\S.*?)(?:; also (?P<others>{_AT}(?:, {_AT})*))?")
_MANY = 200
"""Of fewer findings each stays on a line of its own."""
_ALONE = 10
"""So many stay as they are above all others, which shows how they are written."""
_NEARLY_ALL = 0.9
_GAIN = 0.8
"""Part of the text that it may take."""
_HEAD = f"{SIGIL}below, findings stand under their file, and those with the same message as one, with all their places]"


_BLANKS = frozenset(" \t")
"""What the lines below a finding begin with."""


class _Place(NamedTuple):
    """Where a finding is, and what is said of it: the rest of its line."""

    path: str
    at: str
    said: str


@once
def grouped(text: str) -> Rendition | None:
    """All findings, none left out, in the order of their files; None where they are few, or gain little.

    What they are in the order of the text can be fetched.
    """
    found = findings_of(text)
    if len(found) < _MANY or has_sigil(text):
        return None
    lines = lines_of(text)
    first, behind = found[0].start, found[-1].end
    rows = range(first, behind)
    heads = {row: place for row in rows if lines[row][:1] not in {"", " ", "\t"} and (place := _place(lines[row]))}
    above = _above_files(lines, rows, heads)
    if first not in heads or above is None:
        return None
    alone = sorted(heads)[:_ALONE]
    files: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for row in sorted(heads):
        place = heads[row]
        if row > alone[-1]:
            below = lines[row + 1 : _end(lines, row + 1, behind)]
            files.setdefault(place.path, {}).setdefault((place.said, *below), []).append(place.at)
    body = [*lines[first : _end(lines, alone[-1] + 1, behind)], _HEAD]
    for path, messages in files.items():
        body += [*above.get(path, ()), path]
        for (said, *below), places in messages.items():
            body += [f"{places[0]}: {said}" + (f"; also {', '.join(places[1:])}" if places[1:] else ""), *below]
    errors = sum([finding.error for finding in found])
    counts = [*digest(found), *([f"{SIGIL}{errors} errors]"] if errors else [])]
    whole = "\n".join([*lines[:first], *counts, *body, *lines[behind:]])
    return Rendition((whole,), "build", "build:grouped", lossless=False) if len(whole) < _GAIN * len(text) else None


def of_all(text: str, told: set[int] | None) -> Rendition | None:
    """The same, where the rows that a question wants are those of hardly fewer than all findings; None of them: all."""
    if told is not None:
        found = findings_of(text)
        if sum([finding.heads[-1] in told for finding in found]) < _NEARLY_ALL * len(found):
            return None
    return grouped(text)


def explained(text: str, lines: Sequence[str]) -> bool:
    """Whether each line is a path, or places and a message under it, as the source has them."""
    known = {place for line in lines_of(text) if line[:1] not in {"", " ", "\t"} and (place := _place(line))}
    paths = {place.path for place in known}
    path = ""
    for line in lines:
        if line in paths:
            path = line
        elif not line.startswith(SIGIL):
            match = _GROUP.fullmatch(line)
            if match is None or any(
                _Place(path, at, match["said"]) not in known
                for at in (match["at"], *(match["others"].split(", ") if match["others"] else ()))
            ):
                return False
    return True


def _place(line: str) -> _Place | None:
    match = _FLAT.fullmatch(line)
    return _Place(match["path"], match["place"] or match["round"], match["said"]) if match is not None else None


def _end(lines: Sequence[str], row: int, behind: int) -> int:
    """The row behind the indented lines that begin at one."""
    while row < behind and lines[row][:1] in _BLANKS:
        row += 1
    return row


def _above_files(lines: Sequence[str], rows: range, heads: dict[int, _Place]) -> dict[str, list[str]] | None:
    """Lines between the findings of one file and those of another, by that other.

    None where some stand elsewhere, where indented ones are below no finding, or a note is about another file.
    """
    found: dict[str, list[str]] = {}
    path = ""
    seen: set[str] = set()
    waiting: list[str] = []
    for row in rows:
        line = lines[row]
        if row in heads:
            before, path = path, heads[row].path
            if (waiting and path in seen) or (path != before and heads[row].said.startswith("note: ")):
                return None
            if waiting:
                found[path] = waiting
                waiting = []
            seen.add(path)
        elif line and line[0] not in _BLANKS:
            waiting.append(line)
        elif line and (waiting or not lines[row - 1]):
            return None
    return None if waiting else found
