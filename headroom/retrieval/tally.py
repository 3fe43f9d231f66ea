"""How often originals were asked for, found and missed in this process."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from headroom.retrieval.original import About

_RECENT = 50


@dataclass(frozen=True, slots=True)
class Retrieval:
    """One successful look-up, for the statistics."""

    hash: str
    query: str
    shown: int
    total: int
    """Lines, rows or characters of the whole, in the unit of ``shown``."""
    tool: str
    type: str
    """``full``, ``range``, ``pattern`` or ``outline``."""
    wall: float
    kind: str = ""
    """Content kind."""
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """Counters since this process started; entries, bytes and evictions as the store knows them."""

    entries: int
    bytes: int
    evictions: int
    hits: int
    misses: int
    expired: int
    retrievals: int
    original_tokens: int
    shown_tokens: int
    backend: str
    ttl: float
    recent: tuple[Retrieval, ...]


class Tally:
    """Counts what became of the originals. Thread-safe."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._recent: deque[Retrieval] = deque(maxlen=_RECENT)
        self._times: OrderedDict[str, int] = OrderedDict()
        self.listeners: list[Callable[[Retrieval], None]] = []
        """Told each retrieval, in the thread that answers it; they must not raise."""
        self._hits = self._misses = self._expired = self._retrievals = 0
        self._tokens = self._shown_tokens = 0

    def __len__(self) -> int:
        return len(self._times)

    @property
    def recent(self) -> tuple[Retrieval, ...]:
        """The latest retrievals, oldest first."""
        with self._lock:
            return tuple(self._recent)

    def kept(self, about: About) -> None:
        """Count an original that was not known before."""
        with self._lock:
            self._tokens += about.tokens
            self._shown_tokens += about.shown_tokens

    def looked_up(self, *, hits: int = 0, misses: int = 0, expired: int = 0) -> None:
        """Count what a look-up came to."""
        with self._lock:
            self._hits += hits
            self._misses += misses
            self._expired += expired

    def retrieved(self, retrieval: Retrieval) -> int:
        """Count an answer that was given; how many it was for this original, in this process."""
        with self._lock:
            self._retrievals += 1
            times = self._times.pop(retrieval.hash, 0) + 1
            self._times[retrieval.hash] = times
            while len(self._times) > self._most:
                self._times.popitem(last=False)
            self._recent.append(replace(retrieval, query=retrieval.query[:200]))
        for tell in self.listeners:
            tell(retrieval)
        return times

    def counters(self) -> dict[str, int]:
        """The counters of ``Stats`` that this process keeps, by field."""
        with self._lock:
            return {
                "hits": self._hits,
                "misses": self._misses,
                "expired": self._expired,
                "retrievals": self._retrievals,
                "original_tokens": self._tokens,
                "shown_tokens": self._shown_tokens,
            }
