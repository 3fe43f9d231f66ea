"""Metrics by OTLP/HTTP: the same events as /metrics, under OpenTelemetry's kind of names. Off unless asked for."""

from __future__ import annotations

import sys
from typing import Any

from headroom.accounts.booking import Booking
from headroom.accounts.metrics import Bounded
from headroom.accounts.otlp import TIMEOUT, Tally, counted, pairs, quiet, resource, shown_endpoint
from headroom.exchange import Exchange
from headroom.settings import Settings

DEFAULT_ENDPOINT = "http://127.0.0.1:4318/v1/metrics"
_CLOSE_MS = 4_000


class OtelMetrics:
    """Records bookings into instruments that a thread of the SDK's own exports. Raises ``ImportError`` when not installed."""

    def __init__(self, settings: Settings) -> None:
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import (
            ConsoleMetricExporter,
            MetricExportResult,
            PeriodicExportingMetricReader,
        )

        quiet()
        self.tally = Tally()
        self.endpoint: str | None = None
        exporter: Any
        if settings.otel_exporter == "console":
            kind = counted(ConsoleMetricExporter, self.tally, MetricExportResult.SUCCESS, MetricExportResult.FAILURE)
            exporter = kind(out=sys.stderr)
        else:
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

            self.endpoint = settings.otel_endpoint or DEFAULT_ENDPOINT
            kind = counted(OTLPMetricExporter, self.tally, MetricExportResult.SUCCESS, MetricExportResult.FAILURE)
            exporter = kind(
                endpoint=self.endpoint,
                headers=pairs(settings.otel_headers),
                timeout=TIMEOUT,
            )
        reader = PeriodicExportingMetricReader(
            exporter, export_interval_millis=settings.otel_interval_ms, export_timeout_millis=TIMEOUT * 1e3
        )
        self._provider = MeterProvider(metric_readers=[reader], resource=resource(settings), shutdown_on_exit=False)
        self._model = Bounded(100)
        self._strategy = Bounded(100)
        self._make(self._provider.get_meter("headroom"))

    def _make(self, meter: Any) -> None:
        counter, histogram = meter.create_counter, meter.create_histogram
        proxy = "headroom.proxy"
        self._requests = counter(f"{proxy}.requests")
        self._outcomes = {
            "cached": counter(f"{proxy}.requests.cached"),
            "failed": counter(f"{proxy}.requests.failed"),
            "rate_limited": counter(f"{proxy}.requests.rate_limited"),
        }
        self._input = counter(f"{proxy}.tokens.input", unit="{token}")
        self._output = counter(f"{proxy}.tokens.output", unit="{token}")
        self._saved = counter(f"{proxy}.tokens.saved", unit="{token}")
        self._would_save = counter(f"{proxy}.tokens.would_save", unit="{token}")
        self._read = counter(f"{proxy}.cache.read_tokens", unit="{token}")
        self._write = counter(f"{proxy}.cache.write_tokens", unit="{token}")
        self._write_ttl = counter(f"{proxy}.cache.write_ttl_tokens", unit="{token}")
        self._uncached = counter(f"{proxy}.cache.uncached_input_tokens", unit="{token}")
        self._busts = counter(f"{proxy}.cache.busts")
        self._bust_tokens = counter(f"{proxy}.cache.bust_tokens_lost", unit="{token}")
        self._cost = counter(f"{proxy}.cost.usd", unit="USD")
        self._spent = counter("headroom.budget.spent", unit="USD")
        self._runs = counter("headroom.compression.runs")
        self._run_failures = counter("headroom.compression.failures")
        self._transforms = counter("headroom.compression.transforms")
        self._before = counter("headroom.compression.tokens.input", unit="{token}")
        self._after = counter("headroom.compression.tokens.output", unit="{token}")
        self._left_out = counter("headroom.compression.tokens.saved", unit="{token}")
        self._waste = counter("headroom.compression.waste.tokens", unit="{token}")
        self._request_seconds = histogram(f"{proxy}.request.duration", unit="s")
        self._overhead_seconds = histogram(f"{proxy}.overhead.duration", unit="s")
        self._ttfb_seconds = histogram(f"{proxy}.ttfb.duration", unit="s")
        self._pipeline_seconds = histogram("headroom.compression.pipeline.duration", unit="s")
        self._stage_seconds = histogram("headroom.compression.stage.duration", unit="s")

    def take(self, booking: Booking, exchange: Exchange) -> None:
        """Record one call."""
        del exchange
        labels = {
            "provider": booking.provider,
            "model": self._model(booking.model),
            "cached": booking.semantic_cache_hit,
        }
        self._requests.add(1, labels)
        if booking.outcome in self._outcomes:
            self._outcomes[booking.outcome].add(1, labels)
        self._input.add(booking.tokens_after, labels)
        self._output.add(booking.output_tokens, labels)
        self._saved.add(max(0, booking.tokens_saved), labels)
        self._would_save.add(max(0, booking.would_save_tokens), labels)
        self._cost.add(booking.cost_usd, labels | {"basis": booking.cost_basis})
        self._spent.add(booking.cost_usd)
        if booking.usage_basis == "measured":
            self._take_cache(booking, labels)
        self._take_compression(booking, labels)
        self._request_seconds.record(booking.latency_ms / 1e3, labels)
        self._overhead_seconds.record(booking.overhead_ms / 1e3, labels)
        if booking.ttfb_ms is not None:
            self._ttfb_seconds.record(booking.ttfb_ms / 1e3, labels)

    def _take_cache(self, booking: Booking, labels: dict[str, Any]) -> None:
        self._read.add(booking.cache_read_tokens, labels)
        self._write.add(booking.cache_write_tokens, labels)
        self._write_ttl.add(booking.cache_write_5m_tokens, labels | {"ttl": "5m"})
        self._write_ttl.add(booking.cache_write_1h_tokens, labels | {"ttl": "1h"})
        self._uncached.add(booking.input_tokens, labels)
        if booking.cache_lost_tokens:
            self._busts.add(1, labels)
            self._bust_tokens.add(booking.cache_lost_tokens, labels)

    def _take_compression(self, booking: Booking, labels: dict[str, Any]) -> None:
        if booking.compression_failed:
            self._run_failures.add(1, labels)
        if "compress" in booking.stages_ms:
            self._runs.add(1, labels)
            self._pipeline_seconds.record(booking.stages_ms["compress"] / 1e3, labels)
            self._before.add(booking.tokens_before, labels)
            self._after.add(booking.tokens_after, labels)
            self._left_out.add(max(0, booking.tokens_saved), labels)
        for name, (blocks, _) in booking.strategies.items():
            self._transforms.add(blocks, {"transform": self._strategy(name)})
        for kind, tokens in booking.waste_signals.items():
            self._waste.add(max(0, tokens), {"signal": kind})
        for stage, ms in booking.stages_ms.items():
            self._stage_seconds.record(ms / 1e3, {"stage": stage})

    def shown(self) -> dict[str, Any]:
        """Facts for /stats beside the settings."""
        return {
            "enabled": True,
            "endpoint": shown_endpoint(self.endpoint),
            "exports": self.tally.sent,
            "export_failures": self.tally.failed,
        }

    def flush(self, seconds: float = TIMEOUT) -> None:
        """Export now."""
        self._provider.force_flush(seconds * 1e3)

    def close(self) -> None:
        """Export once more and stop, within a few seconds."""
        self._provider.shutdown(_CLOSE_MS)
