"""The one place where finished calls are booked: settle the cost once, then tell every counter and log."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

from headroom.accounts.booking import Booking, book
from headroom.accounts.journal import Journal, content
from headroom.accounts.metrics import Metrics
from headroom.accounts.pricing import Prices
from headroom.accounts.stats import Stats
from headroom.exchange import Exchange
from headroom.settings import Settings

log = logging.getLogger("headroom.accounts")
perf = logging.getLogger("headroom.perf")

Sink = Callable[[Booking, Exchange], None]


class Accounts:
    """Books exchanges. Each exactly once, also when both ends of it break. Thread-safe."""

    def __init__(self, settings: Settings, prices: Prices, *, journal: Journal | None = None) -> None:
        self.settings = settings
        self.prices = prices
        self.stats = Stats()
        self.metrics = Metrics()
        self.journal = journal
        self.sinks: list[Sink] = []
        """Further takers of bookings, such as the savings history; a failing one is logged and skipped."""
        self._booked: set[str] = set()
        self._lock = threading.Lock()

    def started(self, exchange: Exchange) -> None:
        """A generation call came in."""
        del exchange
        self.metrics.inflight.inc()

    def book(self, exchange: Exchange, *, now: float) -> Booking | None:
        """Book a finished exchange; None when it was booked before. ``now`` is monotonic."""
        with self._lock:
            if exchange.request_id in self._booked:
                return None
            self._booked.add(exchange.request_id)
            if len(self._booked) > 100_000:
                self._booked.clear()
        self.metrics.inflight.dec()
        booking = book(exchange, self.prices, now=now, pid=os.getpid(), backend=self.settings.backend)
        self.stats.add(booking)
        self.metrics.book(booking)
        perf.info("%s", perf_line(booking))
        if self.journal is not None:
            self.journal.write(booking, self._contents(exchange))
        for sink in self.sinks:
            try:
                sink(booking, exchange)
            except Exception:
                log.exception("an account could not take a booking")
                self.metrics.failures.labels("accounts").inc()
        return booking

    def compress_call(self) -> None:
        """Count a call of POST /v1/compress; it is no request to a provider."""
        self.stats.compress_calls += 1

    def finished(self, exchange: Exchange) -> None:
        """Book an exchange that has ended."""
        self.book(exchange, now=exchange.ended if exchange.ended is not None else exchange.started)

    def event(self, name: str, label: str = "") -> None:
        """Count something that is no exchange, such as a failed addon."""
        if name == "internal_error":
            self.metrics.failures.labels(label or "unknown").inc()

    def _contents(self, exchange: Exchange) -> dict[str, Any] | None:
        if not self.settings.log_messages:
            return None
        return {
            "request_messages": content(exchange.body_in),
            "compressed_messages": content(exchange.body_out),
            "response_content": exchange.response_text,
        }

    def close(self) -> None:
        """Release the log."""
        if self.journal is not None:
            self.journal.close()


def perf_line(booking: Booking) -> str:
    """The runtime log's line for ``headroom perf``: key=value pairs, no spaces inside values."""
    total_input = booking.input_tokens + booking.cache_read_tokens + booking.cache_write_tokens
    hit = round(100 * booking.cache_read_tokens / total_input, 1) if total_input else 0.0
    pairs = {
        "timestamp": booking.timestamp,
        "request_id": booking.request_id,
        "model": booking.model.replace(" ", "_"),
        "client": booking.client or "-",
        "num_messages": booking.message_count,
        "tokens_before": booking.tokens_before,
        "tokens_after": booking.tokens_after,
        "tokens_saved": booking.tokens_saved,
        "cache_read": booking.cache_read_tokens,
        "cache_write": booking.cache_write_tokens,
        "cache_hit_pct": hit,
        "optimization_ms": booking.overhead_ms,
        "transforms": "+".join(t.replace(" ", "_") for t in booking.transforms_applied) or "-",
        "total_ms": booking.latency_ms,
        "tokens_out": booking.output_tokens,
        "ttfb_ms": "-" if booking.ttfb_ms is None else booking.ttfb_ms,
    }
    return "PERF " + " ".join(f"{key}={value}" for key, value in pairs.items())
