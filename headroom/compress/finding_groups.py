"""Many findings of linters and compilers: each file's below its name, and a message that comes several times once, with its places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from headroom.compress.findings import Finding, digest, findings_of
from headroom.compress.folding import SIGIL, has_sigil
from headroom.compress.once import lines_of, once
from headroom.compress.rendition import Rendition

_FLAT = re.compile(
    r"(?P<path>(?:[A-Za-z]:(?=[\\/]))?[^\s:()][^:()\n]{0,300}?)(?::(?P<place>\d+(?::\d+)?(?:-\d+(?::\d+)?)?)|(?P<round>\(\d+(?:,\d+){0,3}\))): (?P<said>\S.*)"
)
_ARROW = re.compile(r" *--> (?P<path>[^\s:][^:\n]{0,300}):(?P<at>\d+:\d+)")
_RULE = "-" * 40
"""Between the hunks of a fix that ruff shows."""
_AT = r"(?:\d+(?::\d+)?(?:-\d+(?::\d+)?)?|\(\d+(?:,\d+){0,3}\))"
_GROUP = re.compile(rf"(?P<at>{_AT}): (?P<said>\S.*?)(?:; also (?P<others>{_AT}(?:, {_AT})*))?")
_MANY = 200
"""Of fewer findings each stays on a line of its own."""
_ALONE = 10
"""So many stay as they are above all others, which shows how they are written."""
_NEARLY_ALL = 0.9
_GAIN = 0.8
"""Part of the text that it may take."""
_HEAD = f"{SIGIL}below, findings by file, each message once with all its places]"


_HEAD_ALONE = f"{_HEAD[:-1]}; their excerpts are left out]"
_INDENTED = frozenset(("", " ", "\t"))
_BLANKS = frozenset(" \t")
"""What the lines below a finding begin with."""


class _Place(NamedTuple):
    """Where a finding is, and what is said of it: the rest of its line."""

    path: str
    at: str
    said: str


class _Read(NamedTuple):
    """Findings, each with the lines below it that go with it."""

    findings: list[tuple[_Place, list[str]]]
    rows: list[int]
    """Where each begins, and where those end that stay as they are."""
    above: dict[str, list[str]]
    """Lines above those of a file."""
    head: str


@once
def grouped(text: str) -> Rendition | None:
    """All findings, none left out, in the order of their files; None where they are few, or gain little.

    What they are in the order of the text can be fetched.
    """
    found = findings_of(text)
    if len(found) < _MANY or has_sigil(text):
        return None
    lines = lines_of(text)
    read = _with_excerpts(lines, found) if _ARROW.fullmatch(lines[found[0].start + 1]) else _flat(lines, found)
    if read is None:
        return None
    first, behind = found[0].start, found[-1].end
    files: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for place, below in read.findings[_ALONE:]:
        files.setdefault(place.path, {}).setdefault((place.said, *below), []).append(place.at)
    body = [*lines[first : read.rows[_ALONE]], read.head]
    for path, messages in files.items():
        body += [*read.above.get(path, ()), path]
        for (said, *below), places in messages.items():
            body += [f"{places[0]}: {said}" + (f"; also {', '.join(places[1:])}" if places[1:] else ""), *below]
    errors = sum([finding.error for finding in found])
    counts = [*digest(found), *([f"{SIGIL}{errors} errors]"] if errors else [])]
    whole = "\n".join([*lines[:first], *counts, *body, *lines[behind:]])
    return Rendition((whole,), "build", "build:grouped", lossless=False) if len(whole) < _GAIN * len(text) else None


def _flat(lines: Sequence[str], found: Sequence[Finding]) -> _Read | None:
    """Findings of a line each, maybe with indented ones below."""
    rows = range(found[0].start, found[-1].end)
    heads = {row: place for row in rows if lines[row][:1] not in _INDENTED and (place := _place(lines[row]))}
    above = _above_files(lines, rows, heads)
    if rows.start not in heads or above is None or len(heads) <= _ALONE:
        return None
    places = [(place, list(lines[row + 1 : _end(lines, row + 1, rows.stop)])) for row, place in heads.items()]
    starts = [*heads]
    starts[_ALONE] = _end(lines, starts[_ALONE - 1] + 1, rows.stop)
    return _Read(places, starts, above, _HEAD)


def _with_excerpts(lines: Sequence[str], found: Sequence[Finding]) -> _Read | None:
    """Findings with their place on a second line, and an excerpt of the source below it."""
    if any(
        before.end != finding.start and not lines[before.end].startswith(_RULE) for before, finding in pairwise(found)
    ):
        return None
    places = [_arrow(lines, finding.start) for finding in found]
    known = [(place, list[str]()) for place in places if place is not None]
    rows = [finding.start for finding in found]
    return _Read(known, rows, {}, _HEAD_ALONE) if len(known) == len(found) else None


def of_all(text: str, told: set[int] | None) -> Rendition | None:
    """The same, where the rows that a question wants are those of hardly fewer than all findings; None of them: all."""
    if told is not None:
        found = findings_of(text)
        if sum([finding.heads[-1] in told for finding in found]) < _NEARLY_ALL * len(found):
            return None
    return grouped(text)


def explained(text: str, lines: Sequence[str]) -> bool:
    """Whether each line is a path, or places and a message under it, as the source has them."""
    source = lines_of(text)
    known = {place for line in source if line[:1] not in _INDENTED and (place := _place(line))}
    known.update(
        place for row in range(len(source) - 1) if "--> " in source[row + 1] and (place := _arrow(source, row))
    )
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


def _arrow(lines: Sequence[str], row: int) -> _Place | None:
    """The finding whose title is in a row and its place in the next."""
    match = _ARROW.fullmatch(lines[row + 1])
    return _Place(match["path"], match["at"], lines[row]) if match is not None else None


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
