"""Answers our own routes."""

from __future__ import annotations

from urllib.parse import parse_qsl

from mitmproxy import http

from headroom.control.cors import cors_headers, preflight
from headroom.control.http import ControlReply, ControlRequest, refusal, secured
from headroom.errors import Unreadable
from headroom.policy.access import is_local
from headroom.wire.body import decode_body
from headroom_addons.calls import Call, Kind, call_of, respond
from headroom_addons.services import Services


class Control:
    """Turns a flow into a ``ControlRequest`` and the reply into a response."""

    fails_closed = True

    def __init__(self, services: Services) -> None:
        self._services = services

    async def request(self, flow: http.HTTPFlow) -> None:
        """Dispatch; the gate has let the caller in."""
        call = call_of(flow)
        if flow.response is not None or call is None or call.kind is not Kind.CONTROL:
            return
        services = self._services
        origins, origin = services.settings.cors_origins, call.caller.headers.get("origin")
        try:
            asked = _asked(flow, call, services.settings.max_body_mb)
        except Unreadable as error:
            reply = secured(_unreadable(call, error.reason, services.settings.max_body_mb))
        else:
            answer = preflight(asked, origins)
            reply = secured(answer) if answer is not None else await services.router.dispatch(asked)
        fields = (*reply.headers, *cors_headers(origin, origins))
        headers = tuple((name.encode(), value.encode("utf-8", "replace")) for name, value in fields)
        respond(flow, reply.status, headers, reply.body)


def _asked(flow: http.HTTPFlow, call: Call, most_mb: int) -> ControlRequest:
    """What is asked. Raises ``Unreadable`` for a body whose encoding can't be undone within the limit."""
    path, _, query = call.path.partition("?")
    body = flow.request.raw_content or b""
    if body:
        body = decode_body(body, call.caller.headers.get("content-encoding", ""), most_mb * 1024 * 1024)
    return ControlRequest(
        method=flow.request.method.upper(),
        path=path,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers=call.caller.headers,
        body=body,
        peer_loopback=is_local(call.caller),
        peer=call.caller.peer,
    )


def _unreadable(call: Call, reason: str, most_mb: int) -> ControlReply:
    path = call.path.partition("?")[0]
    if reason == "too_large":
        return refusal(path, "request_too_large", f"The body is larger than {most_mb} MiB (HEADROOM_MAX_BODY_MB)", 413)
    if reason == "unknown_encoding":
        return refusal(path, "invalid_request", "Content-Encoding must be gzip, deflate, br, zstd or identity", 415)
    return refusal(path, "invalid_request", "The body is not what its Content-Encoding says, or was cut short", 400)
