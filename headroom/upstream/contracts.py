"""What a provider call is made of: the request, the answer, and the parties that take part."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from headroom.errors import HeadroomError
from headroom.exchange import Exchange
from headroom.upstream.client import Request
from headroom.upstream.reply import Reply


class RoundRefused(HeadroomError):
    """The upstream refused to go on after a retrieval: its own answer, the body's content encoding removed."""

    def __init__(self, reply: Reply, raw: bytes, body: bytes) -> None:
        super().__init__(f"the upstream refused to go on after a retrieval ({reply.status})")
        self.status, self.reason, self.headers = reply.status, reply.reason, reply.headers
        self.raw = raw
        """As it came, still encoded."""
        self.body = body


class Sender(Protocol):
    """The part of ``UpstreamClient`` used here."""

    async def send(self, request: Request) -> Reply:
        """Send until a final answer's head is there."""


class Heard(Protocol):
    """Told the outcome of each real call."""

    def __call__(self, base: str, error: str | None = None, *, status: int | None = None) -> None:
        """``base`` is the upstream; ``status`` is what it answered with; ``error`` says why it did not, or not to the end."""


class Retrieval(Protocol):
    """Answers the model's calls of our retrieve tool within one answer."""

    def weave(
        self,
        exchange: Exchange,
        events: AsyncIterator[bytes],
        ask: Callable[[bytes], Awaitable[AsyncIterator[bytes]]],
        *,
        opening: bytes = b"",
    ) -> AsyncIterator[bytes]:
        """Pass a stream on; hold back a retrieve call, send its result by ``ask`` and go on with that stream.

        ``opening`` is the stream's beginning that went out already: whole events, none of them a call's. ``ask`` raises ``RoundRefused``; the client gets an error event then.
        """

    async def resolve(self, exchange: Exchange, body: bytes, ask: Callable[[bytes], Awaitable[bytes]]) -> bytes:
        """The final body of a non-streamed answer; the same object when nothing was retrieved.

        What ``ask`` raises passes through: nothing was sent yet.
        """


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
