"""Reading an answer beside its way to the client, compressed or not; nothing here can alter or stop it."""

from __future__ import annotations

import zlib
from typing import Protocol

import brotli
import zstandard

from headroom.exchange import Usage
from headroom.wire.dialect import Dialect
from headroom.wire.eventstream import FrameSplitter
from headroom.wire.sse import EventSplitter
from headroom.wire.texttap import TextTap

EVENT_STREAM = b"text/event-stream"
FRAMES = b"application/vnd.amazon.eventstream"
_MAX_PIECE = 16 * 1024 * 1024
"""Decoded bytes that one piece may yield; beyond it we stop reading along."""
_MAX_DOCUMENT = 8 * 1024 * 1024
"""Largest answer that streams without being made of events, and is still read for its usage."""


class Decode(Protocol):
    """Undoes a content encoding piece by piece."""

    def __call__(self, data: bytes) -> bytes:
        """The next decoded bytes. Raises whatever the codec raises."""


def _same(data: bytes) -> bytes:
    return data


def decoder(encoding: bytes | None) -> Decode | None:
    """An incremental decoder; None for an encoding we don't know."""
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
    """Reads one streamed answer. A tap or decoder that fails is dropped; the answer goes on."""

    def __init__(
        self, dialect: Dialect, content_type: bytes, encoding: bytes | None, *, keep_text: bool = False
    ) -> None:
        self._dialect = dialect
        self._tap = dialect.tap()
        self._text = TextTap(dialect.delta) if keep_text else None
        self._decode = decoder(encoding)
        kind = content_type.partition(b";")[0].strip().lower()
        self._splitter = FrameSplitter() if kind == FRAMES else EventSplitter() if kind == EVENT_STREAM else None
        self._document = bytearray()
        self._spoiled = False
        self.broken = self._decode is None
        """We stopped reading along."""
        self.over = False
        """The stream has ended."""
        self.size = 0
        """Bytes that have passed."""

    def feed(self, chunk: bytes) -> None:
        """Read one piece as the upstream sent it."""
        self.size += len(chunk)
        if self.broken or self._decode is None:
            return
        try:
            plain = self._decode(chunk)
            if self._splitter is None:
                self._document += plain
                self.broken = len(self._document) > _MAX_DOCUMENT
                return
            for event in self._splitter.feed(plain):
                self._tap.feed(event)
                # An error that does not blame the request is the provider's trouble: it says nothing against a rewrite.
                self._spoiled = self._spoiled or (self._tap.failed and b"invalid" not in event.lower())
                if self._text is not None:
                    self._text.feed(event)
        except Exception:
            self.broken = True

    @property
    def within_event(self) -> bool:
        """Whether a part of an event has gone out: nothing can follow it."""
        return self._splitter is None or self.broken or bool(self._splitter.tail())

    @property
    def usage(self) -> Usage | None:
        """Usage seen so far; for a document, once it is over."""
        if self._splitter is None:
            return None if self.broken or not self.over else self._dialect.usage(bytes(self._document))
        return self._tap.usage

    @property
    def text(self) -> str | None:
        """The words of the answer so far, if they are kept."""
        if self._text is None:
            return None
        return self._text.text if self._splitter is not None else self._dialect.text(bytes(self._document))

    @property
    def finished(self) -> bool:
        """The provider's terminator was seen, or we can't tell."""
        return self._tap.finished or self.broken or (self._splitter is None and self.over)

    @property
    def failed(self) -> bool:
        """The provider sent an error event."""
        return self._tap.failed

    @property
    def empty(self) -> bool:
        """Certainly nothing of content so far, nor news of trouble at the provider's."""
        return self._splitter is not None and not self.broken and self._tap.empty and not self._spoiled


def words_of(dialect: Dialect, body: bytes, content_type: bytes) -> str | None:
    """The words of an answer that is there as a whole, a stream's too."""
    tee = Tee(dialect, content_type, None, keep_text=True)
    tee.feed(body)
    return tee.text
