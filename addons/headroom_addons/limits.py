"""Rate and budget: reserve before the call. Fails closed."""

from __future__ import annotations

import logging

from mitmproxy import http

from headroom.exchange import Exchange, Outcome
from headroom.policy.refused import Refused
from headroom.wire.dialect import Refusal
from headroom_addons.calls import Call, Kind, call_of, respond_error
from headroom_addons.services import Services

log = logging.getLogger("headroom.limits")

_OUTCOMES = {Refusal.RATE_LIMIT: Outcome.RATE_LIMITED, Refusal.BUDGET: Outcome.BUDGET}


class Limits:
    """Asks the limits before anything else is spent on a call."""

    fails_closed = True

    def __init__(self, services: Services) -> None:
        self._services = services

    async def request(self, flow: http.HTTPFlow) -> None:
        """Reserve, or refuse in the provider's words."""
        call = call_of(flow)
        limits = self._services.limits
        if flow.response is not None or limits is None or not spends(call):
            return
        assert call is not None
        assert call.intake is not None
        try:
            refused = await limits.admit(call.intake.exchange)
        except Exception:
            log.exception("the limits can't be checked; the request is refused")
            if self._services.accounts is not None:
                self._services.accounts.event("internal_error", "limits")
            refused = Refused(Refusal.INTERNAL, "Headroom: budget and rate can't be checked; see Headroom's log")
        if refused is not None:
            refuse(flow, call, refused)


def spends(call: Call | None) -> bool:
    """Whether a flow is one that rate and budget count."""
    return call is not None and call.kind is Kind.PROVIDER and call.intake is not None and call.intake.route.spends


def refuse(flow: http.HTTPFlow, call: Call, refused: Refused) -> None:
    """Answer with a room's refusal and note it."""
    assert call.intake is not None
    exchange: Exchange = call.intake.exchange
    extra = (*refused.headers, ("x-headroom-request-id", exchange.request_id))
    reply = call.intake.dialect.error(refused.refusal, refused.message, exchange.request_id, extra=extra)
    exchange.outcome = _OUTCOMES.get(refused.refusal, Outcome.REFUSED)
    exchange.status, exchange.error = reply.status, refused.message
    respond_error(flow, reply)
