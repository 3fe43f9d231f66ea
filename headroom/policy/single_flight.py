"""Identical requests at the same time share one upstream call: the first leads, the others wait for its answer."""

from __future__ import annotations

import asyncio
from types import TracebackType

MAX_FLIGHTS = 1000
"""Keys in flight; beyond it everybody calls for himself."""


class Flight[T]:
    """A leader's call. As a context manager it lands when the block ends, whatever happened in it."""

    def __init__(self, flights: SingleFlight[T], key: str) -> None:
        self._flights = flights
        self._key = key
        self._landed: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()

    def land(self, answer: T | None) -> None:
        """Hand the answer to those who wait; None (failed, or not fit to be shared) sends them on their own way."""
        if not self._landed.done():
            self._landed.set_result(answer)
        self._flights._forget(self._key, self)

    async def follow(self, limit: float) -> T | None:
        """Wait for the leader's answer; None when there is none within ``limit`` seconds."""
        try:
            async with asyncio.timeout(limit):
                return await asyncio.shield(self._landed)
        except TimeoutError:
            return None

    def __enter__(self) -> Flight[T]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.land(None)


class SingleFlight[T]:
    """Flights by key, for one event loop."""

    def __init__(self, *, most: int = MAX_FLIGHTS) -> None:
        self._most = most
        self._flights: dict[str, Flight[T]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    def leader(self, key: str) -> Flight[T] | None:
        """The call to wait for, if one is under way."""
        return self._flights.get(key)

    def lead(self, key: str) -> Flight[T]:
        """Begin a call that others may wait for. The caller must ``land`` it, best by ``with``."""
        flight: Flight[T] = Flight(self, key)
        if len(self._flights) < self._most:
            self._flights.setdefault(key, flight)
        return flight

    def _forget(self, key: str, flight: Flight[T]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
