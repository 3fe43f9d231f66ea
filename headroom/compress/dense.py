"""Dense lines: minified code, base64, serialised state. Nobody reads them whole; their ends and the asked-for part stay."""

from __future__ import annotations

import base64
import binascii
import re
from hashlib import sha256

from headroom.compress.images import read_size
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition, Unencoded, joined_pieces

MIN_LINE = 300
MAX_BLANKS = 0.06
MIN_TOTAL = 2_000
"""A line is dense from MIN_LINE characters with fewer than MAX_BLANKS blanks; less than MIN_TOTAL of it is left alone."""
_HEAD = 160
_TAIL = 80
_WINDOW = 240
_WINDOWS = 12
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{64,}={0,2}")
_LONE = re.compile(r"\s*(?:eyJ[\w-]+\.[\w-]+\.[\w-]+|https?://\S+)\s*")
"""A token or a signed address is a value, used whole or not at all."""


class Dense(Unencoded):
    """Lines of hundreds of characters with next to no blanks."""

    kind = "dense"

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep of each dense line its head, its tail and what surrounds the words of the question."""
        if sum(len(line) for line in text.split("\n") if _is_dense(line)) < MIN_TOTAL:
            return None
        relevance = Relevance.from_hints(hints)
        pieces: list[str | Gap] = []
        at = 0
        for line in text.split("\n"):
            end = at + len(line)
            tail = "\n" if end < len(text) else ""
            if _is_dense(line) and len(line) > _HEAD + _TAIL + _WINDOW and not _LONE.fullmatch(line):
                pieces.extend(_cut(line, at, relevance))
                pieces.append(tail)
            else:
                pieces.append(line + tail)
            at = end + 1
        merged = joined_pieces(pieces)
        if not any(isinstance(piece, Gap) for piece in merged):
            return None
        return Rendition(tuple(merged), self.kind, "dense:ends", lossless=False)

    def explains(self, text: str, lines: list[str]) -> bool:
        """Hold for lines that are parts of the source's lines."""
        return all(line in text for line in lines)


def _is_dense(line: str) -> bool:
    return len(line) >= MIN_LINE and line.count(" ") < MAX_BLANKS * len(line)


def _cut(line: str, offset: int, relevance: Relevance) -> list[str | Gap]:
    size = len(line)
    spans = [(0, _HEAD), (size - _TAIL, size)]
    lowered = line.lower() if len(line.lower()) == size else line
    for term in relevance.terms:
        if term.weight < 0.3 or len(spans) > _WINDOWS:
            continue
        at = lowered.find(term.text)
        for _ in range(3):
            if at < 0:
                break
            spans.append((max(0, at - _WINDOW // 2), min(size, at + len(term.text) + _WINDOW // 2)))
            at = lowered.find(term.text, at + _WINDOW)
    merged: list[list[int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + _TAIL:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    note = _describe(line)
    out: list[str | Gap] = []
    for index, (start, end) in enumerate(merged):
        if index:
            gap_from = merged[index - 1][1]
            out.append("\n")
            out.append(Gap(offset + gap_from + 1, offset + start, "chars", note))
            note = ""
        out.append(line[start:end])
    return out


def _describe(line: str) -> str:
    """Tell what a base64 line holds, from its first bytes."""
    match = _BASE64.search(line)
    if match is None or len(match.group()) < len(line) // 2:
        return ""
    coded = match.group().rstrip("=").replace("-", "+").replace("_", "/")
    coded = coded[: len(coded) // 4 * 4]
    try:
        raw = base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError):
        return ""
    size = read_size(raw)
    what = f"{size.format} {size.width}x{size.height}, " if size else ""
    return f"base64, {what}{len(raw):,} bytes, sha256 {sha256(raw).hexdigest()[:12]}"


COMPRESSORS = (Dense(),)
