"""generateContent answers, errors and streams: SSE with ``alt=sse``, else one JSON array that grows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from headroom.exchange import Usage
from headroom.testing.replies.answer import Answer, Called, Said, Shown, Thought, sse

_STOPS = {"end": "STOP", "tool": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY", "pause": "STOP"}
_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def error(status: int, message: str) -> bytes:
    """The error envelope."""
    name = _NAMES.get(status, "INVALID_ARGUMENT" if status < 500 else "INTERNAL")
    return json.dumps({"error": {"code": status, "message": message, "status": name}}, indent=2).encode()


def stream_error() -> bytes:
    """What a stream that broke down ends with."""
    return sse(
        {"error": {"code": 503, "message": "The model is overloaded. Please try again later.", "status": "UNAVAILABLE"}}
    )


def whole(answer: Answer) -> dict[str, Any]:
    """A complete GenerateContentResponse."""
    parts = [part for item in answer.shown for part in _parts(answer, item)]
    return _response(answer, parts, _STOPS[answer.stop], answer.usage, answer.new_id("gen"))


def chunks(answer: Answer) -> Iterator[dict[str, Any]]:
    """The responses of a stream; usage in each, the output count growing, as Gemini sends it."""
    made = answer.new_id("gen")
    parts: list[dict[str, Any]] = []
    for item in answer.shown:
        if isinstance(item, Called):
            parts += _parts(answer, item)
        else:
            thought = {"thought": True} if isinstance(item, Thought) else {}
            parts += [{"text": piece, **thought} for piece in answer.pieces(item.text)]
    early = None if answer.usage is None else Usage(answer.usage.input, answer.usage.cache_read)
    for part in parts[:-1]:
        yield _response(answer, [part], None, early, made)
    end = _STOPS[answer.stop] if answer.terminator else None
    yield _response(answer, parts[-1:], end, answer.usage if answer.terminator else early, made)


type Nest = Callable[[dict[str, Any]], dict[str, Any]]


def stream(answer: Answer, nest: Nest) -> Iterator[bytes]:
    """The stream as SSE; ``nest`` puts each chunk where the endpoint wants it."""
    for chunk in chunks(answer):
        yield sse(nest(chunk)).replace(b"\n\n", b"\r\n\r\n")


def array(answer: Answer, nest: Nest) -> Iterator[bytes]:
    """The stream as a JSON array."""
    lead = b"["
    for chunk in chunks(answer):
        yield lead + json.dumps(nest(chunk), ensure_ascii=False, indent=2).encode()
        lead = b",\r\n"
    yield b"]" if answer.terminator else b""


def _parts(answer: Answer, item: Shown) -> list[dict[str, Any]]:
    match item:
        case Said(text):
            return [{"text": text}]
        case Thought(text):
            return [{"text": text, "thought": True}]
        case Called(call_id, name, arguments, signature):
            call: dict[str, Any] = {"name": name, "args": dict(arguments)}
            if call_id:
                call["id"] = call_id
            part: dict[str, Any] = {"functionCall": call}
            if signature is not None:
                part["thoughtSignature"] = signature
            if answer.future:
                part["partMetadata"] = {"kind": "future"}
            return [part]


def _response(
    answer: Answer, parts: list[dict[str, Any]], stop: str | None, usage: Usage | None, made: str
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model"}, "index": 0}
    if parts:
        candidate["content"]["parts"] = parts
    if stop is not None:
        candidate["finishReason"] = stop
    body: dict[str, Any] = {"candidates": [candidate]}
    if usage is not None:
        body["usageMetadata"] = _usage(usage, answer.thinking_tokens if usage.output else 0)
    if answer.future:
        body["hologram"] = {"kind": "future"}
    return {**body, "modelVersion": answer.model, "responseId": made}


def _usage(usage: Usage, thinking: int) -> dict[str, Any]:
    prompt = usage.total_input
    counts: dict[str, Any] = {"promptTokenCount": prompt, "totalTokenCount": prompt + usage.output}
    if usage.output:
        counts["candidatesTokenCount"] = usage.output - thinking
    if thinking:
        counts["thoughtsTokenCount"] = thinking
    if usage.cache_read:
        counts["cachedContentTokenCount"] = usage.cache_read
        counts["cacheTokensDetails"] = [{"modality": "TEXT", "tokenCount": usage.cache_read}]
    counts["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": prompt}]
    return counts
