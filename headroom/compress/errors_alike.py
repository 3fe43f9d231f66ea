"""Errors that a program raised again and again at one place, each with its stack: of most of them the message is enough."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from headroom.compress import threads
from headroom.compress.folding import SIGIL
from headroom.compress.frames import FRAME, WIDTH

_TRACEBACK = "Traceback (most recent call last):"
_CHAINED = re.compile(r"The above exception was the direct cause of|During handling of the above exception, another")
_GOES_ON = re.compile(r"[}\])]+,?$|Caused by: |Suppressed: ")
"""Lines at the margin that belong to the error above them."""
_VARIES = re.compile(
    r"\"(?:[^\"\\\n]|\\.){0,300}\"|'(?:[^'\\\n]|\\.){0,300}'|`[^`\n]{0,300}`|(?<![\w-])[A-Za-z_-]*+\d[\w-]*+"
)
"""What errors of one place differ in: what is quoted, and words with digits."""
_PLACED = re.compile(r"\s*(?:at |File \"|from |\[?cause\]?:? *at )")
"""A line that tells a place: its numbers are those of lines."""
_PLACE_VARIES = re.compile(r"\(index \d+\)|0x[0-9a-f]+|@[0-9a-f]{6,}")
_BLANKS = frozenset(" \t")
_NO_HEAD = frozenset(("", " ", "\t", "}", "]", ")"))
_WIDTH = 2_000
"""Characters of a line in which errors may differ."""
_LONGEST = 60
"""Lines of an error that may go."""
LEAST = 4
"""Errors of one place from which the others go."""
_TOLD = 80
"""Messages that are told of those that went."""
_MESSAGE_CHARS = 300
_BEHIND_CLASS = ": "


class Alike(NamedTuple):
    """An error like an earlier one."""

    rows: range
    first: int
    """The row at which that one begins."""
    message: str


def alike(lines: Sequence[str]) -> list[Alike]:
    """All errors but the first and the last of each place and wording, in the order of the text."""
    groups: dict[tuple[str, ...], list[tuple[range, int]]] = {}
    for rows, message in _errors(lines):
        if len(rows) <= _LONGEST:
            key = tuple([_masked(line) for line in lines[rows.start : rows.stop]])
            groups.setdefault(key, []).append((rows, message))
    found: list[Alike] = []
    for errors in groups.values():
        if len(errors) < LEAST:
            continue
        first, _ = errors[0]
        for rows, message in errors[1:-1]:
            if lines[rows.start : rows.stop] == lines[first.start : first.stop]:
                continue  # written once with a count, or as a block
            found.append(Alike(rows, first.start, lines[message].strip()))
    return sorted(found, key=_start)


def _masked(line: str) -> str:
    head = line[:_WIDTH]
    return (_PLACE_VARIES if _PLACED.match(head) else _VARIES).sub("#", head) + line[_WIDTH:]


def told(found: Sequence[Alike], first: int, last: int) -> list[str]:
    """What a gap says of the errors in it."""
    gone = found[bisect_left(found, first, key=_start) : bisect_right(found, last, key=_start)]
    parts = [f"{_many(count)} like L{row + 1}" for row, count in Counter([error.first for error in gone]).items()]
    return ["; ".join(parts)] if parts else []


def listed(found: Sequence[Alike]) -> list[str]:
    """Lines with the messages of those that went, each once."""
    groups: dict[int, list[str]] = {}
    for error in found:
        groups.setdefault(error.first, []).append(error.message[:_MESSAGE_CHARS])
    lines: list[str] = []
    for row, messages in groups.items():
        different = list(dict.fromkeys(messages))
        more = f" | and {len(different) - _TOLD} other messages" if len(different) > _TOLD else ""
        said = _classes_once(different[:_TOLD])
        lines.append(f"{SIGIL}{_many(len(messages))} like L{row + 1}: {said}{more}]")
    return lines


def _classes_once(messages: Sequence[str]) -> str:
    """The messages, the classes of the errors, which all have in front, before the first alone."""
    classes = messages[0].split(_BEHIND_CLASS)[:-1]
    front = "".join(f"{name}{_BEHIND_CLASS}" for name in classes)
    while classes and not all(message.startswith(front) for message in messages):
        front = front.removesuffix(f"{classes.pop()}{_BEHIND_CLASS}")
    return " | ".join([messages[0], *(message.removeprefix(front) for message in messages[1:])])


def _many(count: int) -> str:
    return f"{count} error{'s' * (count != 1)}"


def _start(error: Alike) -> int:
    return error.rows.start


def _errors(lines: Sequence[str]) -> Iterator[tuple[range, int]]:
    """Each error with its stack, and the row of its message."""
    row = 0
    while row < len(lines):
        start = row
        row += 1
        below = lines[row][:1] if row < len(lines) else ""
        head = lines[start]
        if below not in _BLANKS or head[:1] in _NO_HEAD or FRAME.match(head[:WIDTH]) or threads.HEAD.match(head):
            continue
        row = _behind_indented(lines, row)
        message = start
        if head == _TRACEBACK:
            message = row
            row += 1
            while row + 3 < len(lines) and _CHAINED.match(lines[row + 1]) and lines[row + 3] == _TRACEBACK:
                message = _behind_indented(lines, row + 4)
                row = message + 1
        else:
            while row < len(lines) and _GOES_ON.match(lines[row]):
                row = _behind_indented(lines, row + 1)
        if message < len(lines) and any(FRAME.match(line[:WIDTH]) for line in lines[start + 1 : row]):
            yield range(start, min(row, len(lines))), message


def _behind_indented(lines: Sequence[str], row: int) -> int:
    while row < len(lines) and lines[row][:1] in _BLANKS:
        row += 1
    return row
