"""Gemini generateContent: requests, answers, streams and errors, and Code Assist, which nests them one level deeper.

Google's JSON takes field names in camelCase and in snake_case, and a lone object for a list of one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from headroom.errors import Unreadable
from headroom.exchange import Usage, Wire
from headroom.wire.counts import child
from headroom.wire.dialect import ErrorReply, Message, PartKind, Refusal, Request, Slice, Splitter, ToolCall
from headroom.wire.gemini_answers import GeminiTap, answers_in, says_something, text_of_answer, usage_of
from headroom.wire.images import field, part_of
from headroom.wire.outline import (
    BRACE,
    BRACKET,
    MAX_MESSAGES,
    QUOTE,
    Fields,
    Span,
    check_text,
    elements,
    integer,
    is_given,
    is_true,
    listed,
    members,
    slices,
    string,
)
from headroom.wire.reading import Block, Reading
from headroom.wire.refusals import WORDINGS, dump, event, gemini_body, reply
from headroom.wire.sse import EventSplitter, data_of
from headroom.wire.tools import declared_names

_KEYS: Final = frozenset({"parts"})
_KINDS: Final = {"user": PartKind.USER, "model": PartKind.ASSISTANT, "system": PartKind.SYSTEM}
_DECLARATIONS: Final = ("functionDeclarations", "function_declarations")
_BINARY: Final = frozenset({"mimeType", "mime_type", "media_type", "inlineData", "inline_data"})
_FREE_MODES: Final = frozenset({"", "AUTO", "MODE_UNSPECIFIED"})

_NESTED_DEPTH: Final = 4
"""Deep enough for an MCP result: response, its content list, one entry, the entry's text."""

_NESTED_BYTES: Final = 256
"""Shorter strings inside structured responses are not worth a look: no compressor takes them."""

_DATA_BYTES: Final = 1_024
"""An array or object inside a response, at least this long and without a string of this length, is data: one block."""

_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BLOCKS: Final = re.compile(rb'\[\s*\{[^{}]{0,200}"type"\s*:')
"""How the content list of an MCP result begins; its texts are blocks of their own."""


class GeminiDialect:
    """The generateContent format of the Gemini API, Vertex and Code Assist."""

    wire = Wire.GEMINI

    def outline(self, body: bytes) -> Request:
        """Find the contents. Model and streaming are in the path, except for Code Assist's model."""
        fields = outer = members(body)
        body_start = 0
        nested = outer.get("request")
        if "contents" not in outer and nested is not None and body[nested[0]] == BRACE:
            fields = members(body, *nested)
            body_start = nested[0]
        span = fields.get("contents")
        if span is None:
            raise Unreadable("shape")
        check_text(body, *span)
        contents = listed(body, span)
        if len(contents) > MAX_MESSAGES:
            raise Unreadable("too_many_messages")
        system = _either(fields, "systemInstruction", "system_instruction")
        tools = fields.get("tools")
        return Request(
            wire=Wire.GEMINI,
            model=string(body, outer.get("model")),
            stream=False,
            messages=slices(contents),
            system=(Slice(*system),) if system is not None and is_given(body, system) else (),
            tools=Slice(*tools) if tools is not None and body[tools[0]] == BRACKET else None,
            tool_names=declared_names(body, tools),
            forced_tool=_forced(body, _either(fields, "toolConfig", "tool_config")),
            max_output=_max_output(body, _either(fields, "generationConfig", "generation_config")),
            body_start=body_start,
        )

    def message(self, raw: bytes) -> Message:
        """Read one content."""
        reading = Reading(raw, _KEYS)
        root = reading.root
        role = reading.text(root, "role") or "user"
        kind = _KINDS.get(role, PartKind.USER)
        seen: Counter[str] = Counter()
        answered: Counter[str] = Counter()
        for part in root.lists.get("parts", ()):
            sealed = _either(part.fields, "thoughtSignature", "thought_signature") is not None
            reading.signed = reading.signed or sealed or is_true(raw, part.fields.get("thought"))
            span = reading.literal(part, "text")
            if span is not None:
                reading.part(span, kind)
            elif (call := _either(part.fields, "functionCall", "function_call")) is not None:
                _call(reading, call, seen)
            elif (response := _either(part.fields, "functionResponse", "function_response")) is not None:
                _response(reading, response, answered, sealed=sealed)
            elif (inline := _either(part.fields, "inlineData", "inline_data")) is not None and role == "user":
                _image(reading, part, inline)
        return reading.message(role, b'"text"')

    def tool_array(self, body: bytes, request: Request) -> Slice | None:
        """The first list of function declarations: that is what a further definition is appended to."""
        if request.tools is None:
            return None
        for start, end in elements(body, request.tools.start, request.tools.end):
            if body[start] != BRACE:
                continue
            span = _either(members(body, start, end), *_DECLARATIONS)
            if span is not None and body[span[0]] == BRACKET:
                return Slice(*span)
        return None

    def usage(self, body: bytes) -> Usage | None:
        """Usage of a complete answer, or of the array of chunks that a stream without ``alt=sse`` is."""
        found = [usage_of(child(answer, "usageMetadata")) for answer in answers_in(body)]
        return next((usage for usage in reversed(found) if usage is not None), None)

    def empty(self, body: bytes) -> bool:
        """Whether an answer says nothing; a refusal by the provider's own filters is an answer."""
        answers = answers_in(body)
        if not answers:
            return not body.strip()
        return not any(says_something(answer) for answer in answers)

    def text(self, body: bytes) -> str:
        """The text of a complete answer, for the message log."""
        return "".join(text_of_answer(answer) for answer in answers_in(body))

    def delta(self, event: bytes) -> str:
        """The text that one stream event adds, for the message log."""
        return self.text(data_of(event)) if b'"text"' in event else ""

    def splitter(self) -> Splitter:
        """A fresh splitter for one stream."""
        return EventSplitter()

    def tap(self) -> GeminiTap:
        """A fresh usage tap for one stream."""
        return GeminiTap()

    def tool(self, name: str, description: str, parameters: Mapping[str, object]) -> bytes:
        """A function declaration."""
        return dump({"name": name, "description": description, "parameters": parameters})

    def error(
        self, refusal: Refusal, message: str, request_id: str, *, extra: Iterable[tuple[str, str]] = ()
    ) -> ErrorReply:
        """An error before the first byte."""
        del request_id  # Google's envelope has no place for it
        wording = WORDINGS[refusal]
        return reply(wording, gemini_body(wording, message), extra=extra)

    def stream_error(self, refusal: Refusal, message: str, request_id: str) -> bytes:
        """A data event that holds the error."""
        del request_id
        return event(gemini_body(WORDINGS[refusal], message))


def _either(fields: Fields, camel: str, snake: str) -> Span | None:
    return fields.get(camel) or fields.get(snake)


def _forced(body: bytes, config: Span | None) -> bool:
    if config is None or body[config[0]] != BRACE:
        return False
    calling = _either(members(body, *config), "functionCallingConfig", "function_calling_config")
    if calling is None or body[calling[0]] != BRACE:
        return False
    fields = members(body, *calling)
    allowed = _either(fields, "allowedFunctionNames", "allowed_function_names")
    mode = (string(body, fields.get("mode")) or "").upper()
    if allowed is not None and is_given(body, allowed):
        return True
    return mode not in _FREE_MODES and mode != "VALIDATED"


def _max_output(body: bytes, config: Span | None) -> int | None:
    if config is None or body[config[0]] != BRACE:
        return None
    return integer(body, _either(members(body, *config), "maxOutputTokens", "max_output_tokens"))


def _name_and_id(raw: bytes, fields: Fields, seen: Counter[str]) -> tuple[str, str]:
    name = string(raw, fields.get("name")) or ""
    given = string(raw, fields.get("id"))
    if given:
        return name, given
    seen[name] += 1
    return name, f"{name}#{seen[name] - 1}"


def _call(reading: Reading, span: Span, seen: Counter[str]) -> None:
    raw = reading.raw
    fields = members(raw, *span)
    name, call_id = _name_and_id(raw, fields, seen)
    args = fields.get("args")
    reading.calls.append(ToolCall(call_id, name, "" if args is None else raw[args[0] : args[1]].decode()))


def _response(reading: Reading, span: Span, seen: Counter[str], *, sealed: bool) -> None:
    raw = reading.raw
    fields = members(raw, *span)
    _, call_id = _name_and_id(raw, fields, seen)
    value = fields.get("response")
    if value is None or sealed:
        return
    is_error = raw[value[0]] == BRACE and is_given(raw, members(raw, *value).get("error"))
    for found in _texts(raw, value, 0):
        reading.part(found, PartKind.TOOL_RESULT, call_id=call_id, is_error=is_error)


def _image(reading: Reading, part: Block, inline: Span) -> None:
    raw = reading.raw
    if raw[inline[0]] != BRACE:
        return
    fields = members(raw, *inline)
    media = field(raw, fields, "mimeType", "mime_type")
    image = part_of(raw, part.span, part.fields, fields.get("data"), media, text=b'{"text":')
    if image is not None:
        reading.images.append(image)


def _texts(raw: bytes, span: Span, depth: int) -> Iterator[Span]:
    """What a compressor can take of a response: strings directly in it, long ones further down, and data as one block."""
    start, end = span
    if end - start <= 2 or (depth > 1 and end - start < _NESTED_BYTES):
        return
    if raw[start] == QUOTE:
        yield span
    elif depth >= _NESTED_DEPTH:
        return
    elif depth and _is_data(raw, start, end):
        yield span
    elif raw[start] == BRACE:
        fields = members(raw, start, end)
        if not _BINARY & fields.keys():
            for value in fields.values():
                yield from _texts(raw, value, depth + 1)
    elif raw[start] == BRACKET:
        for value in elements(raw, start, end):
            yield from _texts(raw, value, depth + 1)


def _is_data(raw: bytes, start: int, end: int) -> bool:
    """Whether an array or object is best taken whole: no binary, no text of its own, no list of typed blocks."""
    if end - start < _DATA_BYTES or raw[start] not in (BRACE, BRACKET) or _BLOCKS.match(raw, start, end):
        return False
    names = (f'"{name}"'.encode() for name in _BINARY)
    if any(raw.find(name, start, end) >= 0 for name in names):
        return False
    return all(len(found) < _DATA_BYTES for found in _STRING.findall(raw, start, end))
