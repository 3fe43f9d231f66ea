"""Counters of this process since it started (or was reset), added up from bookings."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from headroom.accounts.booking import Booking, iso

_SAMPLES = 2_048
_RECENT = 100
_LABELS = 200


def percent(part: float, whole: float) -> float:
    """A share as a percentage between 0 and 100."""
    return round(min(100.0, max(0.0, 100 * part / whole)), 2) if whole > 0 else 0.0


@dataclass(slots=True)
class Timing:
    """Milliseconds of something: count, mean, extremes, and percentiles over the newest samples."""

    count: int = 0
    total: float = 0.0
    least: float = 0.0
    most: float = 0.0
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES))

    def add(self, ms: float) -> None:
        """Take one sample."""
        self.least = ms if self.count == 0 else min(self.least, ms)
        self.most = max(self.most, ms)
        self.count += 1
        self.total += ms
        self.recent.append(ms)

    def at(self, share: float) -> float:
        """A percentile of the newest samples."""
        if not self.recent:
            return 0.0
        ordered = sorted(self.recent)
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)

    def shown(self) -> dict[str, float]:
        """As /stats shows it."""
        return {
            "average_ms": round(self.total / self.count, 3) if self.count else 0.0,
            "min_ms": round(self.least, 3),
            "max_ms": round(self.most, 3),
            "p50_ms": self.at(0.5),
            "p95_ms": self.at(0.95),
            "p99_ms": self.at(0.99),
        }


@dataclass(slots=True)
class Group:
    """Sums over bookings that share a label."""

    requests: int = 0
    before: int = 0
    after: int = 0
    saved: int = 0
    output: int = 0
    provider_input: int = 0
    cost: float = 0.0
    measured: float = 0.0
    estimated: float = 0.0
    unpriced: int = 0
    saved_usd: float = 0.0
    cache_read: int = 0
    cache_write: int = 0
    write_5m: int = 0
    write_1h: int = 0
    writes_5m: int = 0
    writes_1h: int = 0
    uncached: int = 0
    measured_requests: int = 0
    hit_requests: int = 0
    last: float = 0.0

    def add(self, booking: Booking) -> None:
        """Add one call."""
        self.requests += 1
        if booking.outcome in {"ok", "aborted", "bypass", "failed"} and booking.status < 400:
            self.before += booking.tokens_before
            self.after += booking.tokens_after
        if not booking.shadow:
            self.saved += booking.tokens_saved
            self.saved_usd += booking.saved_usd
        self.output += booking.output_tokens
        self.cost += booking.cost_usd
        if booking.cost_basis == "measured":
            self.measured += booking.cost_usd
        else:
            self.estimated += booking.cost_usd
        self.unpriced += booking.price_source == "fallback" and booking.usage_basis != "none"
        if booking.usage_basis == "measured" and not booking.semantic_cache_hit:
            self.measured_requests += 1
            self.hit_requests += booking.cache_read_tokens > 0
            self.provider_input += booking.input_tokens + booking.cache_read_tokens + booking.cache_write_tokens
            self.cache_read += booking.cache_read_tokens
            self.cache_write += booking.cache_write_tokens
            self.uncached += booking.input_tokens
            self.write_5m += booking.cache_write_5m_tokens
            self.write_1h += booking.cache_write_1h_tokens
            self.writes_5m += booking.cache_write_5m_tokens > 0
            self.writes_1h += booking.cache_write_1h_tokens > 0
        self.last = max(self.last, booking.wall)


class Stats:
    """The counters behind /stats. Thread-safe; adding a booking and reading a payload never touch a disk."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Start over; lifetime savings, caches and budget are not here and stay."""
        with self._lock:
            self.all = Group()
            self.outcomes: Counter[str] = Counter()
            self.by_provider: dict[str, Group] = {}
            self.by_model: dict[str, Group] = {}
            self.by_client: Counter[str] = Counter()
            self.by_stack: Counter[str] = Counter()
            self.by_project: dict[str, Group] = {}
            self.reasons: Counter[str] = Counter()
            self.strategies: Counter[str] = Counter()
            self.kinds: dict[str, list[int]] = {}
            self.waste: Counter[str] = Counter()
            self.latency, self.overhead, self.ttfb = Timing(), Timing(), Timing()
            self.stages: dict[str, Timing] = {}
            self.recent: deque[Booking] = deque(maxlen=_RECENT)
            self.history: deque[tuple[str, int]] = deque(maxlen=_RECENT)
            self.compressed = 0
            self.compressible = 0
            self.best = (0.0, 0, 0)
            self.rescued = 0
            self.retries = 0
            self.internal_failures = 0
            self.compress_calls = 0
            self.would_save = [0, 0.0]

    @staticmethod
    def _group(groups: dict[str, Group], name: str) -> Group:
        if name not in groups and len(groups) >= _LABELS:
            name = "other"
        return groups.setdefault(name, Group())

    def add(self, booking: Booking) -> None:
        """Add one finished call."""
        with self._lock:
            self.all.add(booking)
            self.outcomes[booking.outcome] += 1
            self._group(self.by_provider, booking.provider).add(booking)
            self._group(self.by_model, booking.model).add(booking)
            if booking.client:
                self.by_client[booking.client] += 1
            if booking.stack:
                self.by_stack[booking.stack] += 1
            if booking.project:
                self._group(self.by_project, booking.project).add(booking)
            if booking.tokens_saved > 0 and not booking.shadow:
                self.compressed += 1
                share = percent(booking.tokens_saved, booking.tokens_before)
                self.best = max(self.best, (share, booking.tokens_before, booking.tokens_after))
                self.history.append((booking.timestamp, self.all.saved))
            elif booking.passthrough_reason:
                self.reasons[booking.passthrough_reason] += 1
            if booking.shadow:
                self.would_save[0] += booking.tokens_saved
                self.would_save[1] += booking.saved_usd
            self.compressible += booking.compressible_tokens
            for kind, (blocks, had, has) in booking.kinds.items():
                row = self.kinds.setdefault(kind, [0, 0, 0])
                row[0] += blocks
                row[1] += had
                row[2] += has
            self.strategies.update(booking.transforms_applied)
            self.waste.update(booking.waste_signals)
            self.latency.add(booking.latency_ms)
            self.overhead.add(booking.overhead_ms)
            if booking.ttfb_ms is not None:
                self.ttfb.add(booking.ttfb_ms)
            for stage, ms in booking.stages_ms.items():
                self.stages.setdefault(stage, Timing()).add(ms)
            self.rescued += booking.rescued
            self.retries += booking.retries
            self.internal_failures += booking.compression_failed
            self.recent.appendleft(booking)

    def payload(self) -> dict[str, Any]:
        """The blocks of /stats that come from these counters (surface: requests … recent_requests)."""
        with self._lock:
            return self._payload()

    def _payload(self) -> dict[str, Any]:
        every = self.all
        total_before = every.after + every.saved
        return {
            "requests": {
                "total": every.requests,
                "cached": self.outcomes["cached"],
                "rate_limited": self.outcomes["rate_limited"],
                "failed": self.outcomes["failed"],
                "budget_rejected": self.outcomes["budget"],
                "refused": self.outcomes["refused"],
                "aborted": self.outcomes["aborted"],
                "bypassed": self.outcomes["bypass"],
                "passthrough": every.requests - self.compressed,
                "rescued": self.rescued,
                "upstream_retries": self.retries,
                "compression_failed": self.internal_failures,
                "compress_calls": self.compress_calls,
                "by_provider": {name: g.requests for name, g in self.by_provider.items()},
                "by_model": {name: g.requests for name, g in self.by_model.items()},
                "by_client": dict(self.by_client),
                "by_stack": dict(self.by_stack),
            },
            "tokens": {
                "input": every.after,
                "output": every.output,
                "input_provider_reported": every.provider_input,
                "saved": every.saved,
                "proxy_compression_saved": every.saved,
                "cli_filtering_saved": 0,
                "total_before_compression": total_before,
                "proxy_total_before_compression": total_before,
                "proxy_attempted_tokens": self.compressible,
                "savings_percent": percent(every.saved, total_before),
                "proxy_savings_percent": percent(every.saved, total_before),
                "active_savings_percent": percent(every.saved, self.compressible),
                "would_save": self.would_save[0],
            },
            "latency": self.latency.shown() | {"total_requests": every.requests},
            "overhead": self.overhead.shown(),
            "ttfb": self.ttfb.shown(),
            "pipeline_timing": {
                name: {"average_ms": t.shown()["average_ms"], "max_ms": t.shown()["max_ms"], "count": t.count}
                for name, t in self.stages.items()
            },
            "compressions_by_strategy": dict(self.strategies),
            "tokens_saved_by_kind": {
                kind: {
                    "blocks": blocks,
                    "tokens_before": had,
                    "tokens_after": has,
                    "savings_percent": percent(had - has, had),
                }
                for kind, (blocks, had, has) in sorted(self.kinds.items())
            },
            "waste_signals": dict(self.waste),
            "savings_history": [list(point) for point in self.history],
        }

    def recent_requests(self, limit: int = 10) -> list[Booking]:
        """The newest bookings, newest first."""
        with self._lock:
            return list(self.recent)[:limit]

    def last_activity(self) -> str | None:
        """When the newest call ended, or None."""
        return iso(self.all.last) if self.all.last else None
