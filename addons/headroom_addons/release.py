"""Drops bodies when a flow has ended: mitmproxy's layers keep flows alive in cycles until a full collection."""

from __future__ import annotations

from mitmproxy import http

from headroom_addons.calls import call_of
from headroom_addons.services import Services


class Release:
    """The last addon; under mitmweb it keeps what people want to look at."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def response(self, flow: http.HTTPFlow) -> None:
        """Let go of the request; the response is still to be sent."""
        self._drop(flow)

    def error(self, flow: http.HTTPFlow) -> None:
        """Let go of the request."""
        self._drop(flow)

    def _drop(self, flow: http.HTTPFlow) -> None:
        if self._services.keep_bodies:
            return
        call = call_of(flow)
        if call is None:
            return
        flow.request.data.content = None
        call.raw = b""
        if call.intake is not None:
            exchange = call.intake.exchange
            exchange.body_in = exchange.body_out = b""
