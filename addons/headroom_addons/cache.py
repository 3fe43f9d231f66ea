"""Serves exact repeats, and keeps answers that may be repeated. Fails open."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

from mitmproxy import http

from headroom.errors import Unreadable
from headroom.exchange import Exchange, Outcome
from headroom.upstream.fields import about
from headroom.upstream.stream import Stream, aclose
from headroom.upstream.tee import words_of
from headroom.wire.body import decode_body
from headroom_addons.answer import AsyncBody
from headroom_addons.calls import Call, Kind, call_of, lower_names, respond
from headroom_addons.services import Answers, Services

log = logging.getLogger("headroom.cache")


class Cache:
    """Looks before the call, listens during it, keeps after it."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def request(self, flow: http.HTTPFlow) -> None:
        """Answer from the cache when this very call was answered before."""
        call = call_of(flow)
        answers = self._services.answers
        if flow.response is not None or answers is None or not _cacheable(call):
            return
        assert call is not None
        assert call.intake is not None
        exchange = call.intake.exchange
        try:
            found = await answers.find(exchange)
        except Exception as error:
            self._fault("the response cache failed; the provider is asked", error)
            return
        if found is None:
            return
        exchange.cache_hit, exchange.outcome, exchange.status = True, Outcome.CACHED, found.status
        if self._services.settings.log_messages:
            kind = next((value for name, value in found.headers if name.lower() == b"content-type"), b"")
            exchange.response_text = words_of(call.intake.dialect, found.whole, kind)
        respond(flow, found.status, (*found.headers, *about(exchange)), found.body)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Listen to a stream that may be kept."""
        call = call_of(flow)
        answers = self._services.answers
        if answers is None or not _cacheable(call) or flow.response is None:
            return
        assert call is not None
        assert call.intake is not None
        body = flow.response.stream
        if isinstance(body, AsyncBody) and answers.recording(call.intake.exchange):
            pieces = body.pieces
            recorded = _recorded(pieces, answers, call.intake.exchange)
            body.pieces = Stream(recorded, *(pieces.release if isinstance(pieces, Stream) else ()))

    async def response(self, flow: http.HTTPFlow) -> None:
        """The answer is complete."""
        await self._end(flow)

    async def error(self, flow: http.HTTPFlow) -> None:
        """It is not: let those go who waited for it."""
        await self._end(flow)

    async def _end(self, flow: http.HTTPFlow) -> None:
        call = call_of(flow)
        answers = self._services.answers
        if answers is None or not _cacheable(call):
            return
        assert call is not None
        assert call.intake is not None
        response = flow.response
        headers = lower_names(response.headers) if response is not None else {}
        body: bytes | None = None
        if response is not None and not isinstance(response.stream, AsyncBody):
            try:
                body = decode_body(response.raw_content or b"", headers.get("content-encoding", ""))
            except Unreadable:
                body = None
        try:
            await answers.ended(call.intake.exchange, headers, body)
        except Exception as error:
            self._fault("the response cache failed; the answer is not kept", error)

    def _fault(self, message: str, error: Exception) -> None:
        log.error("%s: %r", message, error)
        if self._services.accounts is not None:
            self._services.accounts.event("internal_error", "cache")


def _cacheable(call: Call | None) -> bool:
    if call is None or call.kind is not Kind.PROVIDER or call.intake is None:
        return False
    return call.intake.route.generation and not call.intake.exchange.bypass


async def _recorded(pieces: AsyncIterator[bytes], answers: Answers, exchange: Exchange) -> AsyncIterator[bytes]:
    try:
        async for piece in pieces:
            answers.record(exchange, piece)
            yield piece
    finally:
        await aclose(pieces)
