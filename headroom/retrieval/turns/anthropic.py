"""Anthropic Messages: an answer's content blocks, and results as ``tool_result`` blocks of a user message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from headroom.errors import Unreadable
from headroom.exchange import Edit, Wire
from headroom.retrieval.tool import is_retrieve
from headroom.retrieval.turns.parts import Block, Kind, Result, Round
from headroom.retrieval.turns.splicing import append, keep, object_at
from headroom.retrieval.turns.usage import dump, parse
from headroom.wire import dialect_for
from headroom.wire.body import literal, splice
from headroom.wire.outline import BRACKET, elements, members, string


class AnthropicTurns:
    """Messages."""

    wire = Wire.ANTHROPIC

    def read(self, reply: bytes) -> Round | None:
        """Read a message."""
        try:
            fields = members(reply)
            span = fields.get("content")
            if span is None or reply[span[0]] != BRACKET:
                return None
            blocks = tuple(block_of(reply[start:end]) for start, end in elements(reply, *span))
            usage = fields.get("usage")
            return Round(
                blocks,
                message_of(blocks),
                wants_tools=string(reply, fields.get("stop_reason")) == "tool_use",
                usage=parse(reply[usage[0] : usage[1]]) if usage else {},
            )
        except Unreadable:
            return None

    def results(self, results: Sequence[Result]) -> bytes:
        """One user message."""
        return b'{"role":"user","content":[' + b",".join(self.result(result) for result in results) + b"]}"

    def result(self, result: Result) -> bytes:
        """A ``tool_result`` block."""
        return b'{"type":"tool_result","tool_use_id":%b,"content":%b}' % (literal(result.call.id), literal(result.text))

    def extend(self, body: bytes, message: bytes, results: bytes) -> bytes:
        """Append to ``messages``."""
        return append(body, dialect_for(self.wire), "messages", message + b"," + results, lambda text: text)

    def strip(self, reply: bytes, *, stop: bool, words: str = "") -> bytes:
        """Take our blocks out of ``content``."""
        fields = members(reply)
        array = fields["content"]
        spans = elements(reply, *array)
        kept = [span for span in spans if block_of(reply[span[0] : span[1]]).kind is not Kind.RETRIEVE]
        said = (b'{"type":"text","text":%b}' % literal(words),) if words else ()
        edits = [keep(reply, array, kept, *said)] if len(kept) < len(spans) else []
        if stop and string(reply, fields.get("stop_reason")) == "tool_use":
            edits.append(Edit(*fields["stop_reason"], b'"end_turn"'))
        return splice(reply, edits)

    def with_usage(self, reply: bytes, usage: Mapping[str, object]) -> bytes:
        """Replace ``usage``."""
        span = members(reply).get("usage")
        return reply if span is None else splice(reply, [Edit(*span, dump(usage))])


def block_of(raw: bytes) -> Block:
    """Read one content block."""
    fields = object_at(raw, (0, len(raw)))
    kind = string(raw, fields.get("type"))
    if kind == "text":
        return Block(Kind.TEXT, raw, string(raw, fields.get("text")) or "")
    if kind != "tool_use":
        return Block(Kind.OTHER, raw)
    name = string(raw, fields.get("name")) or ""
    given = fields.get("input", (0, 0))
    return Block(
        Kind.RETRIEVE if is_retrieve(name) else Kind.CALL,
        raw,
        id=string(raw, fields.get("id")) or "",
        name=name,
        arguments=raw[given[0] : given[1]].decode(),
    )


def message_of(blocks: Iterable[Block]) -> bytes:
    """The answer as a message of a request. Blank text blocks, which the API refuses there, are left out."""
    sent = [block.raw for block in blocks if block.kind is not Kind.TEXT or block.text.strip()]
    return b'{"role":"assistant","content":[' + b",".join(sent) + b"]}"
