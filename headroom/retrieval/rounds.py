"""Retrieval in answers that are not streamed: the client gets the last message only, with all rounds' usage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from headroom.errors import Unreadable
from headroom.retrieval.tool import NAME
from headroom.retrieval.turn import Next, Turn
from headroom.retrieval.turns import turns_for

_NAME: Final = NAME.encode()
_ESCAPE: Final = b"\\u"
"""A name may be written with escapes."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer of the upstream, its content encoding removed."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


type Send = Callable[[bytes], Awaitable[Reply]]
"""Sends the same request with another body, retrying as the upstream's rules allow."""


async def settle(first: Reply, turn: Turn, send: Send) -> Reply:
    """Answer retrieve calls until the model is done; return what the client gets.

    Without such a call the very same object comes back. A refusal of a continuation is returned as it is, with its own
    status: nothing was sent yet. Errors of ``send`` pass through.
    """
    if _NAME not in first.body and _ESCAPE not in first.body:
        return first  # no call of ours, at a glance: most answers need not be read
    turns = turns_for(turn.wire)
    reply = first
    while True:
        done = turns.read(reply.body) if reply.status == 200 else None
        if done is None:
            return reply
        what = turn.took(done)
        if what is Next.GO_ON:
            results = await turn.answers(done)
            try:
                body = turn.go_on(done, results)
            except Unreadable:  # a request that can't be continued: the client gets what there is, without our calls
                what = Next.STOP
            else:
                reply = await send(body)
                continue
        results = await turn.answers(done) if what is Next.HAND_OVER else ()
        done, words = turn.last(done, what, streamed=False)
        await turn.remember(done, results, streamed=False)
        body = reply.body
        if what is not Next.SHOW:
            body = turns.strip(body, stop=what is Next.STOP, words=words)
        if turn.rounds:
            body = turns.with_usage(body, turn.counted)
        return reply if body is reply.body else _with_body(reply, body)


def _with_body(reply: Reply, body: bytes) -> Reply:
    """The length is the new body's business."""
    headers = tuple((name, value) for name, value in reply.headers if name.lower() != "content-length")
    return replace(reply, headers=headers, body=body)
