"""pytest: lines of the short summary that say of a failure what stands above with its source: its name, its file, its message."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from headroom.compress import omissions

NOTE: Final = omissions.note("summary of failures told above")
_TITLE = re.compile(r"_{3,} (?:ERROR at (?:setup|teardown) of )?(\S.*\S) _{3,}")
_PART = re.compile(r"=+ \S.* =+")
_SUMMARY = re.compile(r"=+ short test summary info =+")
_LINE = re.compile(r"(?:FAILED|ERROR) ([^\s:]+)::(\S.*?)(?: - (.*))?")
_PLACE = re.compile(r"([^\s:]+):\d+: ")
_MESSAGE = re.compile(r"E +(\S.*)")
_ASKED = re.compile(r"\bsummar\w+|\bnode ?ids?\b|\bre-?run\b", re.IGNORECASE)
"""Words of a question for what would go."""
_CUT = "..."
_LINE_CHARS = 1_000


class _Failure(NamedTuple):
    """What stands below a title."""

    files: set[str]
    messages: list[str]


def spare(lines: Sequence[str], keep: Collection[int], query: str) -> set[int]:
    """Rows of such lines, where the lines of the rows ``keep`` are shown; none that the question is for."""
    if _ASKED.search(query) is not None:
        return set()
    failures: dict[str, list[_Failure]] = {}
    below = _Failure(set(), [])  # of no title
    found: set[int] = set()
    ended = False
    for row, line in enumerate(lines):
        if row not in keep or not line or len(line) > _LINE_CHARS:
            continue
        if line[0] == "_" and (title := _TITLE.fullmatch(line)) is not None:
            below = _Failure(set(), [])
            failures.setdefault(title[1], []).append(below)
        elif line[0] == "=" and _PART.fullmatch(line) is not None:
            below = _Failure(set(), [])
            ended = _SUMMARY.fullmatch(line) is not None
        elif ended:
            if line[0] in "FE" and (match := _LINE.fullmatch(line)) is not None:
                name = match[2].replace("::", ".")
                if any(_tells(failure, match[1], match[3] or "") for failure in failures.get(name, ())):
                    found.add(row)
        elif line[0] == "E" and (message := _MESSAGE.fullmatch(line)) is not None:
            below.messages.append(message[1])
        elif (place := _PLACE.match(line)) is not None:
            below.files.add(place[1])
    return found


def _tells(failure: _Failure, file: str, message: str) -> bool:
    """Whether it names this file, and a line of it begins with the message, which pytest cuts to the terminal's width."""
    if file not in failure.files:
        return False
    begins = message.removesuffix(_CUT)
    return not message or any(
        told == message or (begins != message and told.startswith(begins)) for told in failure.messages
    )
