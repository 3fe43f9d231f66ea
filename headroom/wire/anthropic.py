"""Anthropic Messages: requests, answers, streams and errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from headroom.errors import Unreadable
from headroom.exchange import Usage, Wire
from headroom.wire.counts import Json, child, children, count, parse, text
from headroom.wire.dialect import Batch, ErrorReply, Message, PartKind, Refusal, Request, Slice, Splitter, ToolCall
from headroom.wire.images import field, part_of
from headroom.wire.outline import (
    BRACE,
    BRACKET,
    MAX_MESSAGES,
    Fields,
    Span,
    cache_marks,
    check_text,
    elements,
    integer,
    is_given,
    is_true,
    members,
    slices,
    string,
)
from headroom.wire.reading import Block, Reading
from headroom.wire.refusals import WORDINGS, anthropic_body, dump, event, reply
from headroom.wire.sse import EventSplitter, data_of, event_name
from headroom.wire.tools import flat_names

_KEYS: Final = frozenset({"content"})
_TEXT: Final = frozenset({"text"})
_SIGNED: Final = frozenset({"thinking", "redacted_thinking", "compaction"})
_KINDS: Final = {"user": PartKind.USER, "assistant": PartKind.ASSISTANT, "system": PartKind.SYSTEM}
_TEXT_BLOCK: Final = b'{"type":"text","text":'
_FREE_CHOICE: Final = frozenset({None, "auto"})


class AnthropicDialect:
    """The Messages format, as Anthropic, Vertex and Bedrock speak it."""

    wire = Wire.ANTHROPIC

    def outline(self, body: bytes) -> Request:
        """Find the messages of one request."""
        fields = members(body)
        check_text(body, *fields.get("messages", (0, 0)))
        return _outline(body, fields)

    def batch(self, body: bytes) -> Batch:
        """Find the requests of a message batch. Raises ``Unreadable`` where there are none."""
        check_text(body)
        span = members(body).get("requests")
        if span is None or body[span[0]] != BRACKET:
            raise Unreadable("shape")
        params: list[Span] = []
        models: set[str | None] = set()
        most = 0
        for start, end in elements(body, *span):
            place = members(body, start, end).get("params")
            if place is None or body[place[0]] != BRACE:
                raise Unreadable("shape")
            fields = members(body, *place)
            models.add(string(body, fields.get("model")))
            most += integer(body, fields.get("max_tokens")) or 0
            params.append(place)
        return Batch(tuple(params), models.pop() if len(models) == 1 else None, most)

    def message(self, raw: bytes) -> Message:
        """Read one message."""
        reading = Reading(raw, _KEYS)
        root = reading.root
        role = reading.text(root, "role")
        if role is None:
            raise Unreadable("shape")
        kind = _KINDS.get(role, PartKind.USER)
        span = reading.literal(root, "content")
        if span is not None:
            reading.part(span, kind, marked="cache_control" in root.fields)
        for block in root.lists.get("content", ()):
            _read(reading, block, kind)
        return reading.message(role, b'"text"')

    def tool_array(self, body: bytes, request: Request) -> Slice | None:
        """The array that a further tool definition is appended to."""
        del body
        return request.tools

    def usage(self, body: bytes) -> Usage | None:
        """Usage of a complete answer."""
        return _usage(child(parse(body), "usage"))

    def empty(self, body: bytes) -> bool:
        """Whether an answer says nothing."""
        answer = parse(body)
        if answer is None:
            return not body.strip()
        if "content" not in answer:
            return False  # an error, or not a message at all
        return not any(_says_something(block) for block in children(answer, "content"))

    def text(self, body: bytes) -> str:
        """The text of a complete answer, for the message log."""
        return "".join(text(block, "text") for block in children(parse(body), "content"))

    def delta(self, event: bytes) -> str:
        """The text that one stream event adds, for the message log."""
        if b"text_delta" not in event:
            return ""
        return text(child(parse(data_of(event)), "delta"), "text")

    def splitter(self) -> Splitter:
        """A fresh splitter for one stream."""
        return EventSplitter()

    def tap(self) -> AnthropicTap:
        """A fresh usage tap for one stream."""
        return AnthropicTap()

    def tool(self, name: str, description: str, parameters: Mapping[str, object]) -> bytes:
        """A tool definition."""
        return dump({"name": name, "description": description, "input_schema": parameters})

    def error(
        self, refusal: Refusal, message: str, request_id: str, *, extra: Iterable[tuple[str, str]] = ()
    ) -> ErrorReply:
        """An error before the first byte."""
        wording = WORDINGS[refusal]
        return reply(wording, anthropic_body(wording, message, request_id), extra=extra)

    def stream_error(self, refusal: Refusal, message: str, request_id: str) -> bytes:
        """An ``error`` event."""
        return event(anthropic_body(WORDINGS[refusal], message, request_id), "error")


class AnthropicTap:
    """Usage from ``message_start`` and ``message_delta``; the latter's counts are cumulative."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.finished = False
        self.failed = False
        self.model: str | None = None
        self.empty = True
        self._counted: dict[str, object] = {}

    def feed(self, event: bytes) -> None:
        """Take one complete event."""
        name = event_name(event)
        if name == "content_block_delta" and not self.empty:
            return
        data = data_of(event)
        if data:
            self.take(data, name)

    def take(self, data: bytes, name: str = "") -> None:
        """Take the JSON of one event."""
        record = parse(data)
        if record is None:
            return
        name = text(record, "type") or name
        if name == "content_block_delta":
            self.empty = self.empty and not _delta_says_something(child(record, "delta"))
        elif name == "content_block_start":
            self.empty = self.empty and not _says_something(child(record, "content_block"))
        elif name == "message_start":
            message = child(record, "message")
            self.model = text(message, "model") or self.model
            self._count(child(message, "usage"))
        elif name == "message_delta":
            self._count(child(record, "usage"))
        elif name == "message_stop":
            self.finished = True
        elif name == "error":
            self.failed = True

    def _count(self, usage: Json) -> None:
        # A later zero is a gap of a half-compatible provider, not news.
        self._counted |= {key: value for key, value in usage.items() if value}
        self.usage = _usage(self._counted)


def _outline(body: bytes, fields: Fields) -> Request:
    span = fields.get("messages")
    if span is None or body[span[0]] != BRACKET:
        raise Unreadable("shape")
    messages = elements(body, *span)
    if len(messages) > MAX_MESSAGES:
        raise Unreadable("too_many_messages")
    system = fields.get("system")
    tools = fields.get("tools")
    choice = fields.get("tool_choice")
    return Request(
        wire=Wire.ANTHROPIC,
        model=string(body, fields.get("model")),
        stream=is_true(body, fields.get("stream")),
        messages=slices(messages),
        system=(Slice(*system),) if system is not None and is_given(body, system) else (),
        tools=Slice(*tools) if tools is not None and body[tools[0]] == BRACKET else None,
        tool_names=flat_names(body, tools),
        forced_tool=_forced(body, choice),
        max_output=integer(body, fields.get("max_tokens")),
        cache_marks=cache_marks(body),
        forgets=_forgets(body, fields.get("context_management")),
    )


def _forgets(body: bytes, management: Span | None) -> bool:
    """Whether the provider clears tool results or compacts the conversation by itself; thinking may come and go."""
    if management is None or not is_given(body, management):
        return False
    asked = body[management[0] : management[1]]
    return b"clear_tool_uses" in asked or b"compact" in asked


def _forced(body: bytes, choice: Span | None) -> bool:
    """``any`` counts too: a call of our tool would take the place of the one the client insists on."""
    if choice is None or body[choice[0]] != BRACE:
        return False
    return string(body, members(body, *choice).get("type")) not in _FREE_CHOICE


def _read(reading: Reading, block: Block, kind: PartKind) -> None:
    name = reading.text(block, "type")
    marked = "cache_control" in block.fields
    if name == "text":
        span = reading.literal(block, "text")
        if span is not None:
            reading.part(span, kind, marked=marked)
    elif name == "tool_result":
        error = block.fields.get("is_error")
        call_id = reading.text(block, "tool_use_id")
        reading.texts(
            block,
            "content",
            _TEXT,
            PartKind.TOOL_RESULT,
            call_id=call_id,
            is_error=is_true(reading.raw, error),
            marked=marked,
        )
        for child in block.lists.get("content", ()):
            _image(reading, child, call_id)
    elif name == "tool_use":
        call = ToolCall(
            reading.text(block, "id") or "", reading.text(block, "name") or "", reading.value(block, "input")
        )
        reading.calls.append(call)
    elif name == "image" and kind is PartKind.USER:
        _image(reading, block, None)
    elif name in _SIGNED:
        reading.signed = True
        reading.compacted = reading.compacted or name == "compaction"


def _image(reading: Reading, block: Block, call_id: str | None) -> None:
    source = block.fields.get("source")
    if source is None or reading.raw[source[0]] != BRACE or reading.text(block, "type") != "image":
        return
    fields = members(reading.raw, *source)
    media = field(reading.raw, fields, "media_type")
    data = fields.get("data") if field(reading.raw, fields, "type") == "base64" else None
    image = part_of(reading.raw, block.span, block.fields, data, media, text=_TEXT_BLOCK, call_id=call_id)
    if image is not None:
        reading.images.append(image)


def _says_something(block: Json) -> bool:
    kind = text(block, "type")
    if kind == "text":
        return bool(text(block, "text"))
    if kind == "thinking":
        return bool(text(block, "thinking") or text(block, "signature"))
    return bool(kind)


def _delta_says_something(delta: Json) -> bool:
    return any(bool(text(delta, key)) for key in ("text", "thinking", "signature", "partial_json")) or text(
        delta, "type"
    ) not in {"text_delta", "thinking_delta", "signature_delta", "input_json_delta"}


def _usage(usage: Json) -> Usage | None:
    split = child(usage, "cache_creation")
    five = count(split, "ephemeral_5m_input_tokens")
    hour = count(split, "ephemeral_1h_input_tokens")
    # Without a split, or with one that falls short, the rest has the default life of five minutes.
    five += max(0, count(usage, "cache_creation_input_tokens") - five - hour)
    found = Usage(
        count(usage, "input_tokens"),
        count(usage, "cache_read_input_tokens"),
        five,
        hour,
        count(usage, "output_tokens"),
    )
    return found if found.total_input or found.output else None
