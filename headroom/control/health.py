"""/livez, /readyz and /health: is the process up, is it ready, can it reach the upstreams that traffic uses."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from headroom.control import runtime_env
from headroom.control.http import ControlReply, ControlRequest, Route, Rule, json_reply
from headroom.settings import Settings, shown
from headroom.version import __version__

SERVICE = "headroom-proxy"
_CONFIG = (
    "backend",
    "optimize",
    "cache",
    "rate_limit",
    "mode",
    "memory",
    "learn",
    "code_graph",
    "target_ratio",
    "log_messages",
    "anthropic_api_url",
    "openai_api_url",
    "gemini_api_url",
    "intercept",
    "intercept_port",
)


@dataclass(frozen=True, slots=True)
class Check:
    """State of one subsystem."""

    enabled: bool = True
    ready: bool = True
    required: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Further plain values, such as the device of a model."""
    private: Mapping[str, Any] = field(default_factory=dict)
    """The same, for callers on this machine only."""

    def shown(self, *, local: bool) -> dict[str, Any]:
        """The check as JSON."""
        state = "disabled" if not self.enabled else "healthy" if self.ready else "unhealthy"
        value: dict[str, Any] = {"enabled": self.enabled, "ready": self.ready or not self.enabled, "status": state}
        if not self.required:
            value["required"] = False
        return value | dict(self.facts) | (dict(self.private) if local else {})


@dataclass(frozen=True, slots=True)
class UpstreamState:
    """What is known of one upstream; ``status`` is healthy, unhealthy or unknown."""

    status: str
    last_ok: float | None = None
    """Seconds since the epoch."""
    error: str | None = None
    url: str | None = None


class Totals(Protocol):
    """The counts that /health repeats."""

    def __call__(self) -> Mapping[str, Any]:
        """``total_requests``, ``tokens_saved``, ``savings_percent``."""


@dataclass(slots=True)
class Health:
    """The one object that knows the state of all parts; banner, /readyz, /health and metrics read it."""

    settings: Callable[[], Settings]
    wall: Callable[[], float]
    monotonic: Callable[[], float]
    known: Callable[[], Mapping[str, UpstreamState]]
    """What is known of each upstream without asking, by provider name; the one most used first."""
    asked: Callable[[], Awaitable[Mapping[str, UpstreamState]]]
    """The same, having asked where the knowledge was too old."""
    totals: Totals
    checks: dict[str, Callable[[], Check]] = field(default_factory=dict)
    started: float = 0.0
    ready: bool = False

    def routes(self) -> tuple[Route, ...]:
        """The health routes."""
        return (
            Route("GET", "/livez", self.livez, Rule.OPEN),
            Route("GET", "/healthz", self.livez, Rule.OPEN),
            Route("GET", "/readyz", self.readyz, Rule.OPEN),
            Route("GET", "/health", self.health, Rule.OPEN),
        )

    def _head(self) -> dict[str, Any]:
        return {
            "service": SERVICE,
            "version": __version__,
            "timestamp": datetime.fromtimestamp(self.wall(), UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "uptime_seconds": round(self.monotonic() - self.started, 3),
        }

    def livez(self, _request: ControlRequest) -> ControlReply:
        """200 while the process answers; touches nothing."""
        return json_reply({"status": "healthy", "alive": True} | self._head())

    def readyz(self, request: ControlRequest) -> ControlReply:
        """200 when every required part that is switched on is available."""
        checks = self._checks(self.known(), local=request.peer_loopback)
        ready = _ready(checks)
        status = "healthy" if ready else "unhealthy"
        value = self._head() | {"status": status, "ready": ready, "checks": checks}
        return json_reply(value, 200 if ready else 503)

    async def health(self, request: ControlRequest) -> ControlReply:
        """200 while running with no upstream known to be down."""
        settings = self.settings()
        states = await self.asked()
        checks = self._checks(states, local=request.peer_loopback)
        worst = _overall(states)
        value: dict[str, Any] = self._head() | {
            "status": "unhealthy" if worst == "unhealthy" else "ok",
            "ready": _ready(checks),
            "upstream": worst,
            "optimize": settings.optimize,
            "stats": dict(self.totals()),
            "checks": checks,
            "upstreams": {name: self._upstream(state, local=request.peer_loopback) for name, state in states.items()},
        }
        if request.peer_loopback:
            value["config"] = _config(settings)
        return json_reply(value, 503 if worst == "unhealthy" else 200)

    def _checks(self, states: Mapping[str, UpstreamState], *, local: bool) -> dict[str, Any]:
        shown_checks = {"startup": Check(ready=self.ready).shown(local=local)}
        shown_checks |= {name: check().shown(local=local) for name, check in self.checks.items()}
        first = next(iter(states.values()), UpstreamState("unknown"))
        upstream = Check(
            enabled=True,
            ready=first.status != "unhealthy",
            required=False,
            private={"url": first.url, "error": first.error},
        )
        return shown_checks | {"upstream": upstream.shown(local=local)}

    @staticmethod
    def _upstream(state: UpstreamState, *, local: bool) -> dict[str, Any]:
        value: dict[str, Any] = {"status": state.status}
        if state.last_ok is not None:
            moment = datetime.fromtimestamp(state.last_ok, UTC).isoformat(timespec="seconds")
            value["last_ok"] = moment.replace("+00:00", "Z")
        if local:
            value |= {"error": state.error, "url": state.url}
        return value


def _ready(checks: Mapping[str, Mapping[str, Any]]) -> bool:
    return all(check["ready"] for check in checks.values() if check.get("required", True))


def _overall(states: Mapping[str, UpstreamState]) -> str:
    """The state of the upstream that traffic uses most; one that is never called tells nothing."""
    return next((state.status for state in states.values()), "unknown")


def _config(settings: Settings) -> dict[str, Any]:
    return shown(settings, _CONFIG) | {
        "disable_kompress": not settings.kompress,
        "pid": os.getpid(),
        "runtime_env": runtime_env.shown(settings),
    }
