"""go, googletest, XCTest: many messages that one test wrote at one place, as a loop over cases does; the first ones tell it all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_PLACE = re.compile(r"([ \t]*)((?:[A-Za-z]:)?[^\s:]+\.\w{1,8}:\d{1,7}):(?: (?=\S)|[ \t]*$)")
_OF_TEST = re.compile(r"[ \t]*(?:=== (?:RUN|CONT|NAME) +|--- (?:FAIL|PASS|SKIP): |\[ RUN {6}\] )(\S+)")
_UNINDENTED = re.compile(r"(?:Failure$|error: )")
"""What stands behind a place at the margin; go's are further in."""
_VARIES = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`\n]*`|[^\s(),;:\d]{0,60}+\d[^\s(),;:]*+")
"""What a loop's cases differ in: what is quoted, and words with digits."""
_FAILED = ("--- FAIL: ", "[  FAILED  ]", ": error: -[")
"""How the runs tell of a failure whose messages begin with their places."""
_LINE = 1_000
_LONGEST = 40
"""Lines of a message that may go."""
_IN_FULL = 2
"""Messages that stay, with the last."""
LEAST = 6
"""Messages of one place from which the others go."""


class Like(NamedTuple):
    """A message like two further up."""

    rows: range
    place: str


def repeated(text: str, lines: Sequence[str]) -> list[Like]:
    """Messages of one test, from one place and with the same words, but for the first two and the last."""
    if not any(sign in text for sign in _FAILED):
        return []
    groups: dict[tuple[str, str, str], list[range]] = {}
    for test, place, rows in _messages(lines):
        if len(rows) > _LONGEST:
            continue
        words = "\n".join([_VARIES.sub("#", line[:_LINE]) for line in lines[rows.start : rows.stop] if line])
        groups.setdefault((test, place, words), []).append(rows)
    found = [
        Like(rows, place)
        for (_, place, _), messages in groups.items()
        if len(messages) >= LEAST
        for rows in messages[_IN_FULL:-1]
    ]
    return sorted(found, key=lambda message: message.rows.start)


def told(found: Sequence[Like], first: int, last: int) -> list[str]:
    """What a gap says of the messages in it."""
    places = [message.place for message in found if first <= message.rows.start <= last]
    if not places:
        return []
    files: dict[str, list[str]] = {}
    for place in dict.fromkeys(places):
        file, _, line = place.rpartition(":")
        files.setdefault(file, []).append(line)
    named = ", ".join([f"{file}:{', :'.join(rows)}" for file, rows in files.items()])
    return [f"{len(places)} more message{'s' * (len(places) > 1)} of {named}"]


def _messages(lines: Sequence[str]) -> Iterator[tuple[str, str, range]]:
    """Each message with its test, its place and its rows: further lines are further in, or up to a blank one."""
    test = ""
    row = 0
    while row < len(lines):
        line = lines[row]
        start = row
        row += 1
        match = _PLACE.match(line) if ":" in line else None
        if match is None:
            if _may_name_test(line) and (named := _OF_TEST.match(line)) is not None:
                test = named[1]
            continue
        depth = len(match[1])
        if not depth and _UNINDENTED.match(line, match.end()) is None:
            continue
        to_blank = not depth and line.endswith("Failure")
        while row < len(lines) and _goes_on(lines[row], depth, to_blank=to_blank):
            row += 1
        if not depth and row + 1 < len(lines) and not lines[row] and _PLACE.match(lines[row + 1]):
            row += 1
        yield test, match[2], range(start, row)


def _goes_on(line: str, depth: int, *, to_blank: bool) -> bool:
    """Whether a line belongs to the message above it, which is so far in."""
    bare = line.lstrip(" \t")
    if len(line) - len(bare) <= depth and not (to_blank and line and line[0] != "["):
        return False
    return not (_may_name_test(line) and _OF_TEST.match(line)) and not (":" in line and _PLACE.match(line))


def _may_name_test(line: str) -> bool:
    return line.lstrip(" \t")[:1] in {"=", "-", "["}
