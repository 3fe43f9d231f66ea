"""The spending cap: hold an estimate before a request goes out, book what it really cost when it ends."""

from __future__ import annotations

import math
import threading
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from headroom.errors import StoreError
from headroom.policy.periods import ROLLING_SECONDS, Period, window
from headroom.store import Reserved, Store
from headroom.store.protocol import HOLD_LEASE

SOFT_LANDING = 0.8
"""Share of the limit from which on requests are admitted with a warning."""

MAX_UNBOOKED = 1000
"""Settlements kept while the store is away, before they are merged into one."""

BUSY_RETRY = 5
"""Seconds to wait when the cap is filled by requests in flight, most of which cost less than was held for them."""


@dataclass(frozen=True, slots=True)
class BudgetStatus:
    """Where the period stands, for /stats, the metrics and the banner. Times since the epoch."""

    limit_usd: float | None
    period: Period
    spent_usd: float
    held_usd: float
    resets_at: float | None

    @property
    def remaining_usd(self) -> float | None:
        """What may still be spent; None without a limit."""
        return None if self.limit_usd is None else max(self.limit_usd - self.spent_usd, 0.0)

    @property
    def warn(self) -> bool:
        """Whether 80 % of the limit is spent."""
        return self.limit_usd is not None and self.spent_usd >= SOFT_LANDING * self.limit_usd


@dataclass(frozen=True, slots=True)
class BudgetVerdict:
    """Whether a request may go out. When it may not, ``message`` and ``headers`` are for the client."""

    allowed: bool
    warn: bool
    """80 % of the limit is spent: admitted, but say so."""
    status: BudgetStatus | None
    """None when the store could not be asked."""
    retry_after: int = 0
    """Seconds, at least 1 when refused."""
    retryable: bool = True
    """False when trying again before the reset is useless, so that agents stop instead of looping."""
    message: str = ""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What a refusal carries beside its error body."""
        if self.allowed:
            return ()
        headers = [("retry-after", str(self.retry_after))]
        if self.status is not None and self.status.resets_at is not None:
            headers.append(("x-headroom-budget-reset", iso(self.status.resets_at)))
        # Said either way: without the word, the budget's refusal means "do not".
        headers.append(("x-should-retry", "true" if self.retryable else "false"))
        return tuple(headers)


class Budget:
    """One spending cap over a store. Thread-safe. With a remote store its calls may wait: make them in a thread.

    Fails closed: when the store can't be asked, a capped request is refused. Spending that could not be booked is kept
    and booked with the next call.
    """

    def __init__(
        self,
        store: Store,
        *,
        limit_usd: float | None,
        period: Period = Period.DAILY,
        tz: tzinfo | None = None,
        lease: float = HOLD_LEASE,
    ) -> None:
        """``limit_usd`` None only counts, 0 refuses everything. ``tz`` None is this machine's zone."""
        self._store = store
        self._limit = limit_usd
        self._period = period
        self._tz = tz
        self._lease = lease
        self._lock = threading.Lock()
        self._open: dict[str, float] = {}
        """Our holds, and when each was last renewed."""
        self._unbooked: dict[str, tuple[float, float, bytes] | None] = {}
        """Settlements (or releases: None) that the store has not taken yet."""
        self._tried: set[str] = set()
        """Those of them that were offered to the store and may be on record."""

    def reserve(self, holder: str, *, input_usd: float, output_usd: float, now: float) -> BudgetVerdict:
        """Ask for a request that costs about ``input_usd`` and at most ``output_usd`` more.

        ``holder`` is unique to the request. The cap is passed by no more than one request's output. Every admitted
        holder must be settled or released; if its process dies, its hold ends with the lease.
        """
        if self._limit is None:
            return BudgetVerdict(allowed=True, warn=False, status=None)
        input_usd, output_usd = _sane(input_usd), _sane(output_usd)
        try:
            self._catch_up(now)
            since = window(self._period, now, self._tz).since
            reserved = self._store.reserve(
                holder,
                input_usd + output_usd,
                limit_usd=self._limit,
                since=since,
                now=now,
                upfront_usd=input_usd,
                lease=self._lease,
            )
            if reserved.allowed:
                with self._lock:
                    self._open[holder] = now
                status = self._status(reserved, now)
                return BudgetVerdict(allowed=True, warn=status.warn, status=status)
            return self._refusal(reserved, input_usd, now)
        except StoreError as error:
            with self._lock:
                self._unbooked.setdefault(holder, None)  # should the hold have been made all the same, it goes
            return BudgetVerdict(
                allowed=False,
                warn=False,
                status=None,
                retry_after=1,
                message=f"Headroom can't check the budget of {money(self._limit)} per {self._period.noun}: {error}",
            )

    def settle(self, holder: str, actual_usd: float, *, now: float, note: bytes = b"") -> bool:
        """Book what a request really cost: finished, aborted or failed, all its tries together.

        True when it is on record, which for a durable store means that it survives a crash. False when the store did
        not take it: it is kept here, and booked with a later call. Repeating a call replaces the amount.
        """
        with self._lock:
            self._open.pop(holder, None)
            self._unbooked[holder] = (_sane(actual_usd), now, note)
            if len(self._unbooked) > MAX_UNBOOKED:
                self._merge(now)
        return self.flush(now=now)

    def release(self, holder: str, *, now: float) -> bool:
        """Give back the hold of a request that cost nothing; the return value is that of ``settle``."""
        with self._lock:
            self._open.pop(holder, None)
            self._unbooked[holder] = None
        return self.flush(now=now)

    def renew(self, *, now: float) -> None:
        """Prolong the holds of long requests. ``reserve`` does so by itself; call this every minute if you can."""
        with self._lock:
            due = [holder for holder, since in self._open.items() if now - since > self._lease / 3]
        if due:
            self._store.renew(due, now=now, lease=self._lease)
            with self._lock:
                for holder in due:
                    if holder in self._open:
                        self._open[holder] = now

    def status(self, *, now: float) -> BudgetStatus:
        """Where the period stands. Raises ``StoreError``."""
        since = window(self._period, now, self._tz).since
        return self._status(Reserved(True, self._store.spent(since=since), self._store.held(now=now)), now)

    def flush(self, *, now: float) -> bool:
        """Book what the store has not taken yet; whether it has everything now. Call it before the process ends."""
        try:
            self._catch_up(now)
        except StoreError:
            return False
        return True

    def _catch_up(self, now: float) -> None:
        """Hand the store what it has not taken yet, and keep our holds alive. Raises ``StoreError``."""
        with self._lock:
            waiting = list(self._unbooked.items())
        for holder, entry in waiting:
            with self._lock:
                self._tried.add(holder)
            if entry is None:
                self._store.release(holder)
            else:
                amount, wall, note = entry
                self._store.settle(holder, amount, now=wall, note=note)
            with self._lock:
                if self._unbooked.get(holder) is entry:
                    self._unbooked.pop(holder, None)
                    self._tried.discard(holder)
        self.renew(now=now)

    def _merge(self, now: float) -> None:
        """Make one settlement of many that wait, so that a store that stays away costs no memory, and no money is lost.

        Those offered before stay as they are: under another name they might be booked twice.
        """
        total = 0.0
        for holder, entry in list(self._unbooked.items()):
            if holder not in self._tried:
                total += 0.0 if entry is None else entry[0]
                del self._unbooked[holder]
        self._unbooked[f"carried-{uuid.uuid4().hex}"] = (total, now, b"")

    def _status(self, reserved: Reserved, now: float) -> BudgetStatus:
        resets_at = window(self._period, now, self._tz).resets_at
        return BudgetStatus(self._limit, self._period, reserved.spent_usd, reserved.held_usd, resets_at)

    def _refusal(self, reserved: Reserved, input_usd: float, now: float) -> BudgetVerdict:
        limit = self._limit or 0.0
        busy = reserved.spent_usd + input_usd <= limit and reserved.spent_usd < limit
        resets_at = window(self._period, now, self._tz).resets_at
        if resets_at is None:
            resets_at = self._rolls_free(limit - input_usd, now)
        status = BudgetStatus(limit, self._period, reserved.spent_usd, reserved.held_usd, resets_at)
        alone = reserved.spent_usd < limit and not busy
        wait = max(math.ceil(resets_at - now), 1)
        message = (
            f"Headroom budget of {money(limit)} per {self._period.noun} reached ({money(reserved.spent_usd)} spent"
        )
        if busy:
            message += f", {money(reserved.held_usd)} held for requests in flight). Try again in {BUSY_RETRY} s."
        elif alone and input_usd > limit:
            message += f"): the input of this request alone costs about {money(input_usd)}. Raise it with --budget."
        else:
            more = f", and the input of this request costs about {money(input_usd)}" if alone else ""
            message += f"{more}). Resets {iso(resets_at)} (in {span(wait)}). Raise it with --budget."
        return BudgetVerdict(
            allowed=False,
            warn=True,
            status=status,
            retry_after=BUSY_RETRY if busy else wait,
            retryable=busy,
            message=message,
        )

    def _rolls_free(self, target_usd: float, now: float) -> float:
        """When so much spending has left the rolling window that a request like this one would be admitted again."""
        first, last = 0, int(ROLLING_SECONDS // 60) + 1
        while first < last:  # spending since a later minute is never more: bisect
            middle = (first + last) // 2
            if self._store.spent(since=now - ROLLING_SECONDS + 60 * middle) <= max(target_usd, 0.0):
                last = middle
            else:
                first = middle + 1
        return max((now + 60 * first) // 60 * 60, now + 1)


def _sane(usd: float) -> float:
    """A usable amount: what providers or price tables get wrong must not break the books."""
    return usd if math.isfinite(usd) and usd > 0 else 0.0


def money(usd: float) -> str:
    """Dollars with cents, or with as many digits as a smaller amount needs."""
    if usd == 0 or abs(usd) >= 0.01:
        return f"${usd:,.2f}"
    return "$" + f"{usd:.9f}".rstrip("0").rstrip(".")


def span(seconds: int) -> str:
    """A wait for people: ``45s``, ``12m``, ``3h 12m``, ``4d 3h``."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if days:
        return f"{days}d {hours % 24}h"
    if hours:
        return f"{hours}h {minutes % 60}m"
    return f"{minutes}m" if minutes else f"{seconds}s"


def iso(wall: float) -> str:
    """UTC, ISO 8601, ending in Z."""
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
