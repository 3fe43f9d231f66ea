"""Who may come in: token, loopback rule, pages of other sites, body size, calls in flight. Fails closed."""

from __future__ import annotations

import logging

from mitmproxy import http

from headroom.control.cors import asks_first
from headroom.control.http import COMPRESS, NOT_FOUND, ControlReply, Rule, detail, json_reply, refusal, secured
from headroom.exchange import Outcome
from headroom.policy.access import Decision, Reach, check_token, decide
from headroom.wire.dialect import Refusal
from headroom.wire.route import envelope_for
from headroom_addons.calls import Call, Kind, call_of, respond, respond_error
from headroom_addons.services import Services

log = logging.getLogger("headroom.gate")


_TOKEN_WANTED = "this proxy asks for its token (X-Headroom-Proxy-Token)"  # noqa: S105 - words, no token
_REACHES = {Rule.OPEN: Reach.HEALTH, Rule.TOKEN: Reach.VIEW, Rule.LOOPBACK: Reach.LOCAL}


class Gate:
    """Refuses before the body is read."""

    fails_closed = True

    def __init__(self, services: Services) -> None:
        self._services = services

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Admit or answer; a fault of ours admits nobody."""
        if flow.response is not None:
            return
        try:
            call = call_of(flow)
            assert call is not None, "the flow was not recognised"
            self._decide(flow, call)
        except Exception:
            log.exception("the gate failed; the request is refused")
            if self._services.accounts is not None:
                self._services.accounts.event("internal_error", "gate")
            _control(flow, detail("Internal error; see Headroom's log", 500))

    def _decide(self, flow: http.HTTPFlow, call: Call) -> None:
        services = self._services
        token = services.settings.proxy_token
        reach = Reach.PROVIDER
        if call.kind is Kind.CONTROL:
            reach = _REACHES[services.router.rule(call.path.partition("?")[0])]
            if asks_first(flow.request.method, call.caller.headers, services.settings.cors_origins):
                token = None
        decision = decide(reach, call.caller, token=token, own_names=services.own_names)
        if decision is not Decision.ALLOW:
            self._turn_away(flow, call, decision)
            return
        call.drop = frozenset(check_token(token, call.caller).carried_by)
        if call.kind is Kind.NATIVE:
            return
        announced = call.caller.headers.get("content-length", "")
        size = int(announced) if announced.isdecimal() else 0
        if size > services.settings.max_body_mb * 1024 * 1024:
            self.body_too_large(flow)
        elif call.intake is not None and call.intake.route.generation:
            call.slot = services.slots.take(size)
            if call.slot is None:
                self._refuse(flow, call, Refusal.OVERLOADED, "too many calls are in flight (--limit-concurrency)")

    def _turn_away(self, flow: http.HTTPFlow, call: Call, decision: Decision) -> None:
        if decision is Decision.NOT_FOUND:
            _control(flow, NOT_FOUND)
        elif decision is Decision.PROXY_AUTH_REQUIRED:
            _control(
                flow, json_reply({"error": "unauthorized"}, 407, [("Proxy-Authenticate", 'Basic realm="headroom"')])
            )
        elif call.kind is Kind.CONTROL:
            _control(flow, _unauthorized(call.path.partition("?")[0]))
        else:
            self._refuse(flow, call, Refusal.UNAUTHORIZED, _TOKEN_WANTED)

    def body_too_large(self, flow: http.HTTPFlow) -> None:
        """Refuse a body over the limit, announced or found."""
        call = call_of(flow)
        limit = self._services.settings.max_body_mb
        message = f"the request body exceeds {limit} MiB (HEADROOM_MAX_BODY_MB)"
        if call is None or call.kind is Kind.CONTROL:
            path = "" if call is None else call.path.partition("?")[0]
            _control(flow, refusal(path, "request_too_large", f"Headroom: {message}", 413))
        else:
            self._refuse(flow, call, Refusal.TOO_LARGE, message)

    def _refuse(self, flow: http.HTTPFlow, call: Call, refusal: Refusal, message: str) -> None:
        services = self._services
        exchange = call.intake.exchange if call.intake is not None else None
        request_id = exchange.request_id if exchange is not None else services.ids(services.wall())
        dialect = call.intake.dialect if call.intake is not None else envelope_for(call.path, call.caller.headers)
        reply = dialect.error(
            refusal, f"Headroom: {message}", request_id, extra=[("x-headroom-request-id", request_id)]
        )
        if exchange is not None:
            exchange.outcome, exchange.status, exchange.error = Outcome.REFUSED, reply.status, message
        respond_error(flow, reply, close=True)


def _unauthorized(path: str) -> ControlReply:
    asks = [("WWW-Authenticate", 'Bearer realm="headroom"')]
    if path == COMPRESS:
        return refusal(path, "authentication_error", f"Headroom: {_TOKEN_WANTED}", 401, asks)
    return json_reply({"error": "unauthorized"}, 401, asks)


def _control(flow: http.HTTPFlow, reply: ControlReply) -> None:
    reply = secured(reply)
    headers = tuple((name.encode(), value.encode()) for name, value in reply.headers)
    if not flow.request.is_http2 and flow.request.headers.get("content-length", "0") != "0":
        headers = (*headers, (b"Connection", b"close"))
    respond(flow, reply.status, headers, reply.body)
