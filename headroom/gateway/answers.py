"""The response cache of one exchange: look before the call, keep after it, share one call among equals."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from headroom.exchange import Exchange, Outcome
from headroom.policy.cache_key import Origin, key_headers
from headroom.policy.response_cache import CachedAnswer, Question, Recorder, ResponseCache
from headroom.policy.single_flight import Flight, SingleFlight
from headroom.wire.dialect import Request


@dataclass(frozen=True, slots=True)
class Found:
    """A stored answer, ready to be sent; a stream event by event."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes | AsyncIterator[bytes]
    whole: bytes
    """All that ``body`` sends."""


@dataclass(slots=True)
class Asked:
    """What is remembered of a cacheable call until it ends."""

    question: Question
    flight: Flight[CachedAnswer] | None = None
    recorder: Recorder | None = None


class AnswersService:
    """Serves exact repeats. Fails open. For one event loop."""

    def __init__(
        self,
        cache: ResponseCache,
        *,
        remote: bool,
        wait_seconds: float,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.cache = cache
        self._remote = remote
        self._wait = wait_seconds
        self._wall = wall
        self._flights: SingleFlight[CachedAnswer] = SingleFlight()
        self._asked: dict[str, Asked] = {}
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="headroom-answers")

    async def _call[T](self, work: Callable[[], T], *, writes: bool = False) -> T:
        # What is in memory or in a file is read at once; a write may find the file locked by another process.
        if not (self._remote or writes):
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def find(self, exchange: Exchange) -> Found | None:
        """The stored answer of this very call; waits for an equal call that is under way."""
        origin = Origin(
            method=exchange.method,
            path=exchange.path,
            provider=exchange.provider,
            upstream=exchange.upstream,
            credential=exchange.credential or f"ip:{exchange.peer}",
            headers=key_headers(exchange.headers),
        )
        body, outline = exchange.body_in, exchange.outline
        options = outline.around(body) if isinstance(outline, Request) else None
        question = self.cache.question(
            exchange.wire, body, exchange.headers, origin, stream=exchange.stream, options=options
        )
        if question is None:
            return None
        answer = await self._call(lambda: self.cache.lookup(question, now=self._wall()))
        asked = Asked(question)
        if answer is None and question.shareable:
            leader = self._flights.leader(question.name)
            if leader is not None:
                clock = asyncio.get_running_loop().time
                since = clock()
                answer = await leader.follow(self._wait)
                exchange.waited = clock() - since
            else:
                asked.flight = self._flights.lead(question.name)
        if answer is not None:
            return _found(answer)
        exchange.notes["cache_miss"] = True
        if exchange.stream:
            asked.recorder = Recorder()
        self._asked[exchange.request_id] = asked
        return None

    def record(self, exchange: Exchange, piece: bytes) -> None:
        """Take a piece of a streamed answer on its way to the client."""
        asked = self._asked.get(exchange.request_id)
        if asked is not None and asked.recorder is not None:
            asked.recorder.feed(piece)

    def recording(self, exchange: Exchange) -> bool:
        """Whether a stream's pieces are wanted."""
        asked = self._asked.get(exchange.request_id)
        return asked is not None and asked.recorder is not None

    async def ended(self, exchange: Exchange, headers: dict[str, str], body: bytes | None) -> None:
        """Keep the answer if it may be repeated, and let those who waited for it go on. ``body`` is decoded."""
        asked = self._asked.pop(exchange.request_id, None)
        if asked is None:
            return
        kept: CachedAnswer | None = None
        try:
            if exchange.outcome is Outcome.OK and not exchange.rounds:
                whole = asked.recorder.body if asked.recorder is not None else body
                kept = await self._call(
                    lambda: self.cache.keep(
                        asked.question,
                        status=exchange.status,
                        headers=headers,
                        body=whole,
                        complete=not exchange.truncated,
                        now=self._wall(),
                    ),
                    writes=True,
                )
        finally:
            if asked.flight is not None:
                asked.flight.land(kept)

    def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _found(answer: CachedAnswer) -> Found:
    headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers)
    return Found(answer.status, headers, _replay(answer) if answer.stream else answer.body, answer.body)


async def _replay(answer: CachedAnswer) -> AsyncIterator[bytes]:
    for event in answer.events():
        yield event
