"""Writes what passes through a running proxy as JSON lines for ``headroom replay``, without credentials.

A line is what ``headroom.replay.capture`` reads. The body goes in only when asked for, and then without any credential
that the request carried; without it the line tells times, sizes and what the provider billed.
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from headroom.accounts.redact import credentials, redact_bytes
from headroom.exchange import Exchange
from headroom.pipeline.plan import Plan

log = logging.getLogger("headroom.replay")

MAX_BYTES: Final = 2 * 1024 * 1024 * 1024
"""A recording stops at this size."""
_KEPT: Final = frozenset({"content-type", "user-agent", "x-app", "anthropic-version", "anthropic-beta", "openai-beta"})
"""Header fields that replay needs or that tell agents apart; no other leaves the process."""
_KEYS: Final = re.compile(
    rb"(?:(?<![A-Za-z0-9_-])|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))"
    rb"(?:(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}|AIza[A-Za-z0-9_-]{30,}|(?:AKIA|ASIA)[A-Z0-9]{16}"
    rb"|gh[pousr]_[A-Za-z0-9]{20,}|(?:Bearer|Basic) [A-Za-z0-9._~+/=-]{16,}|eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9._-]{20,})"
)
"""The forms of keys that providers hand out, wherever they stand in a body; none holds what JSON would escape. Before one
may stand the letter of an escape: at the start of a line that is ``\\n``."""
_CREDENTIALS: Final = ("x-api-key", "x-goog-api-key", "api-key", "authorization")


class Recorder:
    """Appends calls to a file that only its owner can read. Thread-safe; a full disk costs a warning, never a call."""

    def __init__(self, path: Path, *, bodies: bool = False, max_bytes: int = MAX_BYTES) -> None:
        """Open the file. Raises ``OSError``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.calls = 0
        self._bodies = bodies
        self._fd: int | None = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._room = max_bytes - os.fstat(self._fd).st_size
        self._lock = threading.Lock()

    def heard(self, exchange: Exchange) -> None:
        """Write one ended call."""
        if not exchange.generation or self._fd is None:
            return
        raw = (json.dumps(line(exchange, bodies=self._bodies), ensure_ascii=False) + "\n").encode(
            "utf-8", "surrogatepass"
        )
        with self._lock:
            if self._fd is None:
                return
            if len(raw) > self._room:
                log.warning("the recording %s is full; nothing more is written", self.path)
                self._end()
                return
            try:
                os.write(self._fd, raw)
            except OSError as error:
                log.warning("the recording %s can't be written: %s", self.path, error.strerror)
                self._end()
                return
            self._room -= len(raw)
            self.calls += 1

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def line(exchange: Exchange, *, bodies: bool) -> dict[str, Any]:
    """One call as ``headroom.replay.capture`` reads it."""
    secrets = credentials(exchange.headers, exchange.path)
    headers = [[name, value] for name, value in exchange.headers.items() if name.lower() in _KEPT]
    # How a caller pays decides what may be done; which of several it is, keeps their caches apart.
    headers += [[name, f"recorded-{exchange.credential[:12]}"] for name in _CREDENTIALS if name in exchange.headers]
    headers = [[n, f"Bearer {v}" if n == "authorization" else v] for n, v in headers]
    usage = exchange.usage
    found: dict[str, Any] = {
        "session": exchange.plan.conversation.root.key.hex() if isinstance(exchange.plan, Plan) else "",
        "t": round(exchange.wall, 3),
        "method": exchange.method,
        "path": urlsplit(exchange.path).path,
        "headers": headers,
        "status": exchange.status,
        "bytes": len(exchange.body_in),
        "usage": usage
        and {
            "input": usage.input,
            "read": usage.cache_read,
            "write_5m": usage.cache_write_5m,
            "write_1h": usage.cache_write_1h,
            "output": usage.output,
        },
    }
    if bodies:
        body = _KEYS.sub(b"[redacted]", redact_bytes(exchange.body_in, secrets)[0])
        found["body"] = body.decode("utf-8", "surrogateescape")
    return found
