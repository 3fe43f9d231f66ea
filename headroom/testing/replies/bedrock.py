"""Bedrock's way of carrying Messages answers: InvokeModel bodies, the binary event stream, and its errors.

Source: Amazon's public references for InvokeModel and for the event stream encoding (a frame is total length, headers
length, CRC-32 of those eight bytes, headers, payload, CRC-32 of all before it; numbers big-endian).
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from headroom.testing.replies import anthropic
from headroom.testing.replies.answer import Answer

_NAMES = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    413: "ValidationException",
    422: "ValidationException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
}


def error(status: int, message: str) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """Body and headers of an error answer."""
    name = _NAMES.get(status, "ValidationException" if status < 500 else "InternalServerException")
    return json.dumps({"message": message}).encode(), (("x-amzn-ErrorType", name),)


def headers(answer: Answer) -> tuple[tuple[str, str], ...]:
    """The token counts that InvokeModel adds to a whole answer."""
    if answer.usage is None:
        return ()
    return (
        ("X-Amzn-Bedrock-Input-Token-Count", str(answer.usage.input)),
        ("X-Amzn-Bedrock-Output-Token-Count", str(answer.usage.output)),
        ("X-Amzn-Bedrock-Cache-Read-Input-Token-Count", str(answer.usage.cache_read)),
        ("X-Amzn-Bedrock-Cache-Write-Input-Token-Count", str(answer.usage.cache_write)),
    )


def stream(answer: Answer) -> Iterator[bytes]:
    """The Messages events, each in a frame; pings stay out, the last one carries the invocation's metrics."""
    for event in anthropic.stream(answer):
        data: dict[str, Any] = json.loads(event.split(b"data: ", 1)[1])
        if data["type"] == "ping":
            continue
        if data["type"] == "message_stop" and answer.usage is not None:
            data["amazon-bedrock-invocationMetrics"] = {
                "inputTokenCount": answer.usage.input,
                "outputTokenCount": answer.usage.output,
                "cacheReadInputTokenCount": answer.usage.cache_read,
                "cacheWriteInputTokenCount": answer.usage.cache_write,
                "invocationLatency": 5,
                "firstByteLatency": 2,
            }
        yield frame("chunk", {"bytes": base64.b64encode(json.dumps(data).encode()).decode()})


def stream_error() -> bytes:
    """What a stream that broke down ends with."""
    return frame("modelStreamErrorException", {"message": "The model had an error."}, kind="exception")


def frame(name: str, payload: dict[str, Any], *, kind: str = "event") -> bytes:
    """One frame of the binary event stream."""
    label = ":event-type" if kind == "event" else ":exception-type"
    head = b"".join(
        struct.pack("!B", len(key)) + key.encode() + b"\x07" + struct.pack("!H", len(value)) + value.encode()
        for key, value in ((label, name), (":content-type", "application/json"), (":message-type", kind))
    )
    body = json.dumps(payload).encode()
    lengths = struct.pack("!II", 16 + len(head) + len(body), len(head))
    start = lengths + struct.pack("!I", zlib.crc32(lengths)) + head + body
    return start + struct.pack("!I", zlib.crc32(start))
