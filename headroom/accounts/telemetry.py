"""Anonymous usage counts: off by default, shown exactly as they would be sent, and sent nowhere without an endpoint.

Counts only: no content, no paths, no names of hosts, projects, users or clients.
"""

from __future__ import annotations

import json
import os
import platform
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from headroom.accounts.stats import Stats
from headroom.accounts.sums import percent
from headroom.settings import Settings
from headroom.spellings import TRUE_WORDS
from headroom.version import __version__

FIRST = 60.0
EVERY = 300.0
LAST_WORD_AFTER = 120.0
"""A run shorter than this sends nothing when it ends."""
_TIMEOUT = 5.0
INSTALL_ID = "install_id"


def wanted(settings: Settings, environ: Mapping[str, str]) -> bool:
    """Whether the user opted in, and nothing else says no."""
    refused = any(environ.get(name, "").strip().lower() in TRUE_WORDS for name in ("DO_NOT_TRACK", "HEADROOM_OFFLINE"))
    return settings.telemetry and not refused


def aggregate(
    stats: Stats, settings: Settings, *, session_id: str, install_id: str | None, minutes: float
) -> dict[str, Any]:
    """The report: all of it."""
    with stats.opened():
        every = stats.all
        requests = every.requests or 1
        return {
            "session_id": session_id,
            "install_id": install_id,
            "headroom_version": __version__,
            "python_version": platform.python_version(),
            "os": f"{platform.system()}-{platform.machine()}",
            "sdk": settings.sdk,
            "backend": settings.backend,
            "install_mode": "wrapped" if settings.agent_type else "on_demand",
            "headroom_stack": settings.stack,
            "session_minutes": round(minutes, 1),
            "requests": every.requests,
            "requests_by_stack": dict(stats.by_stack),
            "tokens_saved": every.saved,
            "compression_percent": percent(every.saved, every.after + every.saved),
            "cache_hit_rate": percent(every.cache_read, every.billed),
            "cost_saved_usd": round(every.net_saved_usd, 6),
            "cache_saved_usd": round(every.cache_savings_usd - every.cache_premium_usd, 6),
            "models_used": len(stats.by_model),
            "overhead_avg_ms": stats.overhead.average,
            "overhead_max_ms": round(stats.overhead.most, 3),
            "ttfb_avg_ms": stats.ttfb.average,
            "avg_tokens_before": every.before // requests,
            "avg_tokens_after": every.after // requests,
            "pipeline_timing": {name: t.average for name, t in stats.stages.items()},
            "strategies": {
                "compressions": {name: row[0] for name, row in stats.strategies.items()},
                "tokens_saved": {name: row[1] for name, row in stats.strategies.items()},
            },
            "compression_cache": {"hits": every.semantic_hits, "misses": every.semantic_misses},
            "ccr": {"retrieved_tokens": every.retrieved},
            "waste_signals": dict(stats.waste),
        }


def install_id(workspace: Path | None) -> str | None:
    """A random name of this installation, made when telemetry is first switched on; None where nothing is written."""
    if workspace is None:
        return None
    path = workspace / INSTALL_ID
    try:
        return path.read_text("ascii").strip() or None
    except FileNotFoundError:
        pass
    except (OSError, UnicodeDecodeError):
        return None
    made = uuid.uuid4().hex
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.write(made + "\n")
    return made


def post(endpoint: str, report: dict[str, Any]) -> bool:
    """Send one report; whether it was taken. Waits a few seconds at most, and raises nothing."""
    if not endpoint.startswith(("http://", "https://")):
        return False
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked
        endpoint, json.dumps(report).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310 - the same
            return bool(answer.status < 300)
    except (urllib.error.URLError, OSError, ValueError):
        return False


class Telemetry:
    """The local aggregate, and its sender when there is somewhere to send it."""

    def __init__(
        self,
        stats: Stats,
        settings: Settings,
        environ: Mapping[str, str],
        *,
        send: Callable[[str, dict[str, Any]], bool] = post,
        clock: Callable[[], float] = time.monotonic,
        first: float = FIRST,
        every: float = EVERY,
    ) -> None:
        self._stats = stats
        self._settings = settings
        self._send = send
        self._clock = clock
        self._began = clock()
        self._first, self._every = first, every
        self._session = uuid.uuid4().hex
        self.enabled = wanted(settings, environ)
        self._install = install_id(None if settings.stateless else settings.workspace) if self.enabled else None
        self.sent = 0
        self.failed = 0
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        if self.shipping:
            self._thread = threading.Thread(target=self._run, name="headroom-telemetry", daemon=True)
            self._thread.start()

    @property
    def shipping(self) -> bool:
        """Whether anything is sent: opted in, and an endpoint was named."""
        return self.enabled and bool(self._settings.telemetry_endpoint)

    @property
    def sentence(self) -> str:
        """The state in words, for the banner."""
        if not self.enabled:
            return "off"
        if not self.shipping:
            return "on, but nothing is sent: no HEADROOM_TELEMETRY_ENDPOINT is set"
        return f"on, sent to {self._settings.telemetry_endpoint} (--no-telemetry switches it off)"

    def report(self) -> dict[str, Any]:
        """What would be sent now, to the letter."""
        return aggregate(
            self._stats,
            self._settings,
            session_id=self._session,
            install_id=self._install,
            minutes=(self._clock() - self._began) / 60,
        )

    def shown(self) -> dict[str, Any]:
        """The block of /stats."""
        return {
            "enabled": self.enabled,
            "shipping": self.shipping,
            "state": self.sentence,
            "sent": self.sent,
            "failed": self.failed,
            "report": self.report(),
        }

    def _run(self) -> None:
        wait = self._first
        while not self._ending.wait(wait):
            self._ship()
            wait = self._every

    def _ship(self) -> None:
        if self._send(self._settings.telemetry_endpoint or "", self.report()):
            self.sent += 1
        else:
            self.failed += 1

    def close(self) -> None:
        """Send a last report after a longer run, and stop."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(timeout=_TIMEOUT + 1)
            if self._clock() - self._began > LAST_WORD_AFTER:
                self._ship()
