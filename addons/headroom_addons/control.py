"""Answers our own routes."""

from __future__ import annotations

from urllib.parse import parse_qsl

from mitmproxy import http

from headroom.control.cors import cors_headers, preflight
from headroom.control.http import ControlRequest
from headroom.policy.access import is_local
from headroom_addons.calls import Call, Kind, call_of, respond
from headroom_addons.services import Services


class Control:
    """Turns a flow into a ``ControlRequest`` and the reply into a response."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def request(self, flow: http.HTTPFlow) -> None:
        """Dispatch; the gate has let the caller in."""
        call = call_of(flow)
        if flow.response is not None or call is None or call.kind is not Kind.CONTROL:
            return
        services = self._services
        asked = _asked(flow, call)
        reply = preflight(asked, services.settings.cors_origins) or await services.router.dispatch(asked)
        fields = (*reply.headers, *cors_headers(asked.headers.get("origin"), services.settings.cors_origins))
        headers = tuple((name.encode(), value.encode("utf-8", "replace")) for name, value in fields)
        respond(flow, reply.status, headers, reply.body)


def _asked(flow: http.HTTPFlow, call: Call) -> ControlRequest:
    path, _, query = call.path.partition("?")
    return ControlRequest(
        method=flow.request.method.upper(),
        path=path,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers=call.caller.headers,
        body=flow.request.content or b"",
        peer_loopback=is_local(call.caller),
        peer=call.caller.peer,
    )
