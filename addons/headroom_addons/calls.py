"""What is known of one flow, kept beside it: ``flow.metadata`` is copied and saved with flows, so nothing live goes there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum, auto

from mitmproxy import http
from mitmproxy.net.http import status_codes

from headroom.policy.access import Caller
from headroom.policy.slots import Slot
from headroom.upstream.intake import Intake
from headroom.wire.dialect import ErrorReply
from headroom_addons.answer import AsyncBody

_ATTRIBUTE = "headroom_call"
_NO_BODY = frozenset({204, 304})


class Kind(Enum):
    """Who answers a flow."""

    CONTROL = auto()
    PROVIDER = auto()
    """We do, by calling the provider through our own client."""
    NATIVE = auto()
    """mitmproxy passes it on, untouched."""


@dataclass(slots=True)
class Call:
    """One flow's facts."""

    kind: Kind
    caller: Caller
    path: str
    """Without the project prefix."""
    intake: Intake | None = None
    drop: frozenset[str] = frozenset()
    """Header fields that were for us and stay here."""
    raw: bytes = b""
    """The body as it came, content encoding and all."""
    slot: Slot | None = None
    counting: asyncio.Task[None] | None = None
    """Counts the request's tokens beside the upstream call."""
    booked: bool = False
    handed_over: bool = False
    """The accounts have the exchange, and drop its bodies when it is in the books."""


def lower_names(headers: http.Headers) -> dict[str, str]:
    """Fields by lower-case name, repeated ones joined; mitmproxy's own mapping costs a search for each name."""
    found: dict[str, str] = {}
    for raw_name, raw_value in headers.fields:
        name = raw_name.decode("utf-8", "surrogateescape").lower()
        value = raw_value.decode("utf-8", "surrogateescape")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def call_of(flow: http.HTTPFlow) -> Call | None:
    """The flow's call, if ``recognise`` has seen it."""
    return getattr(flow, _ATTRIBUTE, None)


def attach(flow: http.HTTPFlow, call: Call) -> None:
    """Keep the call beside its flow."""
    setattr(flow, _ATTRIBUTE, call)


def respond(
    flow: http.HTTPFlow,
    status: int,
    headers: tuple[tuple[bytes, bytes], ...],
    body: bytes | AsyncIterator[bytes],
    reason: str = "",
) -> None:
    """Answer a flow; an iterator becomes a stream. Frames the body for the client's version of HTTP."""
    content = body if isinstance(body, bytes) else b""
    framing: tuple[tuple[bytes, bytes], ...] = ()
    if flow.request.method == "HEAD" or status in _NO_BODY:
        # The client reads no body here, and would take one for the next answer.
        if content and status not in _NO_BODY and not any(name.lower() == b"content-length" for name, _ in headers):
            framing = ((b"Content-Length", str(len(content)).encode()),)
        content = b""
    else:
        measured = any(name.lower() == b"content-length" for name, _ in headers)
        if isinstance(body, bytes):
            headers = tuple(pair for pair in headers if pair[0].lower() != b"content-length") if measured else headers
            framing = ((b"Content-Length", str(len(content)).encode()),)
        elif not measured and flow.request.http_version == "HTTP/1.1":
            framing = ((b"Transfer-Encoding", b"chunked"),)
        elif not measured and flow.request.http_version == "HTTP/1.0":
            framing = ((b"Connection", b"close"),)
    fields = http.Headers((*headers, *framing))
    phrase = (reason or status_codes.RESPONSES.get(status, "")).encode("latin-1", "replace")
    response = http.Response(b"HTTP/1.1", status, phrase, fields, content, None, 0.0, None)
    if not isinstance(body, bytes):
        response.stream = AsyncBody(body)
    flow.response = response


def respond_error(flow: http.HTTPFlow, reply: ErrorReply, *, close: bool = False) -> None:
    """Answer with a refusal; ``close`` ends an HTTP/1 connection whose request body was not read."""
    headers = [(name.encode(), value.encode()) for name, value in reply.headers]
    if close and not flow.request.is_http2:
        headers.append((b"Connection", b"close"))
    respond(flow, reply.status, tuple(headers), reply.body)
