"""Token buckets as GCRA: a bucket is one number, the time at which it will be full again.

Generic cell rate algorithm (ITU-T I.371, annex A), in the virtual-scheduling form: ``tat`` is the theoretical arrival
time. A bucket holds ``capacity - (tat - now) * per_second`` tokens. A request for more than the capacity is admitted
when the bucket is full and drives it negative, so that no request is refused for ever.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from headroom.store.protocol import Charge, Taken

CLOCK_JUMP = 30.0
"""Seconds. When the clock steps back by more, the bucket moves along; smaller steps are skew between machines."""

EARLY = 1e-6
"""Seconds by which a request may be early: absorbs rounding of floats near the epoch time."""

MAX_BUCKETS = 2000
"""Two buckets (requests, tokens) for each of 1000 keys; beyond it the least recently used go."""

IDLE_SECONDS = 600.0
"""A bucket nobody used for this long is dropped; it would be full anyway, or nearly."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """State of one bucket; no state at all means full."""

    tat: float
    """Time at which it is full again."""
    seen: float
    """Time of the last use."""


def settle_clock(bucket: Bucket | None, now: float) -> Bucket:
    """The bucket as of ``now``, moved along when the clock was set back."""
    if bucket is None:
        return Bucket(now, now)
    back = bucket.seen - now
    return Bucket(bucket.tat - back, now) if back > CLOCK_JUMP else bucket


def check(bucket: Bucket, charge: Charge, now: float) -> Taken:
    """Whether the charge would be admitted; ``remaining`` is what the bucket holds before it."""
    remaining = charge.capacity - max(bucket.tat - now, 0.0) * charge.per_second
    wait = (min(charge.cost, charge.capacity) - remaining) / charge.per_second
    return Taken(allowed=wait <= EARLY, retry_after=max(wait, 0.0) if wait > EARLY else 0.0, remaining=remaining)


def spend(bucket: Bucket, amount: float, per_second: float, now: float) -> Bucket:
    """The bucket after ``amount`` tokens left it (negative: were put back; it never holds more than full)."""
    return Bucket(max(bucket.tat, now) + amount / per_second, max(bucket.seen, now))


class Buckets:
    """Token buckets in memory, bounded in number. Not thread-safe: its owner holds a lock."""

    def __init__(self, *, most: int = MAX_BUCKETS) -> None:
        self._most = most
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take_all(self, charges: Sequence[Charge], now: float) -> list[Taken]:
        """Spend from all buckets or from none."""
        buckets = [settle_clock(self._buckets.get(charge.bucket), now) for charge in charges]
        checked = [check(bucket, charge, now) for bucket, charge in zip(buckets, charges, strict=True)]
        if not all(taken.allowed for taken in checked):
            return checked
        outcome = []
        for bucket, charge, taken in zip(buckets, charges, checked, strict=True):
            self._keep(charge.bucket, spend(bucket, charge.cost, charge.per_second, now), now)
            outcome.append(Taken(allowed=True, retry_after=0.0, remaining=taken.remaining - charge.cost))
        return outcome

    def give(self, name: str, amount: float, per_second: float, now: float) -> None:
        """Put tokens back, or charge them after the fact with a negative amount."""
        bucket = self._buckets.get(name)
        if bucket is None and amount >= 0:
            return
        self._keep(name, spend(settle_clock(bucket, now), -amount, per_second, now), now)

    def _keep(self, name: str, bucket: Bucket, now: float) -> None:
        self._buckets[name] = bucket
        self._buckets.move_to_end(name)
        while self._buckets:
            oldest = next(iter(self._buckets.values()))
            idle = oldest.seen < now - IDLE_SECONDS and oldest.tat <= now
            if not idle and len(self._buckets) <= self._most:
                break
            self._buckets.popitem(last=False)
