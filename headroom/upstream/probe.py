"""Whether upstreams can be reached: first from real traffic, else by one small request without credentials."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from headroom.errors import UpstreamTimeout, UpstreamUnreachable
from headroom.upstream.client import Request
from headroom.upstream.contracts import Sender
from headroom.upstream.reply import Reply

FRESH_SECONDS = 60.0
"""A real exchange this young says enough."""
PROBE_SECONDS = 5.0
CACHE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What was last learnt about one upstream. ``at`` is monotonic, ``last_ok`` wall-clock; seconds."""

    status: str = "unknown"
    at: float = float("-inf")
    last_ok: float | None = None
    error: str | None = None


@dataclass(slots=True)
class Probe:
    """Keeps ``Seen`` by base URL."""

    sender: Sender
    monotonic: Callable[[], float]
    wall: Callable[[], float]
    skip: bool = False
    _seen: dict[str, Seen] = field(default_factory=dict)
    _uses: dict[str, int] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def note(self, base: str, error: str | None) -> None:
        """Learn from a real exchange: its error, or None."""
        self._uses[base] = self._uses.get(base, 0) + 1
        self._set(base, error)

    def _set(self, base: str, error: str | None) -> None:
        last_ok = self.wall() if error is None else self._seen.get(base, Seen()).last_ok
        self._seen[base] = Seen("healthy" if error is None else "unhealthy", self.monotonic(), last_ok, error)

    def uses(self, base: str) -> int:
        """How many real exchanges went there."""
        return self._uses.get(base, 0)

    def last(self, base: str) -> Seen:
        """What is known without asking."""
        return self._seen.get(base, Seen())

    async def state(self, base: str) -> Seen:
        """What is known, asking the upstream when that is too old. At most one probe runs at a time."""
        seen = self.last(base)
        age = self.monotonic() - seen.at
        if self.skip:
            return replace(seen, status="unknown", error=None) if age > FRESH_SECONDS else seen
        if age <= CACHE_SECONDS or (self.uses(base) and age <= FRESH_SECONDS):
            return seen
        async with self._lock:
            if self.monotonic() - self.last(base).at > CACHE_SECONDS:
                self._set(base, await self._ask(base))
        return self.last(base)

    async def _ask(self, base: str) -> str | None:
        """One HEAD without credentials; any answer at all means that the upstream is there."""
        reply: Reply | None = None
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                reply = await self.sender.send(
                    Request("HEAD", base + "/", (("accept", "*/*"),), stream=True, retry=False)
                )
        except TimeoutError:
            return f"no answer within {PROBE_SECONDS:g} s"
        except (UpstreamTimeout, UpstreamUnreachable) as error:
            return str(error)
        finally:
            if reply is not None:
                reply.close()
        return None
