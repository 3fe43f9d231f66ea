"""Images: their size from the first bytes, what providers charge, and the downscale that loses nothing because they do it too."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from math import ceil, floor, sqrt


@dataclass(frozen=True, slots=True)
class ImageSize:
    """What the header says."""

    format: str
    """png, jpeg, gif, webp or bmp."""
    width: int
    height: int


def read_size(data: bytes) -> ImageSize | None:
    """Read format and dimensions from an image's header; None for anything else or a broken header."""
    try:
        for magic, read in _READERS:
            if data.startswith(magic):
                return read(data)
    except (struct.error, IndexError):
        return None
    return None


def _png(data: bytes) -> ImageSize | None:
    if data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", data[16:24])
    return ImageSize("png", width, height)


def _gif(data: bytes) -> ImageSize | None:
    width, height = struct.unpack("<HH", data[6:10])
    return ImageSize("gif", width, height)


def _bmp(data: bytes) -> ImageSize | None:
    width, height = struct.unpack("<ii", data[18:26])
    return ImageSize("bmp", abs(width), abs(height))


def _webp(data: bytes) -> ImageSize | None:
    if data[8:12] != b"WEBP":
        return None
    chunk = data[12:16]
    if chunk == b"VP8X":
        width = 1 + int.from_bytes(data[24:27], "little")
        height = 1 + int.from_bytes(data[27:30], "little")
    elif chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif chunk == b"VP8 ":
        width, height = (value & 0x3FFF for value in struct.unpack("<HH", data[26:30]))
    else:
        return None
    return ImageSize("webp", width, height)


# Start-of-frame markers of ITU T.81, table B.1; C4, C8 and CC are not frames.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _jpeg(data: bytes) -> ImageSize | None:
    at = 2
    while at + 9 < len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return ImageSize("jpeg", width, height)
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return None


_READERS: tuple[tuple[bytes, Callable[[bytes], ImageSize | None]], ...] = (
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"\xff\xd8", _jpeg),
    (b"GIF87a", _gif),
    (b"GIF89a", _gif),
    (b"RIFF", _webp),
    (b"BM", _bmp),
)

_ANTHROPIC_EDGE = 1568
_ANTHROPIC_TOKENS = 1600
_ANTHROPIC_PIXELS_PER_TOKEN = 750
_OPENAI_EDGE = 2048
_OPENAI_SHORT_EDGE = 768
_OPENAI_TILE = 512
_OPENAI_TILE_TOKENS = 170
_OPENAI_BASE_TOKENS = 85
_GEMINI_SMALL = 384
_GEMINI_TILE = 768
_GEMINI_TILE_TOKENS = 258


def free_size(size: ImageSize, provider: str) -> tuple[int, int] | None:
    """Width and height that the provider would scale the image down to by itself, or None where it takes it as it is.

    Sending that size costs the reader nothing. Figures from the providers' vision guides, 2025: Anthropic at most
    1,568 px an edge and about 1,600 tokens; OpenAI fits into 2,048 x 2,048, then 768 px on the short edge; Gemini tiles,
    so nothing is free.
    """
    width, height = size.width, size.height
    if width <= 0 or height <= 0:
        return None
    if provider == "anthropic":
        scale = min(
            1.0,
            _ANTHROPIC_EDGE / max(width, height),
            sqrt(_ANTHROPIC_TOKENS * _ANTHROPIC_PIXELS_PER_TOKEN / (width * height)),
        )
    elif provider == "openai":
        scale = min(1.0, _OPENAI_EDGE / max(width, height))
        scale = min(scale, _OPENAI_SHORT_EDGE / min(width, height))
    else:
        return None
    if scale >= 1.0:
        return None
    return max(1, floor(width * scale)), max(1, floor(height * scale))


def image_tokens(size: ImageSize, provider: str) -> int:
    """About what the provider charges for the image, in tokens; 0 for an unknown provider."""
    width, height = free_size(size, provider) or (size.width, size.height)
    if provider == "anthropic":
        return ceil(width * height / _ANTHROPIC_PIXELS_PER_TOKEN)
    if provider == "openai":
        tiles = ceil(width / _OPENAI_TILE) * ceil(height / _OPENAI_TILE)
        return _OPENAI_BASE_TOKENS + _OPENAI_TILE_TOKENS * tiles
    if provider == "gemini":
        if max(width, height) <= _GEMINI_SMALL:
            return _GEMINI_TILE_TOKENS
        return _GEMINI_TILE_TOKENS * ceil(width / _GEMINI_TILE) * ceil(height / _GEMINI_TILE)
    return 0


@dataclass(frozen=True, slots=True)
class Downscaled:
    """An image at the size the provider would have used."""

    data: bytes | None
    """None: send the original; ``why`` says the reason."""
    why: str
    tokens_before: int
    tokens_after: int


def downscale(data: bytes, provider: str) -> Downscaled:
    """Scale an image to its free size, with the metadata left out and its format kept. Deterministic; needs Pillow.

    Without Pillow, for animations and for formats it cannot read, the original is to be sent.
    """
    size = read_size(data)
    if size is None:
        return Downscaled(None, "unknown_format", 0, 0)
    tokens = image_tokens(size, provider)
    target = free_size(size, provider)
    if target is None:
        return Downscaled(None, "small_enough", tokens, tokens)
    try:
        pil = import_module("PIL.Image")
    except ImportError:
        return Downscaled(None, "no_decoder", tokens, tokens)
    try:
        with pil.open(BytesIO(data)) as image:
            if getattr(image, "is_animated", False):
                return Downscaled(None, "animated", tokens, tokens)
            smaller = image.resize(target, pil.Resampling.LANCZOS)
            out = BytesIO()
            smaller.save(out, format=image.format)
    except (OSError, ValueError, pil.DecompressionBombError):
        return Downscaled(None, "unreadable", tokens, tokens)
    if out.tell() >= len(data):
        return Downscaled(None, "no_gain", tokens, tokens)
    return Downscaled(out.getvalue(), "", tokens, image_tokens(ImageSize(size.format, *target), provider))
