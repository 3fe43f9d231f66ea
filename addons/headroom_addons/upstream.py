"""Performs the provider's call through our own client and answers the flow, streaming where the provider does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

from mitmproxy import http

from headroom.exchange import Outcome
from headroom.upstream.client import Request
from headroom.upstream.contracts import Answer, Outgoing
from headroom.upstream.fields import about, to_upstream, without
from headroom.wire.dialect import Refusal
from headroom_addons.account import counted
from headroom_addons.answer import on_abort
from headroom_addons.calls import Call, Kind, call_of, respond, respond_error
from headroom_addons.services import Services

log = logging.getLogger("headroom.upstream")

_COUNT_SECONDS = 0.1


class Upstream:
    """The only addon that talks to providers."""

    fails_closed = True

    def __init__(self, services: Services) -> None:
        self._services = services

    async def request(self, flow: http.HTTPFlow) -> None:
        """Call the provider; a client that goes away cancels the call."""
        call = call_of(flow)
        if flow.response is not None or call is None or call.intake is None or call.kind is not Kind.PROVIDER:
            return
        exchange = call.intake.exchange
        if self._services.own.is_url(exchange.upstream):
            self._fail(flow, call, 508, "the upstream is headroom itself")
            return
        try:
            headers = to_upstream(flow.request.headers.fields, drop=call.drop)
        except ValueError as error:
            self._fail(flow, call, 400, str(error))
            return
        task = asyncio.ensure_future(self._call(flow, call, headers))
        on_abort(flow, task.cancel)
        try:
            answer = await task
        except asyncio.CancelledError:
            exchange.outcome = Outcome.ABORTED
            return
        except Exception:
            log.exception("calling the provider failed")
            if self._services.accounts is not None:
                self._services.accounts.event("internal_error", "upstream")
            self._fail(flow, call, 500, "internal error; see Headroom's log")
            return
        finally:
            on_abort(flow, None)
        # Counts are ready long before a provider answers; only a process's first one waits for the tokenizer.
        told = about(exchange, counted=await counted(call, _COUNT_SECONDS))
        respond(flow, answer.status, (*answer.headers, *told), answer.body, answer.reason)

    async def _call(self, flow: http.HTTPFlow, call: Call, headers: tuple[tuple[str, str], ...]) -> Answer:
        assert call.intake is not None
        intake = call.intake
        exchange = intake.exchange
        url = exchange.upstream + exchange.path
        chosen = "chosen_upstream" in exchange.notes
        forwarder = self._services.forwarder
        if not intake.route.generation and exchange.body_out is exchange.body_in:
            request = Request(flow.request.method, url, headers, call.raw, stream=True, guarded=chosen)
            return await forwarder.pass_on(exchange, request, intake.dialect)
        if exchange.stream and exchange.obstacle != "signed":
            # A stream is read on its way; the fewer clients that compress it, the sooner each event is there.
            headers = (*without(headers, "accept-encoding"), ("accept-encoding", "identity"))
        original = Request(flow.request.method, url, headers, call.raw, stream=exchange.stream, guarded=chosen)
        self._count(call)
        rewritten = exchange.body_out if exchange.body_out is not exchange.body_in else None
        return await forwarder.call(exchange, Outgoing(original, rewritten), intake.dialect)

    def _count(self, call: Call) -> None:
        assert call.intake is not None
        pipeline = self._services.pipeline
        if pipeline is not None and call.intake.exchange.plan is not None:
            call.counting = asyncio.ensure_future(_logged(pipeline.count(call.intake.exchange)))

    @staticmethod
    def _fail(flow: http.HTTPFlow, call: Call, status: int, message: str) -> None:
        assert call.intake is not None
        exchange = call.intake.exchange
        exchange.outcome, exchange.status, exchange.error = Outcome.FAILED, status, message
        refusal = Refusal.INVALID if status == 400 else Refusal.INTERNAL
        told = [("x-headroom-request-id", exchange.request_id)]
        reply = call.intake.dialect.error(refusal, f"Headroom: {message}", exchange.request_id, extra=told)
        respond_error(flow, reply)
        assert flow.response is not None
        flow.response.status_code = status


async def _logged(count: Awaitable[None]) -> None:
    try:
        await count
    except Exception:
        log.exception("the tokens of a request could not be counted")
