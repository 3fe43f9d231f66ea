"""One message read into blocks: what every dialect shares, the canonical digest included."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from headroom.errors import Unreadable
from headroom.wire.body import mended
from headroom.wire.dialect import ImagePart, Message, PartKind, TextPart, ToolCall
from headroom.wire.outline import BRACE, BRACKET, QUOTE, Fields, Span, check_text, elements, is_given, members, string

MAX_DEPTH = 4
"""Lists of blocks nest at most this deep (message, tool result, its parts); deeper ones stay raw."""

_TRANSPORT_KEYS = frozenset({"cache_control", "internal_chat_message_metadata_passthrough"})
"""Keys that say nothing to the model: clients add, move and drop them from turn to turn."""


@dataclass(frozen=True, slots=True)
class Block:
    """One JSON value among others; ``fields`` is empty unless it is an object."""

    span: Span
    fields: Fields
    lists: dict[str, list[Block]]
    """Those fields that are lists of blocks."""


class Reading:
    """Collects one message's parts and calls. ``keys`` names the fields that hold text or a list of blocks."""

    __slots__ = ("calls", "compacted", "images", "keys", "parts", "raw", "root", "signed")

    def __init__(self, raw: bytes, keys: frozenset[str]) -> None:
        self.raw = raw
        self.keys = keys
        self.parts: list[TextPart] = []
        self.calls: list[ToolCall] = []
        self.images: list[ImagePart] = []
        self.signed = False
        self.compacted = False
        check_text(raw)
        self.root = self._block((0, len(raw)), 0)
        if raw[:1] != b"{":
            raise Unreadable("shape")

    def text(self, block: Block, key: str) -> str | None:
        """A block's string field, decoded."""
        return string(self.raw, block.fields.get(key))

    def value(self, block: Block, key: str) -> str:
        """A block's field as JSON text, empty when missing."""
        span = block.fields.get(key)
        if span is None:
            return ""
        written = self.raw[span[0] : span[1]]
        return (mended(written) or written).decode()

    def has(self, block: Block, key: str) -> bool:
        """Whether a block has the field, other than null."""
        return is_given(self.raw, block.fields.get(key))

    def literal(self, block: Block, key: str) -> Span | None:
        """The span of a block's string field."""
        span = block.fields.get(key)
        return span if span is not None and self.raw[span[0]] == QUOTE else None

    def part(
        self,
        span: Span,
        kind: PartKind,
        *,
        call_id: str | None = None,
        is_error: bool = False,
        marked: bool = False,
    ) -> None:
        """Note one text block by the span of its literal."""
        digest = blake2b(self.raw[span[0] : span[1]], digest_size=16).digest()
        self.parts.append(TextPart(*span, kind, digest, call_id, is_error, marked))

    def texts(
        self,
        block: Block,
        key: str,
        types: frozenset[str],
        kind: PartKind,
        *,
        call_id: str | None = None,
        is_error: bool = False,
        marked: bool = False,
    ) -> None:
        """Note a field's text: a plain string, or the text blocks (of the given types) in a list."""
        span = self.literal(block, key)
        if span is not None:
            self.part(span, kind, call_id=call_id, is_error=is_error, marked=marked)
            return
        for child in block.lists.get(key, ()):
            inner = self.literal(child, "text")
            if inner is not None and self.text(child, "type") in types:
                mark = marked or "cache_control" in child.fields
                self.part(inner, kind, call_id=call_id, is_error=is_error, marked=mark)

    def message(self, role: str, sugar: bytes) -> Message:
        """Finish. ``sugar`` is the type literal of the block that a plain string stands for, such as ``"text"``."""
        pieces: list[bytes] = []
        self._canonical(self.root, sugar, pieces)
        said = b"".join(pieces)
        return Message(
            role,
            tuple(self.parts),
            tuple(self.calls),
            blake2b(said, digest_size=16).digest(),
            self.signed,
            tuple(self.images),
            self.compacted,
            len(said),
        )

    def _block(self, span: Span, depth: int) -> Block:
        raw = self.raw
        if raw[span[0] : span[0] + 1] != b"{":
            return Block(span, {}, {})
        fields = members(raw) if depth == 0 else members(raw, *span)
        lists: dict[str, list[Block]] = {}
        if depth < MAX_DEPTH:
            for key in self.keys & fields.keys():
                inner = fields[key]
                opening = raw[inner[0]]
                if opening == BRACKET:
                    lists[key] = [self._block(item, depth + 1) for item in elements(raw, *inner)]
                elif opening == BRACE and key == "parts":  # Gemini's JSON takes a lone part for a list of one
                    lists[key] = [self._block(inner, depth + 1)]
        return Block(span, fields, lists)

    def _canonical(self, block: Block, sugar: bytes, out: list[bytes]) -> None:
        """Unambiguous pieces: every leaf with its length, every list and object between its own brackets."""
        raw = self.raw
        if not block.fields:
            _leaf(raw[block.span[0] : block.span[1]], out)
            return
        out.append(b"{")
        for key in sorted(block.fields):
            start, end = block.fields[key]
            if key in _TRANSPORT_KEYS or key.startswith("__") or (end - start == 4 and raw[start:end] == b"null"):
                continue
            _leaf(key.encode(), out)
            children = block.lists.get(key)
            if children is not None:
                out.append(b"[")
                for child in children:
                    self._canonical(child, sugar, out)
                out.append(b"]")
            elif key in self.keys and raw[start] == QUOTE:
                out.append(b"[{")
                for piece in (b"text", raw[start:end], b"type", sugar):
                    _leaf(piece, out)
                out.append(b"}]")
            else:
                _leaf(raw[start:end], out)
        out.append(b"}")


def _leaf(piece: bytes, out: list[bytes]) -> None:
    out += (b"%d:" % len(piece), piece)
