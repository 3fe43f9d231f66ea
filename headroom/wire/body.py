"""Request bodies as bytes: undo content encodings, splice in replacement literals, convert string literals exactly."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Sequence
from operator import itemgetter

import brotli
import msgspec
import zstandard

from headroom.errors import Unreadable
from headroom.exchange import Edit

MAX_BODY = 100 * 1024 * 1024
"""Largest request body in bytes, before and after decoding (surface.md 8)."""

MAX_ENCODINGS = 4
"""More stacked content encodings than this are not worth undoing: no client sends them."""

_ZSTD_WINDOW = 8 * 1024 * 1024
"""Largest zstd window allowed in HTTP (RFC 9659), which bounds the decoder's memory."""

_STEP = 256
"""Bytes of zstd input a step: one step gives at most 64 blocks of 128 KiB."""

_STRUCTURES = (b"{", b"[")
_ESCAPE = re.compile(r"\\(?:u(d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|[0-9a-f]{4})|.)", re.IGNORECASE)
_LEAST_LETTER = "\x7f"
"""Of the escaped characters those above this one need no escape."""

_STRING = msgspec.json.Decoder(str)
_ENCODER = msgspec.json.Encoder()
"""Both say the same as ``json``, in a fraction of the time, of whatever they take: all but halves of surrogate pairs."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_HALVES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD]([89a-fA-F])([0-9a-fA-F]{2})"
)


def decode_body(raw: bytes, content_encoding: str, limit: int = MAX_BODY) -> bytes:
    """Undo ``content_encoding``, a header value such as ``gzip`` or ``gzip, br``; ``limit`` is in bytes.

    Never allocates much more than ``limit``. Raises ``Unreadable``: ``too_large``, ``unknown_encoding`` or
    ``bad_encoding`` (broken or cut short). Returns the same object when there is nothing to undo.
    """
    if len(raw) > limit:
        raise Unreadable("too_large")
    names = [name for part in content_encoding.split(",") if (name := part.strip().lower()) not in {"", "identity"}]
    if len(names) > MAX_ENCODINGS or any(name not in _DECODERS for name in names):
        raise Unreadable("unknown_encoding")
    for name in reversed(names):
        raw = _DECODERS[name](raw, limit)
    return raw


_PLACE = itemgetter(0, 1)


def splice(body: bytes, edits: Sequence[Edit]) -> bytes:
    """Replace each edit's range; every other byte stays. Without a real change the same object comes back.

    Edits may come in any order; insertions at one place keep theirs. Raises ``ValueError`` if two overlap or one lies
    outside the body: that is our bug, and the caller forwards the original.
    """
    pieces: list[bytes | memoryview] = []
    view = memoryview(body)
    at = 0
    for edit in sorted(edits, key=_PLACE):
        start, end, new = edit
        if start < at or end < start or end > len(body):
            raise ValueError(f"edit {start}:{end} overlaps another or lies outside the body of {len(body)} bytes")
        if end - start == len(new) and body[start:end] == new:
            continue
        pieces += (view[at:start], new)
        at = end
    if not pieces:
        return body
    pieces.append(view[at:])
    return b"".join(pieces)


def literal(text: str) -> bytes:
    """Write a JSON string literal in UTF-8, quotes included; lone surrogates are escaped."""
    try:
        return _ENCODER.encode(text)
    except UnicodeEncodeError:
        written = json.dumps(text, ensure_ascii=False)
        return _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", written).encode()


def mended(text: bytes) -> bytes | None:
    """JSON text with a private character for each escaped half of a surrogate pair; None where there is none.

    Equally long, so that places in it are places in ``text``: parsers refuse a half, though it is JSON.
    """
    if b"\\u" not in text or (b"\\ud" not in text and b"\\uD" not in text):
        return None
    whole = _HALVES.sub(_mend, text)
    return whole if whole != text else None


def _mend(escape: re.Match[bytes]) -> bytes:
    if escape[1] is None:
        return escape[0]
    return b"\\ue%x" % (int(escape[1], 16) - 8) + escape[2]


def text_of(literal: bytes) -> str:
    """Read a JSON string literal exactly, lone surrogates included. Raises ``Unreadable``.

    Of an array or object: its JSON as it stands, but with the letters that escapes stand for.
    """
    if literal[:1] in _STRUCTURES:
        written = literal.decode()
        return _ESCAPE.sub(_letter, written) if "\\u" in written else written
    try:
        return _STRING.decode(literal)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass  # a half of a pair, or no string at all
    try:
        text = json.loads(literal)
    except ValueError as error:
        raise Unreadable("invalid_json") from error
    if not isinstance(text, str):
        raise Unreadable("shape")
    return text


def _letter(escape: re.Match[str]) -> str:
    """What an escape stands for, or the escape itself where JSON needs it."""
    if not escape[1]:
        return escape[0]
    letter: str = json.loads(f'"{escape[0]}"')
    return letter if letter > _LEAST_LETTER and not _LONE_SURROGATE.match(letter) else escape[0]


def _gunzip(raw: bytes, limit: int) -> bytes:
    """Gzip, with any number of members."""
    pieces: list[bytes] = []
    room = limit
    while raw:
        piece, raw = _inflate(raw, room, zlib.MAX_WBITS | 16)
        pieces.append(piece)
        room -= len(piece)
    if not pieces:
        raise Unreadable("bad_encoding")
    return b"".join(pieces)


def _deflate(raw: bytes, limit: int) -> bytes:
    """HTTP's "deflate" is zlib by the standard, but some clients send a raw stream."""
    try:
        plain, rest = _inflate(raw, limit, zlib.MAX_WBITS)
    except Unreadable as error:
        if error.reason == "too_large":
            raise
        plain, rest = _inflate(raw, limit, -zlib.MAX_WBITS)
    if rest:
        raise Unreadable("bad_encoding")
    return plain


def _inflate(raw: bytes, limit: int, wbits: int) -> tuple[bytes, bytes]:
    """One zlib stream: its content and what follows it."""
    decoder = zlib.decompressobj(wbits)
    try:
        plain = decoder.decompress(raw, limit + 1)
    except zlib.error as error:
        raise Unreadable("bad_encoding") from error
    if len(plain) > limit:
        raise Unreadable("too_large")
    if not decoder.eof:
        raise Unreadable("bad_encoding")
    return plain, decoder.unused_data


def _unbrotli(raw: bytes, limit: int) -> bytes:
    decoder = brotli.Decompressor()
    try:
        plain: bytes = decoder.process(raw, output_buffer_limit=limit + 1)
        while len(plain) <= limit and not decoder.is_finished():
            more = decoder.process(b"", output_buffer_limit=limit + 1)
            if not more:
                break
            plain += more
    except brotli.error as error:
        raise Unreadable("bad_encoding") from error
    if len(plain) > limit:
        raise Unreadable("too_large")
    if not decoder.is_finished():
        raise Unreadable("bad_encoding")
    return plain


def _unzstd(raw: bytes, limit: int) -> bytes:
    """Zstandard, with any number of frames."""
    context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    pieces: list[bytes] = []
    size = 0
    decoder = context.decompressobj()
    for start in range(0, len(raw), _STEP):
        step = raw[start : start + _STEP]
        while step:
            if decoder.eof:
                decoder = context.decompressobj()
            try:
                piece = decoder.decompress(step)
            except zstandard.ZstdError as error:
                raise Unreadable("bad_encoding") from error
            size += len(piece)
            if size > limit:
                raise Unreadable("too_large")
            pieces.append(piece)
            step = decoder.unused_data if decoder.eof else b""
    if not decoder.eof:
        raise Unreadable("bad_encoding")
    return b"".join(pieces)


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _deflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
