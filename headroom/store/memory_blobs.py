"""One space of blobs in memory, in order of use, bounded in bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from headroom.errors import StoreError
from headroom.store.protocol import SpaceLimits, entry_size, no_room


@dataclass(slots=True)
class Entry:
    """One blob."""

    value: bytes
    used: float
    expires: float | None


@dataclass(slots=True)
class Space:
    """One space; entries are in order of use, the longest unused first."""

    entries: OrderedDict[str, Entry] = field(default_factory=OrderedDict)
    size: int = 0
    """Sum of ``entry_size``."""
    evicted: int = 0

    def write(self, name: str, limits: SpaceLimits, items: Mapping[str, bytes], now: float, ttl: float | None) -> None:
        """Write entries, making room for all of them. Raises ``StoreError`` when there is none."""
        self._sweep(limits, items, now)
        self._make_room(name, limits, items, now)
        for key, value in items.items():
            if key in self.entries:
                self.drop(key)
            self.entries[key] = Entry(value, now, None if ttl is None else now + ttl)
            self.size += entry_size(key, value)

    def drop(self, key: str) -> None:
        """Remove one entry."""
        entry = self.entries.pop(key)
        self.size -= entry_size(key, entry.value)

    def _sweep(self, limits: SpaceLimits, spare: Mapping[str, bytes], now: float) -> None:
        """Remove a few entries that have expired or idled too long; a bounded number, so that no put takes long."""
        idle = None if limits.idle_seconds is None else now - limits.idle_seconds
        gone = [
            key
            for key, entry in islice(self.entries.items(), 16)
            if key not in spare and (not live(entry, now) or (idle is not None and entry.used < idle))
        ]
        for key in gone:
            self.drop(key)

    def _make_room(self, name: str, limits: SpaceLimits, items: Mapping[str, bytes], now: float) -> None:
        """Evict what must go for ``items`` to fit; nothing when they can't."""
        old = {key: entry_size(key, entry.value) for key in items if (entry := self.entries.get(key))}
        over_bytes = self.size + sum(map(entry_size, items, items.values())) - sum(old.values()) - limits.max_bytes
        most = limits.max_entries
        over_entries = 0 if most is None else len(self.entries) + len(items) - len(old) - most
        victims: list[str] = []
        for key, entry in self.entries.items():
            if over_bytes <= 0 and over_entries <= 0:
                break
            if key in items:
                continue
            if limits.protect_seconds > 0 and entry.used > now - limits.protect_seconds:
                break  # in order of use: what follows is protected too
            victims.append(key)
            over_bytes -= entry_size(key, entry.value)
            over_entries -= 1
        if over_bytes > 0 or over_entries > 0:
            raise StoreError(no_room(name, limits))
        for key in victims:
            self.drop(key)
        self.evicted += len(victims)


def live(entry: Entry, now: float) -> bool:
    """Whether the entry has not expired."""
    return entry.expires is None or entry.expires > now
