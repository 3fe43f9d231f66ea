"""State in this process's memory: nothing is written anywhere, everything is gone when the process ends."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from headroom.store.gcra import Buckets
from headroom.store.memory_blobs import Space, live
from headroom.store.protocol import (
    HOLD_LEASE,
    Charge,
    Reserved,
    Row,
    SpaceLimits,
    SpaceUsage,
    Taken,
)
from headroom.store.spending import SETTLED_SECONDS, WIDTHS, cover, dollars, nano, signed_nano, starts

MAX_STREAM_BYTES = 32 * 1024 * 1024
"""Bound of one append-only stream in memory, beside its bound in rows."""

MAX_SUMS = 10_000
"""Sums kept of each width: a week of minutes, a year of hours. Periods reach back a month by hours at most."""

MAX_SETTLED = 10_000
"""Settlements remembered by their holder."""

ROW_COST = 150
"""Bytes that a row costs in memory beside its body."""


@dataclass(slots=True)
class _Stream:
    rows: deque[Row] = field(default_factory=deque)
    bytes: int = 0
    last: int = 0


class MemoryStore:
    """A ``Store`` without files or network. Thread-safe by one lock: no operation takes long."""

    remote = False
    durable = False
    shared_buckets = False
    name = "memory"
    notices = ()
    trouble = None

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._limits: dict[str, SpaceLimits] = {}
        self._spaces: dict[str, Space] = {}
        self._buckets = Buckets()
        self._sums: dict[int, OrderedDict[int, int]] = {width: OrderedDict() for width in WIDTHS}
        self._holds: dict[str, tuple[int, float]] = {}
        self._settled: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._streams: dict[str, _Stream] = {}

    # -- blobs ---------------------------------------------------------------------------------------------------
    def configure(self, limits: Mapping[str, SpaceLimits]) -> None:
        """Set the bounds of each space."""
        with self._lock:
            self._limits.update(limits)

    def get(self, space: str, key: str) -> bytes | None:
        """The value, or None."""
        return self.get_many(space, [key]).get(key)

    def get_many(self, space: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Those of ``keys`` that exist."""
        now = self._now()
        with self._lock:
            held = self._space(space).entries
            found = ((key, held.get(key)) for key in keys)
            return {key: entry.value for key, entry in found if entry is not None and live(entry, now)}

    def put(self, space: str, key: str, value: bytes, *, now: float, ttl: float | None = None) -> None:
        """Write."""
        with self._lock:
            self._space(space).write(space, self._bounds(space), {key: value}, now, ttl)

    def put_many(self, space: str, items: Mapping[str, bytes], *, now: float, ttl: float | None = None) -> None:
        """Write several entries, all or none."""
        with self._lock:
            self._space(space).write(space, self._bounds(space), dict(items), now, ttl)

    def put_once(self, space: str, key: str, value: bytes, *, now: float, ttl: float | None = None) -> bytes:
        """Write unless the key exists; return the value that stands."""
        return self.put_once_many(space, {key: value}, now=now, ttl=ttl)[key]

    def put_once_many(
        self, space: str, items: Mapping[str, bytes], *, now: float, ttl: float | None = None
    ) -> dict[str, bytes]:
        """Write those that don't exist, all or none; return the values that stand."""
        with self._lock:
            held = self._space(space)
            entries = held.entries
            standing = {key: entry.value for key in items if (entry := entries.get(key)) and live(entry, now)}
            new = {key: value for key, value in items.items() if key not in standing}
            for key in standing:
                self._use(held, key, now)  # before the sweep, which would take an idle one away from under the caller
            held.write(space, self._bounds(space), new, now, ttl)
            return standing | new

    def touch(self, space: str, keys: Iterable[str], *, now: float) -> None:
        """Mark entries as used."""
        with self._lock:
            held = self._space(space)
            for key in keys:
                if key in held.entries:
                    self._use(held, key, now)

    @staticmethod
    def _use(held: Space, key: str, now: float) -> None:
        entry = held.entries[key]
        entry.used = max(entry.used, now)
        held.entries.move_to_end(key)

    def delete(self, space: str, key: str) -> bool:
        """Remove one entry; whether it was there."""
        with self._lock:
            held = self._space(space)
            entry = held.entries.get(key)
            if entry is None:
                return False
            held.drop(key)
            return live(entry, self._now())

    def clear(self, space: str) -> int:
        """Remove all entries of a space; how many there were."""
        with self._lock:
            held = self._space(space)
            count = len(held.entries)
            held.entries.clear()
            held.size = 0
            return count

    def usage(self, space: str) -> SpaceUsage:
        """How full a space is."""
        with self._lock:
            held = self._space(space)
            return SpaceUsage(len(held.entries), held.size, held.evicted)

    def _space(self, space: str) -> Space:
        return self._spaces.setdefault(space, Space())

    def _bounds(self, space: str) -> SpaceLimits:
        return self._limits.get(space, SpaceLimits())

    # -- token buckets ---------------------------------------------------------------------------------------------
    def take(self, bucket: str, cost: float, *, capacity: float, per_second: float, now: float) -> Taken:
        """Spend from one bucket."""
        return self.take_all([Charge(bucket, cost, capacity, per_second)], now=now)[0]

    def take_all(self, charges: Sequence[Charge], *, now: float) -> list[Taken]:
        """Spend from all buckets or from none."""
        with self._lock:
            return self._buckets.take_all(charges, now)

    def give(self, bucket: str, amount: float, *, capacity: float, per_second: float, now: float) -> None:
        """Put back, or charge after the fact."""
        del capacity  # a bucket's level is capped when it is read
        with self._lock:
            self._buckets.give(bucket, amount, per_second, now)

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
        """Hold an estimate against the limit."""
        amount, limit, upfront = nano(amount_usd), nano(limit_usd), nano(upfront_usd)
        with self._lock:
            spent = self._spent(since)
            self._holds.pop(holder, None)
            held = self._held(now)
            allowed = spent + held < limit and spent + held + upfront <= limit
            if allowed:
                self._holds[holder] = (amount, now + lease)
                held += amount
            return Reserved(allowed, dollars(spent), dollars(held))

    def renew(self, holders: Iterable[str], *, now: float, lease: float = HOLD_LEASE) -> None:
        """Prolong holds that still exist."""
        with self._lock:
            for holder in holders:
                hold = self._holds.get(holder)
                if hold is not None and hold[1] > now:
                    self._holds[holder] = (hold[0], now + lease)

    def release(self, holder: str) -> None:
        """Drop a hold without booking anything."""
        with self._lock:
            self._holds.pop(holder, None)

    def settle(self, holder: str, amount_usd: float, *, now: float, note: bytes = b"") -> None:
        """Replace a hold by what was really spent."""
        del note  # kept for audits by the stores that outlive the process
        amount = nano(amount_usd)
        with self._lock:
            self._holds.pop(holder, None)
            before = self._settled.pop(holder, None)
            if before is not None and before[0] > now - SETTLED_SECONDS:
                self._book(before[0], -before[1])
            self._book(now, amount)
            self._settled[holder] = (now, amount)
            while len(self._settled) > MAX_SETTLED:
                self._settled.popitem(last=False)

    def correct(self, amount_usd: float, *, now: float) -> None:
        """Book an operator's correction."""
        with self._lock:
            self._book(now, signed_nano(amount_usd))

    def spent(self, *, since: float) -> float:
        """Settled spending since a moment, in dollars."""
        with self._lock:
            return dollars(self._spent(since))

    def held(self, *, now: float) -> float:
        """Dollars in live holds."""
        with self._lock:
            return dollars(self._held(now))

    def _book(self, wall: float, amount: int) -> None:
        for width, start in starts(wall):
            sums = self._sums[width]
            sums[start] = sums.get(start, 0) + amount
            while len(sums) > MAX_SUMS:
                del sums[min(sums)]

    def _spent(self, since: float) -> int:
        minutes, hours, days = (self._sums[width] for width in WIDTHS)
        edge = cover(since)
        return (
            sum(minutes.get(start, 0) for start in range(edge.minute, edge.hour, WIDTHS[0]))
            + sum(hours.get(start, 0) for start in range(edge.hour, edge.day, WIDTHS[1]))
            + sum(amount for start, amount in days.items() if start >= edge.day)
        )

    def _held(self, now: float) -> int:
        for holder in [holder for holder, (_, expires) in self._holds.items() if expires <= now]:
            del self._holds[holder]
        return sum(amount for amount, _ in self._holds.values())

    # -- append-only streams -----------------------------------------------------------------------------------------
    def append(self, stream: str, body: bytes, *, now: float, keep: int = 100_000) -> None:
        """Add a row; keep only the newest ``keep``."""
        with self._lock:
            kept = self._streams.setdefault(stream, _Stream())
            kept.last += 1
            kept.rows.append(Row(kept.last, now, body))
            kept.bytes += len(body) + ROW_COST
            while len(kept.rows) > max(keep, 1) or (kept.bytes > MAX_STREAM_BYTES and len(kept.rows) > 1):
                kept.bytes -= len(kept.rows.popleft().body) + ROW_COST

    def rows(self, stream: str, *, after: int = 0, limit: int = 1000) -> list[Row]:
        """Rows with a greater sequence number, oldest first."""
        with self._lock:
            kept = self._streams.get(stream)
            if kept is None or not kept.rows:
                return []
            skip = max(after - kept.rows[0].seq + 1, 0)
            return list(islice(kept.rows, skip, skip + limit))

    def close(self) -> None:
        """Nothing to flush; the contents stay until the object goes."""
