"""pytest: the session's header and warnings of deprecation: a question for how the tests went needs nothing of them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from headroom.compress import omissions, pytest_warnings

_STARTS = re.compile(r"={4,} test session starts ={4,}")
_HEADER = re.compile(
    r"platform \S+ -- Python |(?:cachedir|rootdir|configfile|testpaths|plugins|metadata|asyncio|django|benchmark|hypothesis profile)\b[^\n:]{0,20}[:'=]"
    r"|Using --randomly-seed=|[\w-]+: (?:version|settings|mode)[=: ]"
)
_COLLECTED = re.compile(r"(?:collecting \.\.\. )?collected (\d+) items?(?: / \d+ deselected)?(?: / \d+ selected)?\s*")
_OF_SESSION = re.compile(
    r"version|platform|python\b|interpreter|plug-?in|config|root ?dir|environment|collect|seed|director|install",
    re.IGNORECASE,
)
_OF_CHANGE = re.compile(r"(?:\w+\.)*\w*(?:Deprecat\w*|Future|RemovedIn\w*|UnknownMark)Warning: ")
"""A warning of what will not go on for ever, and fails no test today."""
_BEFORE = re.compile(r"[^\s:]\S{0,400}?:\d+: (?=(?:\w+\.)*\w*(?:Deprecat|Future|RemovedIn))")
_BEFORE_LINES = 12
_HEADER_LINES = 30
_TROUBLE = re.compile(r"ERROR\b|Warning: |^Traceback ")
OF_HEADER: Final = omissions.note("session header")
OF_CHANGES: Final = omissions.note("deprecation warnings")
_DOCS = "-- Docs: https://docs.pytest.org/"


class Aside(NamedTuple):
    """Rows that may go, and what a gap says of them."""

    rows: range
    note: str


def asides(text: str, lines: Sequence[str], query: str) -> list[Aside]:
    """All such rows, in the order of the text; none of what the question is about."""
    found: list[Aside] = []
    header = list(_header(lines)) if "collected " in text else []
    if not _OF_SESSION.search(query):
        found += header
    if not pytest_warnings.asked(query):
        if header and "Warning: " in text:
            found[:0] = _before(lines, header[0].rows.start)
        if " warnings summary " in text:
            found += _summary(lines)
    return found


def told(found: Sequence[Aside], first: int, last: int) -> list[str]:
    """What a gap says of those in it."""
    inside = found[bisect_left(found, first, key=_start) : bisect_right(found, last, key=_start)]
    return [aside.note for aside in inside]


def notes(found: Sequence[Aside], keep: Collection[int]) -> dict[str, set[int]]:
    """The rows that go, by the note that tells of all of a sort."""
    rows: dict[str, set[int]] = {}
    for aside in found:
        note = OF_HEADER if aside.note.startswith("session") else OF_CHANGES
        rows.setdefault(note, set()).update(row for row in aside.rows if row not in keep)
    return rows


def _start(aside: Aside) -> int:
    return aside.rows.start


def _header(lines: Sequence[str]) -> Iterator[Aside]:
    for row, line in enumerate(lines):
        if line.startswith("coll") and (collected := _COLLECTED.fullmatch(line)) is not None:
            first = _top(lines, row)
            stop = row + 1 + (lines[row + 1 : row + 2] == [""])
            yield Aside(range(first, stop), f"session header, {collected[1]} collected")


def _top(lines: Sequence[str], row: int) -> int:
    """The first row of the header that ends here: its title's, or, where that is cut off, that of lines that are surely of it."""
    for first in range(row - 1, max(-1, row - _HEADER_LINES), -1):
        if not lines[first].strip() or _TROUBLE.search(lines[first]):
            break
        if _STARTS.fullmatch(lines[first]) is not None:
            return first
    while row and _HEADER.match(lines[row - 1]):
        row -= 1
    return row


def _before(lines: Sequence[str], end: int) -> Iterator[Aside]:
    """Warnings that were printed before the session began."""
    first = next((row for row in range(max(0, end - _BEFORE_LINES), end) if _BEFORE.match(lines[row])), end)
    if first < end:
        count = sum(_BEFORE.match(line) is not None for line in lines[first:end])
        yield Aside(range(first, end), f"{count} deprecation warning{'s' * (count > 1)}")


def _summary(lines: Sequence[str]) -> Iterator[Aside]:
    """The summary of warnings, or as much of it as tells of what will change."""
    found = list(pytest_warnings.warnings_of(lines))
    runs: list[tuple[int, int, list[str]]] = []
    for rows, message in found:
        if not _OF_CHANGE.match(message):
            continue
        name = message.partition(":")[0].rpartition(".")[2]
        if runs and runs[-1][1] == rows.start:
            runs[-1][2].append(name)
            runs[-1] = (runs[-1][0], rows.stop, runs[-1][2])
        else:
            runs.append((rows.start, rows.stop, [name]))
    for start, stop, names in runs:
        whole = len(names) == len(found)
        docs = whole and lines[stop : stop + 1] != [] and lines[stop].startswith(_DOCS)
        yield Aside(range(start - whole, stop + docs), _listed(Counter(names)))


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())
