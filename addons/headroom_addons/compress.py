"""Hands generation calls to the pipeline. Fails open: the client's own bytes go out."""

from __future__ import annotations

import logging

from mitmproxy import http

from headroom_addons.calls import Kind, call_of
from headroom_addons.limits import refuse
from headroom_addons.services import Services

log = logging.getLogger("headroom.compress")


class Compress:
    """Compresses, then charges what is left of the request against the token rate."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def request(self, flow: http.HTTPFlow) -> None:
        """Fill ``body_out``; never in the way of the request."""
        call = call_of(flow)
        if flow.response is not None or call is None or call.intake is None or call.kind is not Kind.PROVIDER:
            return
        exchange, route = call.intake.exchange, call.intake.route
        if not route.spends:
            return
        services = self._services
        if exchange.bypass or not services.settings.optimize:
            exchange.passthrough_reason = "bypass" if exchange.bypass else "no_optimize"
        elif exchange.obstacle == "signed":
            exchange.passthrough_reason = "signed"  # the signature covers the body
        elif services.pipeline is not None and exchange.passthrough_reason is None:
            try:
                await services.pipeline.prepare(exchange, call.intake.dialect)
            except Exception:
                log.exception("compression failed; the original goes out")
                exchange.body_out = exchange.body_in
                exchange.compression_failed = True
                exchange.passthrough_reason = "error"
                exchange.retrieve_offered = False
                if services.accounts is not None:
                    services.accounts.event("internal_error", "compress")
        if services.limits is None:
            return
        try:
            refused = await services.limits.charge(exchange)
        except Exception:
            # The call was admitted; a fault in charging must not lose it now.
            log.exception("the token rate could not be charged")
            if services.accounts is not None:
                services.accounts.event("internal_error", "limits")
            return
        if refused is not None:
            refuse(flow, call, refused)
