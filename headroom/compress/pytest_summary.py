"""pytest: lines of the short summary, and of a run's progress, that say of a failure no more than its report above or below."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from headroom.compress import named_below, omissions

NOTE: Final = omissions.note("summary of failures told above")
_TITLE = re.compile(r"_{3,} (?:ERROR at (?:setup|teardown) of )?(\S.*\S) _{3,}")
_PART = re.compile(r"=+ \S.* =+")
_SUMMARY = re.compile(r"=+ short test summary info =+")
_LINE = re.compile(r"(?:FAILED|ERROR) ([^\s:]+)::(\S.*?)(?: - (.*))?")
_PROGRESS = re.compile(r"([^\s:]+)::(\S.*?) (?:FAILED|ERROR) +\[ *\d+%\]")
_PLACE = re.compile(r"([^\s:]+):\d+: ")
_MESSAGE = re.compile(r"E +(\S.*)")
_ASKED = re.compile(r"\bsummar\w+|\bnode ?ids?\b|\bre-?run\b", re.IGNORECASE)
"""Words of a question for what would go."""
_CUT = "..."
_LINE_CHARS = 1_000
_ALIKE = 8
"""Failures of one name that are looked at."""
_MESSAGES = 60
"""Lines of a failure's errors that are looked at."""


class _Failure(NamedTuple):
    """What stands below a title."""

    files: set[str]
    messages: list[str]


def spare(lines: Sequence[str], keep: Collection[int], query: str) -> dict[str, set[int]]:
    """Rows of such lines by their note, where the lines of the rows ``keep`` are shown; none that the question is for."""
    if _ASKED.search(query) is not None:
        return {}
    failures: dict[str, list[_Failure]] = {}
    below = _Failure(set(), [])  # of no title
    summary: set[int] = set()
    progress: dict[int, re.Match[str]] = {}
    ended = False
    for row, line in enumerate(lines):
        if row not in keep or not line or len(line) > _LINE_CHARS:
            continue
        if line[0] == "_" and (title := _TITLE.fullmatch(line)) is not None:
            below = _Failure(set(), [])
            if len(alike := failures.setdefault(title[1], [])) < _ALIKE:
                alike.append(below)
        elif line[0] == "=" and _PART.fullmatch(line) is not None:
            below = _Failure(set(), [])
            ended = _SUMMARY.fullmatch(line) is not None
        elif ended:
            if line[0] in "FE" and (match := _LINE.fullmatch(line)) is not None and _is_told(match, failures, match[3]):
                summary.add(row)
        elif line[0] == "E" and (message := _MESSAGE.fullmatch(line)) is not None:
            if len(below.messages) < _MESSAGES:
                below.messages.append(message[1])
        elif line[-2:] == "%]" and not failures and (match := _PROGRESS.fullmatch(line)) is not None:
            progress[row] = match
        elif (place := _PLACE.match(line)) is not None:
            below.files.add(place[1])
    above = {row for row, match in progress.items() if _is_told(match, failures, None)}
    return {note: rows for note, rows in ((NOTE, summary), (named_below.NOTE, above)) if rows}


def _is_told(line: re.Match[str], failures: Mapping[str, Sequence[_Failure]], message: str | None) -> bool:
    """Whether a failure of the file and name that a line begins with is shown, and the message that it ends with."""
    name = line[2].replace("::", ".")
    return any(_tells(failure, line[1], message or "") for failure in failures.get(name, ()))


def _tells(failure: _Failure, file: str, message: str) -> bool:
    """Whether it names this file, and a line of it begins with the message, which pytest cuts to the terminal's width."""
    if file not in failure.files:
        return False
    begins = message.removesuffix(_CUT)
    return not message or any(
        told == message or (begins != message and told.startswith(begins)) for told in failure.messages
    )
