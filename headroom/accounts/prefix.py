"""Whether the provider still had our prefix: compares what a call read from its cache with what the one before left there.

A miss is only damage of ours when we changed the prefix; where the cache had simply run out, or the reason is unknown,
it is shown but not held against the savings.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from headroom.exchange import Usage

Cause = Literal["ttl_expiry", "prefix_change", "unknown"]

TOLERANCE = 0.9
"""Providers cache in steps of up to 1,024 tokens, and cut where it suits them: reading nine tenths is no miss."""
LEAST = 1_024
"""Below this no provider caches."""
_LIVES = {"anthropic": 300.0, "openai": 3_600.0}
_ENTRY_BYTES = 400
"""What one conversation takes, its name included."""


@dataclass(frozen=True, slots=True)
class Miss:
    """Tokens that were paid for again, and why."""

    tokens: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class _Left:
    cached: int
    wall: float
    one_hour: bool


class PrefixWatch:
    """Remembers what each conversation's newest call left in the provider's cache. Thread-safe, bounded."""

    def __init__(self, *, max_bytes: int = 2 * 1024 * 1024) -> None:
        self._limit = max_bytes // _ENTRY_BYTES
        self._left: OrderedDict[str, _Left] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes held, roughly."""
        return _ENTRY_BYTES * len(self._left)

    def seen(
        self,
        trail: Iterable[str],
        first: Usage,
        last: Usage,
        *,
        provider: str,
        wall: float,
        rewrote: bool,
        removed: int = 0,
    ) -> Miss | None:
        """Judge a call and remember it.

        ``trail`` names the request's prefixes, the whole request first, then always one message less. ``first`` and
        ``last`` are usages of the upstream calls it took, the same where it took one. ``rewrote``: we sent other bytes
        for the history than the last time, ``removed`` tokens less. ``wall`` is when the call began.
        """
        with self._lock:
            own: str | None = None
            before: _Left | None = None
            for key in trail:
                own = own or key
                if (before := self._left.get(key)) is not None:
                    break
            if own is None:
                return None
            one_hour = last.cache_write_1h > last.cache_write_5m or (before is not None and before.one_hour)
            self._left[own] = _Left(last.cache_read + last.cache_write, wall, one_hour)
            self._left.move_to_end(own)
            while len(self._left) > self._limit:
                self._left.popitem(last=False)
        if before is None or before.cached < LEAST or first.cache_read >= TOLERANCE * before.cached:
            return None
        idle = max(0.0, wall - before.wall)
        life = 3_600.0 if before.one_hour else _LIVES.get(provider, 3_600.0)
        lost = min(before.cached - removed, first.total_input) - first.cache_read
        if lost <= 0:
            return None  # what is no longer sent is not paid for again
        if rewrote:
            return Miss(lost, "prefix_change")
        return Miss(lost, "ttl_expiry" if idle > life else "unknown")
