"""The one place where finished calls are booked: settle the cost once, then tell every counter and log."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable

from headroom.accounts.booking import Booking
from headroom.accounts.bookkeeping import book
from headroom.accounts.contents import Content, Contents
from headroom.accounts.journal import Journal
from headroom.accounts.later import Later
from headroom.accounts.metrics import Metrics
from headroom.accounts.perf import line
from headroom.accounts.prefix import Miss, PrefixWatch
from headroom.accounts.pricing import Prices
from headroom.accounts.redact import CLEAN
from headroom.accounts.savings import Entry
from headroom.accounts.savings_file import Keeper
from headroom.accounts.settling import Settled, settle
from headroom.accounts.shared import Shared
from headroom.accounts.stats import Stats
from headroom.exchange import Exchange
from headroom.settings import Settings
from headroom.store.protocol import Store

log = logging.getLogger("headroom.accounts")
perf = logging.getLogger("headroom.perf")

Sink = Callable[[Booking, Exchange], None]
_CLEAN = {CLEAN: True}
_REMEMBERED = 4_096
"""Calls whose second booking would be noticed."""
_TICK = 1.0
_LIVE_EVERY = 5.0


class Accounts:
    """Books exchanges. Each exactly once, also when both ends of it break. Thread-safe.

    With ``later`` a thread books them soon after they have ended; whoever reads calls ``refresh`` first.
    ``trail`` names the prefixes of an exchange's request for the watch over the provider's cache: the whole first.
    """

    def __init__(
        self,
        settings: Settings,
        prices: Prices,
        *,
        journal: Journal | None = None,
        keeper: Keeper | None = None,
        trail: Callable[[Exchange], Iterable[str]] = lambda _exchange: (),
        wall: Callable[[], float] = time.time,
        later: bool = False,
        prefix_bytes: int = 2 * 1024 * 1024,
    ) -> None:
        self.settings = settings
        self.prices = prices
        self.stats = Stats()
        self.metrics = Metrics()
        self.journal = journal
        self.keeper = keeper if keeper is not None else Keeper(None, wall=wall)
        self.contents = Contents()
        self.shared: Shared | None = None
        self.sinks: list[Sink] = []
        """Further takers of bookings, such as exporters; a failing one is logged, counted and skipped."""
        self.learners: list[Callable[[Exchange], None]] = []
        """Told of each exchange just before it is booked; what they note in it is booked, too."""
        self.batch_ends: list[Callable[[], None]] = []
        """Called when a batch of exchanges has been booked."""
        self.closers: list[Callable[[], None]] = []
        """Called by ``close``."""
        self.at_once = not later
        """Book each exchange as it ends, and leave it its bodies: for views that look at both."""
        self.sessions: Callable[[], int] = lambda: 0
        """Open websocket sessions."""
        self.tallies: dict[str, Callable[[], int]] = {}
        """Figures that another room counts in this process, by name; ``tally`` adds up all workers'."""
        self._told: Counter[str] = Counter()
        self.wall = wall
        self._trail = trail
        self._pid = os.getpid()
        self.prefixes = PrefixWatch(max_bytes=prefix_bytes)
        self._booked: OrderedDict[str, None] = OrderedDict()
        self._open: set[str] = set()
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._later: Later[Exchange] | None = Later(self._enter, name="headroom-accounts") if later else None
        self.stats.catch_up = self.catch_up

    def share(self, store: Store, *, since: float) -> None:
        """Keep the books together with the other workers of this run, which began at ``since``."""
        self.shared = Shared(store, since=since, book=self._count, event=self._count_event, reset=self.stats.reset)
        self._thread = threading.Thread(target=self._folding, name="headroom-books", daemon=True)
        self._thread.start()

    def _folding(self) -> None:
        assert self.shared is not None
        told = 0.0
        while not self._ending.wait(_TICK):
            try:
                self.shared.fold()
                self._tell_tallies()
                now = self.wall()
                if (self._open or self.sessions()) and abs(now - told) >= _LIVE_EVERY:
                    told = now
                    self.shared.live(len(self._open), self.sessions(), now=now)
            except Exception:
                log.exception("the books of the workers could not be added up")

    def _tell_tallies(self) -> None:
        if self.shared is None:
            return
        for name, read in self.tallies.items():
            value = read()
            if value != self._told[name]:
                self.shared.tally(name, value - self._told[name], now=self.wall())
                self._told[name] = value

    def tally(self, name: str) -> int:
        """A figure of ``tallies``, of all workers; theirs is at most some seconds old."""
        others = self.shared.others_tally(name) if self.shared is not None else 0
        return self.tallies[name]() + others

    def refresh(self) -> None:
        """Bring the counters up to date, with what other workers booked too; may wait for the store and the disk."""
        self.catch_up()
        if self.shared is not None:
            self.shared.fold()
        self.keeper.look()
        with self.stats.opened():
            pass

    # -- one call ----------------------------------------------------------------------------------------------------
    def started(self, exchange: Exchange) -> None:
        """A generation call came in."""
        with self._lock:
            self._open.add(exchange.request_id)

    def inflight(self) -> tuple[int, int]:
        """Open calls and websocket sessions, of all workers."""
        others = self.shared.others_live(now=self.wall()) if self.shared is not None else (0, 0)
        return len(self._open) + others[0], self.sessions() + others[1]

    def finished(self, exchange: Exchange) -> None:
        """Book an exchange that has ended; soon, and letting go of its bodies then, unless it is to be ``at_once``."""
        with self._lock:
            self._open.discard(exchange.request_id)
        if self.at_once or self._later is None:
            self._enter([exchange])
        else:
            self._later.put(exchange, len(exchange.body_in) + len(exchange.body_out))

    def catch_up(self) -> None:
        """Book what has ended and waits."""
        if self._later is not None:
            self._later.now()

    def _enter(self, exchanges: list[Exchange]) -> None:
        for exchange in exchanges:
            if exchange.request_id in self._booked:
                continue
            for learn in self.learners:
                try:
                    learn(exchange)
                except Exception:
                    log.exception("nothing could be learned from %s", exchange.request_id)
            try:
                self.book(exchange, now=exchange.ended if exchange.ended is not None else exchange.started)
            except Exception:
                log.exception("the call %s could not be booked", exchange.request_id)
                self.event("internal_error", "accounts")
            if not self.at_once:
                exchange.body_in = exchange.body_out = b""
        for end in self.batch_ends:
            try:
                end()
            except Exception:
                log.exception("the end of a batch of bookings failed")

    def book(self, exchange: Exchange, *, now: float) -> Booking | None:
        """Book a finished exchange; None when it was booked before. ``now`` is monotonic."""
        with self._lock:
            self._open.discard(exchange.request_id)
            if exchange.request_id in self._booked:
                return None
            self._booked[exchange.request_id] = None
            if len(self._booked) > _REMEMBERED:
                self._booked.popitem(last=False)
        settled = settle(exchange, self.prices)
        booking = book(
            exchange,
            settled,
            now=now,
            pid=self._pid,
            backend=self.settings.backend,
            miss=self._miss(exchange, settled),
        )
        wall = self.wall()
        if self.shared is not None:
            self.shared.book(booking, now=wall)
        else:
            self._count(booking)
        self.keeper.add(Entry.of(booking, wall=wall))
        if perf.isEnabledFor(logging.INFO):
            perf.info(line(booking), extra=_CLEAN)
        content = self._content(exchange)
        if self.journal is not None:
            self.journal.write(booking, content)
        for sink in self.sinks:
            try:
                sink(booking, exchange)
            except Exception:
                log.exception("an account could not take a booking")
                self.event("internal_error", "accounts")
        return booking

    def _count(self, booking: Booking) -> None:
        self.stats.add(booking)
        self.metrics.book(booking)

    def _miss(self, exchange: Exchange, settled: Settled) -> Miss | None:
        first, last = exchange.first_usage, exchange.last_usage
        if settled.basis != "measured" or first is None or last is None:
            return None
        return self.prefixes.seen(
            self._trail(exchange),
            first,
            last,
            provider=exchange.provider,
            wall=exchange.wall,
            rewrote=exchange.rescued or bool(exchange.notes.get("rewrote")),
            removed=removed if isinstance(removed := exchange.notes.get("removed_tokens"), int) else 0,
        )

    def _content(self, exchange: Exchange) -> Content | None:
        if not self.settings.log_messages:
            return None
        content = Content.of(exchange)
        if content.redactions:
            self.redacted(content.redactions)
        self.contents.put(exchange.request_id, content)
        return content

    # -- other things that happen ------------------------------------------------------------------------------------
    def compress_call(self) -> None:
        """Count a call of POST /v1/compress; it is no request to a provider."""
        self.event("compress_call")

    def event(self, name: str, label: str = "") -> None:
        """Count something that is no exchange, such as a failed addon (``internal_error``)."""
        if self.shared is not None:
            self.shared.event(name, label, now=self.wall())
        else:
            self._count_event(name, label)

    def _count_event(self, name: str, label: str) -> None:
        if name == "internal_error":
            self.metrics.failure(label or "unknown")
        elif name == "compress_call":
            self.stats.compress_calls += 1

    def redacted(self, count: int) -> None:
        """Count credentials that were kept out of a log."""
        self.metrics.redactions.inc(count)

    def reset(self) -> None:
        """Zero the session's counters, everywhere; lifetime savings, caches, limits and budget stay."""
        self.contents.clear()
        if self.shared is not None:
            self.shared.event("reset", "", now=self.wall())
            self.shared.fold()
        else:
            self.stats.reset()

    def close(self) -> None:
        """Write out what waits, and release everything. Call before the store is closed."""
        if self._later is not None:
            self._later.close()
        self._ending.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self._tell_tallies()
        for close in self.closers:
            try:
                close()
            except Exception:
                log.exception("an exporter could not be closed")
        self.keeper.close()
        if self.journal is not None:
            self.journal.close()
