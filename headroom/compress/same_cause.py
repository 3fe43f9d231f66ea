"""pytest, unittest: failures with one and the same cause, the error and the place where it was raised; the first ones tell it all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

_PART = re.compile(r"={4,} (.*) ={4,}")
_TITLE = re.compile(r"_+ (\S.*) _+")
_SECTIONS = frozenset(("FAILURES", "ERRORS"))
_PLACE = re.compile(r"(?:[A-Za-z]:)?[^\s:]+:\d+: ")
_CAPTURED = re.compile(r"-{4,} Captured .* -{4,}")
_DASH = re.compile(" - ")
"""Before the error in the summary; a parameter may hold one, too."""
_IN_FULL = 2
"""Failures of one cause that stay whole."""
LEAST = 5
"""Failures of one cause from which the others go."""
_RULE = "=" * 70
_DASHES = "-" * 70
"""What unittest draws above a failure's title, and below its docstring and all failures."""
_HEADING = re.compile(r"(?:ERROR|FAIL): (\S.*)")
_FRAME = '  File "'


class Repeated(NamedTuple):
    """A failure whose cause another one tells."""

    rows: range
    heads: tuple[int, ...]
    """Its title, and where its test stands."""
    like: str
    """The name of the first failure with that cause."""


def repeated(lines: Sequence[str]) -> list[Repeated]:
    """Failures with the same cause as two others further up: same errors, raised on the same line, same captured output."""
    groups: dict[tuple[str, ...], list[range]] = {}
    for blocks, cause_of in ((_blocks(lines), _cause), (_of_unittest(lines), _cause_in_unittest)):
        for block in blocks:
            cause = cause_of(lines, block)
            if cause is not None:
                groups.setdefault(cause, []).append(block)
    found: list[Repeated] = []
    for blocks in groups.values():
        if len(blocks) < LEAST:
            continue
        like = _name(lines[blocks[0].start + (lines[blocks[0].start] == _RULE)])
        for block in blocks[_IN_FULL:]:
            place = next(
                (row for row in block if _PLACE.match(lines[row]) or lines[row].startswith(_FRAME)), block.start
            )
            title = block.start + (lines[block.start] == _RULE)
            found.append(Repeated(block, (title, place), like))
    return sorted(found, key=lambda failure: failure.rows.start)


def told(found: Sequence[Repeated], first: int, last: int) -> list[str]:
    """What a gap says of the failures whose titles are in it."""
    counts = Counter([failure.like for failure in found if first <= failure.rows.start <= last])
    return [f"{count} failed as {like} did, on the same line" for like, count in counts.items()]


def unnamed(lines: Sequence[str], found: Sequence[Repeated]) -> list[Repeated]:
    """Those whose names neither the short summary nor a line of progress says."""
    summary = next(
        (row for row, line in enumerate(lines) if "short test summary info" in line and _PART.fullmatch(line)), None
    )
    if summary is None:
        told = {line.partition(" ... ")[0] for line in lines if " ... " in line} | set(lines)
        return [failure for failure in found if _name(lines[failure.heads[0]]) not in told]
    listed: set[str] = set()
    for line in lines[summary + 1 :]:
        if line.startswith(("FAILED ", "ERROR ")):
            said = _listed(line)
            listed.update([said, *(said[: dash.start()] for dash in _DASH.finditer(said))])
    return [failure for failure in found if _name(lines[failure.rows.start]) not in listed]


def _listed(line: str) -> str:
    """The test of a line of the summary, written as in its title, with what follows."""
    _, _, rest = line.partition(" ")
    return rest.partition("::")[2].replace("::", ".")


def _name(title: str) -> str:
    match = _TITLE.fullmatch(title) or _HEADING.fullmatch(title)
    return match[1].removeprefix("ERROR at setup of ") if match is not None else title


def _blocks(lines: Sequence[str]) -> list[range]:
    """Rows of each failure, from its title on."""
    starts: list[int] = []
    ends: list[int] = []
    inside = False
    for row, line in enumerate(lines):
        if line[:1] == "=" and (part := _PART.fullmatch(line)) is not None:
            if inside:
                ends.append(row)
            inside = part[1] in _SECTIONS
        elif inside and line[:1] == "_" and _TITLE.fullmatch(line) is not None:
            starts.append(row)
    ends = ends[: len(starts)] or [len(lines)]
    rows = sorted([*starts, *ends])
    known = set(starts)
    return [range(start, end) for start, end in pairwise(rows) if start in known]


def _cause(lines: Sequence[str], block: range) -> tuple[str, ...] | None:
    """The errors, the line that raised them, and what was captured; None where one of the first two is not told."""
    errors = [lines[row] for row in block if lines[row].startswith("E  ")]
    places = [lines[row] for row in block if _PLACE.match(lines[row])]
    if not errors or not places:
        return None
    captured = next((row for row in block if lines[row][:1] == "-" and _CAPTURED.fullmatch(lines[row])), block.stop)
    return ("\n".join(errors), places[-1], "\n".join(lines[captured : block.stop]).strip())


def _of_unittest(lines: Sequence[str]) -> list[range]:
    """Rows of each failure that unittest tells of, from the rule above its title on."""
    starts = [
        row
        for row, (line, below) in enumerate(pairwise(lines))
        if line == _RULE and _HEADING.fullmatch(below) is not None
    ]
    if not starts:
        return []
    under = next((row for row in range(starts[-1], len(lines)) if lines[row] == _DASHES), len(lines))
    end = next((row for row in range(under + 1, len(lines)) if lines[row] == _DASHES), len(lines))
    return [range(row, behind) for row, behind in pairwise([*starts, end])]


def _cause_in_unittest(lines: Sequence[str], block: range) -> tuple[str, ...] | None:
    """All that is told at the margin below the docstring, and the last frame; None where there is no frame."""
    under = next((row for row in block if lines[row] == _DASHES), block.stop)
    frames = [row for row in range(under, block.stop) if lines[row].startswith(_FRAME)]
    said = [lines[row] for row in range(under, block.stop) if lines[row][:1] not in {"", " "}]
    return ("\n".join(said), lines[frames[-1]]) if frames else None
