"""Messages API answers, errors and streams (docs: "Streaming Messages", "Errors")."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from headroom.exchange import Usage
from headroom.testing.replies.answer import Answer, Called, Said, Shown, Thought, sse

_STOPS = {"end": "end_turn", "tool": "tool_use", "length": "max_tokens", "refusal": "refusal", "pause": "pause_turn"}
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def error(status: int, message: str, request_id: str) -> bytes:
    """The error envelope."""
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}).encode()


def stream_error() -> bytes:
    """The error event of a stream that broke down."""
    return sse({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "error")


def whole(answer: Answer) -> dict[str, Any]:
    """A complete message."""
    return _message(answer, [_block(item) for item in answer.shown], _STOPS[answer.stop], _usage(answer.usage))


def stream(answer: Answer) -> Iterator[bytes]:
    """The events from message_start to message_stop."""
    usage = _usage(answer.usage)
    opening = None if usage is None else {**usage, "output_tokens": min(1, usage["output_tokens"])}
    yield _event({"type": "message_start", "message": _message(answer, [], None, opening)})
    yield _event({"type": "ping"})
    index = 0
    for item in answer.shown:
        if answer.future:
            yield _event({"type": "content_block_sparkle", "index": index, "sparkle": {"level": 3}})
        yield from _streamed(answer, item, index)
        index += 1
    if answer.future:
        strange = {"type": "hologram", "data": "aGk="}
        yield _event({"type": "content_block_start", "index": index, "content_block": strange})
        yield _event({"type": "content_block_delta", "index": index, "delta": {"type": "hologram_delta", "x": 1}})
        yield _event({"type": "content_block_stop", "index": index})
    last: dict[str, Any] = {
        "type": "message_delta",
        "delta": {"stop_reason": _STOPS[answer.stop], "stop_sequence": None},
    }
    if usage is not None:
        last["usage"] = {
            name: usage[name]
            for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
        }
    yield _event(last)
    if answer.terminator:
        yield _event({"type": "message_stop"})


def _streamed(answer: Answer, item: Shown, index: int) -> Iterator[bytes]:
    def delta(inner: dict[str, Any]) -> bytes:
        return _event({"type": "content_block_delta", "index": index, "delta": inner})

    start: dict[str, Any] = _block(item)
    match item:
        case Said(text):
            start["text"] = ""
            deltas = [delta({"type": "text_delta", "text": piece}) for piece in answer.pieces(text)]
        case Thought(text, signature, redacted):
            deltas = []
            if not redacted:
                start.update(thinking="", signature="")
                deltas = [delta({"type": "thinking_delta", "thinking": piece}) for piece in answer.pieces(text)]
                deltas.append(delta({"type": "signature_delta", "signature": signature}))
        case Called():
            start["input"] = {}
            pieces = ["", *answer.pieces(item.json)]
            deltas = [delta({"type": "input_json_delta", "partial_json": piece}) for piece in pieces]
    yield _event({"type": "content_block_start", "index": index, "content_block": start})
    yield from deltas
    yield _event({"type": "content_block_stop", "index": index})


def _event(data: dict[str, Any]) -> bytes:
    return sse(data, data["type"])


def _block(item: Shown) -> dict[str, Any]:
    match item:
        case Said(text):
            return {"type": "text", "text": text}
        case Thought(_, signature, redacted=True):
            return {"type": "redacted_thinking", "data": signature}
        case Thought(text, signature):
            return {"type": "thinking", "thinking": text, "signature": signature}
        case Called(call_id, name, arguments):
            return {"type": "tool_use", "id": call_id, "name": name, "input": dict(arguments)}


def _message(answer: Answer, content: list[dict[str, Any]], stop: str | None, usage: object) -> dict[str, Any]:
    message: dict[str, Any] = {
        "id": answer.new_id("msg_01"),
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
    }
    if usage is not None:
        message["usage"] = usage
    if answer.future:
        message["provenance"] = {"kind": "future"}
    return message


def _usage(usage: Usage | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    return {
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_write_5m,
            "ephemeral_1h_input_tokens": usage.cache_write_1h,
        },
        "output_tokens": usage.output,
        "service_tier": "standard",
    }
