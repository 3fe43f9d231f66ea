"""Chat Completions: an answer's message, and results as ``tool`` messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headroom.errors import Unreadable
from headroom.exchange import Edit, Wire
from headroom.retrieval.tool import is_retrieve
from headroom.retrieval.turns.parts import Block, Kind, Result, Round
from headroom.retrieval.turns.splicing import append, keep, object_at
from headroom.retrieval.turns.usage import dump, parse
from headroom.wire import dialect_for
from headroom.wire.body import literal, splice
from headroom.wire.outline import Span, elements_at, members, string


class OpenAIChatTurns:
    """Chat Completions."""

    wire = Wire.OPENAI_CHAT

    def read(self, reply: bytes) -> Round | None:
        """Read the first choice; answers with several are never ours to continue."""
        try:
            fields = members(reply)
            choice, message = _message(reply, fields)
            if message is None:
                return None
            inner = members(reply, *message)
            blocks: list[Block] = []
            if text := string(reply, inner.get("content")):
                blocks.append(Block(Kind.TEXT, b"", text))
            blocks += (call_of(reply[start:end]) for start, end in elements_at(reply, inner.get("tool_calls")))
            usage = fields.get("usage")
            return Round(
                tuple(blocks),
                reply[message[0] : message[1]],
                wants_tools=string(reply, choice.get("finish_reason")) in {"tool_calls", "function_call", "stop"},
                usage=parse(reply[usage[0] : usage[1]]) if usage else {},
            )
        except Unreadable:
            return None

    def results(self, results: Sequence[Result]) -> bytes:
        """One message a result."""
        return b",".join(self.result(result) for result in results)

    def result(self, result: Result) -> bytes:
        """A ``tool`` message."""
        return b'{"role":"tool","tool_call_id":%b,"content":%b}' % (literal(result.call.id), literal(result.text))

    def extend(self, body: bytes, message: bytes, results: bytes) -> bytes:
        """Append to ``messages``."""
        return append(body, dialect_for(self.wire), "messages", message + b"," + results, lambda text: text)

    def strip(self, reply: bytes, *, stop: bool, words: str = "") -> bytes:
        """Take our calls out of ``tool_calls``; an empty list goes altogether."""
        choice, message = _message(reply, members(reply))
        if message is None:
            return reply
        inner = members(reply, *message)
        array = inner.get("tool_calls")
        spans = elements_at(reply, array)
        kept = [span for span in spans if call_of(reply[span[0] : span[1]]).kind is not Kind.RETRIEVE]
        edits: list[Edit] = []
        if array is not None and len(kept) < len(spans):
            edits.append(keep(reply, array, kept) if kept else Edit(*array, b"null"))
        if words and "content" in inner:
            edits.append(Edit(*inner["content"], literal(words)))
        elif words:
            edits.append(Edit(message[0] + 1, message[0] + 1, b'"content":%b,' % literal(words)))
        if stop and string(reply, choice.get("finish_reason")) in {"tool_calls", "function_call"}:
            edits.append(Edit(*choice["finish_reason"], b'"stop"'))
        return splice(reply, edits)

    def with_usage(self, reply: bytes, usage: Mapping[str, object]) -> bytes:
        """Replace ``usage``."""
        span = members(reply).get("usage")
        return reply if span is None else splice(reply, [Edit(*span, dump(usage))])


def call_of(raw: bytes) -> Block:
    """Read one entry of ``tool_calls``."""
    fields = object_at(raw, (0, len(raw)))
    function = object_at(raw, fields.get("function") or fields.get("custom"))
    name = string(raw, function.get("name")) or ""
    return Block(
        Kind.RETRIEVE if is_retrieve(name) else Kind.CALL,
        raw,
        id=string(raw, fields.get("id")) or "",
        name=name,
        arguments=string(raw, function.get("arguments") or function.get("input")) or "",
    )


def _message(reply: bytes, fields: Mapping[str, Span]) -> tuple[dict[str, Span], Span | None]:
    choices = elements_at(reply, fields.get("choices"))
    if len(choices) != 1:
        return {}, None
    choice = object_at(reply, choices[0])
    message = choice.get("message")
    return choice, message if message is not None and reply[message[0] : message[0] + 1] == b"{" else None
