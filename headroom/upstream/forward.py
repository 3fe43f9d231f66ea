"""One exchange's provider call: send, rescue a refused rewrite, pass the answer on, and read it on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from headroom.errors import Unreadable, UpstreamTimeout, UpstreamUnreachable
from headroom.exchange import Exchange, Outcome
from headroom.upstream.client import Reply, Request
from headroom.upstream.fields import about, to_client, without
from headroom.upstream.tee import Tee
from headroom.wire.body import decode_body
from headroom.wire.dialect import Dialect, Refusal

MAX_ANSWER = 256 * 1024 * 1024
"""Largest answer, in bytes, that is held in memory; streams have no such bound."""
_REFUSALS = frozenset({400, 413, 422})
"""What a provider answers to a body it does not accept."""
_BODILESS = frozenset({204, 304})
_HOLD_SECONDS = 5.0
"""How long a rewritten stream's opening events are kept back while they hold no content yet."""
_HOLD_BYTES = 256 * 1024


class Sender(Protocol):
    """The part of ``UpstreamClient`` used here."""

    async def send(self, request: Request) -> Reply:
        """Send until a final answer's head is there."""


class Retrieval(Protocol):
    """Answers the model's calls of our retrieve tool within one answer."""

    def weave(
        self, exchange: Exchange, events: AsyncIterator[bytes], ask: Callable[[bytes], Awaitable[AsyncIterator[bytes]]]
    ) -> AsyncIterator[bytes]:
        """Pass whole SSE events on; hold back a retrieve call, send its result by ``ask`` and go on with that stream."""

    async def resolve(self, exchange: Exchange, body: bytes, ask: Callable[[bytes], Awaitable[bytes]]) -> bytes:
        """The final body of a non-streamed answer, after as many rounds as the model asks for."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What may go upstream: the client's own request, and our rewrite of its body when there is one."""

    original: Request
    """With the client's content encoding, byte for byte."""
    rewritten: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets; a stream when ``body`` is an iterator."""

    status: int
    reason: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes | AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Forwarder:
    """Performs provider calls. ``now`` is monotonic seconds; ``refused`` is told which rewrite an upstream did not take."""

    client: Sender
    now: Callable[[], float]
    refused: Callable[[Exchange, int, bytes], None]
    retrieval: Retrieval | None = None
    health: Callable[[str, str | None], None] = field(default=lambda _base, _error: None)
    """Told the outcome of each real call: base URL, and the error or None."""

    async def call(self, exchange: Exchange, outgoing: Outgoing, dialect: Dialect) -> Answer:
        """The provider's answer, or our error in its envelope. Never raises but for cancellation."""
        try:
            return await self._answer(exchange, outgoing, dialect)
        except (UpstreamTimeout, UpstreamUnreachable) as error:
            return self._failure(exchange, dialect, error)

    async def pass_on(self, exchange: Exchange, request: Request, dialect: Dialect) -> Answer:
        """A call whose bodies we don't read: its answer as it comes, framed as the upstream framed it."""
        exchange.overhead = self.now() - exchange.started
        try:
            reply = await self._send(exchange, request)
        except (UpstreamTimeout, UpstreamUnreachable) as error:
            return self._failure(exchange, dialect, error)
        headers = to_client(reply.headers)
        length = reply.header(b"content-length")
        if length is not None:
            headers = (*headers, (b"Content-Length", length))
        headers = (*headers, *about(exchange))
        if request.method == "HEAD" or reply.status in _BODILESS:
            reply.close()
            return Answer(reply.status, reply.reason, headers, b"")
        return Answer(reply.status, reply.reason, headers, self._unread(exchange, reply))

    async def _unread(self, exchange: Exchange, reply: Reply) -> AsyncIterator[bytes]:
        try:
            async for piece in reply.chunks():
                exchange.first_byte = exchange.first_byte or self.now()
                yield piece
        except (UpstreamTimeout, UpstreamUnreachable) as error:
            exchange.truncated, exchange.outcome, exchange.error = True, Outcome.FAILED, str(error)
            self.health(exchange.upstream, str(error))
            raise
        finally:
            reply.close()

    async def _answer(self, exchange: Exchange, outgoing: Outgoing, dialect: Dialect) -> Answer:
        request = _rewritten(outgoing)
        exchange.overhead = self.now() - exchange.started
        reply = await self._send(exchange, request)
        if outgoing.rewritten is not None and reply.status in _REFUSALS:
            self.refused(exchange, reply.status, await reply.read(1024 * 1024))
            request, reply = await self._rescue(exchange, outgoing)
        if _is_stream(reply):
            return await self._stream(exchange, outgoing, request, reply, dialect)
        return await self._whole(exchange, outgoing, request, reply, dialect)

    async def _send(self, exchange: Exchange, request: Request) -> Reply:
        reply = await self.client.send(request)
        exchange.retries += reply.attempts - 1
        exchange.status = reply.status
        exchange.outcome = Outcome.OK if reply.status < 400 else Outcome.FAILED
        self.health(exchange.upstream, f"status {reply.status}" if reply.status >= 500 else None)
        return reply

    async def _rescue(self, exchange: Exchange, outgoing: Outgoing) -> tuple[Request, Reply]:
        exchange.rescued = True
        return outgoing.original, await self._send(exchange, outgoing.original)

    # -- answers in one piece ------------------------------------------------------------------------------------
    async def _whole(
        self, exchange: Exchange, outgoing: Outgoing, request: Request, reply: Reply, dialect: Dialect
    ) -> Answer:
        raw = await reply.read(MAX_ANSWER)
        plain = _decoded(raw, reply)
        if reply.status == 200 and _may_rescue(exchange, outgoing) and plain is not None and dialect.empty(plain):
            self.refused(exchange, 200, b"empty answer")
            request, reply = await self._rescue(exchange, outgoing)
            if _is_stream(reply):
                return await self._stream(exchange, outgoing, request, reply, dialect)
            raw = await reply.read(MAX_ANSWER)
            plain = _decoded(raw, reply)
        exchange.first_byte = self.now()
        changed = False
        if reply.status == 200 and plain is not None:
            resolved = plain
            if self.retrieval is not None and exchange.retrieve_offered and not exchange.rescued:

                async def ask(body: bytes) -> bytes:
                    return await self._again(exchange, request, body)

                resolved = await self.retrieval.resolve(exchange, plain, ask)
            changed = resolved is not plain
            exchange.usage = dialect.usage(resolved)
            exchange.usage_measured = exchange.usage is not None
            plain = resolved
        body = plain if changed and plain is not None else raw
        headers = to_client(reply.headers, decoded=changed)
        return Answer(reply.status, reply.reason, (*headers, *about(exchange)), body)

    async def _again(self, exchange: Exchange, request: Request, body: bytes) -> bytes:
        """A hidden round's answer. Raises ``UpstreamUnreachable`` for anything but a readable 200."""
        reply = await self._round(exchange, request, body)
        plain = _decoded(await reply.read(MAX_ANSWER), reply)
        if plain is None:
            raise UpstreamUnreachable("the upstream's answer to a retrieval can't be decoded")
        return plain

    async def _round(self, exchange: Exchange, request: Request, body: bytes) -> Reply:
        follow_up = replace(request, headers=without(request.headers, "content-encoding"), body=body)
        reply = await self.client.send(follow_up)
        exchange.rounds += 1
        if reply.status != 200:
            reply.close()
            raise UpstreamUnreachable(f"the upstream answered a retrieval with status {reply.status}")
        return reply

    # -- streams -------------------------------------------------------------------------------------------------
    async def _stream(
        self, exchange: Exchange, outgoing: Outgoing, request: Request, reply: Reply, dialect: Dialect
    ) -> Answer:
        tee = Tee(dialect.tap(), reply.header(b"content-encoding"))
        pieces = self._pieces(exchange, request, reply, tee)
        held: list[bytes] = []
        if reply.status == 200 and _may_rescue(exchange, outgoing):
            pieces, held = await self._hold(pieces, tee)
            if tee.over and tee.empty:
                self.refused(exchange, 200, b"empty answer")
                request, reply = await self._rescue(exchange, outgoing)
                if not _is_stream(reply):
                    return await self._whole(exchange, outgoing, request, reply, dialect)
                tee = Tee(dialect.tap(), reply.header(b"content-encoding"))
                pieces, held = self._pieces(exchange, request, reply, tee), []
        headers = to_client(reply.headers)
        body = self._guarded(exchange, dialect, pieces, held, tee)
        return Answer(reply.status, reply.reason, (*headers, *about(exchange)), body)

    async def _hold(self, pieces: AsyncIterator[bytes], tee: Tee) -> tuple[AsyncIterator[bytes], list[bytes]]:
        """Read on while a stream has no content, for a bounded time and size, so that an empty one can be rescued."""
        held: list[bytes] = []
        pending: asyncio.Task[bytes | None] | None = None
        deadline = self.now() + _HOLD_SECONDS
        try:
            while tee.empty and not tee.over and sum(map(len, held)) < _HOLD_BYTES:
                pending = asyncio.ensure_future(_next(pieces))
                done, _ = await asyncio.wait({pending}, timeout=max(0.0, deadline - self.now()))
                if not done:
                    # The provider is thinking: let the client see the opening; the read goes on undisturbed.
                    late, pending = pending, None
                    return _resume(late, pieces), held
                piece = pending.result()
                pending = None
                if piece is None:
                    tee.over = True
                    break
                held.append(piece)
        finally:
            if pending is not None:
                pending.cancel()
        return pieces, held

    async def _pieces(self, exchange: Exchange, request: Request, reply: Reply, tee: Tee) -> AsyncIterator[bytes]:
        """The answer as it arrives, read beside its way; with a retrieve tool on offer, woven."""
        weave = self.retrieval is not None and exchange.retrieve_offered and not exchange.rescued
        try:
            if not weave or self.retrieval is None:
                async for chunk in reply.chunks():
                    tee.feed(chunk)
                    yield chunk
                return

            async def ask(body: bytes) -> AsyncIterator[bytes]:
                again = await self._round(exchange, request, body)
                return _events(again, Tee(tee.tap, again.header(b"content-encoding")))

            async for event in self.retrieval.weave(exchange, _events(reply, tee), ask):
                tee.watch(event)
                yield event
        finally:
            reply.close()

    async def _guarded(
        self, exchange: Exchange, dialect: Dialect, pieces: AsyncIterator[bytes], held: list[bytes], tee: Tee
    ) -> AsyncIterator[bytes]:
        """The stream's pieces; a failure after the first byte becomes an error event in the provider's form."""
        try:
            for piece in held:
                exchange.first_byte = exchange.first_byte or self.now()
                yield piece
            async for piece in pieces:
                exchange.first_byte = exchange.first_byte or self.now()
                yield piece
            exchange.truncated = not tee.finished and exchange.status == 200
        except (UpstreamTimeout, UpstreamUnreachable) as error:
            exchange.truncated = True
            exchange.outcome = Outcome.FAILED
            exchange.error = str(error)
            self.health(exchange.upstream, str(error))
            if tee.tail:
                # Cut within an event: nothing can follow it. The client sees the break as it would without us.
                raise
            refusal = Refusal.TIMEOUT if isinstance(error, UpstreamTimeout) else Refusal.UNREACHABLE
            yield dialect.stream_error(refusal, str(error), exchange.request_id)
        finally:
            exchange.usage = tee.usage
            exchange.usage_measured = tee.usage is not None
            if tee.failed and exchange.outcome is Outcome.OK:
                exchange.outcome = Outcome.FAILED
                exchange.error = "the provider sent an error event"
            close = getattr(pieces, "aclose", None)
            if close is not None:
                await close()

    def _failure(self, exchange: Exchange, dialect: Dialect, error: UpstreamTimeout | UpstreamUnreachable) -> Answer:
        self.health(exchange.upstream, str(error))
        exchange.outcome = Outcome.FAILED
        exchange.error = str(error)
        refusal = Refusal.TIMEOUT if isinstance(error, UpstreamTimeout) else Refusal.UNREACHABLE
        reply = dialect.error(refusal, f"Headroom: {error}", exchange.request_id)
        exchange.status = reply.status
        headers = tuple((name.encode(), value.encode()) for name, value in reply.headers)
        return Answer(reply.status, "", (*headers, *about(exchange)), reply.body)


def _rewritten(outgoing: Outgoing) -> Request:
    if outgoing.rewritten is None:
        return outgoing.original
    headers = without(outgoing.original.headers, "content-encoding")
    return replace(outgoing.original, headers=headers, body=outgoing.rewritten)


def _may_rescue(exchange: Exchange, outgoing: Outgoing) -> bool:
    return outgoing.rewritten is not None and not exchange.rescued


def _is_stream(reply: Reply) -> bool:
    return (reply.header(b"content-type") or b"").lower().startswith(b"text/event-stream")


def _decoded(raw: bytes, reply: Reply) -> bytes | None:
    """The body with its content encoding undone, or None when that can't be done."""
    encoding = (reply.header(b"content-encoding") or b"").decode("latin-1")
    try:
        return decode_body(raw, encoding, MAX_ANSWER)
    except Unreadable:
        return None


async def _next(pieces: AsyncIterator[bytes]) -> bytes | None:
    return await anext(pieces, None)


async def _resume(pending: asyncio.Task[bytes | None], pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Go on with an iterator whose next piece is being waited for already."""
    try:
        piece = await pending
        if piece is None:
            return
        yield piece
        async for following in pieces:
            yield following
    finally:
        if not pending.done():
            pending.cancel()
            await asyncio.wait({pending})
        close = getattr(pieces, "aclose", None)
        if close is not None:
            await close()


async def _events(reply: Reply, tee: Tee) -> AsyncIterator[bytes]:
    """Whole events, decoded; what is left at the end comes last."""
    try:
        async for chunk in reply.chunks():
            for event in tee.split(chunk):
                yield event
        if tail := tee.rest():
            yield tail
    finally:
        reply.close()
