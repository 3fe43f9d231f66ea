"""A clock that moves only when it is told to."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where a component takes the time from: seconds, as ``time.time`` counts them."""

    def now(self) -> float:
        """Seconds since the epoch."""


class SystemClock:
    """The machine's wall clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()


class FakeClock:
    """Starts at ``start`` seconds since the epoch and stands still until ``advance`` or ``set``.

    Calling the clock is the same as ``now()``, so it fits wherever a ``Callable[[], float]`` is wanted.
    """

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._now

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return self._now

    def advance(self, seconds: float) -> float:
        """Move forward, or back when negative (a stepped system clock); return the new time."""
        self._now += seconds
        return self._now

    def set(self, now: float) -> None:
        """Jump to ``now``."""
        self._now = now
