"""Requests and tokens per minute for each caller, as two token buckets of which both are asked before one is charged."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from headroom.errors import StoreError
from headroom.store import Charge, Store

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class RateVerdict:
    """Whether a request may go on; ``kind`` names the limit that refused it."""

    allowed: bool
    kind: Literal["rpm", "tpm"] | None = None
    retry_after: float = 0.0
    """Seconds until it would be admitted."""
    limit: int = 0
    unchecked: bool = False
    """The store could not be asked; admitted, since a limiter that is down must not stop the work. Count these."""

    @property
    def message(self) -> str:
        """For the client: whose limit, which, and how long to wait."""
        if self.allowed:
            return ""
        what = "requests" if self.kind == "rpm" else "input tokens"
        return (
            f"Headroom rate limit of {self.limit:,} {what} per minute reached for this key. "
            f"Retry in {math.ceil(self.retry_after)} s, or raise it with --{self.kind}."
        )

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What a refusal carries beside its error body."""
        return () if self.allowed else (("retry-after", str(max(math.ceil(self.retry_after), 1))),)


class Rate:
    """The limiter. Keys are digests of whole credentials; tokens are what the provider bills as new input."""

    def __init__(self, store: Store, *, rpm: int | None, tpm: int | None) -> None:
        """A limit of None is no limit."""
        self._store = store
        self._rpm = rpm
        self._tpm = tpm

    def admit(self, key: str, estimate: int, now: float) -> RateVerdict:
        """Charge one request and ``estimate`` new input tokens, or nothing.

        A request larger than the whole token bucket is admitted when the bucket is full, and drives it negative.
        """
        limits: list[tuple[Literal["rpm", "tpm"], int, float]] = []
        if self._rpm is not None:
            limits.append(("rpm", self._rpm, 1.0))
        if self._tpm is not None:
            limits.append(("tpm", self._tpm, float(max(estimate, 0))))
        if not limits:
            return RateVerdict(allowed=True)
        charges = [Charge(f"{kind}:{key}", cost, float(limit), limit / MINUTE) for kind, limit, cost in limits]
        try:
            taken = self._store.take_all(charges, now=now)
        except StoreError:
            return RateVerdict(allowed=True, unchecked=True)
        refused = [
            RateVerdict(allowed=False, kind=kind, retry_after=one.retry_after, limit=limit)
            for (kind, limit, _), one in zip(limits, taken, strict=True)
            if not one.allowed
        ]
        return max(refused, key=lambda verdict: verdict.retry_after, default=RateVerdict(allowed=True))

    def settle(self, key: str, estimate: int, actual_new_input: int, now: float) -> bool:
        """Replace the estimate by what the provider counted as new input; False when the store could not be told."""
        return self._give("tpm", self._tpm, key, max(estimate, 0) - max(actual_new_input, 0), now)

    def correct(self, key: str, requests: int, now: float) -> bool:
        """Count so many more requests than were admitted, or fewer; False when the store could not be told."""
        return self._give("rpm", self._rpm, key, -requests, now)

    def _give(self, kind: str, limit: int | None, key: str, amount: int, now: float) -> bool:
        if limit is None or not amount:
            return True
        try:
            self._store.give(f"{kind}:{key}", float(amount), capacity=float(limit), per_second=limit / MINUTE, now=now)
        except StoreError:
            return False
        return True
