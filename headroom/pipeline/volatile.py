"""Lines of a system prompt that change with each call: where they lie in the body, and what stays when they change. Pure.

A line with a digit is looked at with its clocks, dates, ids and numbers blotted out. Two prompts that are the same then differ in
such tokens alone; so a conversation is known again, and the line at fault is found by its number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from headroom.pipeline.aligner import kind_of
from headroom.pipeline.digest import digest
from headroom.wire.body import text_of
from headroom.wire.dialect import Message, PartKind, Request, Slice
from headroom.wire.outline import BRACKET, QUOTE, elements, members, string

MOST_LINE: Final = 400
"""Bytes of the longest line that is one: a whole prompt written as a single line is not."""
MOST_LINES: Final = 512
"""Lines with digits in one prompt; in a prompt with more of them none is moved."""
_DAYS: Final = rb"(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?"
_MONTHS: Final = (
    rb"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    rb"|Nov(?:ember)?|Dec(?:ember)?)"
)
_TOKEN: Final = re.compile(
    rb"\b(?=[A-Za-z_-]*[0-9])(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-f]{7,}"
    rb"|[A-Za-z]+_[A-Za-z0-9]{10,}|[A-Za-z0-9]{16,})\b"
    rb"|[0-9]+|\b(?:" + _DAYS + rb"|" + _MONTHS + rb"|[AaPp]\.?[Mm])\b"
)
_DIGIT: Final = re.compile(rb"[0-9]")
_ESCAPE: Final = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|.)")
_NEWLINES: Final = frozenset({rb"\n", rb"\u000a", rb"\u000A"})
_RETURNS: Final = (rb"\r", rb"\u000d", rb"\u000D")
_HEADER: Final = re.compile(rb"[ \t]*x-[a-z0-9-]+:")
"""A header field that a client writes into its prompt for the provider alone; it has to stay where it is."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line with a digit: its number among all lines, and its bytes in the body, the end of line left out."""

    number: int
    start: int
    end: int

    def kind(self, body: bytes) -> str:
        """What it looks like, such as ``timestamp``."""
        return kind_of(text_of(b'"' + body[self.start : self.end] + b'"').encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Prompt:
    """The texts in front of the user's first message."""

    skeleton: bytes
    """Digest of all of them, the tokens blotted out."""
    lines: tuple[Line, ...]
    """Those with digits, in order."""


def prompt_of(body: bytes, request: Request, openers: Sequence[tuple[Slice, Message]]) -> Prompt:
    """Read the system prompt; ``openers`` are the messages up to the user's first. Raises ``Unreadable``."""
    pieces: list[bytes] = []
    found: list[Line] = []
    number = 0
    for literal in _literals(body, request, openers):
        pieces.append(b"")  # where a text begins
        for start, end in _lines(body, *literal):
            line = body[start:end]
            if _DIGIT.search(line) is None:
                pieces.append(line)
            elif _HEADER.match(line):
                pieces.append(b"")
            else:
                pieces.append(_TOKEN.sub(b"\0", line))
                if end - start <= MOST_LINE:
                    found.append(Line(number, start, end))
            number += 1
    return Prompt(digest(*pieces), tuple(found) if len(found) <= MOST_LINES else ())


def _literals(body: bytes, request: Request, openers: Sequence[tuple[Slice, Message]]) -> Iterator[Slice]:
    """The string literals of the prompt's texts, in order."""
    for span in request.system:
        if body[span.start] == QUOTE:
            yield span
        elif body[span.start] == BRACKET:
            for block in elements(body, *span):
                fields = members(body, *block)
                text = fields.get("text")
                if string(body, fields.get("type")) == "text" and text is not None and body[text[0]] == QUOTE:
                    yield Slice(*text)
    for piece, message in openers:
        for part in message.parts:
            if part.kind is PartKind.SYSTEM:
                yield Slice(piece.start + part.start, piece.start + part.end)


def _lines(body: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The lines of a string literal as they are written, escapes and all."""
    at, end = start + 1, end - 1
    for escape in _ESCAPE.finditer(body, at, end):
        if escape[0] in _NEWLINES:
            yield at, _bare(body, at, escape.start())
            at = escape.end()
    yield at, _bare(body, at, end)


def _bare(body: bytes, start: int, end: int) -> int:
    """The end of a line without its carriage return."""
    if end <= start or body[end - 1] not in b"rdD":
        return end
    for written in _RETURNS:
        before = end - len(written)
        if before >= start and body.startswith(written, before) and not _escaped(body, start, before):
            return before
    return end


def _escaped(body: bytes, start: int, at: int) -> bool:
    """Whether the backslash at a place is itself escaped."""
    slashes = 0
    while at - slashes > start and body[at - slashes - 1] == 0x5C:
        slashes += 1
    return slashes % 2 == 1


__all__: Final = ["MOST_LINE", "Line", "Prompt", "prompt_of"]
