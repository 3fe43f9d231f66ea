"""Responses: an answer's output items, and results as ``function_call_output`` items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

from headroom.errors import Unreadable
from headroom.exchange import Edit, Wire
from headroom.retrieval.tool import is_retrieve
from headroom.retrieval.turns.parts import Block, Kind, Result, Round
from headroom.retrieval.turns.splicing import append, keep, object_at
from headroom.retrieval.turns.usage import dump, parse
from headroom.wire import dialect_for
from headroom.wire.body import literal, splice
from headroom.wire.outline import BRACKET, elements, elements_at, is_given, members, string

_CALLS = frozenset({"custom_tool_call", "local_shell_call", "shell_call", "apply_patch_call"})


class OpenAIResponsesTurns:
    """Responses."""

    wire = Wire.OPENAI_RESPONSES

    def read(self, reply: bytes) -> Round | None:
        """Read a response object."""
        try:
            fields = members(reply)
            span = fields.get("output")
            if span is None or reply[span[0]] != BRACKET:
                return None
            blocks = tuple(item_of(reply[start:end]) for start, end in elements(reply, *span))
            usage = fields.get("usage")
            return Round(
                blocks,
                message_of(blocks),
                wants_tools=string(reply, fields.get("status")) == "completed",
                usage=parse(reply[usage[0] : usage[1]]) if usage else {},
            )
        except Unreadable:
            return None

    def results(self, results: Sequence[Result]) -> bytes:
        """One item a result."""
        return b",".join(self.result(result) for result in results)

    def result(self, result: Result) -> bytes:
        """A ``function_call_output`` item."""
        return b'{"type":"function_call_output","call_id":%b,"output":%b}' % (
            literal(result.call.id),
            literal(result.text),
        )

    def extend(self, body: bytes, message: bytes, results: bytes) -> bytes:
        """Append to ``input``, which works whether the provider keeps responses or not; not needed for a conversation.

        Reasoning without its encrypted form exists only in the provider's store; when that is off it is left out.
        """
        fields = members(body)
        conversation, store = fields.get("conversation"), fields.get("store")
        if is_given(body, conversation):  # the provider added both the input and its answer to it already
            return splice(body, [Edit(*fields["input"], b"[" + results + b"]")] if "input" in fields else [])
        if store is not None and body[store[0] : store[1]] == b"false":
            listed = b"[" + message + b"]"
            message = b",".join(raw for start, end in elements(listed) if _can_be_sent(raw := listed[start:end]))
        more = message + b"," + results if message else results
        return append(
            body, dialect_for(self.wire), "input", more, lambda text: b'{"role":"user","content":' + text + b"}"
        )

    def strip(self, reply: bytes, *, stop: bool, words: str = "") -> bytes:
        """Take our items out of ``output``; the status says nothing of calls."""
        del stop
        array = members(reply)["output"]
        spans = elements(reply, *array)
        kept = [span for span in spans if item_of(reply[span[0] : span[1]]).kind is not Kind.RETRIEVE]
        said = (spoken(words, reply),) if words else ()
        return splice(reply, [keep(reply, array, kept, *said)] if len(kept) < len(spans) else [])

    def with_usage(self, reply: bytes, usage: Mapping[str, object]) -> bytes:
        """Replace ``usage``."""
        span = members(reply).get("usage")
        return reply if span is None or not is_given(reply, span) else splice(reply, [Edit(*span, dump(usage))])


def item_of(raw: bytes) -> Block:
    """Read one output item."""
    fields = object_at(raw, (0, len(raw)))
    kind = string(raw, fields.get("type")) or ""
    if kind == "message":
        texts = [
            string(raw, object_at(raw, part).get("text")) or "" for part in elements_at(raw, fields.get("content"))
        ]
        return Block(Kind.TEXT, raw, "".join(texts), string(raw, fields.get("id")) or "")
    if kind == "function_call":
        name = string(raw, fields.get("name")) or ""
        return Block(
            Kind.RETRIEVE if is_retrieve(name) else Kind.CALL,
            raw,
            id=string(raw, fields.get("call_id")) or "",
            name=name,
            arguments=string(raw, fields.get("arguments")) or "",
        )
    if kind in _CALLS:
        return Block(Kind.CALL, raw, id=string(raw, fields.get("call_id")) or "", name=kind)
    return Block(Kind.OTHER, raw, id=string(raw, fields.get("id")) or "")


def spoken(words: str, seed: bytes) -> bytes:
    """Words of ours as an output item; its id is drawn from ``seed``."""
    return b'{"id":"msg_%b","type":"message","status":"completed","role":"assistant","content":[%b]}' % (
        blake2b(seed, digest_size=24).hexdigest().encode(),
        output_text(words),
    )


def output_text(words: str) -> bytes:
    """Words as the content of an output item."""
    return b'{"type":"output_text","text":%b,"annotations":[]}' % literal(words)


def message_of(items: Iterable[Block]) -> bytes:
    """The answer as items of a request."""
    return b",".join(item.raw for item in items)


def _can_be_sent(raw: bytes) -> bool:
    fields = object_at(raw, (0, len(raw)))
    return string(raw, fields.get("type")) != "reasoning" or is_given(raw, fields.get("encrypted_content"))
