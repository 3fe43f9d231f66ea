"""Gemini streams: our ``functionCall`` parts are taken out of chunks, the chunk that ends the answer is held back."""

from __future__ import annotations

from collections.abc import Mapping

from headroom.errors import Unreadable
from headroom.exchange import Edit
from headroom.retrieval.turns.gemini import Chunk, message_of, part_of
from headroom.retrieval.turns.parts import Block, Kind, Round
from headroom.retrieval.turns.splicing import keep
from headroom.retrieval.turns.usage import add, dump
from headroom.retrieval.weave.weaver import MAX_KEPT, one_line, with_data
from headroom.wire.body import literal, splice
from headroom.wire.sse import data_of

_NEWS = (b"functionCall", b"finishReason", b"promptFeedback", b"error")
"""What an ordinary chunk of words does not hold."""


class GeminiWeaver:
    """One turn of a streamGenerateContent stream."""

    response_ids: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.ended = False
        self._first = True
        self._withheld = False
        self._nested = False
        self._id = b""
        self._prior: dict[str, object] = {}
        self._kept: list[bytes] = []
        self._size = 0
        self._held: list[bytes] = []
        self._usage: dict[str, object] = {}

    @property
    def complete(self) -> bool:
        """Whether the answer is whole."""
        return self.ended

    @property
    def woven(self) -> bool:
        """Whether anything was withheld so far."""
        return self._withheld or not self._first

    def feed(self, event: bytes) -> bytes:
        """Take one event. As long as no call was made it is only kept, to be read should one follow."""
        data = one_line(data_of(event))
        if not self.woven and not any(mark in data for mark in _NEWS):
            self._keep(data)
            return event
        try:
            chunk = Chunk.of(data) if data else None
        except Unreadable:
            chunk = None
        if chunk is None or "error" in chunk.fields:
            return event
        self._keep(data)
        self._nested = chunk.nested
        if chunk.finish or ("promptFeedback" in chunk.fields and chunk.parts is None):
            self.ended = True
        spans = chunk.part_spans
        kept = [span for span in spans if part_of(data[span[0] : span[1]]).kind is not Kind.RETRIEVE]
        ours = len(kept) < len(spans)
        self._withheld = self._withheld or ours
        if not self.woven:
            return event
        edits = self._edits(chunk)
        if ours:
            if not kept and not self.ended:
                return b""
            assert chunk.parts is not None
            edits.append(keep(data, chunk.parts, kept))
        event = with_data(event, splice(data, edits)) if edits else event
        if not self.ended:
            return event
        self._held.append(event)
        return b""

    def finish(self) -> Round:
        """This round's content."""
        if self._size > MAX_KEPT:
            raise Unreadable("too_large")
        blocks: list[Block] = []
        usage: dict[str, object] = {}
        finish = ""
        for data in self._kept:
            try:
                chunk = Chunk.of(data)
                blocks += [part_of(data[start:end]) for start, end in chunk.part_spans]
            except Unreadable:
                continue
            usage |= chunk.usage
            finish = chunk.finish or finish
            span = chunk.fields.get("responseId")
            self._id = self._id or (data[span[0] : span[1]] if span else b"")
        self._usage = usage
        return Round(tuple(blocks), message_of(blocks), wants_tools=finish == "STOP", usage=usage)

    def go_on(self) -> bytes:
        """Another round follows. Words in the chunk that also ended the answer are shown now."""
        spoken = b"".join(self._spoken(event) for event in self._held)
        self._prior = add(self._prior, self._usage)
        self._first = False
        self._withheld = self.ended = False
        self._kept, self._size = [], 0
        self._held = []
        self._usage = {}
        return spoken

    def release(self, usage: Mapping[str, object] | None, *, stop: bool, words: str = "") -> bytes:
        """The chunk that ends the answer; its usage was summed on the way."""
        del usage, stop
        out = (self._said(words) if words else b"") + b"".join(self._held)
        self._held = []
        return out

    def ping(self) -> bytes:
        """A chunk without words, of the kind that Gemini itself sends: some of its readers know no comments."""
        return self._said("")

    def _said(self, words: str) -> bytes:
        chunk = b'{"candidates":[{"content":{"parts":[{"text":%b}],"role":"model"},"index":0}]}' % literal(words)
        return b"data: " + (b'{"response":' + chunk + b"}" if self._nested else chunk) + b"\r\n\r\n"

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if data and self._size <= MAX_KEPT:
            self._kept.append(data)

    def _edits(self, chunk: Chunk) -> list[Edit]:
        """Make a chunk of a later round part of the one answer the client sees."""
        edits: list[Edit] = []
        if self._first:
            return edits
        if self._prior and "usageMetadata" in chunk.fields:
            edits.append(Edit(*chunk.fields["usageMetadata"], dump(add(self._prior, chunk.usage))))
        if self._id and "responseId" in chunk.fields:
            edits.append(Edit(*chunk.fields["responseId"], self._id))
        return edits

    def _spoken(self, event: bytes) -> bytes:
        """A closing chunk reduced to its parts; empty when it has none with content."""
        data = one_line(data_of(event))
        chunk = Chunk.of(data)
        if not any(
            block.text or block.kind is not Kind.TEXT
            for block in (part_of(data[start:end]) for start, end in chunk.part_spans)
        ):
            return b""
        reason = chunk.candidate.get("finishReason")
        return event if reason is None else with_data(event, splice(data, [Edit(*reason, b"null")]))
