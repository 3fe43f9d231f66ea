"""Sends everything that is no provider's API call on its way through mitmproxy itself: streamed and untouched."""

from __future__ import annotations

from urllib.parse import urlsplit

from mitmproxy import http
from mitmproxy.proxy.mode_specs import ReverseMode

from headroom.upstream.intake import default_upstream
from headroom_addons.calls import Call, Kind, call_of
from headroom_addons.services import Services

_PORTS = {"http": 80, "https": 443}


class Native:
    """Routes by setting the destination; bodies are never held."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Point a flow that came to our own address at its provider."""
        call = call_of(flow)
        if flow.response is not None or call is None or call.kind is not Kind.NATIVE:
            return
        request = flow.request
        for name in list(request.headers):
            if name.lower().startswith("x-headroom-") or name.lower() in call.drop:
                del request.headers[name]
        if isinstance(flow.client_conn.proxy_mode, ReverseMode):
            self._route(flow, call)
        base = f"{request.scheme}://{request.host}:{request.port}"
        proxy = self._services.way_out.proxy_for(base)
        if proxy is not None:
            parts = urlsplit(proxy)
            address = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
            flow.server_conn.via = ("https" if parts.scheme == "https" else "http", address)
        if "upgrade" not in request.headers:
            request.stream = True

    def _route(self, flow: http.HTTPFlow, call: Call) -> None:
        services = self._services
        if call.intake is not None:
            base = call.intake.exchange.upstream
        else:
            base = default_upstream(call.path, call.caller.headers, services.settings)
        parts = urlsplit(base)
        request = flow.request
        request.scheme = parts.scheme
        request.host = parts.hostname or ""
        request.port = parts.port or _PORTS[parts.scheme]
        request.path = parts.path + call.path

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Let the answer through as it comes."""
        call = call_of(flow)
        if call is not None and call.kind is Kind.NATIVE and flow.response is not None and not flow.response.stream:
            flow.response.stream = True
