"""Server-sent events as bytes: split a stream into events without altering one byte of it.

Follows the event stream format of the WHATWG HTML standard, section 9.2: lines end in CRLF, LF or CR, an empty line
ends an event, and one leading byte order mark is ignored.
"""

from __future__ import annotations

import re
from typing import Final

MAX_EVENT: Final = 32 * 1024 * 1024
"""Bytes kept while waiting for the end of one event; a longer one is handed on in pieces."""

_BOM: Final = b"\xef\xbb\xbf"

_BOUNDARY: Final = re.compile(rb"\r\r|\r?\n(?:\n|\r\n|\r(?=[^\n]))")
"""The end of a line and an empty line after it. A CR that ends the data so far may be half of a CRLF: wait for more,
except after a bare CR, where a following LF would be odd and is left to the next event. So the split depends on the
bytes alone, never on how they were cut into chunks."""


class EventSplitter:
    """Cuts a stream into whole events; all events and the tail, joined, are the stream."""

    __slots__ = ("_limit", "_rest", "_seen")

    def __init__(self, limit: int = MAX_EVENT) -> None:
        self._limit = limit
        self._rest = bytearray()
        self._seen = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes; return the events they complete, blank lines included."""
        rest = self._rest
        if not rest:
            ends = [found.end() for found in _BOUNDARY.finditer(chunk)]
            if ends and ends[-1] == len(chunk):  # the common case: whole events, nothing to keep
                return [chunk] if len(ends) == 1 else _cut(chunk, ends)
            events = _cut(chunk, ends)
            rest += chunk[ends[-1] :] if ends else chunk
        else:
            rest += chunk
            ends = [found.end() for found in _BOUNDARY.finditer(rest, self._seen)]
            events = _cut(bytes(rest[: ends[-1]]), ends) if ends else []
            if ends:
                del rest[: ends[-1]]
        if len(rest) > self._limit:
            events.append(bytes(rest))
            rest.clear()
        self._seen = max(0, len(rest) - 3)  # a boundary is at most four bytes
        return events

    def ends_with(self, chunk: bytes) -> bool:
        """Whether the next bytes are whole events, from the first to the last; what `feed` then cuts is all of them."""
        return not self._rest and are_whole(chunk)

    def tail(self) -> bytes:
        """The bytes after the last whole event; empty when the stream ended cleanly."""
        return bytes(self._rest)


def are_whole(events: bytes) -> bool:
    """Whether bytes that begin with an event surely end with one, too.

    A third line end may belong to the next event: then it is not sure.
    """
    for end in (b"\n\n", b"\r\n\r\n", b"\r\r"):
        if events.endswith(end):
            return events[-len(end) - 1 : -len(end)] not in (b"\n", b"\r")
    return False


def event_name(event: bytes) -> str:
    """The ``event`` field, empty when there is none."""
    name = ""
    for line in _lines(event):
        if line.startswith(b"event:"):
            name = line[6:].removeprefix(b" ").decode(errors="replace")
    return name


def data_of(event: bytes) -> bytes:
    """The ``data`` fields, joined by newlines; empty for a comment or a bare name."""
    found: list[bytes] = []
    for line in _lines(event):
        if line.startswith(b"data:"):
            found.append(line[6:] if line[5:6] == b" " else line[5:])
        elif line == b"data":
            found.append(b"")
    return found[0] if len(found) == 1 else b"\n".join(found)


def _lines(event: bytes) -> list[bytes]:
    return event.removeprefix(_BOM).splitlines()


def _cut(data: bytes, ends: list[int]) -> list[bytes]:
    starts = [0, *ends]
    return [data[start:end] for start, end in zip(starts, ends, strict=False)]
