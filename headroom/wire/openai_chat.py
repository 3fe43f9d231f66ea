"""OpenAI Chat Completions: requests, answers, streams and errors, as most compatible servers speak them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from headroom.errors import Unreadable
from headroom.exchange import Usage, Wire
from headroom.wire.counts import Json, child, children, count, inclusive, parse, text
from headroom.wire.dialect import ErrorReply, Message, PartKind, Refusal, Request, Slice, Splitter, ToolCall
from headroom.wire.images import field, part_of
from headroom.wire.outline import (
    BRACE,
    BRACKET,
    MAX_MESSAGES,
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
from headroom.wire.refusals import WORDINGS, dump, event, openai_body, reply
from headroom.wire.sse import EventSplitter, data_of
from headroom.wire.tools import function_names

_KEYS: Final = frozenset({"content", "tool_calls"})
_TEXT: Final = frozenset({"text"})
_KINDS: Final = {
    "user": PartKind.USER,
    "assistant": PartKind.ASSISTANT,
    "system": PartKind.SYSTEM,
    "developer": PartKind.SYSTEM,
}
_RESULTS: Final = frozenset({"tool", "function"})
_TEXT_BLOCK: Final = b'{"type":"text","text":'
_SIGNED: Final = frozenset({"reasoning_details", "reasoning_opaque", "reasoning_encrypted_content"})
_SPOKEN: Final = ("content", "refusal", "reasoning_content", "reasoning", "audio", "tool_calls", "function_call")
_USAGE: Final = re.compile(rb'"usage"[ \t\n\r]*:[ \t\n\r]*\{')
_ERROR: Final = re.compile(rb'"error"[ \t\n\r]*:[ \t\n\r]*[{"]')


class OpenAIChatDialect:
    """The Chat Completions format."""

    wire = Wire.OPENAI_CHAT

    def outline(self, body: bytes) -> Request:
        """Find the messages."""
        fields = members(body)
        span = fields.get("messages")
        if span is None or body[span[0]] != BRACKET:
            raise Unreadable("shape")
        check_text(body, *span)
        messages = elements(body, *span)
        if len(messages) > MAX_MESSAGES:
            raise Unreadable("too_many_messages")
        tools = fields.get("tools")
        limit = integer(body, fields.get("max_completion_tokens"))
        return Request(
            wire=Wire.OPENAI_CHAT,
            model=string(body, fields.get("model")),
            stream=is_true(body, fields.get("stream")),
            messages=slices(messages),
            system=(),
            tools=Slice(*tools) if tools is not None and body[tools[0]] == BRACKET else None,
            tool_names=function_names(body, tools),
            forced_tool=forced(body, fields.get("tool_choice")),
            max_output=limit if limit is not None else integer(body, fields.get("max_tokens")),
            cache_marks=cache_marks(body),
        )

    def message(self, raw: bytes) -> Message:
        """Read one message."""
        reading = Reading(raw, _KEYS)
        root = reading.root
        role = reading.text(root, "role")
        if role is None:
            raise Unreadable("shape")
        marked = "cache_control" in root.fields
        if role in _RESULTS:
            call_id = reading.text(root, "tool_call_id") or reading.text(root, "name")
            reading.texts(root, "content", _TEXT, PartKind.TOOL_RESULT, call_id=call_id, marked=marked)
            _images(reading, call_id)
        else:
            reading.texts(root, "content", _TEXT, _KINDS.get(role, PartKind.USER), marked=marked)
            if role == "user":
                _images(reading, None)
        for block in root.lists.get("tool_calls", ()):
            reading.calls.append(_call(reading, block))
        if (legacy := root.fields.get("function_call")) is not None and is_given(raw, legacy):
            function = members(raw, *legacy)
            name = string(raw, function.get("name")) or ""
            reading.calls.append(ToolCall(name, name, string(raw, function.get("arguments")) or ""))
        reading.signed = any(reading.has(root, key) for key in _SIGNED)
        return reading.message(role, b'"text"')

    def tool_array(self, body: bytes, request: Request) -> Slice | None:
        """The array that a further tool definition is appended to."""
        del body
        return request.tools

    def usage(self, body: bytes) -> Usage | None:
        """Usage of a complete answer."""
        return chat_usage(child(parse(body), "usage"))

    def empty(self, body: bytes) -> bool:
        """Whether an answer says nothing."""
        answer = parse(body)
        if answer is None:
            return not body.strip()
        if "choices" not in answer:
            return False
        return not any(_says_something(child(choice, "message")) for choice in children(answer, "choices"))

    def text(self, body: bytes) -> str:
        """The text of a complete answer, for the message log."""
        return "".join(text(child(choice, "message"), "content") for choice in children(parse(body), "choices")[:1])

    def delta(self, event: bytes) -> str:
        """The text that one stream event adds, for the message log."""
        if b'"content"' not in event:
            return ""
        return "".join(text(child(c, "delta"), "content") for c in children(parse(data_of(event)), "choices")[:1])

    def splitter(self) -> Splitter:
        """A fresh splitter for one stream."""
        return EventSplitter()

    def tap(self) -> OpenAIChatTap:
        """A fresh usage tap for one stream."""
        return OpenAIChatTap()

    def tool(self, name: str, description: str, parameters: Mapping[str, object]) -> bytes:
        """A tool definition."""
        function = {"name": name, "description": description, "parameters": parameters}
        return dump({"type": "function", "function": function})

    def error(
        self, refusal: Refusal, message: str, request_id: str, *, extra: Iterable[tuple[str, str]] = ()
    ) -> ErrorReply:
        """An error before the first byte."""
        del request_id  # OpenAI's envelope has no place for it
        wording = WORDINGS[refusal]
        return reply(wording, openai_body(wording, message), extra=extra)

    def stream_error(self, refusal: Refusal, message: str, request_id: str) -> bytes:
        """A data event that holds the error."""
        del request_id
        return event(openai_body(WORDINGS[refusal], message))


class OpenAIChatTap:
    """Usage from the chunk that carries it; the end is ``[DONE]``."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.finished = False
        self.failed = False
        self.model: str | None = None
        self.empty = True

    def feed(self, event: bytes) -> None:
        """Take one complete event; once something was said, only chunks with news are parsed."""
        data = data_of(event)
        if data.strip() == b"[DONE]":
            self.finished = True
            return
        counted = _USAGE.search(data)
        wrong = _ERROR.search(data)
        if not (counted or wrong or self.empty or self.model is None):
            return
        record = parse(data)
        if record is None:
            return
        self.model = self.model or text(record, "model") or None
        if self.empty:
            self.empty = not any(_says_something(child(choice, "delta")) for choice in children(record, "choices"))
        if counted:
            self.usage = chat_usage(child(record, "usage")) or self.usage
        if wrong and record.get("error"):
            self.failed = True


def chat_usage(usage: Json) -> Usage | None:
    """Usage in Chat Completions' terms, and in those of servers which charge for cache writes."""
    details = child(usage, "prompt_tokens_details")
    return inclusive(
        count(usage, "prompt_tokens"),
        read=count(details, "cached_tokens") or count(usage, "prompt_cache_hit_tokens", "cache_read_input_tokens"),
        write=count(details, "cache_write_tokens", "cache_creation_tokens")
        or count(usage, "cache_creation_input_tokens"),
        output=count(usage, "completion_tokens"),
    )


def forced(body: bytes, choice: Span | None) -> bool:
    """Whether ``tool_choice`` is anything but free; ``required`` counts, see the Anthropic dialect."""
    if choice is None or not is_given(body, choice):
        return False
    return string(body, choice) != "auto"


def _call(reading: Reading, block: Block) -> ToolCall:
    raw = reading.raw
    call_id = reading.text(block, "id") or ""
    for key, arguments in (("function", "arguments"), ("custom", "input")):
        span = block.fields.get(key)
        if span is not None and is_given(raw, span):
            inner = members(raw, *span)
            return ToolCall(call_id, string(raw, inner.get("name")) or "", string(raw, inner.get(arguments)) or "")
    return ToolCall(call_id, "", "")


def _images(reading: Reading, call_id: str | None) -> None:
    raw = reading.raw
    for block in reading.root.lists.get("content", ()):
        url, detail = block.fields.get("image_url"), ""
        if url is None or reading.text(block, "type") != "image_url":
            continue
        if raw[url[0]] == BRACE:
            inner = members(raw, *url)
            url, detail = inner.get("url"), field(raw, inner, "detail")
        image = part_of(raw, block.span, block.fields, url, None, text=_TEXT_BLOCK, call_id=call_id, detail=detail)
        if image is not None:
            reading.images.append(image)


def _says_something(message: Json) -> bool:
    return any(message.get(key) for key in _SPOKEN)
