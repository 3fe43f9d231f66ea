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
FAULTS_IN_A_ROW = 3
"""An upstream that answers is there; only so many server errors or broken answers in a row say that it is down."""
_BUSY = 529
"""Anthropic's "overloaded": the provider is well and asks us to come back later."""
_MOST = 500
"""Upstreams that are remembered."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was last learnt about one upstream. ``at`` is monotonic, ``last_ok`` wall-clock; seconds."""

    status: str = "unknown"
    at: float = float("-inf")
    last_ok: float | None = None
    error: str | None = None


@dataclass(slots=True)
class _Upstream:
    seen: Seen = field(default_factory=Seen)
    uses: int = 0
    faults: int = 0
    """Server errors and broken answers since it last did better."""


@dataclass(slots=True)
class Probe:
    """Keeps ``Seen`` by base URL."""

    sender: Sender
    monotonic: Callable[[], float]
    wall: Callable[[], float]
    skip: bool = False
    _known: dict[str, _Upstream] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def note(self, base: str, error: str | None = None, *, status: int | None = None) -> None:
        """Learn from a real exchange: the status it was answered with, and why not to the end, or not at all."""
        known = self._of(base)
        known.uses += 1
        if status is None:
            self._set(known, error, down=error is not None)
        elif error is not None or (status >= 500 and status != _BUSY):
            known.faults += 1
            self._set(known, error or f"status {status}", down=known.faults >= FAULTS_IN_A_ROW)
        else:
            known.faults = 0
            self._set(known, f"status {status}" if status == _BUSY else None, down=False)

    def _of(self, base: str) -> _Upstream:
        known = self._known.get(base)
        if known is None:
            if len(self._known) >= _MOST:  # callers may name upstreams of their own
                del self._known[min(self._known, key=self.uses)]
            known = self._known[base] = _Upstream()
        return known

    def _set(self, known: _Upstream, error: str | None, *, down: bool) -> None:
        last_ok = self.wall() if error is None else known.seen.last_ok
        known.seen = Seen("unhealthy" if down else "healthy", self.monotonic(), last_ok, error)

    def uses(self, base: str) -> int:
        """How many real exchanges went there."""
        known = self._known.get(base)
        return 0 if known is None else known.uses

    def last(self, base: str) -> Seen:
        """What is known without asking."""
        known = self._known.get(base)
        return Seen() if known is None else known.seen

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
                error = await self._ask(base)
                self._set(self._of(base), error, down=error is not None)
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
