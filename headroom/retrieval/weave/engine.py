"""Weaving: the client reads one answer while retrieval rounds go on upstream.

Everything flows at once; only our calls' events are withheld, and the closing events once there was such a call. While
the client has to wait it gets pings. Nothing is started that is not awaited or cancelled when the client goes away.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from headroom.errors import Unreadable, UpstreamTimeout
from headroom.exchange import Wire
from headroom.retrieval.turn import Next, Turn
from headroom.retrieval.turns import Round
from headroom.retrieval.weave import Weaver, weaver_for
from headroom.wire import dialect_for
from headroom.wire.dialect import Refusal
from headroom.wire.sse import EventSplitter

PING_SECONDS: Final = 10.0
"""Longest silence towards a client that waits for a hidden round."""

TAIL_SECONDS: Final = 0.5
"""How long an upstream may take to close a stream whose last event was seen, so that its connection can be reused."""

_OF_CALLS: Final = (b"tool", b"unction", b"retrieve", b"\\u")
"""Each event that begins a call has one of these in it: its type, its member's name, our tool's, or an escaped letter."""

_ERROR_BYTES: Final = 64 * 1024
_CUT: Final = "The provider's stream ended before the answer was complete."


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer of the upstream whose body is read piece by piece, its content encoding removed."""

    status: int
    headers: tuple[tuple[str, str], ...]
    chunks: AsyncIterator[bytes]
    """Closed by ``aclose``, when it has one."""


type SendStream = Callable[[bytes], Awaitable[Streamed]]
"""Sends the same request with another body, retrying as the upstream's rules allow."""


class _Broken(Exception):
    """The stream can't be finished, and the client has bytes of it."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal


async def weave(
    first: AsyncIterator[bytes],
    turn: Turn,
    send: SendStream,
    *,
    opening: bytes = b"",
    request_id: str = "",
    ping_seconds: float = PING_SECONDS,
) -> AsyncGenerator[bytes]:
    """Yield the client's stream; byte-identical to ``first`` when the model retrieves nothing.

    ``opening`` is what the client has of the stream already: whole events of which `hold_no_call` is true.
    Errors of ``first`` pass through as long as nothing was withheld; every later failure becomes one error event in the
    provider's form, after which the stream ends. Closing or cancelling this generator closes the upstream at once.
    """
    weaver = weaver_for(turn.wire)
    upstream = _Upstream(first, send)
    try:
        for event in EventSplitter().feed(opening):
            _fed(weaver, event)
        what = Next.GO_ON
        while what is Next.GO_ON:
            splitter, latest = EventSplitter(), b""
            while True:
                if weaver.woven:
                    pull = upstream.start(upstream.pull())
                    while not await _ready(pull, TAIL_SECONDS if weaver.ended else ping_seconds):
                        if weaver.ended:
                            await upstream.close()
                            break
                        yield weaver.ping()
                    chunk = pull.result() if pull.done() and not pull.cancelled() else None
                else:
                    chunk = await anext(upstream.chunks, None)
                if chunk is None:
                    break
                if not weaver.woven and splitter.ends_with(chunk) and hold_no_call(chunk):
                    yield chunk  # the client need not wait for us to read it
                    for event in splitter.feed(chunk):
                        _fed(weaver, event)
                    continue
                events = splitter.feed(chunk)
                latest = events[-1] if events else latest
                if out := [piece for event in events if (piece := _fed(weaver, event))]:
                    yield out[0] if len(out) == 1 else b"".join(out)
            if not weaver.woven:  # nothing of ours in the whole answer
                if tail := splitter.tail():
                    yield tail
                return
            if not weaver.complete:
                if not _is_error(turn.wire, latest):  # the provider's own word is enough
                    yield dialect_for(turn.wire).stream_error(Refusal.UNREACHABLE, _CUT, request_id)
                return
            done = _finished(weaver)
            what = turn.took(done)
            done, words = turn.last(done, what, streamed=True)
            work = upstream.start(_follow(what, done, turn, upstream, weaver))
            while not await _ready(work, ping_seconds):
                yield weaver.ping()
            work.result()
            if piece := weaver.go_on() if what is Next.GO_ON else _release(what, turn, weaver, words):
                yield piece
    except _Broken as error:
        yield dialect_for(turn.wire).stream_error(error.refusal, str(error), request_id)
    finally:
        await upstream.close()


def hold_no_call(events: bytes) -> bool:
    """Whether these events surely begin no call of a tool, in any dialect: then nothing in them is withheld or changed."""
    return not any(word in events for word in _OF_CALLS)


class _Upstream:
    """The one answer that is being read, and the one task that may be waiting for it."""

    def __init__(self, first: AsyncIterator[bytes], send: SendStream) -> None:
        self.chunks = first
        self._send = send
        self._task: asyncio.Task[Any] | None = None

    def start[T](self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin to wait for something; `close` cancels it."""
        task = asyncio.create_task(work)
        self._task = task
        return task

    async def pull(self) -> bytes | None:
        """The next chunk, None at the end."""
        try:
            return await anext(self.chunks, None)
        except Exception as error:
            refusal = Refusal.TIMEOUT if isinstance(error, UpstreamTimeout) else Refusal.UNREACHABLE
            raise _Broken(refusal, f"The provider's stream broke: {_said(error)}") from error

    async def call(self, body: bytes) -> None:
        """Make the next upstream call; afterwards `chunks` is its answer."""
        await _close(self.chunks)
        try:
            answer = await self._send(body)
        except Exception as error:
            refusal = Refusal.TIMEOUT if isinstance(error, UpstreamTimeout) else Refusal.UNREACHABLE
            raise _Broken(refusal, f"The provider could not be reached again: {_said(error)}") from error
        self.chunks = answer.chunks
        if answer.status != 200:
            detail = await _beginning(answer.chunks)
            raise _Broken(_refusal(answer.status), f"The provider refused to go on ({answer.status}): {detail}")

    async def close(self) -> None:
        """Stop what is under way, at once."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task})
        if task is not None and not task.cancelled():
            task.exception()  # seen: whoever waited for it has it, or is gone
        await _close(self.chunks)


async def _follow(what: Next, done: Round, turn: Turn, upstream: _Upstream, weaver: Weaver) -> None:
    """Do what follows a round: the next call, or the record of what was hidden."""
    if what is Next.GO_ON:
        results = await turn.answers(done)
        try:
            body = turn.go_on(done, results)
        except Unreadable as error:
            raise _Broken(Refusal.INTERNAL, f"The request could not be continued ({error.reason}).") from error
        await upstream.call(body)
        return
    results = await turn.answers(done) if what is Next.HAND_OVER else ()
    await turn.remember(done, results, streamed=True, response_ids=weaver.response_ids)


def _release(what: Next, turn: Turn, weaver: Weaver, words: str) -> bytes:
    return weaver.release(turn.counted if turn.rounds else None, stop=what is Next.STOP, words=words)


def _fed(weaver: Weaver, event: bytes) -> bytes:
    """An event, weaved; one that can't be passes as it is, unless something of ours could show."""
    try:
        return weaver.feed(event)
    except Exception as error:
        if not weaver.woven:
            return event
        raise _Broken(Refusal.INTERNAL, "The provider's stream could not be read.") from error


def _is_error(wire: Wire, event: bytes) -> bool:
    """Whether the provider said with this event that its answer failed."""
    tap = dialect_for(wire).tap()
    tap.feed(event)
    return tap.failed


def _finished(weaver: Weaver) -> Round:
    try:
        return weaver.finish()
    except (Unreadable, ValueError) as error:
        raise _Broken(Refusal.INTERNAL, "The provider's answer could not be read back.") from error


async def _ready(task: asyncio.Task[Any], seconds: float) -> bool:
    done, _ = await asyncio.wait({task}, timeout=seconds)
    return bool(done)


async def _close(chunks: AsyncIterator[bytes]) -> None:
    closing = getattr(chunks, "aclose", None)
    if closing is not None:
        with suppress(Exception):  # it is being thrown away: what went wrong with it no longer matters
            await closing()


async def _beginning(chunks: AsyncIterator[bytes]) -> str:
    """The start of an error's body, as far as it can be had."""
    found = b""
    with suppress(Exception):  # the status says enough
        while len(found) < _ERROR_BYTES and (chunk := await anext(chunks, None)) is not None:
            found += chunk
    return " ".join(found.decode(errors="replace").split())[:500]


def _refusal(status: int) -> Refusal:
    if status == 429:
        return Refusal.RATE_LIMIT
    if status in {503, 529}:
        return Refusal.OVERLOADED
    return Refusal.UNREACHABLE if status >= 500 else Refusal.INVALID


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
