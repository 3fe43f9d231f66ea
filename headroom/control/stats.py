"""/stats, /metrics, /stats/reset and the feed of transformations."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from headroom.accounts import report, savings_view
from headroom.accounts.accounts import Accounts
from headroom.accounts.booking import Booking, iso
from headroom.accounts.metrics import CONTENT_TYPE
from headroom.control.http import ControlReply, ControlRequest, Route, Rule, detail, json_reply
from headroom.errors import StoreError
from headroom.policy.budget import BudgetStatus
from headroom.settings import shown
from headroom.version import __version__

log = logging.getLogger("headroom.control")

_CACHED_SECONDS = 5.0
_TRUE = frozenset({"1", "true"})
_RECENT = 10
_NO_MODEL = {
    "enabled": False,
    "backend": None,
    "device": None,
    "state": "not installed",
    "calls": 0,
    "average_ms": 0,
    "fallbacks": 0,
}


def fast_json(value: Any, status: int = 200) -> ControlReply:
    """A JSON answer of plain values."""
    return ControlReply(status, (("Content-Type", "application/json"),), msgspec.json.encode(value))


@dataclass(slots=True)
class Figures:
    """The handlers with what they read. Payloads are made in a thread: a store may take its time."""

    accounts: Accounts
    wall: Callable[[], float]
    monotonic: Callable[[], float]
    started: float = 0.0
    budget: Callable[[], BudgetStatus | None] = lambda: None
    blocks: dict[str, Callable[[], Any]] = field(default_factory=dict)
    """Further blocks of /stats by name, such as ``cache``, ``rate_limiter``, ``kompress`` and ``otel``."""
    before_scrape: list[Callable[[], None]] = field(default_factory=list)
    """Each sets gauges that are read when asked."""
    _kept: tuple[float, dict[str, Any]] | None = None
    _building: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Hang the counters that are kept elsewhere into the exposition."""
        for name, text, read in (
            ("requests", "Calls, over the lifetime", lambda s: s.lifetime.requests),
            ("tokens_saved", "Tokens saved, over the lifetime (our count)", lambda s: s.lifetime.saved),
            ("input_tokens", "Tokens sent, over the lifetime (our count)", lambda s: s.lifetime.input_tokens),
            ("input_cost_usd", "Cost of input, over the lifetime", lambda s: s.lifetime.input_usd),
            ("compression_savings_usd", "Dollars saved, over the lifetime (estimate)", lambda s: s.lifetime.saved_usd),
            ("tokens_would_save", "Tokens that --shadow left in, over the lifetime", lambda s: s.lifetime.would_save),
            (
                "would_save_usd",
                "Dollars that --shadow did not save, over the lifetime",
                lambda s: s.lifetime.would_save_usd,
            ),
        ):
            self.accounts.metrics.totals.sources[f"persistent_savings_{name}"] = (
                text,
                lambda read=read: float(self.accounts.keeper.view(read)),  # type: ignore[misc]
            )

    def routes(self) -> tuple[Route, ...]:
        """The routes of this file."""
        return (
            Route("GET", "/stats", self.stats),
            Route("GET", "/metrics", self.metrics),
            Route("POST", "/stats/reset", self.reset, Rule.LOOPBACK),
            Route("GET", "/transformations/feed", self.feed, Rule.LOOPBACK),
        )

    # -- /stats --------------------------------------------------------------------------------------------------------
    def payload(self) -> dict[str, Any]:
        """Everything that any caller may see."""
        self.accounts.refresh()
        wall, stats, settings = self.wall(), self.accounts.stats, self.accounts.settings
        value: dict[str, Any] = {
            "generated_at": iso(wall),
            "cached": False,
            "version": __version__,
            "uptime_seconds": round(self.monotonic() - self.started, 3),
        }
        value |= report.payload(stats)
        value["summary"] = report.summary(stats, mode=settings.mode)
        value["cost"] = report.cost(stats) | self._budget()
        kept = savings_view.persistent(self.accounts.keeper.snapshot(), wall, storage_path=None)
        value["display_session"] = kept["display_session"]
        value["persistent_savings"] = kept
        value["kompress"] = _NO_MODEL
        inflight, sessions = self.accounts.inflight()
        value["inflight"] = {"requests": inflight, "websocket_sessions": sessions}
        for name, block in self.blocks.items():
            value[name] = _safely(name, block)
        if aligner := value.pop("cache_aligner", None):
            value["prefix_cache"]["aligner"] = aligner
        value["log_full_messages"] = settings.log_messages
        return value

    def _budget(self) -> dict[str, Any]:
        try:
            status = self.budget()
        except StoreError as error:
            log.debug("the budget can't be read: %s", error)
            status = None
        if status is None:
            return {"budget_limit_usd": self.accounts.settings.budget, "budget_period": None, "budget_spent_usd": None}
        return {
            "budget_limit_usd": status.limit_usd,
            "budget_period": str(status.period),
            "budget_spent_usd": status.spent_usd,
            "budget_held_usd": status.held_usd,
            "budget_remaining_usd": status.remaining_usd,
            "budget_resets_at": iso(status.resets_at) if status.resets_at is not None else None,
        }

    def _recently(self, *, cached: bool) -> dict[str, Any]:
        with self._building:
            now = self.monotonic()
            if cached and self._kept is not None and now - self._kept[0] <= _CACHED_SECONDS:
                return self._kept[1] | {"cached": True}
            value = self.payload()
            self._kept = (now, value)
            return value | {"cached": cached}

    def _private(self, value: dict[str, Any]) -> dict[str, Any]:
        recent = [msgspec.to_builtins(b) for b in self.accounts.stats.recent_requests(_RECENT)]
        path = self.accounts.keeper.path
        return value | {
            "persistent_savings": value["persistent_savings"] | {"storage_path": None if path is None else str(path)},
            "recent_requests": recent,
            "request_logs": recent,
            "config": shown(self.accounts.settings),
        }

    async def stats(self, request: ControlRequest) -> ControlReply:
        """All counters; content and paths for callers on this machine only."""
        cached = request.query.get("cached", "").lower() in _TRUE

        def work() -> ControlReply:
            value = self._recently(cached=cached)
            return fast_json(self._private(value) if request.peer_loopback else value)

        return await asyncio.to_thread(work)

    async def metrics(self, _request: ControlRequest) -> ControlReply:
        """The Prometheus exposition."""

        def work() -> bytes:
            self.accounts.refresh()
            metrics = self.accounts.metrics
            inflight, sessions = self.accounts.inflight()
            metrics.inflight.set(inflight)
            metrics.ws.set(sessions)
            try:
                status = self.budget()
            except StoreError:
                status = None
            if status is not None:
                metrics.budget_spent.labels(str(status.period)).set(status.spent_usd)
                if status.limit_usd is not None:
                    metrics.budget_limit.labels(str(status.period)).set(status.limit_usd)
            for step in self.before_scrape:
                _safely("a gauge", step)
            return metrics.exposition()

        return ControlReply(200, (("Content-Type", CONTENT_TYPE),), await asyncio.to_thread(work))

    async def reset(self, _request: ControlRequest) -> ControlReply:
        """Zero the session's counters; nothing else."""
        await asyncio.to_thread(self.accounts.reset)
        self._kept = None
        return json_reply({"status": "reset"})

    # -- the feed ------------------------------------------------------------------------------------------------------
    async def feed(self, request: ControlRequest) -> ControlReply:
        """The newest requests in which something was transformed, newest first."""
        try:
            limit = int(request.query.get("limit", "20"))
        except ValueError:
            limit = 0
        if not 1 <= limit <= 100:
            return detail("limit must be a whole number from 1 to 100", 422)
        every = request.query.get("all", "").lower() in _TRUE

        def work() -> ControlReply:
            self.accounts.refresh()
            found = [b for b in self.accounts.stats.recent_requests(100) if every or b.transforms_applied]
            rows = [self._transformation(b) for b in found[:limit]]
            return fast_json({"transformations": rows, "log_full_messages": self.accounts.settings.log_messages})

        return await asyncio.to_thread(work)

    def _transformation(self, b: Booking) -> Mapping[str, Any]:
        content = self.accounts.contents.get(b.request_id)
        words = content.shown() if content is not None else {}
        return {
            "request_id": b.request_id,
            "timestamp": b.timestamp,
            "provider": b.provider,
            "model": b.model,
            "client": b.client,
            "project": b.project,
            "outcome": b.outcome,
            "status": b.status,
            "tokens_before": b.tokens_before,
            "tokens_after": b.tokens_after,
            "tokens_saved": b.tokens_saved,
            "net_tokens_saved": b.net_tokens_saved,
            "savings_percent": b.savings_percent,
            "saved_usd": b.saved_usd,
            "cost_usd": b.cost_usd,
            "cost_basis": b.cost_basis,
            "latency_ms": b.latency_ms,
            "overhead_ms": b.overhead_ms,
            "transforms_applied": b.transforms_applied,
            "kinds": b.kinds,
            "strategies": b.strategies,
            "raw_blocks": b.raw_blocks,
            "refusals": b.refusals,
            "history": b.history,
            "passthrough_reason": b.passthrough_reason,
            "rescued": b.rescued,
            "rounds": b.rounds,
            "turn_id": b.turn_id,
            "input_tokens_original": b.tokens_before,
            "input_tokens_optimized": b.tokens_after,
            "request_messages": words.get("request_messages"),
            "compressed_messages": words.get("compressed_messages"),
            "response_content": words.get("response_content"),
        }


def _safely(name: str, read: Callable[[], Any]) -> Any:
    """A figure, or None when its room can't tell just now: one room must not take the whole page with it."""
    try:
        return read()
    except Exception:
        log.exception("%s can't be read", name)
        return None
