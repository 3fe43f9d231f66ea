"""What happens when a hook of ours raises: it is counted, and a call that needed the addon's decision is refused.

mitmproxy logs what a hook raises and goes on with the next addon. For an addon beside the call that is right. For one that
decides who may pass, or where a call goes, it would let the call through unchecked.
"""

from __future__ import annotations

from typing import Any

from mitmproxy import http

from headroom.exchange import Outcome
from headroom.wire.dialect import Refusal
from headroom.wire.route import envelope_for
from headroom_addons.calls import call_of, lower_names, respond_error
from headroom_addons.services import Services

_DECIDING = frozenset({"requestheaders", "request"})


class Fallen:
    """Told by the dispatch of each hook that raised."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def __call__(self, addon: Any, event: str, args: tuple[Any, ...]) -> None:
        """Count it; refuse the call when the addon ``fails_closed``."""
        name = type(addon).__name__.lower()
        if self._services.accounts is not None:
            self._services.accounts.event("internal_error", name)
        flow = args[0] if args else None
        if not getattr(addon, "fails_closed", False) or event not in _DECIDING or not isinstance(flow, http.HTTPFlow):
            return
        if flow.response is None:
            self._refuse(flow)

    def _refuse(self, flow: http.HTTPFlow) -> None:
        services, call = self._services, call_of(flow)
        exchange = call.intake.exchange if call is not None and call.intake is not None else None
        headers = lower_names(flow.request.headers)
        dialect = call.intake.dialect if call is not None and call.intake is not None else None
        request_id = exchange.request_id if exchange is not None else services.ids(services.wall())
        envelope = dialect or envelope_for(flow.request.path, headers)
        message = "Headroom: internal error; the call was not sent. See Headroom's log"
        reply = envelope.error(Refusal.INTERNAL, message, request_id, extra=[("x-headroom-request-id", request_id)])
        if exchange is not None:
            exchange.outcome, exchange.status, exchange.error = Outcome.REFUSED, reply.status, message
        respond_error(flow, reply, close=True)
