"""Traces of the compression pipeline for Langfuse, by OTLP/HTTP. Off unless asked for; no content unless it is logged."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from headroom.accounts.booking import Booking
from headroom.accounts.contents import Content
from headroom.accounts.otlp import TIMEOUT, Tally, counted, quiet, resource, shown_endpoint
from headroom.exchange import Exchange
from headroom.settings import Settings

_PATH = "/api/public/otel/v1/traces"
_QUEUE = 2_048
"""Spans that may wait; more are dropped."""
_MAX_CONTENT = 64 * 1024
_DELAY_MS = 2_000


class Langfuse:
    """Turns each call into a trace; a thread of the SDK's own sends them. Raises ``ImportError`` when not installed."""

    def __init__(self, settings: Settings, *, public: str, secret: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
        from opentelemetry.sdk.trace.sampling import ALWAYS_ON
        from opentelemetry.trace import set_span_in_context

        quiet()
        self.tally = Tally()
        self.base_url = settings.langfuse_base_url.rstrip("/")
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
        self._provider = TracerProvider(resource=resource(settings), sampler=ALWAYS_ON, shutdown_on_exit=False)
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
        transforms = _by_transform(exchange)
        first = min((one.began for one in transforms.values() if one.began), default=exchange.started)
        start = _nanoseconds(exchange, first)
        end = max([start + max(1, int(seconds * 1e9)), *(_nanoseconds(exchange, t.ended) for t in transforms.values())])
        parent = self._tracer.start_span(
            "headroom.compression.pipeline", start_time=start, attributes=self._attributes(booking, exchange, seconds)
        )
        context = self._in_context(parent)
        for name, one in transforms.items():
            child = self._tracer.start_span(
                "headroom.compression.transform",
                context=context,
                start_time=_nanoseconds(exchange, one.began or first),
                attributes={
                    "headroom.transform": name,
                    "headroom.tokens.before": one.before,
                    "headroom.tokens.after": one.after,
                    "headroom.tokens.saved": one.before - one.after,
                    "headroom.duration_ms": round(one.seconds * 1e3, 3),
                    "headroom.blocks": one.blocks,
                    "headroom.blocks.replayed": one.replayed,
                },
            )
            child.end(_nanoseconds(exchange, one.ended or first))
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


@dataclass(slots=True)
class _Transform:
    """All blocks of one transform. Times are monotonic seconds, 0 where every block was replayed from the ledger."""

    before: int = 0
    after: int = 0
    blocks: int = 0
    replayed: int = 0
    seconds: float = 0.0
    began: float = 0.0
    ended: float = 0.0


def _by_transform(exchange: Exchange) -> dict[str, _Transform]:
    found: dict[str, _Transform] = {}
    for verdict in exchange.verdicts:
        if verdict.kind != "compressed":
            continue
        one = found.setdefault(verdict.why, _Transform())
        one.before += verdict.tokens_before
        one.after += verdict.tokens_after
        one.blocks += 1
        if not (verdict.fresh and verdict.began):
            one.replayed += 1
            continue
        one.seconds += verdict.seconds
        one.began = min(one.began or verdict.began, verdict.began)
        one.ended = max(one.ended, verdict.began + verdict.seconds)
    return found


def _nanoseconds(exchange: Exchange, moment: float) -> int:
    """A monotonic moment by the wall clock."""
    return int((exchange.wall + max(0.0, moment - exchange.started)) * 1e9) if moment else int(exchange.wall * 1e9)
