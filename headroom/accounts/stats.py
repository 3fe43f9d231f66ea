"""Counters since the start (or the last reset), added up from bookings."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from headroom.accounts.booking import Booking
from headroom.accounts.sums import Group, Timing, percent

RECENT = 100
LABELS = 200
"""Distinct models, strategies and the like that get counters of their own; the rest is ``other``."""
STACKS = 32
PROJECTS = 50


def bounded[T](table: dict[str, T], name: str, limit: int = LABELS) -> str:
    """The name, or ``other`` when the table is full and does not have it."""
    return name if name in table or len(table) < limit else "other"


class Stats:
    """The counters behind /stats. Thread-safe.

    Adding a booking neither touches a disk nor waits for a reader: while one holds the books, bookings queue up, and
    whoever opens the books next enters them.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._waiting: deque[Booking] = deque()
        self.catch_up: Callable[[], None] = lambda: None
        """Called before the books are opened: enters calls that have ended and are not booked yet."""
        self.reset()

    @contextmanager
    def opened(self) -> Iterator[None]:
        """The books, up to date, for as long as the block runs."""
        self.catch_up()
        with self._lock:
            self._enter_waiting()
            yield

    def _enter_waiting(self) -> None:
        while self._waiting:
            self._enter(self._waiting.popleft())

    def reset(self) -> None:
        """Start over; lifetime savings, caches and budget are not here and stay."""
        with self._lock:
            self._waiting.clear()
            self.all = Group()
            self.outcomes: Counter[str] = Counter()
            self.by_provider: dict[str, Group] = {}
            self.by_model: dict[str, Group] = {}
            self.by_client: dict[str, Group] = {}
            self.by_project: dict[str, Group] = {}
            self.by_stack: Counter[str] = Counter()
            self.reasons: Counter[str] = Counter()
            self.raw_blocks: Counter[str] = Counter()
            self.strategies: dict[str, list[int]] = {}
            self.kinds: dict[str, list[int]] = {}
            self.waste: Counter[str] = Counter()
            self.refusals: Counter[str] = Counter()
            self.latency, self.overhead, self.ttfb = Timing(), Timing(), Timing()
            self.stages: dict[str, Timing] = {}
            self.loop_lag = Timing()
            self.recent: deque[Booking] = deque(maxlen=RECENT)
            self.history: deque[tuple[str, int]] = deque(maxlen=RECENT)
            self.best: tuple[float, int, int] = (0.0, 0, 0)
            self.rescued = 0
            self.retries = 0
            self.compression_failed = 0
            self.compress_calls = 0
            self.uncounted = 0

    @staticmethod
    def _add_to(groups: dict[str, Group], name: str, booking: Booking, limit: int = LABELS) -> None:
        groups.setdefault(bounded(groups, name, limit), Group()).add(booking)

    def _add_project(self, name: str, booking: Booking) -> None:
        if name not in self.by_project and len(self.by_project) >= PROJECTS:
            least = min(self.by_project, key=lambda n: self.by_project[n].saved)
            del self.by_project[least]
        self._add_to(self.by_project, name, booking, PROJECTS)

    def add(self, booking: Booking) -> None:
        """Add one finished call; never waits."""
        self._waiting.append(booking)
        if self._lock.acquire(blocking=False):
            try:
                self._enter_waiting()
            finally:
                self._lock.release()

    def _enter(self, booking: Booking) -> None:
        self.all.add(booking)
        self.outcomes[booking.outcome] += 1
        self._add_to(self.by_provider, booking.provider, booking)
        self._add_to(self.by_model, booking.model, booking)
        if booking.client:
            self._add_to(self.by_client, booking.client, booking)
        if booking.stack:
            self.by_stack[bounded(self.by_stack, booking.stack, STACKS)] += 1
        if booking.project:
            self._add_project(booking.project, booking)
        self._add_blocks(booking)
        self.latency.add(booking.latency_ms)
        self.overhead.add(booking.overhead_ms)
        if booking.ttfb_ms is not None:
            self.ttfb.add(booking.ttfb_ms)
        for stage, ms in booking.stages_ms.items():
            self.stages.setdefault(bounded(self.stages, stage), Timing()).add(ms)
        self.rescued += booking.rescued
        self.retries += booking.retries
        self.compression_failed += booking.compression_failed
        self.uncounted += 0 < booking.status < 400 and not booking.tokens_before and not booking.semantic_cache_hit
        self.recent.appendleft(booking)

    def _add_blocks(self, booking: Booking) -> None:
        if booking.tokens_saved > 0:
            share = percent(booking.tokens_saved, booking.tokens_before)
            self.best = max(self.best, (share, booking.tokens_before, booking.tokens_after))
            self.history.append((booking.timestamp, self.all.saved))
        else:
            self.reasons[bounded(self.reasons, why_untouched(booking))] += 1
        for kind, row in booking.kinds.items():
            total = self.kinds.setdefault(bounded(self.kinds, kind), [0, 0, 0])
            total[:] = [a + b for a, b in zip(total, row, strict=True)]
        for name, (blocks, gained) in booking.strategies.items():
            pair = self.strategies.setdefault(bounded(self.strategies, name), [0, 0])
            pair[:] = [pair[0] + blocks, pair[1] + gained]
        for why, blocks in booking.raw_blocks.items():
            self.raw_blocks[bounded(self.raw_blocks, why)] += blocks
        for kind, wasted in booking.waste_signals.items():
            self.waste[bounded(self.waste, kind)] += wasted
        for name in booking.refusals:
            self.refusals[bounded(self.refusals, name)] += 1

    def recent_requests(self, limit: int = 10) -> list[Booking]:
        """The newest bookings, newest first."""
        with self.opened():
            return list(self.recent)[:limit]


def why_untouched(booking: Booking) -> str:
    """Why nothing was left out of a request: the pipeline's reason, or that of the call's end."""
    if booking.outcome not in {"ok", "aborted"}:
        return "error" if booking.outcome == "failed" else booking.outcome
    if booking.compression_failed:
        return "error"
    if booking.shadow:
        return "shadow"
    if booking.rescued:
        return "upstream_refused"
    return booking.passthrough_reason or "passthrough"
