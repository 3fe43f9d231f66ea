"""Images: their size from the first bytes, and scaling them down, with bounds on what is decoded. Needs Pillow for that."""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from typing import Any

log = logging.getLogger("headroom.compress")


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

MAX_PIXELS = 36_000_000
"""Larger images are not decoded: what a header promises must be paid for in memory, four bytes a pixel."""
MAX_BYTES = 20 * 1024 * 1024
"""Larger files are not looked at; no provider takes them."""
_WORTH = 0.9
"""A smaller image counts when its file has at most this share of the bytes."""
_FLAT = 1.0
"""Bytes a pixel below which a PNG is drawn; photographs take more than one."""
_FLAT_SHARE = 0.4
"""Of its pixels; what is left of a drawn image when it is scaled down must be fewer, or decoding it is in vain."""
_ORIENTATION = 0x0112
"""The one EXIF tag that is kept: pixels stay as they lie, so whoever turned the original turns this one, too."""
_ANIMATION = b"acTL"
"""Chunk of an animated PNG, which comes before the first frame."""


@dataclass(frozen=True, slots=True)
class Downscaled:
    """A smaller image, or why there is none."""

    data: bytes | None
    """None: send the original; ``why`` says the reason."""
    why: str = ""


def has_decoder() -> bool:
    """Whether Pillow is installed."""
    return find_spec("PIL") is not None


def downscale(data: bytes, target: tuple[int, int]) -> Downscaled:
    """Scale a PNG or JPEG down to a width and height, its format kept, its metadata but for colours and turn left out.

    The same bytes give the same result with the same versions of Pillow and its codecs. Other formats, animations,
    colours that neither format's readers agree on (CMYK, 16 bits), files too large to decode and broken ones stay.
    """
    size = read_size(data)
    if size is None or size.format not in _FORMATS:
        return Downscaled(None, "unknown_format")
    if size.width * size.height > MAX_PIXELS or len(data) > MAX_BYTES:
        return Downscaled(None, "too_large")
    if _is_flat(size, len(data)) and target[0] * target[1] > _FLAT_SHARE * size.width * size.height:
        return Downscaled(None, "no_gain")
    try:
        images = import_module("PIL.Image")
    except ImportError:
        return Downscaled(None, "no_decoder")
    try:
        with images.open(BytesIO(data), formats=(size.format.upper(),)) as image:
            if (image.width, image.height) != (size.width, size.height):
                return Downscaled(None, "unreadable")
            if getattr(image, "is_animated", False) or _ANIMATION in data[:4096]:
                return Downscaled(None, "animated")
            mode = _mode(image)
            if mode is None:
                return Downscaled(None, "colours")
            kept = {**_FORMATS[size.format], **_kept(image, images)}
            pixels = image if image.mode == mode else image.convert(mode)
            smaller = pixels.resize(target, images.Resampling.BICUBIC)
        smaller.info = {}  # the encoders would carry over what is found there
        out = BytesIO()
        smaller.save(out, format=size.format.upper(), **kept)
    except Exception as error:  # decoders raise whatever hostile bytes lead them to
        log.debug("an image could not be scaled: %s", error)
        return Downscaled(None, "unreadable")
    return Downscaled(out.getvalue()) if out.tell() <= _WORTH * len(data) else Downscaled(None, "no_gain")


_FORMATS: Mapping[str, Mapping[str, Any]] = {
    "png": {"optimize": False, "compress_level": 3},
    # No chroma subsampling: coloured text on screenshots would blur.
    "jpeg": {"quality": 90, "subsampling": 0, "optimize": False, "progressive": False},
}
"""What can be written, and how; part of what every verdict stands for (see ``VERSION``)."""

VERSION = b"1"
"""Changes with anything here that changes the bytes of a result."""


def _is_flat(size: ImageSize, length: int) -> bool:
    """Whether a PNG is drawn and no photograph. Scaling blurs its edges, which takes more bytes than pixels save."""
    return size.format == "png" and length < _FLAT * size.width * size.height


def _mode(image: Any) -> str | None:
    """The colours to scale in: palettes and single bits can't be averaged; None for those left alone."""
    mode: str = image.mode
    if mode in {"P", "PA"}:
        return "RGBA" if "transparency" in image.info or mode == "PA" else "RGB"
    if mode in {"1", "L"}:
        return "LA" if "transparency" in image.info else "L"
    if mode == "RGB" and "transparency" in image.info:
        return "RGBA"
    return mode if mode in {"LA", "RGB", "RGBA"} else None


def _kept(image: Any, images: Any) -> dict[str, Any]:
    """What else is written: the colour profile, and how the picture is to be turned."""
    kept: dict[str, Any] = {}
    # A grey image has a grey profile, and one that was a palette would need another.
    if image.mode in {"RGB", "RGBA", "L", "LA"} and isinstance(profile := image.info.get("icc_profile"), bytes):
        kept["icc_profile"] = profile
    turn = image.getexif().get(_ORIENTATION)
    if isinstance(turn, int) and turn != 1:
        exif = images.Exif()
        exif[_ORIENTATION] = turn
        kept["exif"] = exif.tobytes()
    return kept
