"""Serves exact repeats from the response cache."""

from __future__ import annotations

import logging

from mitmproxy import http

from headroom.exchange import Outcome
from headroom.upstream.fields import about
from headroom_addons.calls import Kind, call_of, respond
from headroom_addons.services import Services, Stored

log = logging.getLogger("headroom.cache")


class Cache:
    """Looks before the call, keeps after it. Fails open."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def request(self, flow: http.HTTPFlow) -> None:
        """Answer from the cache when this very call was answered before."""
        call = call_of(flow)
        cache = self._services.cache
        if flow.response is not None or cache is None or call is None or call.kind is not Kind.PROVIDER:
            return
        if call.intake is None or not call.intake.route.generation or call.intake.exchange.bypass:
            return
        exchange = call.intake.exchange
        try:
            stored = await cache.find(exchange)
        except Exception:
            log.exception("the response cache failed; the provider is asked")
            return
        if stored is None:
            return
        exchange.cache_hit, exchange.outcome, exchange.status = True, Outcome.CACHED, stored.status
        respond(flow, stored.status, (*stored.headers, *about(exchange)), stored.body)

    async def response(self, flow: http.HTTPFlow) -> None:
        """Keep a complete, successful answer."""
        call = call_of(flow)
        cache = self._services.cache
        if cache is None or call is None or call.intake is None or flow.response is None:
            return
        exchange = call.intake.exchange
        whole = flow.response.raw_content
        if exchange.outcome is not Outcome.OK or exchange.status != 200 or exchange.stream or not whole:
            return
        if not call.intake.route.generation or exchange.bypass:
            return
        headers = tuple(
            (name, value)
            for name, value in flow.response.headers.fields
            if not name.lower().startswith(b"x-headroom-") and name.lower() != b"content-length"
        )
        try:
            await cache.keep(exchange, Stored(flow.response.status_code, headers, whole))
        except Exception:
            log.exception("the response cache failed; the answer is not kept")
