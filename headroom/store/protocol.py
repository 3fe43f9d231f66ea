"""The one protocol for shared state. Memory, SQLite and Redis implement it; nothing else knows which one is used.

All methods are synchronous and thread-safe. ``now`` is seconds since the epoch, given by the caller. Where ``remote`` is
true a call may wait for the network (bounded by the implementation's timeout): call it from a thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SpaceLimits:
    """Bounds of one space of blobs; the least recently used go first."""

    max_bytes: int
    idle_seconds: float | None = None
    """Entries not written, read through ``touch`` or put for this long may go."""


@dataclass(frozen=True, slots=True)
class SpaceUsage:
    """How full a space is."""

    entries: int
    bytes: int
    evicted: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """Outcome of a token-bucket request."""

    allowed: bool
    retry_after: float
    """Seconds until it would be allowed; 0 when it was."""
    remaining: float


@dataclass(frozen=True, slots=True)
class Reserved:
    """Outcome of a budget reservation."""

    allowed: bool
    spent_usd: float
    """Settled spending in the period."""
    held_usd: float
    """Reservations in flight, this one included when allowed."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record of an append-only stream."""

    seq: int
    wall: float
    body: bytes


class Store(Protocol):
    """Blobs with byte bounds, token buckets, budget reservations and append-only streams."""

    remote: bool
    durable: bool
    name: str
    """``memory``, ``sqlite`` or ``redis``."""

    # -- blobs ---------------------------------------------------------------------------------------------------
    def configure(self, limits: Mapping[str, SpaceLimits]) -> None:
        """Set the bounds of each space; a space without bounds gets 64 MiB."""

    def get(self, space: str, key: str) -> bytes | None:
        """The value, or None."""

    def get_many(self, space: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Those of ``keys`` that exist."""

    def put(self, space: str, key: str, value: bytes, *, now: float, ttl: float | None = None) -> None:
        """Write; on return it survives kill -9 (durable stores). Raises ``StoreError``."""

    def put_once(self, space: str, key: str, value: bytes, *, now: float, ttl: float | None = None) -> bytes:
        """Write unless the key exists; return the value that stands."""

    def touch(self, space: str, keys: Iterable[str], *, now: float) -> None:
        """Mark entries as used, so that they are evicted last."""

    def delete(self, space: str, key: str) -> bool:
        """Remove one entry; whether it was there."""

    def clear(self, space: str) -> int:
        """Remove all entries of a space; how many there were."""

    def usage(self, space: str) -> SpaceUsage:
        """How full a space is."""

    # -- token buckets (GCRA) --------------------------------------------------------------------------------------
    def take(self, bucket: str, cost: float, *, capacity: float, per_second: float, now: float) -> Taken:
        """Spend ``cost`` from a bucket that refills at ``per_second``; more than ``capacity`` borrows from a full one."""

    def give(self, bucket: str, amount: float, *, capacity: float, per_second: float, now: float) -> None:
        """Put back (or with a negative amount charge after the fact)."""

    # -- budget ------------------------------------------------------------------------------------------------------
    def reserve(self, holder: str, amount_usd: float, *, limit_usd: float, since: float, now: float) -> Reserved:
        """Hold an estimate against the limit over all spending since ``since``; refused ones hold nothing."""

    def settle(self, holder: str, amount_usd: float, *, now: float, note: bytes = b"") -> None:
        """Replace a hold by what was really spent; durable on return. Without a hold it is booked all the same."""

    def spent(self, *, since: float) -> float:
        """Settled spending since a moment, in dollars."""

    # -- append-only streams -----------------------------------------------------------------------------------------
    def append(self, stream: str, body: bytes, *, now: float, keep: int = 100_000) -> int:
        """Add a row; keep only the newest ``keep``. Returns its sequence number."""

    def rows(self, stream: str, *, after: int = 0, limit: int = 1000) -> list[Row]:
        """Rows with a greater sequence number, oldest first."""

    def close(self) -> None:
        """Flush and release everything; safe to call twice."""
