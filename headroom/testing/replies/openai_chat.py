"""Chat Completions answers, errors and streams (API reference: "The chat completion chunk object")."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from headroom.exchange import Usage
from headroom.testing.replies.answer import Answer, Called, Said, sse

_STOPS = {"end": "stop", "tool": "tool_calls", "length": "length", "refusal": "content_filter", "pause": "stop"}
_CODES = {401: "invalid_api_key", 404: "not_found", 429: "rate_limit_exceeded"}


def error(status: int, message: str, *, param: str | None = None, code: str | None = None) -> bytes:
    """The error envelope, Responses' too."""
    kind = "rate_limit_error" if status == 429 else "invalid_request_error" if status < 500 else "server_error"
    return json.dumps(
        {"error": {"message": message, "type": kind, "param": param, "code": code or _CODES.get(status)}}
    ).encode()


def stream_error() -> bytes:
    """What a stream that broke down ends with."""
    return sse(
        {
            "error": {
                "message": "The server had an error while processing your request.",
                "type": "server_error",
                "param": None,
                "code": None,
            }
        }
    )


def whole(answer: Answer) -> dict[str, Any]:
    """A complete chat.completion."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None, "refusal": None, "annotations": []}
    if answer.calls:
        message["tool_calls"] = [_call(call) for call in answer.calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _STOPS[answer.stop]}
    if answer.future:
        message["hologram"] = {"kind": "future"}
    done = _envelope(answer, "chat.completion", [choice], answer.new_id("chatcmpl-"))
    if answer.usage is not None:
        done["usage"] = _usage(answer.usage, answer.thinking_tokens)
    return done


def stream(answer: Answer) -> Iterator[bytes]:
    """Chunks, the usage chunk when it was asked for, and [DONE]."""
    made = answer.new_id("chatcmpl-")
    asked = bool((answer.request.get("stream_options") or {}).get("include_usage"))

    def chunk(choices: list[dict[str, Any]], usage: dict[str, Any] | None = None) -> bytes:
        data = _envelope(answer, "chat.completion.chunk", choices, made)
        if asked and answer.usage is not None:
            data["usage"] = usage
        if answer.future:
            data["hologram"] = {"kind": "future"}
        return sse(data)

    def delta(inner: dict[str, Any], stop: str | None = None) -> bytes:
        return chunk([{"index": 0, "delta": inner, "logprobs": None, "finish_reason": stop}])

    yield delta({"role": "assistant", "content": "" if not answer.calls else None, "refusal": None})
    number = 0
    for item in answer.shown:
        if isinstance(item, Said):
            for piece in answer.pieces(item.text):
                yield delta({"content": piece})
        elif isinstance(item, Called):
            head = {"index": number, **_call(item)}
            head["function"] = {"name": item.name, "arguments": ""}
            yield delta({"tool_calls": [head]})
            for piece in answer.pieces(item.json):
                yield delta({"tool_calls": [{"index": number, "function": {"arguments": piece}}]})
            number += 1
    yield delta({}, _STOPS[answer.stop])
    if asked and answer.usage is not None:
        yield chunk([], _usage(answer.usage, answer.thinking_tokens))
    if answer.terminator:
        yield sse("[DONE]")


def _call(call: Called) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.json}}


def _envelope(answer: Answer, kind: str, choices: list[dict[str, Any]], made: str) -> dict[str, Any]:
    return {
        "id": made,
        "object": kind,
        "created": answer.created,
        "model": answer.model,
        "service_tier": "default",
        "system_fingerprint": "fp_headroomtest",
        "choices": choices,
    }


def _usage(usage: Usage, thinking: int) -> dict[str, Any]:
    details: dict[str, Any] = {"cached_tokens": usage.cache_read, "audio_tokens": 0}
    if usage.cache_write:
        details["cache_write_tokens"] = usage.cache_write
    return {
        "prompt_tokens": usage.total_input,
        "completion_tokens": usage.output,
        "total_tokens": usage.total_input + usage.output,
        "prompt_tokens_details": details,
        "completion_tokens_details": {
            "reasoning_tokens": thinking,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
