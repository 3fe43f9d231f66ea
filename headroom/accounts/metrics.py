"""Prometheus metrics, fed from bookings. Label values are bounded; paths and keys never become labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from headroom.accounts.booking import Booking
from headroom.version import __version__

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_MS = (1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000)


class Bounded:
    """Lets the first ``limit`` values of a label through; the rest are ``other``."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: set[str] = set()

    def __call__(self, value: str | None, default: str = "unknown") -> str:
        """The value, or ``other`` when too many are known already."""
        value = (value or default)[:100]
        if value in self._known:
            return value
        if len(self._known) < self._limit:
            self._known.add(value)
            return value
        return "other"


class Totals(Collector):
    """Counters that are kept elsewhere and read when asked: name without prefix → its text and how to read it."""

    def __init__(self) -> None:
        self.sources: dict[str, tuple[str, Callable[[], float | None]]] = {}

    def collect(self) -> Iterable[Metric]:
        """One counter a source; one that can't be read just now is left out."""
        for name, (text, read) in self.sources.items():
            value = read()
            if value is not None:
                yield CounterMetricFamily(f"headroom_{name}", text, value=max(0.0, value))


class Metrics:
    """All metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._children: dict[tuple[object, ...], Counter | Gauge | Histogram] = {}
        self._model, self._client, self._provider = Bounded(100), Bounded(32), Bounded(32)
        self._strategy, self._stage, self._addon = Bounded(100), Bounded(32), Bounded(32)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"headroom_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"headroom_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"headroom_{name}", text, labels, buckets=buckets, registry=registry)

        model = ("provider", "model")
        self.requests = counter("requests", "Finished calls", "provider", "model", "client", "mode", "outcome")
        self.tokens_saved = counter("tokens_saved", "Tokens left out of requests (our count)", *model)
        self.tokens_added = counter("tokens_added", "Tokens by which requests grew instead (our count)", *model)
        self.would_save = counter("tokens_would_save", "Tokens that --shadow left in (our count)", *model)
        self.would_save_usd = counter("would_save_usd", "Dollars that --shadow did not save (estimate)", *model)
        self.retrieved = counter("retrieved_tokens", "Tokens of originals that came back", *model)
        self.tokens_input = counter("tokens_input", "Tokens sent upstream (our count)", *model)
        self.tokens_output = counter("tokens_output", "Output tokens (provider's count)", *model)
        self.cost = counter("cost_usd", "Cost of calls", *model, "basis")
        self.saved_usd = counter("compression_savings_usd", "Dollars saved by compression (estimate)", *model)
        self.added_usd = counter("compression_added_usd", "Dollars by which requests grew instead (estimate)", *model)
        self.latency = histogram("latency_ms", "Whole call", _MS, "provider")
        self.overhead = histogram("overhead_ms", "Time inside headroom", _MS, "provider")
        self.ttfb = histogram("ttfb_ms", "Time to the first byte of the answer", _MS, "provider")
        ratios = tuple(i / 10 for i in range(1, 11))
        self.ratio = histogram("compression_ratio", "Tokens after / before", ratios, "provider")
        self.transform_ms = histogram("transform_ms", "Time of a pipeline stage", _MS, "transform")
        self.compressions = counter("compressions", "Blocks compressed", "strategy")
        self.cache_hits = counter("cache_hits", "Answers served from the response cache")
        self.cache_misses = counter("cache_misses", "Cacheable calls that had to go upstream")
        self.cache_entries = gauge("cache_entries", "Answers in the response cache")
        self.cache_read = counter("cache_read_tokens", "Input tokens the provider read from its cache", "provider")
        self.cache_write = counter("cache_write_tokens", "Input tokens the provider wrote to its cache", "provider")
        self.uncached = counter("uncached_input_tokens", "Input tokens billed in full", "provider")
        self.ttl_tokens = counter("cache_write_ttl_tokens", "Cache writes by life", "provider", "ttl")
        self.ttl_requests = counter("cache_write_ttl_requests", "Calls with cache writes by life", "provider", "ttl")
        self.busts = counter("cache_bust", "Calls whose cached prefix was lost", "provider")
        self.bust_tokens = counter("cache_bust_tokens_lost", "Tokens written again after a lost prefix", "provider")
        self.budget_limit = gauge("budget_limit_usd", "Spending cap", "period")
        self.budget_spent = gauge("budget_spent_usd", "Spent in the period", "period")
        self.rate_limited = counter("rate_limited", "Calls refused by a rate limit", "kind", "source")
        self.upstream_up = gauge("upstream_up", "Whether the upstream answered last time", "provider")
        self.inflight = gauge("inflight_requests", "Generation calls in flight")
        self.ws = gauge("active_ws_sessions", "Open websocket sessions")
        self.ccr_entries = gauge("ccr_entries", "Originals kept")
        self.kompress_seconds = histogram("kompress_seconds", "Kompress runs", tuple(b / 1e3 for b in _MS), "device")
        self.kompress_fallbacks = counter("kompress_fallbacks", "Blocks Kompress could not do in time", "device")
        self.retries = counter("upstream_retries", "Attempts beyond the first", "provider", "reason")
        self.rescues = counter("rescued", "Rewritten bodies the upstream refused; the original was sent", "provider")
        self.failures = counter("internal_errors", "Our own errors, by addon; the call went on", "addon")
        self.degraded = gauge("degraded", "Parts that do not work as configured", "part")
        self.loop_lag = gauge("event_loop_lag_ms", "How late the event loop is, lately", "quantile")
        self.redactions = counter("log_redactions", "Secrets kept out of logs")
        self.totals = Totals()
        registry.register(self.totals)
        self.build = gauge("build_info", "Version", "version")
        self.build.labels(__version__).set(1)

    def failure(self, addon: str) -> None:
        """Count an error of our own."""
        self.failures.labels(self._addon(addon)).inc()

    def _child[M: (Counter, Gauge, Histogram)](self, metric: M, *labels: str) -> M:
        """A metric with its labels; looked up once, since prometheus-client checks them anew each time."""
        key = (id(metric), *labels)
        found = self._children.get(key)
        if found is None:
            found = self._children[key] = metric.labels(*labels)
        return cast("M", found)

    def _add(self, amount: float, counter: Counter, *labels: str) -> None:
        """Count; nothing is only counted the first time, so that the series exists."""
        if amount or (id(counter), *labels) not in self._children:
            self._child(counter, *labels).inc(amount)

    def _split(self, amount: float, up: Counter, down: Counter, *labels: str) -> None:
        """Counters can't fall: what is below zero is counted by another one."""
        self._add(abs(amount), up if amount >= 0 else down, *labels)

    def book(self, booking: Booking) -> None:
        """Count one finished call."""
        provider, model = self._provider(booking.provider), self._model(booking.model)
        client = self._client(booking.client, "none")
        self._add(1, self.requests, provider, model, client, booking.mode, booking.outcome)
        self._child(self.latency, provider).observe(booking.latency_ms)
        self._child(self.overhead, provider).observe(booking.overhead_ms)
        if booking.ttfb_ms is not None:
            self._child(self.ttfb, provider).observe(booking.ttfb_ms)
        self._add(booking.cost_usd, self.cost, provider, model, booking.cost_basis)
        self._add(booking.output_tokens, self.tokens_output, provider, model)
        self._add(booking.tokens_after, self.tokens_input, provider, model)
        self._split(booking.tokens_saved, self.tokens_saved, self.tokens_added, provider, model)
        self._split(booking.saved_usd, self.saved_usd, self.added_usd, provider, model)
        self._add(max(0, booking.would_save_tokens), self.would_save, provider, model)
        self._add(max(0.0, booking.would_save_usd), self.would_save_usd, provider, model)
        self._add(booking.retrieved_tokens, self.retrieved, provider, model)
        if booking.tokens_before and booking.tokens_saved:
            self._child(self.ratio, provider).observe(booking.tokens_after / booking.tokens_before)
        if booking.usage_basis == "measured":
            self._book_cache(booking, provider)
        if booking.cache_lost_tokens:
            self._add(1, self.busts, provider)
            self._add(booking.cache_lost_tokens, self.bust_tokens, provider)
        for name, (blocks, _) in booking.strategies.items():
            self._add(blocks, self.compressions, self._strategy(name))
        for stage, ms in booking.stages_ms.items():
            self._child(self.transform_ms, self._stage(stage)).observe(ms)
        if booking.semantic_cache_hit:
            self.cache_hits.inc()
        if booking.semantic_cache_miss:
            self.cache_misses.inc()
        if booking.rescued:
            self._add(1, self.rescues, provider)
        for reason, times in booking.retried.items():
            self._add(times, self.retries, provider, reason)
        if booking.outcome == "rate_limited":
            self._add(1, self.rate_limited, "tpm" if booking.rate_kind == "tpm" else "rpm", "headroom")
        elif booking.status == 429 and booking.outcome == "failed":
            self._add(1, self.rate_limited, "rpm", "upstream")

    def _book_cache(self, booking: Booking, provider: str) -> None:
        self._add(booking.cache_read_tokens, self.cache_read, provider)
        self._add(booking.cache_write_tokens, self.cache_write, provider)
        self._add(booking.input_tokens, self.uncached, provider)
        for ttl, amount in (("5m", booking.cache_write_5m_tokens), ("1h", booking.cache_write_1h_tokens)):
            if amount:
                self._add(amount, self.ttl_tokens, provider, ttl)
                self._add(1, self.ttl_requests, provider, ttl)

    def exposition(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self.registry)
