"""How each refusal is worded in each provider's error envelope (surface.md 5.3)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from headroom.wire.dialect import ErrorReply, Refusal


@dataclass(frozen=True, slots=True)
class Wording:
    """One row of the table: the status and each family's own words for the case."""

    status: int
    anthropic: str
    openai_type: str
    openai_code: str
    gemini: str
    bedrock: str
    headers: tuple[tuple[str, str], ...] = ()


WORDINGS: Final[Mapping[Refusal, Wording]] = MappingProxyType(
    {
        Refusal.RATE_LIMIT: Wording(
            429,
            "rate_limit_error",
            "rate_limit_error",
            "rate_limit_exceeded",
            "RESOURCE_EXHAUSTED",
            "ThrottlingException",
        ),
        Refusal.BUDGET: Wording(
            429,
            "rate_limit_error",
            "insufficient_quota",
            "budget_exceeded",
            "RESOURCE_EXHAUSTED",
            "ThrottlingException",
            # The official SDKs obey this one; without it agents would retry a spent budget in a loop.
            (("x-should-retry", "false"),),
        ),
        Refusal.OVERLOADED: Wording(
            503,
            "overloaded_error",
            "server_error",
            "overloaded",
            "UNAVAILABLE",
            "ServiceUnavailableException",
            (("Retry-After", "1"),),
        ),
        Refusal.UNAUTHORIZED: Wording(
            401,
            "authentication_error",
            "invalid_request_error",
            "invalid_api_key",
            "UNAUTHENTICATED",
            "UnrecognizedClientException",
            (("WWW-Authenticate", 'Bearer realm="headroom"'),),
        ),
        Refusal.INVALID: Wording(
            400,
            "invalid_request_error",
            "invalid_request_error",
            "invalid_json",
            "INVALID_ARGUMENT",
            "ValidationException",
        ),
        Refusal.TOO_LARGE: Wording(
            413,
            "request_too_large",
            "invalid_request_error",
            "request_too_large",
            "INVALID_ARGUMENT",
            "ValidationException",
        ),
        Refusal.UNREACHABLE: Wording(
            502,
            "api_error",
            "server_error",
            "upstream_unreachable",
            "UNAVAILABLE",
            "ServiceUnavailableException",
            (("x-headroom-error", "upstream_unreachable"),),
        ),
        Refusal.TIMEOUT: Wording(
            504,
            "timeout_error",
            "server_error",
            "upstream_timeout",
            "DEADLINE_EXCEEDED",
            "ModelTimeoutException",
            (("x-headroom-error", "upstream_timeout"),),
        ),
        Refusal.INTERNAL: Wording(
            500, "api_error", "server_error", "internal_error", "INTERNAL", "InternalServerException"
        ),
    }
)


def reply(
    wording: Wording,
    body: object,
    *,
    extra: Iterable[tuple[str, str]] = (),
    own: Iterable[tuple[str, str]] = (),
) -> ErrorReply:
    """A JSON answer; ``extra`` replaces the row's own headers of the same name, ``own`` are the family's."""
    given = tuple(extra)
    names = {name.lower() for name, _ in given}
    standard = (header for header in (*wording.headers, *own) if header[0].lower() not in names)
    return ErrorReply(wording.status, (("Content-Type", "application/json"), *standard, *given), dump(body))


def event(body: object, name: str | None = None) -> bytes:
    """One SSE event holding a JSON value."""
    head = b"" if name is None else b"event: " + name.encode() + b"\n"
    return head + b"data: " + dump(body) + b"\n\n"


def dump(body: object) -> bytes:
    """Compact JSON of our own values."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def anthropic_body(wording: Wording, message: str, request_id: str) -> dict[str, object]:
    """Anthropic's error object."""
    return {"type": "error", "error": {"type": wording.anthropic, "message": message}, "request_id": request_id}


def openai_body(wording: Wording, message: str) -> dict[str, object]:
    """OpenAI's error object, the same for all its routes."""
    error = {"message": message, "type": wording.openai_type, "param": None, "code": wording.openai_code}
    return {"error": error}


def gemini_body(wording: Wording, message: str) -> dict[str, object]:
    """Google's error object."""
    return {"error": {"code": wording.status, "message": message, "status": wording.gemini}}
