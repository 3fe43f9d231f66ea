"""Retrieval rounds of one exchange: answers the model's calls from the originals, unseen by the client."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing

from headroom.accounts import tokens
from headroom.exchange import Exchange, Usage, Wire
from headroom.pipeline.plan import Plan
from headroom.retrieval.echo import event_without_tool, without_tool
from headroom.retrieval.hidden import Hidden
from headroom.retrieval.originals import Originals
from headroom.retrieval.resolver import Resolver
from headroom.retrieval.rounds import Reply, settle
from headroom.retrieval.turn import Turn
from headroom.retrieval.weave.engine import Streamed, weave
from headroom.upstream.contracts import RoundRefused
from headroom.wire.sse import EventSplitter


class RetrievalService:
    """Weaves and resolves. What the client does not see is recorded, so that later requests carry it again."""

    def __init__(
        self,
        originals: Originals,
        hidden: Hidden,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._originals = originals
        self._hidden = hidden
        self._wall = wall

    def _turn(self, exchange: Exchange) -> Turn:
        resolver = Resolver(
            self._originals,
            lambda text: tokens.count(text, exchange.model),
            now=self._wall,
            project=exchange.project,
        )
        remember = self._hidden.recorder(exchange.body_in, now=self._wall)

        def spent(usages: Sequence[Usage]) -> None:
            exchange.round_usages = tuple(usages)

        return Turn(exchange.wire, exchange.body_out, resolver, remember=remember, spent=spent)

    async def weave(
        self,
        exchange: Exchange,
        events: AsyncIterator[bytes],
        ask: Callable[[bytes], Awaitable[AsyncIterator[bytes]]],
        *,
        opening: bytes = b"",
    ) -> AsyncIterator[bytes]:
        """Pass a stream on behind its ``opening``, byte for byte; only our calls are held back and answered."""
        turn = self._turn(exchange)

        async def send(body: bytes) -> Streamed:
            try:
                return Streamed(200, (), await ask(body))
            except RoundRefused as refused:
                return Streamed(refused.status, (), _once(refused.body))

        echoes = _echoes(exchange)
        splitter = EventSplitter()
        async with aclosing(weave(events, turn, send, opening=opening, request_id=exchange.request_id)) as woven:
            try:
                async for piece in woven:
                    if not echoes:
                        yield piece
                    elif out := b"".join(event_without_tool(event) for event in splitter.feed(piece)):
                        yield out
                if tail := splitter.tail():
                    yield tail
            finally:
                self._note(exchange, turn)

    async def resolve(self, exchange: Exchange, body: bytes, ask: Callable[[bytes], Awaitable[bytes]]) -> bytes:
        """The body the client gets of a complete answer; the same object when the model retrieved nothing."""
        turn = self._turn(exchange)

        async def send(more: bytes) -> Reply:
            return Reply(200, (), await ask(more))

        try:
            reply = await settle(Reply(200, (), body), turn, send)
        finally:
            self._note(exchange, turn)
        return without_tool(reply.body) if _echoes(exchange) else reply.body

    @staticmethod
    def _note(exchange: Exchange, turn: Turn) -> None:
        exchange.rounds = turn.rounds
        if turn.retrieved:
            exchange.notes["retrieved_tokens"] = turn.retrieved
        if turn.unrecorded:
            exchange.notes["hidden_unrecorded"] = True


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _echoes(exchange: Exchange) -> bool:
    """Whether the answer repeats a tool that only we know of."""
    plan = exchange.plan
    return exchange.wire is Wire.OPENAI_RESPONSES and isinstance(plan, Plan) and plan.conversation.inject
