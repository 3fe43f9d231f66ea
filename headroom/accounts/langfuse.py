"""Traces of the compression pipeline for Langfuse, by OTLP/HTTP. Off unless asked for; no content unless it is logged."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from headroom.accounts.booking import Booking
from headroom.accounts.contents import Content
from headroom.accounts.otlp import TIMEOUT, Tally, counted, quiet, resource, shown_endpoint
from headroom.exchange import Exchange
from headroom.settings import Settings

CLOUD = "https://cloud.langfuse.com"
_PATH = "/api/public/otel/v1/traces"
_QUEUE = 2_048
"""Spans that may wait; more are dropped."""
_MAX_CONTENT = 64 * 1024
_DELAY_MS = 2_000


class Langfuse:
    """Turns each call into a trace; a thread of the SDK's own sends them. Raises ``ImportError`` when not installed."""

    def __init__(
        self, settings: Settings, environ: Mapping[str, str], *, public: str, secret: str, base_url: str
    ) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
        from opentelemetry.sdk.trace.sampling import ALWAYS_ON
        from opentelemetry.trace import set_span_in_context

        quiet()
        self.tally = Tally()
        self.base_url = base_url.rstrip("/")
        self.endpoint = self.base_url + _PATH
        self._content = settings.log_messages
        self._in_context = set_span_in_context
        kind = counted(OTLPSpanExporter, self.tally, SpanExportResult.SUCCESS, SpanExportResult.FAILURE)
        key = base64.b64encode(f"{public}:{secret}".encode()).decode()
        exporter = kind(
            endpoint=self.endpoint,
            headers={"Authorization": f"Basic {key}", "x-langfuse-ingestion-version": "4"},
            timeout=TIMEOUT,
        )
        self._provider = TracerProvider(
            resource=resource(settings.otel_service_name, environ), sampler=ALWAYS_ON, shutdown_on_exit=False
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(
                exporter,
                max_queue_size=_QUEUE,
                schedule_delay_millis=_DELAY_MS,
                export_timeout_millis=TIMEOUT * 1e3,
            )
        )
        self._tracer = self._provider.get_tracer("headroom")

    def take(self, booking: Booking, exchange: Exchange) -> None:
        """Queue the trace of one call; drops it when the queue is full."""
        seconds = exchange.stages.get("compress", exchange.overhead)
        start = int(exchange.wall * 1e9)
        end = start + max(1, int(seconds * 1e9))
        parent = self._tracer.start_span(
            "headroom.compression.pipeline", start_time=start, attributes=self._attributes(booking, exchange, seconds)
        )
        context = self._in_context(parent)
        for name, (before, after) in _by_transform(exchange).items():
            child = self._tracer.start_span(
                "headroom.compression.transform",
                context=context,
                start_time=start,
                attributes={
                    "headroom.transform": name,
                    "headroom.tokens.before": before,
                    "headroom.tokens.after": after,
                    "headroom.tokens.saved": before - after,
                },
            )
            child.end(end)
        parent.end(end)

    def _attributes(self, booking: Booking, exchange: Exchange, seconds: float) -> dict[str, Any]:
        value: dict[str, Any] = {
            "headroom.request_id": booking.request_id,
            "headroom.model": booking.model,
            "headroom.provider": booking.provider,
            "headroom.outcome": booking.outcome,
            "headroom.tokens.before": booking.tokens_before,
            "headroom.tokens.after": booking.tokens_after,
            "headroom.tokens.saved": booking.tokens_saved,
            "headroom.duration_ms": round(seconds * 1e3, 3),
            "headroom.transforms_applied": booking.transforms_applied,
            "headroom.warnings": sorted(booking.refusals),
            "headroom.cost_usd": booking.cost_usd,
            "headroom.cost_basis": booking.cost_basis,
        }
        if exchange.session_id:
            value["session.id"] = exchange.session_id
        if booking.user_id:
            value["user.id"] = booking.user_id
        if self._content:
            words = Content.of(exchange).shown()
            value["langfuse.observation.input"] = json.dumps(words["compressed_messages"])[:_MAX_CONTENT]
            value["langfuse.observation.output"] = (words["response_content"] or "")[:_MAX_CONTENT]
        return value

    def shown(self) -> dict[str, Any]:
        """Facts for /stats."""
        return {
            "enabled": True,
            "base_url": shown_endpoint(self.base_url),
            "endpoint": shown_endpoint(self.endpoint),
            "exports": self.tally.sent,
            "export_failures": self.tally.failed,
        }

    def flush(self, seconds: float = TIMEOUT) -> None:
        """Export now."""
        self._provider.force_flush(int(seconds * 1e3))

    def close(self) -> None:
        """Export what waits and stop."""
        self._provider.shutdown()


def _by_transform(exchange: Exchange) -> dict[str, tuple[int, int]]:
    sums: dict[str, tuple[int, int]] = {}
    for verdict in exchange.verdicts:
        if verdict.kind == "compressed":
            before, after = sums.get(verdict.why, (0, 0))
            sums[verdict.why] = (before + verdict.tokens_before, after + verdict.tokens_after)
    return sums
