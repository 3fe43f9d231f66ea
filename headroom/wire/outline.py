"""Where the values of JSON objects and arrays lie: byte spans at the speed of a C parser.

msgspec splits one level of an object or array into raw slices. Walking the buffer beside them gives absolute offsets
and finds duplicate keys, which a dict would hide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from headroom.errors import Unreadable
from headroom.wire.body import mended, text_of
from headroom.wire.dialect import Slice

MAX_MESSAGES: Final = 10_000
"""Bodies with more messages pass uncompressed (surface.md 8)."""

Span = tuple[int, int]
"""Start and end of one JSON value, without the white space around it."""

Fields = Mapping[str, Span]
"""Spans of an object's values by key, in the order of the text."""

QUOTE: Final = 0x22
BRACKET: Final = 0x5B
BRACE: Final = 0x7B
CLOSING_BRACE: Final = 0x7D
COMMA: Final = 0x2C

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])
_SPACE: Final = re.compile(rb"[ \t\n\r]*")
_KEY: Final = re.compile(rb'[ \t\n\r]*"[^"\\]*(?:\\.[^"\\]*)*"[ \t\n\r]*:[ \t\n\r]*', re.DOTALL)
_SPACES: Final = b" \t\n\r"
_MARK: Final = re.compile(rb'"cache_control"[ \t\n\r]*:[ \t\n\r]*\{[^{}]*"ephemeral"')
_NULL: Final = b"null"


def check_text(body: bytes, start: int = 0, end: int | None = None) -> None:
    """Make sure that the bytes are UTF-8, which the parser does not check in what it skips. Raises ``Unreadable``.

    Only what is around ``start:end`` is checked, when given: messages are checked as they are read, once each.
    """
    if body.isascii():
        return
    try:
        if end is None:
            body.decode()
        else:
            body[:start].decode()
            body[end:].decode()
    except UnicodeDecodeError as error:
        raise Unreadable("invalid_json") from error


def members(text: bytes, start: int = 0, end: int | None = None) -> dict[str, Span]:
    """Spans of an object's values; ``text[start:end]`` is the object, and the spans count from the start of ``text``.

    Raises ``Unreadable``: ``invalid_json``, ``shape`` (not an object), ``duplicate_key`` or ``too_deep``.
    """
    whole = end is None
    end = len(text) if end is None else end
    try:
        raws = _OBJECT.decode(text if whole and start == 0 else text[start:end])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        if (readable := mended(text[start:end])) is not None:
            return {name: (start + a, start + b) for name, (a, b) in members(readable).items()}
        raise _refused(error) from error
    at = _skip(text, start) + 1
    spans: dict[str, Span] = {}
    # The parser's dict holds every name once, in the order of first sight. As long as the values agree with the text,
    # each step takes one true member; if any are left after the last step, there was a duplicate.
    for name, raw in raws.items():
        compact = b'"%b":' % name.encode()
        if text.startswith(compact, at):
            value = at + len(compact)
            if text[value] in _SPACES:
                value = _skip(text, value)
        else:
            key = _KEY.match(text, at, end)
            if key is None:
                raise Unreadable("duplicate_key")
            value = key.end()
        if not text.startswith(raw, value):
            raise Unreadable("duplicate_key")
        at = value + len(raw)
        spans[name] = (value, at)
        if text[at] in _SPACES:
            at = _skip(text, at)
        if text[at] != COMMA:
            break  # the end; or a number that begins like the one that hides it, such as 1111 and 1
        at += 1
    if len(spans) != len(raws) or (spans and text[at] != CLOSING_BRACE):
        raise Unreadable("duplicate_key")
    return spans


def elements(text: bytes, start: int = 0, end: int | None = None) -> list[Span]:
    """Spans of an array's elements, counted from the start of ``text``. Raises ``Unreadable``."""
    whole = end is None
    end = len(text) if end is None else end
    try:
        raws = _ARRAY.decode(text if whole and start == 0 else text[start:end])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        if (readable := mended(text[start:end])) is not None:
            return [(start + a, start + b) for a, b in elements(readable)]
        raise _refused(error) from error
    lengths = list(map(len, raws))
    spans: list[Span] = []
    if sum(lengths) + len(lengths) + 1 == end - start:  # nothing but values, commas and brackets: no white space
        at = start + 1
        for length in lengths:
            spans.append((at, at + length))
            at += length + 1
        return spans
    at = _skip(text, start) + 1
    for length in lengths:
        if text[at] in _SPACES:
            at = _skip(text, at)
        stop = at + length
        spans.append((at, stop))
        if text[stop] in _SPACES:
            stop = _skip(text, stop)
        at = stop + 1
    return spans


def elements_at(text: bytes, span: Span | None) -> list[Span]:
    """Spans of the elements of the array at a span; none where no array is there. Raises ``Unreadable``."""
    return elements(text, *span) if span is not None and text[span[0]] == BRACKET else []


def string(text: bytes, span: Span | None) -> str | None:
    """The string at a span, or None when there is none or it is something else.

    Private characters stand in for halves of surrogate pairs, which no text in UTF-8 can hold.
    """
    if span is None or text[span[0]] != QUOTE:
        return None
    written = text[span[0] : span[1]]
    return text_of(mended(written) or written) if b"\\" in written else written[1:-1].decode()


def integer(text: bytes, span: Span | None) -> int | None:
    """The non-negative integer at a span, or None."""
    if span is None:
        return None
    written = text[span[0] : span[1]]
    return int(written) if written.isdigit() and len(written) < 19 else None


def is_true(text: bytes, span: Span | None) -> bool:
    """Whether the value at a span is ``true``."""
    return span is not None and text[span[0] : span[1]] == b"true"


def is_given(text: bytes, span: Span | None) -> bool:
    """Whether there is a value at a span, other than ``null``."""
    return span is not None and text[span[0] : span[1]] != _NULL


def slices(spans: Iterable[Span]) -> tuple[Slice, ...]:
    """Spans as the records of an outline."""
    return tuple(map(Slice._make, spans))


def listed(text: bytes, span: Span) -> list[Span]:
    """The elements of the array at a span; a lone object counts as an array of one. Raises ``Unreadable``."""
    opening = text[span[0]]
    if opening == BRACKET:
        return elements(text, *span)
    if opening == BRACE:
        return [span]
    raise Unreadable("shape")


def cache_marks(body: bytes) -> int:
    """How many ``cache_control`` marks a body holds."""
    return len(_MARK.findall(body)) if b'"cache_control"' in body else 0


def _skip(text: bytes, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None  # the pattern matches nothing, too
    return found.end()


def _refused(error: Exception) -> Unreadable:
    if isinstance(error, msgspec.ValidationError):
        return Unreadable("shape")
    return Unreadable("too_deep" if isinstance(error, RecursionError) else "invalid_json")
