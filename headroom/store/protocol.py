"""The one protocol for shared state. Memory, SQLite and Redis implement it; nothing else knows which one is used.

All methods are synchronous and thread-safe. ``now`` is seconds since the epoch, given by the caller; where a method
takes none, the clock given to the store when it was opened decides what has expired. Where ``remote`` is true a call
may wait for the network (bounded by the implementation's timeout): call it from a thread. Every method may raise
``StoreError``; a call that raised may be made again, since all but ``take_all``, ``give`` and ``append`` are
idempotent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

DEFAULT_SPACE_BYTES = 64 * 1024 * 1024
"""Bound of a space that nobody configured."""

ENTRY_OVERHEAD = 200
"""Bytes booked for each entry beside its key and value, so that a bound in bytes also bounds a million tiny entries."""

HOLD_LEASE = 900.0
"""Seconds after which the hold of a process that died without settling no longer counts."""


def entry_size(key: str, value: bytes) -> int:
    """What one blob counts against its space's bound, in bytes."""
    return len(key.encode("utf-8", "surrogatepass")) + len(value) + ENTRY_OVERHEAD


@dataclass(frozen=True, slots=True)
class SpaceLimits:
    """Bounds of one space of blobs; the least recently used go first."""

    max_bytes: int = DEFAULT_SPACE_BYTES
    idle_seconds: float | None = None
    """Entries not written or touched for this long are removed."""
    max_entries: int | None = None
    protect_seconds: float = 0.0
    """Entries written or touched within this time are never evicted: a put that finds no other room raises
    ``StoreError``. For contents that were promised to somebody."""


def no_room(space: str, limits: SpaceLimits) -> str:
    """The message for a put that finds no room."""
    bound = f"{limits.max_bytes:,} bytes" + (f" and {limits.max_entries:,} entries" if limits.max_entries else "")
    return (
        f"the store has no room for this entry in '{space}': its bound is {bound} and what is there is still in use; "
        f"raise the bound"
    )


@dataclass(frozen=True, slots=True)
class SpaceUsage:
    """How full a space is."""

    entries: int
    bytes: int
    """Sum of ``entry_size``."""
    evicted: int = 0
    """Entries removed to make room, since the space was first used."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One token-bucket request: ``cost`` tokens from a bucket of ``capacity`` that refills at ``per_second``."""

    bucket: str
    cost: float
    capacity: float
    per_second: float


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
    shared_buckets: bool
    """Whether token buckets lie where several processes see them: then deciding on them may wait for a disk."""
    name: str
    """``memory``, ``sqlite`` or ``redis``."""

    @property
    def notices(self) -> Sequence[str]:
        """What happened to it that the user should be told."""

    @property
    def trouble(self) -> str | None:
        """What keeps it from writing just now, as far as is known without asking; None while nothing does."""

    # -- blobs ---------------------------------------------------------------------------------------------------
    def configure(self, limits: Mapping[str, SpaceLimits]) -> None:
        """Set the bounds of each space; a space without bounds gets 64 MiB."""

    def get(self, space: str, key: str) -> bytes | None:
        """The value, or None when there is none or it has expired. Does not count as use: see ``touch``."""

    def get_many(self, space: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Those of ``keys`` that exist."""

    def put(self, space: str, key: str, value: bytes, *, now: float, ttl: float | None = None) -> None:
        """Write; on return it survives kill -9 (durable stores). Raises ``StoreError``."""

    def put_many(self, space: str, items: Mapping[str, bytes], *, now: float, ttl: float | None = None) -> None:
        """``put`` for several keys in one commit: all are written or none."""

    def put_once(self, space: str, key: str, value: bytes, *, now: float, ttl: float | None = None) -> bytes:
        """Write unless the key exists; return the value that stands."""

    def put_once_many(
        self, space: str, items: Mapping[str, bytes], *, now: float, ttl: float | None = None
    ) -> dict[str, bytes]:
        """``put_once`` for several keys in one commit: all are written or none; returns the values that stand."""

    def touch(self, space: str, keys: Iterable[str], *, now: float) -> None:
        """Mark entries as used, so that they are evicted last. Never waits for a disk; may be lost in a crash."""

    def delete(self, space: str, key: str) -> bool:
        """Remove one entry; whether it was there."""

    def clear(self, space: str) -> int:
        """Remove all entries of a space; how many there were."""

    def usage(self, space: str) -> SpaceUsage:
        """How full a space is."""

    # -- token buckets (GCRA) --------------------------------------------------------------------------------------
    def take(self, bucket: str, cost: float, *, capacity: float, per_second: float, now: float) -> Taken:
        """Spend ``cost`` from a bucket that refills at ``per_second``; more than ``capacity`` borrows from a full one."""

    def take_all(self, charges: Sequence[Charge], *, now: float) -> list[Taken]:
        """Spend from all buckets or from none; one outcome a charge, ``allowed`` telling which bucket refused."""

    def give(self, bucket: str, amount: float, *, capacity: float, per_second: float, now: float) -> None:
        """Put back (or with a negative amount charge after the fact)."""

    # -- budget ------------------------------------------------------------------------------------------------------
    def reserve(
        self,
        holder: str,
        amount_usd: float,
        *,
        limit_usd: float,
        since: float,
        now: float,
        upfront_usd: float = 0.0,
        lease: float = HOLD_LEASE,
    ) -> Reserved:
        """Hold an estimate against the limit over all spending since ``since``; refused ones hold nothing.

        Allowed while spent and held together are below the limit and leave room for ``upfront_usd``, the part that
        is spent for certain. So the limit is passed by no more than the rest of one reservation. A hold ends after
        ``lease`` seconds unless renewed. Reserving again for the same holder replaces its hold.
        """

    def renew(self, holders: Iterable[str], *, now: float, lease: float = HOLD_LEASE) -> None:
        """Prolong holds that still exist."""

    def release(self, holder: str) -> None:
        """Drop a hold without booking anything; a holder without a hold is fine."""

    def settle(self, holder: str, amount_usd: float, *, now: float, note: bytes = b"") -> None:
        """Replace a hold by what was really spent; durable on return. Without a hold it is booked all the same.

        Settling the same holder again within a day replaces the amount, so an unsure caller may repeat the call.
        """

    def correct(self, amount_usd: float, *, now: float) -> None:
        """Book an operator's correction, which may be negative; durable on return."""

    def spent(self, *, since: float) -> float:
        """Settled spending since the minute in which ``since`` lies, in dollars."""

    def held(self, *, now: float) -> float:
        """Dollars in live holds."""

    # -- append-only streams -----------------------------------------------------------------------------------------
    def append(self, stream: str, body: bytes, *, now: float, keep: int = 100_000) -> None:
        """Add a row, soon; keep only the newest ``keep``. Meant for statistics: never waits for a disk or a lock.

        When the writer can't keep up, the oldest waiting rows are dropped.
        """

    def rows(self, stream: str, *, after: int = 0, limit: int = 1000) -> list[Row]:
        """Rows with a greater sequence number, oldest first; includes what this store object appended before."""

    def close(self) -> None:
        """Flush and release everything; safe to call twice."""
