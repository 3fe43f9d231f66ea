"""The end of a flow: its bodies are dropped, since mitmproxy's layers keep flows alive until a full collection."""

from __future__ import annotations

import asyncio

from mitmproxy import http

from headroom_addons.calls import call_of
from headroom_addons.services import Services


class Release:
    """The last addon; under mitmweb it keeps what people want to look at."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def response(self, flow: http.HTTPFlow) -> None:
        """Let go of the request; the last bytes of the answer go out right after this hook."""
        self._drop(flow)
        asyncio.get_running_loop().call_soon(self._services.live.end, flow.id)

    def error(self, flow: http.HTTPFlow) -> None:
        """Let go of the request."""
        self._drop(flow)
        self._services.live.end(flow.id)

    def _drop(self, flow: http.HTTPFlow) -> None:
        if self._services.keep_bodies:
            return
        call = call_of(flow)
        if call is None:
            return
        flow.request.data.content = None
        call.raw = b""
        if call.intake is not None and not call.handed_over:
            exchange = call.intake.exchange
            exchange.body_in = exchange.body_out = b""
