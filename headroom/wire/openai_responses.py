"""OpenAI Responses: requests (HTTP bodies and WebSocket ``response.create`` frames), answers, streams and errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Final

from headroom.errors import Unreadable
from headroom.exchange import Usage, Wire
from headroom.wire.counts import child, children, parse, text
from headroom.wire.dialect import ErrorReply, Message, PartKind, Refusal, Request, Slice, Splitter, TextPart, ToolCall
from headroom.wire.images import field, part_of
from headroom.wire.openai_chat import forced
from headroom.wire.openai_responses_answers import OpenAIResponsesTap, responses_usage, says_something
from headroom.wire.outline import (
    BRACKET,
    MAX_MESSAGES,
    QUOTE,
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
from headroom.wire.reading import Reading
from headroom.wire.refusals import WORDINGS, dump, event, openai_body, reply
from headroom.wire.sse import EventSplitter, data_of
from headroom.wire.tools import flat_names

_KEYS: Final = frozenset({"content", "output"})
_TEXT: Final = frozenset({"input_text", "output_text", "text"})
_KINDS: Final = {
    "user": PartKind.USER,
    "assistant": PartKind.ASSISTANT,
    "system": PartKind.SYSTEM,
    "developer": PartKind.SYSTEM,
}
_CALLS: Final = {
    "function_call": "arguments",
    "custom_tool_call": "input",
    "local_shell_call": "action",
    "shell_call": "action",
    "apply_patch_call": "operation",
}
"""Calls that the client runs, and the field that says what to run."""

_RESULTS: Final = frozenset(
    {
        "function_call_output",
        "custom_tool_call_output",
        "local_shell_call_output",
        "shell_call_output",
        "apply_patch_call_output",
    }
)
_SIGNED: Final = frozenset({"reasoning", "compaction", "compaction_summary", "compaction_trigger"})
_COMPACTED: Final = frozenset({"compaction", "compaction_summary"})
_TEXT_BLOCK: Final = b'{"type":"input_text","text":'
_SHELL_STREAMS: Final = ("stdout", "stderr")
_BACKGROUND: Final = frozenset({"queued", "in_progress"})


class OpenAIResponsesDialect:
    """The Responses format."""

    wire = Wire.OPENAI_RESPONSES

    def outline(self, body: bytes) -> Request:
        """Find the input items; a plain string counts as one item."""
        fields = members(body)
        check_text(body, *fields.get("input", (0, 0)))
        instructions = fields.get("instructions")
        tools = fields.get("tools")
        return Request(
            wire=Wire.OPENAI_RESPONSES,
            model=string(body, fields.get("model")),
            stream=is_true(body, fields.get("stream")),
            messages=slices(_items(body, fields.get("input"))),
            system=(Slice(*instructions),) if instructions is not None and is_given(body, instructions) else (),
            tools=Slice(*tools) if tools is not None and body[tools[0]] == BRACKET else None,
            tool_names=flat_names(body, tools),
            forced_tool=forced(body, fields.get("tool_choice")),
            max_output=integer(body, fields.get("max_output_tokens")),
            previous_response=is_given(body, fields.get("previous_response_id"))
            or is_given(body, fields.get("conversation")),
            cache_marks=cache_marks(body),
            forgets=string(body, fields.get("truncation")) == "auto"
            or is_given(body, fields.get("context_management")),
        )

    def message(self, raw: bytes) -> Message:
        """Read one input item. The role of an item without one is its type."""
        if raw[:1] == b'"':
            return _plain(raw)
        reading = Reading(raw, _KEYS)
        root = reading.root
        kind = reading.text(root, "type") or "message"
        role = reading.text(root, "role") or kind
        call_id = reading.text(root, "call_id")
        if kind == "message":
            reading.texts(root, "content", _TEXT, _KINDS.get(role, PartKind.USER))
            if role == "user":
                _images(reading, "content", None)
        elif kind in _RESULTS:
            is_error = reading.text(root, "status") in {"failed", "incomplete"}
            reading.texts(root, "output", _TEXT, PartKind.TOOL_RESULT, call_id=call_id, is_error=is_error)
            _images(reading, "output", call_id)
            if kind == "shell_call_output":
                _shell_streams(reading, call_id)
        elif kind in _CALLS:
            field = _CALLS[kind]
            arguments = reading.text(root, field)
            name = reading.text(root, "name") or kind.removesuffix("_call")
            reading.calls.append(
                ToolCall(call_id or "", name, reading.value(root, field) if arguments is None else arguments)
            )
        reading.signed = kind in _SIGNED or reading.has(root, "encrypted_content")
        reading.compacted = kind in _COMPACTED
        return reading.message(role, b'"output_text"' if role == "assistant" else b'"input_text"')

    def tool_array(self, body: bytes, request: Request) -> Slice | None:
        """The array that a further tool definition is appended to."""
        del body
        return request.tools

    def usage(self, body: bytes) -> Usage | None:
        """Usage of a complete answer."""
        return responses_usage(child(parse(body), "usage"))

    def empty(self, body: bytes) -> bool:
        """Whether an answer says nothing; one that is still being made in the background does not count."""
        answer = parse(body)
        if answer is None:
            return not body.strip()
        if "output" not in answer or text(answer, "status") in _BACKGROUND:
            return False
        return not any(says_something(item) for item in children(answer, "output"))

    def text(self, body: bytes) -> str:
        """The text of a complete answer, for the message log."""
        items = children(parse(body), "output")
        return "".join(text(part, "text") for item in items for part in children(item, "content"))

    def delta(self, event: bytes) -> str:
        """The text that one stream event adds, for the message log."""
        if b"response.output_text.delta" not in event:
            return ""
        record = parse(data_of(event))
        return text(record, "delta") if text(record, "type") == "response.output_text.delta" else ""

    def splitter(self) -> Splitter:
        """A fresh splitter for one stream."""
        return EventSplitter()

    def tap(self) -> OpenAIResponsesTap:
        """A fresh usage tap for one stream."""
        return OpenAIResponsesTap()

    def tool(self, name: str, description: str, parameters: Mapping[str, object]) -> bytes:
        """A tool definition; not strict, so that optional parameters stay optional."""
        return dump(
            {"type": "function", "name": name, "description": description, "parameters": parameters, "strict": False}
        )

    def error(
        self, refusal: Refusal, message: str, request_id: str, *, extra: Iterable[tuple[str, str]] = ()
    ) -> ErrorReply:
        """An error before the first byte."""
        del request_id  # OpenAI's envelope has no place for it
        wording = WORDINGS[refusal]
        return reply(wording, openai_body(wording, message), extra=extra)

    def stream_error(self, refusal: Refusal, message: str, request_id: str) -> bytes:
        """An ``error`` event: the stream's own flat form, with the common envelope beside it for other readers."""
        del request_id
        wording = WORDINGS[refusal]
        flat = {"type": "error", "code": wording.openai_code, "message": message, "param": None, "sequence_number": 0}
        return event(flat | openai_body(wording, message), "error")


def _items(body: bytes, span: Span | None) -> list[Span]:
    if span is None or not is_given(body, span):
        return []  # a stored prompt or an earlier response may be all the input there is
    if body[span[0]] == QUOTE:
        return [span]
    if body[span[0]] != BRACKET:
        raise Unreadable("shape")
    items = elements(body, *span)
    if len(items) > MAX_MESSAGES:
        raise Unreadable("too_many_messages")
    return items


def _plain(raw: bytes) -> Message:
    digest = blake2b(raw, digest_size=16).digest()
    item = b'{"content":' + raw + b',"role":"user"}'
    read = Reading(item, _KEYS).message("user", b'"input_text"')
    return Message("user", (TextPart(0, len(raw), PartKind.USER, digest),), (), read.canonical, size=read.size)


def _images(reading: Reading, key: str, call_id: str | None) -> None:
    raw = reading.raw
    for block in reading.root.lists.get(key, ()):
        if reading.text(block, "type") != "input_image":
            continue
        url, detail = block.fields.get("image_url"), field(raw, block.fields, "detail")
        image = part_of(raw, block.span, block.fields, url, None, text=_TEXT_BLOCK, call_id=call_id, detail=detail)
        if image is not None:
            reading.images.append(image)


def _shell_streams(reading: Reading, call_id: str | None) -> None:
    for block in reading.root.lists.get("output", ()):
        for key in _SHELL_STREAMS:
            span = reading.literal(block, key)
            if span is not None:
                reading.part(span, PartKind.TOOL_RESULT, call_id=call_id)
