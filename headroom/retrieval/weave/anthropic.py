"""Anthropic streams: ``content_block_*`` events are renumbered, ``message_delta`` and ``message_stop`` held back."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec

from headroom.errors import Unreadable
from headroom.exchange import Edit
from headroom.retrieval.tool import is_retrieve
from headroom.retrieval.turns.anthropic import block_of, message_of
from headroom.retrieval.turns.parts import Block, Round
from headroom.retrieval.turns.usage import dump, parse
from headroom.retrieval.weave.weaver import MAX_KEPT, one_line, with_data
from headroom.wire.body import literal, splice
from headroom.wire.outline import members
from headroom.wire.sse import data_of


class _Start(msgspec.Struct):
    type: str = ""
    name: str = ""


class _Event(msgspec.Struct):
    type: str = ""
    index: int | None = None
    content_block: _Start | None = None


_read = msgspec.json.Decoder(_Event).decode


class AnthropicWeaver:
    """One turn of a Messages stream."""

    response_ids: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.ended = False
        self._first = True
        self._withheld = False
        self._shown = 0
        self._places: dict[int, int | None] = {}
        """Index in this round → index the client sees; None for a block that is withheld."""
        self._kept: list[bytes] = []
        self._size = 0
        self._held: list[bytes] = []
        self._usage: dict[str, object] = {}
        self._stop = ""

    @property
    def complete(self) -> bool:
        """Whether the answer is whole."""
        return self.ended

    @property
    def woven(self) -> bool:
        """Whether anything was withheld so far."""
        return self._withheld or not self._first

    def feed(self, event: bytes) -> bytes:
        """Take one event."""
        data = data_of(event)
        try:
            seen = _read(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return event  # a comment, or nothing that we know
        if seen.index is not None:
            return self._block(event, data, seen)
        if seen.type == "message_start":
            self._note_usage(data, "message")
            return event if self._first else b""
        if seen.type in {"message_delta", "message_stop"}:
            if seen.type == "message_delta":
                self._note_usage(data, "")
                self._note_stop(data)
            else:
                self.ended = True
            if self.woven:
                self._held.append(event)
                return b""
        return event

    def finish(self) -> Round:
        """This round's message."""
        blocks = self._blocks()
        return Round(blocks, message_of(blocks), wants_tools=self._stop == "tool_use", usage=dict(self._usage))

    def go_on(self) -> bytes:
        """Another round follows."""
        self._first = False
        self._withheld = self.ended = False
        self._places = {}
        self._kept, self._size = [], 0
        self._held = []
        self._usage, self._stop = {}, ""
        return b""

    def release(self, usage: Mapping[str, object] | None, *, stop: bool, words: str = "") -> bytes:
        """``message_delta`` and ``message_stop``."""
        out = self._said(words) if words else b""
        out += b"".join(self._closing(event, usage, stop=stop) for event in self._held)
        self._held = []
        return out

    def _said(self, words: str) -> bytes:
        """A text block of our own."""
        place, self._shown = self._shown, self._shown + 1
        return b"".join(
            b'event: %b\ndata: {"type":"%b","index":%d%b}\n\n' % (name, name, place, more)
            for name, more in (
                (b"content_block_start", b',"content_block":{"type":"text","text":""}'),
                (b"content_block_delta", b',"delta":{"type":"text_delta","text":%b}' % literal(words)),
                (b"content_block_stop", b""),
            )
        )

    def ping(self) -> bytes:
        """Anthropic's own."""
        return b'event: ping\ndata: {"type": "ping"}\n\n'

    def _block(self, event: bytes, data: bytes, seen: _Event) -> bytes:
        """An event that belongs to a content block."""
        index = seen.index
        assert index is not None
        if seen.type.startswith("content_block"):
            self._size += len(event)
            if self._size <= MAX_KEPT:
                self._kept.append(data)
        if seen.type == "content_block_start" and seen.content_block is not None:
            start = seen.content_block
            if start.type == "tool_use" and is_retrieve(start.name):
                self._places[index] = None
                self._withheld = True
            else:
                self._places[index] = self._shown
                self._shown += 1
        place = self._places.get(index, index)
        if place is None:
            return b""
        if place == index or not self.woven:
            return event
        data = one_line(data)
        return with_data(event, splice(data, [Edit(*members(data)["index"], b"%d" % place)]))

    def _blocks(self) -> tuple[Block, ...]:
        """The content blocks, put together from their events."""
        if self._size > MAX_KEPT:
            raise Unreadable("too_large")
        growing: dict[int, _Growing] = {}
        for data in self._kept:
            fields = members(data)
            event = parse(data)
            index = event.get("index")
            if not isinstance(index, int):
                continue
            if "content_block" in fields:
                start, end = fields["content_block"]
                growing[index] = _Growing(data[start:end])
            elif "delta" in fields and index in growing:
                growing[index].add(event["delta"])
        return tuple(block_of(growing[index].raw()) for index in sorted(growing))

    def _closing(self, event: bytes, usage: Mapping[str, object] | None, *, stop: bool) -> bytes:
        data = one_line(data_of(event))
        fields = members(data)
        edits: list[Edit] = []
        if usage is not None and "usage" in fields:
            edits.append(Edit(*fields["usage"], dump(usage)))
        if stop and self._stop == "tool_use" and "delta" in fields:
            reason = members(data, *fields["delta"]).get("stop_reason")
            if reason is not None:
                edits.append(Edit(*reason, b'"end_turn"'))
        return with_data(event, splice(data, edits)) if edits else event

    def _note_usage(self, data: bytes, inside: str) -> None:
        record = parse(data)
        holder = record.get(inside) if inside else record
        usage = holder.get("usage") if isinstance(holder, dict) else None
        if isinstance(usage, dict):
            self._usage |= {key: value for key, value in usage.items() if value is not None}

    def _note_stop(self, data: bytes) -> None:
        delta = parse(data).get("delta")
        reason = delta.get("stop_reason") if isinstance(delta, dict) else None
        self._stop = reason if isinstance(reason, str) else self._stop


class _Growing:
    """A content block while its deltas arrive. Fields of unknown deltas grow the way the known ones do."""

    def __init__(self, start: bytes) -> None:
        self.start = start
        self.fields = parse(start)
        self.input = ""
        self.grown = False

    def add(self, delta: object) -> None:
        """Take one delta."""
        if not isinstance(delta, dict):
            return
        self.grown = True
        for key, value in delta.items():
            if key == "type":
                continue
            before = self.fields.get(key)
            if key == "partial_json" and isinstance(value, str):
                self.input += value
            elif key == "citation":
                listed = self.fields.get("citations")
                self.fields["citations"] = [*(listed if isinstance(listed, list) else []), value]
            elif isinstance(value, str) and isinstance(before, str):
                self.fields[key] = before + value
            elif isinstance(value, list) and isinstance(before, list):
                self.fields[key] = [*before, *value]
            else:
                self.fields[key] = value

    def raw(self) -> bytes:
        """The block as JSON. A call's input is given back as the very text the model wrote."""
        if not self.grown:
            return self.start
        out: list[bytes] = []
        for key, value in self.fields.items():
            written = json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()
            if key == "input" and self.input.strip():
                written = (
                    self.input.encode("utf-8", "replace") if _is_json(self.input) else b"{}"
                )  # cut short: it is not called anyway
            out.append(literal(key) + b":" + written)
        return b"{" + b",".join(out) + b"}"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
