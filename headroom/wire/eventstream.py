"""The binary event stream of Amazon Bedrock (``application/vnd.amazon.eventstream``), read and written.

A frame is: total length, headers length, CRC-32 of those eight bytes, headers, payload, CRC-32 of all before it; all
numbers big-endian. A header is: name length (1 byte), name, type (7 = string), value length (2 bytes), value.
Source: the AWS event stream encoding in Amazon's public API references.
"""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from collections.abc import Iterable
from typing import Final

from headroom.wire.counts import parse, text
from headroom.wire.sse import MAX_EVENT

_OVERHEAD: Final = 16
_STRING: Final = 7


class FrameSplitter:
    """Cuts a stream into whole frames; all frames and the tail, joined, are the stream."""

    __slots__ = ("_limit", "_lost", "_rest")

    def __init__(self, limit: int = MAX_EVENT) -> None:
        self._limit = limit
        self._rest = bytearray()
        self._lost = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes; return the frames they complete. After an impossible length all bytes go straight on."""
        self._rest += chunk
        frames: list[bytes] = []
        while not self._lost and len(self._rest) >= 4:
            size = int.from_bytes(self._rest[:4])
            if not _OVERHEAD <= size <= self._limit:
                self._lost = True
            elif len(self._rest) < size:
                break
            else:
                frames.append(bytes(self._rest[:size]))
                del self._rest[:size]
        if self._lost and self._rest:
            frames.append(bytes(self._rest))
            self._rest.clear()
        return frames

    def tail(self) -> bytes:
        """The bytes after the last whole frame."""
        return bytes(self._rest)


def payload_of(frame: bytes) -> bytes:
    """The JSON inside one frame: unwrapped from ``{"bytes": base64}`` where it is; empty if it can't be read."""
    if len(frame) < _OVERHEAD:
        return b""
    payload = frame[12 + int.from_bytes(frame[4:8]) : -4]
    wrapped = text(parse(payload), "bytes")
    if not wrapped:
        return payload
    try:
        return base64.b64decode(wrapped, validate=True)
    except binascii.Error:
        return b""


def is_exception(frame: bytes) -> bool:
    """Whether the frame reports an error."""
    headers = frame[12 : 12 + int.from_bytes(frame[4:8])]
    return b":exception-type" in headers or b":error-code" in headers


def frame(headers: Iterable[tuple[str, str]], payload: bytes) -> bytes:
    """One frame with string headers."""
    head = b"".join(
        struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", _STRING, len(value)) + value.encode()
        for name, value in headers
    )
    prelude = struct.pack(">II", _OVERHEAD + len(head) + len(payload), len(head))
    body = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + payload
    return body + struct.pack(">I", zlib.crc32(body))
