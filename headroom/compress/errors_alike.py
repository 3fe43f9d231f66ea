"""Errors that a program raised again and again at one place, each with its stack: of most of them the message is enough."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, takewhile
from typing import NamedTuple

from headroom.compress import exception_groups, thread_dumps
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
_PLACED = re.compile(r"\s*(?:at |File \"|from |\[?cause\]?:? *at |[^\n]{1,2000} called at \S)")
"""A line that tells a place: its numbers are those of lines."""
_CALLED = ") called at "
"""What stands in Perl's frames behind the values that a function was called with."""
_PLACE_VARIES = re.compile(r"\(index \d+\)|0x[0-9a-f]+|@[0-9a-f]{6,}")
_BLANKS = frozenset(" \t")
_NO_HEAD = frozenset(("", " ", "\t", "}", "]", ")"))
_QUOTES = re.compile(r"^[\"'`]|[\"'`]$")
_AGGREGATE = re.compile(r"( *+)\[errors\]: \[$")
"""The line above the errors that one of many holds, as Node prints it."""
_WIDTH = 2_000
"""Characters of a line in which errors may differ."""
_LONGEST = 60
"""Lines of an error that may go."""
_ABOVE = 3
"""Lines above an error that may be the same each time, such as that of a log."""
_WORTH = 400
"""Characters from which errors of one place may go."""
_FEW = 6
"""Errors of one place of which the first alone stays, and what else they differ in is told with their messages."""
_TOLD = 80
"""Messages that are told of those that went."""
_MESSAGE_CHARS = 300
_BEHIND_CLASS = ": "


class Alike(NamedTuple):
    """An error like an earlier one."""

    rows: range
    first: int
    """The row at which that one begins, with what stands above each of them."""
    message: str
    """What it says, and behind it other lines with what is found in neither the message nor the first error."""
    again: bool
    """It is that very error, told once more further in."""


class _Error(NamedTuple):
    rows: range
    message: int
    """The row of its message."""
    indent: int
    """Characters in front of each of its lines."""
    above: int = 0
    """Rows in front of it that may go with it."""

    def text(self, lines: Sequence[str]) -> list[str]:
        """Its lines as they would stand at the margin."""
        found = [line[self.indent :] for line in lines[self.rows.start : self.rows.stop]]
        if self.indent:
            found[-1] = found[-1].removesuffix(",")
        return found


def alike(lines: Sequence[str]) -> list[Alike]:
    """The errors of each place and wording but the first, of many but the first and the last, in the order of the text."""
    groups: dict[tuple[str, ...], list[_Error]] = {}
    held = (_Error(*error, above=1) for error in exception_groups.held(lines))
    for error in chain(_headed(_errors(lines)), held):
        if len(error.rows) <= _LONGEST:
            groups.setdefault(tuple(map(_masked, error.text(lines))), []).append(error)
    found = sorted([error for errors in groups.values() for error in _gone(lines, errors)], key=_start)
    stops = accumulate([error.rows.stop for error in found], max, initial=0)
    return [error for error, stop in zip(found, stops, strict=False) if error.rows.start >= stop]


def _gone(lines: Sequence[str], errors: Sequence[_Error]) -> list[Alike]:
    """Those of one place and wording that may go."""
    first = errors[0]
    text = first.text(lines)
    few = len(errors) <= _FEW
    found: list[Alike] = []
    chars = 0
    above = 0 if first.indent else min(_said_above(lines, first, error) for error in errors)
    for error in errors[1:] if few or errors[-1].indent > first.indent else errors[1:-1]:
        said = error.text(lines)
        again = said == text
        if again and error.indent == first.indent:  # written once with a count, or as a block
            continue
        parts = [lines[error.message][error.indent :].strip()]
        if few and not again:
            parts += _facts(said, text, parts[0])
        rows = range(error.rows.start - (above or error.above * (error.indent > 0)), error.rows.stop)
        found.append(Alike(rows, first.rows.start - above, "; ".join(parts), again))
        chars += sum(map(len, said))
    return found if chars >= _WORTH else []


def _headed(errors: Iterable[_Error]) -> Iterator[_Error]:
    """The errors with the number of lines above each, up to three, that belong to no other."""
    behind = 0
    for error in errors:
        yield error._replace(above=0 if error.indent else min(_ABOVE, error.rows.start - behind))
        behind = max(behind, error.rows.stop)


def _said_above(lines: Sequence[str], first: _Error, error: _Error) -> int:
    """How many lines above an error stand above the first one of its place, too, word for word."""
    most = min(first.above, error.above)
    pairs = ((lines[first.rows.start - step], lines[error.rows.start - step]) for step in range(1, most + 1))
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


def _facts(said: Sequence[str], first: Sequence[str], message: str) -> list[str]:
    """Lines of an error with a value that stands neither in its message, nor there in the first error, nor in one before."""
    found: list[str] = []
    known = _values(message)
    for line, like in zip(said, first, strict=True):
        if line == like or _PLACED.match(line):
            continue
        values = _values(line)
        if not values - _values(like) <= known:
            found.append(line.strip())
            known |= values
    return found


def _values(line: str) -> set[str]:
    return {_QUOTES.sub("", value) for value in _VARIES.findall(line[:_WIDTH])}


def _masked(line: str) -> str:
    head = line[:_WIDTH]
    varies = _VARIES
    if _PLACED.match(head):
        start, end = head.find("("), head.rfind(_CALLED)
        if 0 <= start < end:
            return f"{head[: start + 1]}#{line[end:]}"
        varies = _PLACE_VARIES
    return varies.sub("#", head) + line[_WIDTH:]


def told(found: Sequence[Alike], first: int, last: int) -> list[str]:
    """What a gap says of the errors in it."""
    gone = found[bisect_left(found, first, key=_start) : bisect_right(found, last, key=_start)]
    again = dict.fromkeys([error.first for error in gone if error.again])
    counts = Counter([error.first for error in gone if not error.again])
    parts = [f"{_many(count)} like L{row + 1}" for row, count in counts.items()]
    parts += [f"L{row + 1} again" for row in again]
    return ["; ".join(parts)] if parts else []


def listed(found: Sequence[Alike]) -> list[str]:
    """Lines with the messages of those that went, each once."""
    groups: dict[int, list[str]] = {}
    for error in found:
        if not error.again:
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


def _errors(lines: Sequence[str]) -> Iterator[_Error]:
    """Each error with its stack, and those that it holds."""
    row = 0
    while row < len(lines):
        start = row
        row += 1
        below = lines[row][:1] if row < len(lines) else ""
        head = lines[start]
        if below not in _BLANKS or head[:1] in _NO_HEAD or FRAME.match(head[:WIDTH]) or thread_dumps.HEAD.match(head):
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
            rows = range(start, min(row, len(lines)))
            yield _Error(rows, message, 0)
            yield from _held(lines, rows)


def _held(lines: Sequence[str], rows: range) -> Iterator[_Error]:
    """The errors that one of many holds, as far as they tell of their stacks; of these no further ones."""
    row = rows.start
    while row < rows.stop:
        aggregate = _AGGREGATE.match(lines[row])
        row += 1
        if aggregate is None:
            continue
        indent = aggregate.end(1) + 2
        while row < rows.stop and _indent(lines[row]) == indent:
            start = row
            row += 1
            while row < rows.stop and _indent(lines[row]) > indent:
                row += 1
            if row < rows.stop and _indent(lines[row]) == indent and lines[row][indent] == "}":
                row += 1
            if row - start > 1:
                yield _Error(range(start, row), start, indent)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _behind_indented(lines: Sequence[str], row: int) -> int:
    while row < len(lines) and lines[row][:1] in _BLANKS:
        row += 1
    return row
