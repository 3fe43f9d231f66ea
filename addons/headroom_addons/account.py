"""Books each generation call once, however it ended, and frees its slot."""

from __future__ import annotations

import asyncio
import logging

from mitmproxy import http

from headroom.exchange import Outcome
from headroom_addons.calls import Call, call_of
from headroom_addons.services import Services

log = logging.getLogger("headroom.account")

COUNT_SECONDS = 5.0
"""Longest wait for the token counts of a call that has ended."""


class Account:
    """Exactly one of ``response`` and ``error`` fires for a flow; both end here."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Count a call that has come in."""
        call = call_of(flow)
        accounts = self._services.accounts
        if accounts is not None and call is not None and _counts(call):
            assert call.intake is not None
            accounts.started(call.intake.exchange)

    async def response(self, flow: http.HTTPFlow) -> None:
        """The answer is complete."""
        await self._end(flow, gone=False)

    async def error(self, flow: http.HTTPFlow) -> None:
        """The flow broke off."""
        await self._end(flow, gone=True)

    async def _end(self, flow: http.HTTPFlow, *, gone: bool) -> None:
        call = call_of(flow)
        if call is None or call.booked:
            return
        call.booked = True
        services = self._services
        if call.slot is not None:
            call.slot.release()
        if call.intake is None:
            return
        exchange = call.intake.exchange
        exchange.ended = services.monotonic()
        if gone and exchange.outcome in {Outcome.OK, Outcome.BYPASS}:
            exchange.outcome = Outcome.ABORTED
            exchange.error = flow.error.msg if flow.error is not None else "the flow broke off"
        elif exchange.bypass and exchange.outcome is Outcome.OK:
            exchange.outcome = Outcome.BYPASS
        if not gone and not exchange.overhead:
            # Nothing was sent upstream: all of its time was ours, but for the wait for another call's answer.
            exchange.overhead = exchange.ended - exchange.started - exchange.waited
        if not _counts(call):
            return
        await counted(call)
        if services.limits is not None:
            try:
                await services.limits.settle(exchange)
            except Exception:
                log.exception("the budget could not be settled for %s", exchange.request_id)
                if services.accounts is not None:
                    services.accounts.event("internal_error", "limits")
        if services.accounts is not None:
            call.handed_over = True
            try:
                services.accounts.finished(exchange)
            except Exception:
                call.handed_over = False  # nobody else drops its bodies now
                log.exception("the call %s could not be booked", exchange.request_id)
                services.accounts.event("internal_error", "account")


async def counted(call: Call, seconds: float = COUNT_SECONDS) -> bool:
    """Wait until the request's tokens are counted, for a bounded time; whether they are."""
    if call.counting is None or call.counting.done():
        return True
    done, _ = await asyncio.wait({call.counting}, timeout=seconds)
    return bool(done)


def _counts(call: Call) -> bool:
    return call.intake is not None and call.intake.route.spends and not call.intake.route.websocket
