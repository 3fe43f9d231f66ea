"""How late the event loop comes to what is due: work that belongs in a thread shows here first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from headroom.accounts.sums import Timing

EVERY = 0.05
"""Seconds between two looks; percentiles are over the newest 2,048 of them, some 100 seconds."""


class Lag:
    """Milliseconds of lateness, looked at again and again. For one event loop.

    ``seen`` gives where they are noted: a reset puts a new one there.
    """

    def __init__(self, clock: Callable[[], float], seen: Callable[[], Timing], *, every: float = EVERY) -> None:
        self._clock = clock
        self._every = every
        self._seen = seen

    def late(self, seconds: float) -> None:
        """Note that a look came late. Looks that would have been due meanwhile count, too: each waited for less."""
        seen = self._seen()
        seen.add(1_000 * max(0.0, seconds))
        missed = min(int(seconds / self._every), seen.recent.maxlen or 0)
        for number in range(1, missed + 1):
            seen.add(1_000 * (seconds - number * self._every))

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            due = self._clock() + self._every
            await asyncio.sleep(self._every)
            self.late(self._clock() - due)

    def shown(self) -> dict[str, dict[str, float]]:
        """As /stats shows it."""
        return {"lag": self._seen().shown()}
