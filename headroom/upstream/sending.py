"""The requests of an exchange's provider call: sent, sent again as the client wrote them, and what came of them noted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from headroom.errors import UpstreamFailure, UpstreamTimeout, UpstreamUnreachable
from headroom.exchange import Exchange, Outcome
from headroom.upstream.client import Request
from headroom.upstream.contracts import Answer, Heard, Outgoing, RoundRefused, Sender
from headroom.upstream.fields import without
from headroom.upstream.reading import charge_rounds, decode_whole
from headroom.upstream.reply import Reply
from headroom.wire.dialect import Dialect, Refusal

_MAX_REFUSAL = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sending:
    """Sends requests, and notes in the exchange what was answered."""

    client: Sender
    health: Heard

    async def send(self, exchange: Exchange, request: Request) -> Reply:
        """The head of the answer, its status noted."""
        reply = await self._sent(exchange, request)
        exchange.status = reply.status
        exchange.outcome = Outcome.OK if reply.status < 400 else Outcome.FAILED
        self.health(exchange.upstream, status=reply.status)
        return reply

    async def rescue(self, exchange: Exchange, outgoing: Outgoing) -> tuple[Request, Reply]:
        """Send the client's own bytes, once. What the first answer cost is kept for the books."""
        exchange.rescued = True
        exchange.retrieve_offered = False
        return outgoing.original, await self.send(exchange, outgoing.original)

    async def send_round(self, exchange: Exchange, request: Request, body: bytes) -> Reply:
        """A hidden round's answer. Raises ``RoundRefused`` when the upstream refuses to go on."""
        follow_up = replace(request, headers=without(request.headers, "content-encoding"), body=body)
        reply = await self._sent(exchange, follow_up)
        if reply.status != 200:
            raw = await reply.read(_MAX_REFUSAL)
            raise RoundRefused(reply, raw, decode_whole(raw, reply) or b"")
        return reply

    async def _sent(self, exchange: Exchange, request: Request) -> Reply:
        """The head of the answer; what was tried again on the way is noted, also where none came."""
        try:
            reply = await self.client.send(request)
        except UpstreamFailure as failure:
            _retried(exchange, failure.retried)
            raise
        _retried(exchange, reply.retried)
        return reply

    def failure(self, exchange: Exchange, dialect: Dialect, error: UpstreamTimeout | UpstreamUnreachable) -> Answer:
        """Our error in the provider's envelope."""
        self.health(exchange.upstream, str(error))
        exchange.outcome = Outcome.FAILED
        exchange.error = str(error)
        charge_rounds(exchange)
        refusal = Refusal.TIMEOUT if isinstance(error, UpstreamTimeout) else Refusal.UNREACHABLE
        reply = dialect.error(refusal, f"Headroom: {error}", exchange.request_id)
        exchange.status = reply.status
        headers = tuple((name.encode(), value.encode()) for name, value in reply.headers)
        return Answer(reply.status, "", headers, reply.body)


def request_of(outgoing: Outgoing) -> Request:
    """What is sent first: our rewrite, which has no content encoding, or else the client's own request."""
    if outgoing.rewritten is None:
        return outgoing.original
    headers = without(outgoing.original.headers, "content-encoding")
    return replace(outgoing.original, headers=headers, body=outgoing.rewritten)


def may_rescue(exchange: Exchange, outgoing: Outgoing, reply: Reply) -> bool:
    """Whether the client's own bytes may still replace a rewrite that was taken, should its answer be empty."""
    return outgoing.rewritten is not None and not exchange.rescued and reply.status == 200


def _retried(exchange: Exchange, reasons: tuple[str, ...]) -> None:
    if reasons:
        before = exchange.notes.get("retried")
        exchange.notes["retried"] = (*(before if isinstance(before, tuple) else ()), *reasons)
        exchange.retries += len(reasons)
