"""An answer's bytes on their way: decoded for us, watched by the tee, and what they say put into the exchange."""

from __future__ import annotations

from collections.abc import AsyncIterator

from headroom.errors import Unreadable, UpstreamUnreachable
from headroom.exchange import Exchange, Outcome, Usage
from headroom.upstream.reply import Reply
from headroom.upstream.stream import aclose
from headroom.upstream.tee import Tee, decoder
from headroom.wire.body import decode_body

MAX_ANSWER = 256 * 1024 * 1024
"""Largest answer, in bytes, that is held in memory; streams have no such bound."""


def charge_rounds(exchange: Exchange) -> None:
    """Book the retrieval rounds that ended, although the answer did not."""
    if exchange.round_usages:
        exchange.usage, exchange.usage_measured = sum(exchange.round_usages, Usage()), True


def discard(exchange: Exchange, usage: Usage | None) -> None:
    """Note what an answer cost that the client does not get."""
    if usage is not None:
        exchange.notes["discarded_usage"] = usage


def discard_rounds(exchange: Exchange) -> None:
    """Note what the retrieval rounds cost so far, and start over."""
    if exchange.round_usages:
        discard(exchange, sum(exchange.round_usages, Usage()))
    exchange.round_usages = ()


def conclude(exchange: Exchange, tee: Tee) -> None:
    """Put what the tee saw into the exchange."""
    exchange.usage = tee.usage
    exchange.usage_measured = exchange.usage is not None
    if not tee.finished:
        charge_rounds(exchange)  # the event with the sum of all rounds never came
    exchange.notes["output_bytes"] = tee.size
    exchange.response_text = tee.text
    if tee.failed and exchange.outcome is Outcome.OK:
        exchange.outcome = Outcome.FAILED
        exchange.error = "the provider sent an error event"


def decode_whole(raw: bytes, reply: Reply) -> bytes | None:
    """The body with its content encoding undone, or None when that can't be done."""
    encoding = (reply.header(b"content-encoding") or b"").decode("latin-1")
    try:
        return decode_body(raw, encoding, MAX_ANSWER)
    except Unreadable:
        return None


async def watched(pieces: AsyncIterator[bytes], tee: Tee) -> AsyncIterator[bytes]:
    """Feed the tee with what passes."""
    try:
        async for piece in pieces:
            tee.feed(piece)
            yield piece
    finally:
        await aclose(pieces)


async def until_said(pieces: AsyncIterator[bytes], tee: Tee) -> AsyncIterator[bytes]:
    """Feed the tee with what passes until it has seen content."""
    try:
        async for piece in pieces:
            if tee.empty:
                tee.feed(piece)
            yield piece
    finally:
        await aclose(pieces)


async def pieces_of(reply: Reply) -> AsyncIterator[bytes]:
    """An answer's bytes with their content encoding undone. Raises ``UpstreamUnreachable`` when that can't be done."""
    decode = decoder(reply.header(b"content-encoding"))
    if decode is None:
        raise UpstreamUnreachable("the upstream used a content encoding that can't be read")
    try:
        async for chunk in reply.chunks():
            try:
                plain = decode(chunk)
            except Exception as error:
                raise UpstreamUnreachable(f"the upstream's content encoding is broken: {error}") from None
            if plain:
                yield plain
    finally:
        reply.close()
