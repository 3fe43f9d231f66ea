"""Streams of pieces whose clean-up runs even when nobody began to read them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable


class Stream:
    """An async iterator over ``pieces``; ``aclose`` closes them and calls ``release``, also before the first piece.

    Closing a generator that was never started runs none of its code, and a client may go away at just that moment.
    """

    def __init__(self, pieces: AsyncIterator[bytes], *release: Callable[[], object]) -> None:
        self._pieces = pieces
        self.release = release

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._pieces)

    async def aclose(self) -> None:
        """End the stream; safe to call twice."""
        try:
            await aclose(self._pieces)
        finally:
            for release in self.release:
                release()


async def aclose(pieces: AsyncIterator[bytes]) -> None:
    """Run an iterator's clean-up, if it has one."""
    close = getattr(pieces, "aclose", None)
    if close is not None:
        await close()
