"""Sums over bookings: every field added as it stands, so that sums of parts are the sum of the whole."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from headroom.accounts.booking import Booking

SAMPLES = 2_048
"""Newest samples that percentiles are taken from."""


def percent(part: float, whole: float) -> float:
    """A share as a percentage between 0 and 100; 0 of nothing."""
    return round(min(100.0, max(0.0, 100 * part / whole)), 2) if whole > 0 else 0.0


@dataclass(slots=True)
class Timing:
    """Milliseconds of something: count, mean, extremes, and percentiles over the newest samples."""

    count: int = 0
    total: float = 0.0
    least: float = 0.0
    most: float = 0.0
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=SAMPLES))

    def add(self, ms: float) -> None:
        """Take one sample."""
        self.least = ms if self.count == 0 else min(self.least, ms)
        self.most = max(self.most, ms)
        self.count += 1
        self.total += ms
        self.recent.append(ms)

    @property
    def average(self) -> float:
        """Mean over all samples."""
        return round(self.total / self.count, 3) if self.count else 0.0

    def shown(self) -> dict[str, float]:
        """As /stats shows it."""
        ordered = sorted(self.recent)

        def at(share: float) -> float:
            return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) if ordered else 0.0

        return {
            "average_ms": self.average,
            "min_ms": round(self.least, 3),
            "max_ms": round(self.most, 3),
            "p50_ms": at(0.5),
            "p95_ms": at(0.95),
            "p99_ms": at(0.99),
        }


@dataclass(slots=True)
class Group:
    """Sums over bookings that share a label. Tokens are our count, unless named after the provider's billing."""

    requests: int = 0
    before: int = 0
    after: int = 0
    saved: int = 0
    net_saved: int = 0
    retrieved: int = 0
    lost: int = 0
    tool_tokens: int = 0
    compressible: int = 0
    compressed: int = 0
    """Requests from which something was left out."""
    would_save: int = 0
    output: int = 0
    cost: float = 0.0
    input_cost: float = 0.0
    measured_cost: float = 0.0
    estimated_cost: float = 0.0
    unpriced: int = 0
    saved_usd: float = 0.0
    net_saved_usd: float = 0.0
    retrieval_usd: float = 0.0
    lost_usd: float = 0.0
    would_save_usd: float = 0.0
    semantic_hits: int = 0
    semantic_misses: int = 0
    avoided: int = 0
    avoided_usd: float = 0.0
    billed: int = 0
    """Input tokens the provider reported, cached or not."""
    cache_read: int = 0
    cache_write: int = 0
    uncached: int = 0
    write_5m: int = 0
    write_1h: int = 0
    writes_5m: int = 0
    writes_1h: int = 0
    reported: int = 0
    """Requests with usage from the provider."""
    hit_requests: int = 0
    cache_savings_usd: float = 0.0
    cache_premium_usd: float = 0.0
    busts: int = 0
    misses: dict[str, int] = field(default_factory=dict)
    missed_tokens: dict[str, int] = field(default_factory=dict)
    causes: dict[str, tuple[int, int]] = field(default_factory=dict)
    """What made a call miss the provider's cache → how many, and the tokens that were processed again."""
    last: float = 0.0

    def add(self, booking: Booking) -> None:
        """Add one call."""
        self.requests += 1
        self.before += booking.tokens_before
        self.after += booking.tokens_after
        self.saved += booking.tokens_saved
        self.net_saved += booking.net_tokens_saved
        self.retrieved += booking.retrieved_tokens
        self.lost += booking.cache_lost_tokens
        self.tool_tokens += booking.tool_tokens
        self.compressible += booking.compressible_tokens
        self.compressed += booking.tokens_saved > 0
        self.would_save += booking.would_save_tokens
        self.output += booking.output_tokens
        self.cost += booking.cost_usd
        self.input_cost += booking.input_cost_usd
        if booking.cost_basis == "measured":
            self.measured_cost += booking.cost_usd
        else:
            self.estimated_cost += booking.cost_usd
        self.unpriced += booking.price_source == "fallback" and booking.usage_basis != "none"
        self.saved_usd += booking.saved_usd
        self.net_saved_usd += booking.net_saved_usd
        self.retrieval_usd += booking.retrieval_usd
        self.lost_usd += booking.cache_lost_usd
        self.would_save_usd += booking.would_save_usd
        self.semantic_hits += booking.semantic_cache_hit
        self.semantic_misses += booking.semantic_cache_miss
        self.avoided += booking.avoided_tokens
        self.avoided_usd += booking.avoided_usd
        if booking.usage_basis == "measured":
            self._add_billing(booking)
        self.busts += booking.cache_lost_tokens > 0
        if booking.cache_cause is not None:
            misses, tokens = self.causes.get(booking.cache_cause, (0, 0))
            self.causes[booking.cache_cause] = (misses + 1, tokens + booking.cache_cause_tokens)
        if booking.cache_miss is not None:
            self.misses[booking.cache_miss] = self.misses.get(booking.cache_miss, 0) + 1
            missed = self.missed_tokens.get(booking.cache_miss, 0)
            self.missed_tokens[booking.cache_miss] = missed + booking.cache_missed_tokens
        self.last = max(self.last, booking.wall)

    def _add_billing(self, booking: Booking) -> None:
        self.reported += 1
        self.hit_requests += booking.cache_read_tokens > 0
        self.billed += booking.input_tokens + booking.cache_read_tokens + booking.cache_write_tokens
        self.cache_read += booking.cache_read_tokens
        self.cache_write += booking.cache_write_tokens
        self.uncached += booking.input_tokens
        self.write_5m += booking.cache_write_5m_tokens
        self.write_1h += booking.cache_write_1h_tokens
        self.writes_5m += booking.cache_write_5m_tokens > 0
        self.writes_1h += booking.cache_write_1h_tokens > 0
        self.cache_savings_usd += booking.cache_savings_usd
        self.cache_premium_usd += booking.cache_premium_usd
