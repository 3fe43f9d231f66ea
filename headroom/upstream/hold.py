"""Keeps a rewritten stream's opening back while it holds no content, so that an empty answer can still be replaced."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from headroom.upstream.stream import Stream, aclose
from headroom.upstream.tee import Tee

HOLD_SECONDS = 5.0
"""A provider that only opens its answer is thinking: after this the client sees the opening."""
HOLD_BYTES = 256 * 1024


async def hold(
    pieces: AsyncIterator[bytes], tee: Tee, now: Callable[[], float]
) -> tuple[AsyncIterator[bytes], list[bytes]]:
    """Read on while ``tee`` has seen no content, within a bounded time and size.

    Returns what follows and what was held; ``tee.over`` is set when the stream ended meanwhile.
    """
    held: list[bytes] = []
    deadline = now() + HOLD_SECONDS
    while tee.empty and sum(map(len, held)) < HOLD_BYTES:
        pending = asyncio.ensure_future(_next(pieces))
        try:
            done, _ = await asyncio.wait({pending}, timeout=max(0.0, deadline - now()))
        except asyncio.CancelledError:
            pending.cancel()
            raise
        if not done:
            return Stream(_resume(pending, pieces), pending.cancel), held
        piece = pending.result()
        if piece is None:
            tee.over = True
            break
        held.append(piece)
    return pieces, held


async def after(held: list[bytes], pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What was held, then what follows."""
    try:
        for piece in held:
            yield piece
        async for piece in pieces:
            yield piece
    finally:
        await aclose(pieces)


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
        await aclose(pieces)
