"""Image blocks as byte spans: where the base64 lies, and what a text block in their place would look like."""

from __future__ import annotations

import re
from base64 import b64decode
from hashlib import blake2b
from typing import Final

from headroom.wire.dialect import ImagePart, Slice
from headroom.wire.outline import QUOTE, Fields, Span, string

_DATA_URL: Final = re.compile(rb"data:(image\\?/[A-Za-z0-9.+-]+)(?:;[A-Za-z0-9=._-]+)*;base64,", re.IGNORECASE)
_URLSAFE: Final = bytes.maketrans(b"-_", b"+/")
_HEAD: Final = 4096
"""Characters of base64 that hold the header of nearly every image."""


def part_of(
    raw: bytes,
    block: Span,
    fields: Fields,
    data: Span | None,
    media: str | None,
    *,
    text: bytes | None,
    call_id: str | None = None,
    detail: str = "",
) -> ImagePart | None:
    """The image of a block, or None when it has no base64 in it.

    ``data`` is the span of a string literal: base64, or with ``media`` None a data URL. ``text`` is what a text block
    begins with here, up to its literal. The block's ``cache_control`` stays with the text.
    """
    if data is None or raw[data[0]] != QUOTE:
        return None
    start, end = data[0] + 1, data[1] - 1
    if media is None:
        url = _DATA_URL.match(raw, start, end)
        if url is None:
            return None
        media, start = url[1].replace(b"\\/", b"/").decode(), url.end()
    if start >= end or not media.lower().startswith("image/"):
        return None
    mark = fields.get("cache_control")
    behind = b"" if mark is None else b',"cache_control":' + raw[mark[0] : mark[1]]
    h = blake2b(raw[start:end], digest_size=16)
    h.update(f"\0{media.lower()}\0{detail}".encode())
    return ImagePart(
        start=block[0],
        end=max(span[1] for span in fields.values()),
        data=Slice(start, end),
        media=media.lower(),
        digest=h.digest(),
        call_id=call_id,
        detail=detail,
        text=None if text is None else (text, behind),
    )


def payload(raw: bytes, image: ImagePart) -> bytes | None:
    """The image file, or None when it is not base64. ``raw`` is the message's slice."""
    return _decoded(raw[image.data[0] : image.data[1]])


def beginning(raw: bytes, image: ImagePart) -> bytes | None:
    """The first bytes of the image file, enough for most headers."""
    start, end = image.data
    if end - start <= _HEAD:
        return payload(raw, image)
    head = raw[start : start + _HEAD].replace(b"\\/", b"/")
    return _decoded(head[: len(head) // 4 * 4])


def _decoded(written: bytes) -> bytes | None:
    written = written.replace(b"\\/", b"/").translate(_URLSAFE)  # an escaped slash is how some languages write one
    try:
        return b64decode(written + b"=" * (-len(written) % 4), validate=True)
    except ValueError:
        return None


def field(raw: bytes, fields: Fields, *names: str) -> str:
    """The first of some string fields, empty when there is none."""
    return next((found for name in names if (found := string(raw, fields.get(name))) is not None), "")
