"""Reading a stream beside its way to the client, compressed or not; nothing here can alter or stop it."""

from __future__ import annotations

import zlib
from typing import Protocol

import brotli
import zstandard

from headroom.exchange import Usage
from headroom.wire.dialect import UsageTap
from headroom.wire.sse import EventSplitter

_MAX_PIECE = 16 * 1024 * 1024
"""Decoded bytes that one piece may yield; beyond it we stop reading along."""


class _Decoder(Protocol):
    def __call__(self, data: bytes) -> bytes: ...


def _same(data: bytes) -> bytes:
    return data


def _decoder(encoding: bytes | None) -> _Decoder | None:
    """An incremental decoder; the identity for none; None for an encoding we can't read along."""
    name = (encoding or b"").strip().lower()
    if name in {b"", b"identity"}:
        return _same
    if name in {b"gzip", b"x-gzip", b"deflate"}:
        inflate = zlib.decompressobj(47)
        return lambda data: inflate.decompress(data, _MAX_PIECE)
    if name == b"br":
        return brotli.Decompressor().process  # type: ignore[no-any-return]
    if name == b"zstd":
        return zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024).decompressobj().decompress
    return None


class Tee:
    """Feeds a usage tap with whole events. A tap or decoder that fails is dropped; the stream goes on."""

    def __init__(self, tap: UsageTap, encoding: bytes | None) -> None:
        self.tap = tap
        self.over = False
        """The stream has ended."""
        self.broken = False
        """We stopped reading along."""
        self._splitter = EventSplitter()
        self._decode = _decoder(encoding)
        self.broken = self._decode is None

    def split(self, chunk: bytes) -> list[bytes]:
        """Decode and cut into whole events, without feeding the tap."""
        if self.broken or self._decode is None:
            return []
        return self._splitter.feed(self._decode(chunk))

    def rest(self) -> bytes:
        """Decoded bytes after the last whole event."""
        return self._splitter.tail()

    def feed(self, chunk: bytes) -> None:
        """Read one piece as the upstream sent it."""
        if self.broken:
            return
        try:
            for event in self.split(chunk):
                self.tap.feed(event)
        except Exception:
            self.broken = True

    def watch(self, event: bytes) -> None:
        """Read one whole event that goes to the client."""
        if self.broken:
            return
        try:
            self.tap.feed(event)
        except Exception:
            self.broken = True

    @property
    def tail(self) -> bytes:
        """The part of an event that has arrived; empty at a boundary."""
        return self._splitter.tail()

    @property
    def usage(self) -> Usage | None:
        """Usage seen so far."""
        return self.tap.usage

    @property
    def finished(self) -> bool:
        """The provider's terminator was seen, or we can't tell."""
        return self.tap.finished or self.broken

    @property
    def failed(self) -> bool:
        """The provider sent an error event."""
        return self.tap.failed

    @property
    def empty(self) -> bool:
        """Certainly nothing of content so far."""
        return self.tap.empty and not self.broken
