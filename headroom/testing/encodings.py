"""Content encodings of requests, read by other code than the gateway's."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from collections.abc import Callable


def decoded(raw: bytes, encoding: str) -> bytes:
    """Undo a content encoding; bytes that do not decode stay as they are, and then are no JSON."""
    decoders: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.decompress,
        "deflate": zlib.decompress,
        "br": _brotli,
        "zstd": _zstd,
    }
    decoder = decoders.get(encoding.strip().lower())
    if decoder is None or not raw:
        return raw
    with contextlib.suppress(OSError, EOFError, zlib.error, ValueError):
        return decoder(raw)
    return raw


def _brotli(raw: bytes) -> bytes:
    import brotli

    try:
        return bytes(brotli.decompress(raw))
    except brotli.error as error:
        raise ValueError(str(error)) from None


def _zstd(raw: bytes) -> bytes:
    import zstandard

    try:
        with zstandard.ZstdDecompressor().stream_reader(raw) as reader:
            return reader.read()
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None
