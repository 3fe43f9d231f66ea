"""/stats, /metrics, /stats/reset and the feed of transformations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from headroom.accounts.accounts import Accounts
from headroom.accounts.booking import iso
from headroom.accounts.metrics import CONTENT_TYPE
from headroom.control.http import ControlReply, ControlRequest, Route, Rule, detail, json_reply
from headroom.settings import shown
from headroom.version import __version__

_CACHED_SECONDS = 5.0


@dataclass(slots=True)
class Figures:
    """The handlers with what they read. Nothing here touches a disk."""

    accounts: Accounts
    wall: Callable[[], float]
    monotonic: Callable[[], float]
    started: float = 0.0
    blocks: dict[str, Callable[[], Any]] = field(default_factory=dict)
    """Further blocks of /stats by name, such as ``cache``, ``rate_limiter`` and ``compression``."""
    before_scrape: Callable[[], None] = lambda: None
    """Sets the gauges that are read when asked."""
    _kept: tuple[float, dict[str, Any]] | None = None

    def routes(self) -> tuple[Route, ...]:
        """The routes of this file."""
        return (
            Route("GET", "/stats", self.stats),
            Route("GET", "/metrics", self.metrics),
            Route("POST", "/stats/reset", self.reset, Rule.LOOPBACK),
            Route("GET", "/transformations/feed", self.feed, Rule.LOOPBACK),
        )

    def _payload(self) -> dict[str, Any]:
        wall = self.wall()
        value: dict[str, Any] = {
            "generated_at": iso(wall),
            "cached": False,
            "version": __version__,
            "uptime_seconds": round(self.monotonic() - self.started, 3),
        }
        value |= self.accounts.stats.payload()
        for name, block in self.blocks.items():
            value[name] = block()
        value["log_full_messages"] = self.accounts.settings.log_messages
        return value

    def stats(self, request: ControlRequest) -> ControlReply:
        """All counters; content and paths for callers on this machine only."""
        now = self.monotonic()
        if request.query.get("cached", "").lower() in {"1", "true"}:
            if self._kept is None or now - self._kept[0] > _CACHED_SECONDS:
                self._kept = (now, self._payload())
            value = self._kept[1] | {"cached": True}
        else:
            value = self._payload()
            self._kept = (now, value)
        if request.peer_loopback:
            recent = [msgspec.to_builtins(b) for b in self.accounts.stats.recent_requests(10)]
            value = value | {
                "recent_requests": recent,
                "request_logs": recent,
                "config": shown(self.accounts.settings),
            }
        return json_reply(value)

    def metrics(self, _request: ControlRequest) -> ControlReply:
        """The Prometheus exposition."""
        self.before_scrape()
        return ControlReply(200, (("Content-Type", CONTENT_TYPE),), self.accounts.metrics.exposition())

    def reset(self, _request: ControlRequest) -> ControlReply:
        """Zero the session's counters; nothing else."""
        self.accounts.stats.reset()
        self._kept = None
        return json_reply({"status": "reset"})

    def feed(self, request: ControlRequest) -> ControlReply:
        """The newest requests in which something was transformed, newest first."""
        try:
            limit = int(request.query.get("limit", "20"))
        except ValueError:
            limit = 0
        if not 1 <= limit <= 100:
            return detail("limit must be a whole number from 1 to 100", 422)
        every = request.query.get("all", "").lower() in {"1", "true"}
        found = [b for b in self.accounts.stats.recent_requests(100) if every or b.transforms_applied]
        rows: list[Mapping[str, Any]] = [
            {
                "request_id": b.request_id,
                "timestamp": b.timestamp,
                "provider": b.provider,
                "model": b.model,
                "tokens_before": b.tokens_before,
                "tokens_after": b.tokens_after,
                "tokens_saved": b.tokens_saved,
                "savings_percent": b.savings_percent,
                "transforms_applied": b.transforms_applied,
                "turn_id": b.turn_id,
                "input_tokens_original": b.tokens_before,
                "input_tokens_optimized": b.tokens_after,
                "request_messages": None,
                "compressed_messages": None,
                "response_content": None,
            }
            for b in found[:limit]
        ]
        return json_reply({"transformations": rows, "log_full_messages": self.accounts.settings.log_messages})
