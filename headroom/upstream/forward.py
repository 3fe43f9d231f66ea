"""One exchange's provider call: send, rescue a refused rewrite, pass the answer on, and read it on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from headroom.errors import UpstreamTimeout, UpstreamUnreachable
from headroom.exchange import Exchange, Outcome
from headroom.retrieval.weave.engine import hold_no_call
from headroom.upstream.client import Request
from headroom.upstream.contracts import Answer, Outgoing, Retrieval, RoundRefused
from headroom.upstream.fields import to_client
from headroom.upstream.hold import after, hold
from headroom.upstream.reading import (
    MAX_ANSWER,
    charge_rounds,
    conclude,
    decode_whole,
    discard,
    discard_rounds,
    pieces_of,
    until_said,
    watched,
)
from headroom.upstream.reply import Reply
from headroom.upstream.sending import Sending, may_rescue, request_of
from headroom.upstream.stream import Stream, aclose
from headroom.upstream.tee import EVENT_STREAM, FRAMES, Tee, decoder
from headroom.wire.dialect import Dialect, Refusal
from headroom.wire.sse import are_whole

_REFUSALS = frozenset({400, 413, 422})
"""What a provider answers to a body it does not accept."""
_BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Forwarder:
    """Performs provider calls. ``now`` is monotonic seconds."""

    sending: Sending
    now: Callable[[], float]
    refused: Callable[[Exchange, int, bytes], None]
    """Told which rewrite an upstream did not take."""
    retrieval: Retrieval | None = None
    keep_text: bool = False
    """Keep the answer's words for the message log."""

    async def call(self, exchange: Exchange, outgoing: Outgoing, dialect: Dialect) -> Answer:
        """The provider's answer, or our error in its envelope. Raises nothing but cancellation."""
        request = request_of(outgoing)
        exchange.overhead = self.now() - exchange.started - exchange.waited
        try:
            reply = await self.sending.send(exchange, request)
            if outgoing.rewritten is not None and reply.status in _REFUSALS:
                self.refused(exchange, reply.status, await reply.read(1024 * 1024))
                request, reply = await self.sending.rescue(exchange, outgoing)
            if _streams(exchange, reply):
                return await self._stream(exchange, outgoing, request, reply, dialect)
            return await self._whole(exchange, outgoing, request, reply, dialect)
        except (UpstreamTimeout, UpstreamUnreachable) as error:
            return self.sending.failure(exchange, dialect, error)

    async def pass_on(self, exchange: Exchange, request: Request, dialect: Dialect) -> Answer:
        """A call whose bodies we don't read: its answer as it comes, framed as the upstream framed it."""
        exchange.overhead = self.now() - exchange.started
        try:
            reply = await self.sending.send(exchange, request)
        except (UpstreamTimeout, UpstreamUnreachable) as error:
            return self.sending.failure(exchange, dialect, error)
        headers = to_client(reply.headers)
        length = reply.header(b"content-length")
        if length is not None:
            headers = (*headers, (b"Content-Length", length))
        if request.method == "HEAD" or reply.status in _BODILESS:
            reply.close()
            return Answer(reply.status, reply.reason, headers, b"")
        return Answer(reply.status, reply.reason, headers, Stream(self._unread(exchange, reply), reply.close))

    def _retrieval(self, exchange: Exchange, reply: Reply) -> Retrieval | None:
        """Who answers our tool's calls in this answer, if it was on offer."""
        return self.retrieval if exchange.retrieve_offered and not exchange.rescued and reply.status == 200 else None

    # -- answers in one piece ------------------------------------------------------------------------------------
    async def _whole(
        self, exchange: Exchange, outgoing: Outgoing, request: Request, reply: Reply, dialect: Dialect
    ) -> Answer:
        raw = await reply.read(MAX_ANSWER)
        plain = decode_whole(raw, reply)
        if plain is not None and may_rescue(exchange, outgoing, reply) and dialect.empty(plain):
            discard(exchange, dialect.usage(plain))
            self.refused(exchange, 200, b"empty answer")
            request, reply = await self.sending.rescue(exchange, outgoing)
            if _streams(exchange, reply):
                return await self._stream(exchange, outgoing, request, reply, dialect)
            raw = await reply.read(MAX_ANSWER)
            plain = decode_whole(raw, reply)
        exchange.first_byte = self.now()
        retrieval = self._retrieval(exchange, reply)
        body, decoded = raw, False
        if retrieval is not None and plain is not None:

            async def ask(following: bytes) -> bytes:
                again = await self.sending.send_round(exchange, request, following)
                text = decode_whole(await again.read(MAX_ANSWER), again)
                if text is None:
                    raise UpstreamUnreachable("the upstream's answer to a retrieval can't be decoded")
                if dialect.empty(text) and may_rescue(exchange, outgoing, reply):
                    raise RoundRefused(again, text, b"empty answer to a retrieval")
                return text

            try:
                resolved = await retrieval.resolve(exchange, plain, ask)
            except RoundRefused as refusal:
                return await self._refused_round(exchange, outgoing, reply, refusal, dialect)
            if resolved is not plain:
                body, plain, decoded = resolved, resolved, True
        if plain is not None and reply.status == 200:
            exchange.usage = dialect.usage(plain)
            exchange.usage_measured = exchange.usage is not None
            if self.keep_text:
                exchange.response_text = dialect.text(plain)
        exchange.notes["output_bytes"] = len(body)
        headers = to_client(reply.headers, decoded=decoded)
        return Answer(reply.status, reply.reason, headers, body)

    async def _refused_round(
        self, exchange: Exchange, outgoing: Outgoing, reply: Reply, refusal: RoundRefused, dialect: Dialect
    ) -> Answer:
        """A continuation was refused before the client got a byte: it gets that answer, or one to its own request."""
        if refusal.status in {200, *_REFUSALS} and may_rescue(exchange, outgoing, reply):
            # The client did not write that body, so it must not see what is wrong with it; 200 is an empty answer.
            discard_rounds(exchange)
            self.refused(exchange, refusal.status, refusal.body)
            request, reply = await self.sending.rescue(exchange, outgoing)
            answer = self._stream if _streams(exchange, reply) else self._whole
            return await answer(exchange, outgoing, request, reply, dialect)
        exchange.status, exchange.outcome, exchange.error = refusal.status, Outcome.FAILED, str(refusal)
        self.sending.health(exchange.upstream, status=refusal.status)
        charge_rounds(exchange)
        return Answer(refusal.status, refusal.reason, to_client(refusal.headers), refusal.raw)

    # -- streams -------------------------------------------------------------------------------------------------
    async def _stream(
        self, exchange: Exchange, outgoing: Outgoing, request: Request, reply: Reply, dialect: Dialect
    ) -> Answer:
        tee, pieces = self._open(exchange, reply, dialect)
        held: list[bytes] = []
        if may_rescue(exchange, outgoing, reply):
            pieces, held = await hold(pieces, tee, self.now)
            if tee.over and tee.empty:
                discard(exchange, tee.usage)
                self.refused(exchange, 200, b"empty answer")
                request, reply = await self.sending.rescue(exchange, outgoing)
                if not _streams(exchange, reply):
                    return await self._whole(exchange, outgoing, request, reply, dialect)
                tee, pieces = self._open(exchange, reply, dialect)
                held = []
        release = pieces.release if isinstance(pieces, Stream) else ()
        retrieval = self._weaves(exchange, reply)
        if retrieval is not None:
            opening = b"".join(held)
            if not tee.empty and are_whole(opening) and hold_no_call(opening):
                # It goes out as it came, and the tee has read it: all that weaving takes is made behind the first byte.
                pieces = self._woven(exchange, request, retrieval, pieces, tee, opening)
            else:
                tee = self._tee(reply, dialect, None)
                pieces, held = self._woven(exchange, request, retrieval, after(held, pieces), tee), []
        headers = to_client(reply.headers, decoded=retrieval is not None)
        guarded = self._guarded(exchange, dialect, pieces, held, tee)
        return Answer(reply.status, reply.reason, headers, Stream(guarded, *release, reply.close))

    def _open(self, exchange: Exchange, reply: Reply, dialect: Dialect) -> tuple[Tee, AsyncIterator[bytes]]:
        """Begin to read an answer as it arrives.

        One that is to be woven is read here before anything is withheld, and only until it says something: to call our
        tool is to say something, so the answer's opening does not wait for a hidden round.
        """
        if self._weaves(exchange, reply) is not None:
            tee = self._tee(reply, dialect, None)
            return tee, until_said(pieces_of(reply), tee)
        tee = self._tee(reply, dialect, reply.header(b"content-encoding"))
        return tee, watched(reply.chunks(), tee)

    def _tee(self, reply: Reply, dialect: Dialect, encoding: bytes | None) -> Tee:
        return Tee(dialect, reply.header(b"content-type") or b"", encoding, keep_text=self.keep_text)

    def _weaves(self, exchange: Exchange, reply: Reply) -> Retrieval | None:
        """Who weaves hidden rounds into this answer: with the retrieve tool on offer, and where it can be read."""
        kind = reply.header(b"content-type") or b""
        readable = decoder(reply.header(b"content-encoding")) is not None and kind.lower().startswith(EVENT_STREAM)
        return self._retrieval(exchange, reply) if readable else None

    async def _woven(
        self,
        exchange: Exchange,
        request: Request,
        retrieval: Retrieval,
        pieces: AsyncIterator[bytes],
        tee: Tee,
        opening: bytes = b"",
    ) -> AsyncIterator[bytes]:
        """What the client gets behind ``opening``, which it has; the tee reads that."""

        async def ask(body: bytes) -> AsyncIterator[bytes]:
            return pieces_of(await self.sending.send_round(exchange, request, body))

        woven = retrieval.weave(exchange, pieces, ask, opening=opening)
        try:
            async for piece in woven:
                tee.feed(piece)
                yield piece
        finally:
            await aclose(woven)

    async def _guarded(
        self,
        exchange: Exchange,
        dialect: Dialect,
        pieces: AsyncIterator[bytes],
        held: list[bytes],
        tee: Tee,
    ) -> AsyncIterator[bytes]:
        """The stream's pieces; a failure after the first byte becomes an error event in the provider's form."""
        try:
            for piece in held:
                exchange.first_byte = exchange.first_byte or self.now()
                yield piece
            async for piece in pieces:
                exchange.first_byte = exchange.first_byte or self.now()
                yield piece
            tee.over = True
            if exchange.status == 200 and not tee.finished:
                exchange.truncated = True
                exchange.error = "the provider's stream ended without its terminator"
        except (UpstreamTimeout, UpstreamUnreachable) as error:
            exchange.truncated = True
            exchange.outcome = Outcome.FAILED
            exchange.error = str(error)
            self.sending.health(exchange.upstream, str(error), status=exchange.status)
            if tee.within_event:
                # Nothing can follow a part of an event: the client sees the break as it would without us.
                raise
            refusal = Refusal.TIMEOUT if isinstance(error, UpstreamTimeout) else Refusal.UNREACHABLE
            yield dialect.stream_error(refusal, f"Headroom: {error}", exchange.request_id)
        finally:
            conclude(exchange, tee)
            await aclose(pieces)

    async def _unread(self, exchange: Exchange, reply: Reply) -> AsyncIterator[bytes]:
        try:
            async for piece in reply.chunks():
                exchange.first_byte = exchange.first_byte or self.now()
                yield piece
        except (UpstreamTimeout, UpstreamUnreachable) as error:
            exchange.truncated, exchange.outcome, exchange.error = True, Outcome.FAILED, str(error)
            self.sending.health(exchange.upstream, str(error), status=exchange.status)
            raise
        finally:
            reply.close()


def _streams(exchange: Exchange, reply: Reply) -> bool:
    """Whether an answer goes out as it comes: event streams, frames, and Gemini's growing JSON array."""
    kind = (reply.header(b"content-type") or b"").lower()
    return kind.startswith((EVENT_STREAM, FRAMES)) or (exchange.stream and reply.status == 200)
