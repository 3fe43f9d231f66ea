"""What listens on a port: nothing, a proxy of ours with its configuration, or somebody else."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SERVICE = "headroom-proxy"
_SECONDS = 2.0
_HEALTH_SECONDS = 15.0
"""/health asks the upstream when its knowledge is old."""
_MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class Running:
    """A proxy of ours."""

    version: str
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def pid(self) -> int | None:
        """Its process."""
        pid = self.config.get("pid")
        return pid if isinstance(pid, int) else None


@dataclass(frozen=True, slots=True)
class Foreign:
    """Another program."""


def get(port: int, path: str, seconds: float = _SECONDS) -> tuple[int, Any]:
    """Status and JSON of a route on this machine. Raises ``OSError`` or ``ValueError``; asks no proxy."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read(_MOST))
    except http.client.HTTPException as error:
        raise ValueError(str(error) or type(error).__name__) from None
    finally:
        connection.close()


def post(port: int, path: str, value: Any, seconds: float = _SECONDS) -> int:
    """Send JSON; the status. Raises ``OSError`` or ``ValueError``."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("POST", path, json.dumps(value), {"Content-Type": "application/json"})
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise ValueError(str(error) or type(error).__name__) from None
    finally:
        connection.close()


def look(port: int) -> Running | Foreign | None:
    """What is on a port of this machine; None for nothing."""
    try:
        _, live = get(port, "/livez")
        ours = isinstance(live, dict) and live.get("service") == SERVICE
    except ConnectionRefusedError:
        return None
    except (OSError, ValueError):
        return Foreign()
    if not ours:
        return Foreign()
    try:
        _, health = get(port, "/health", _HEALTH_SECONDS)
        config = health.get("config") if isinstance(health, dict) else None
    except (OSError, ValueError):
        config = None
    return Running(str(live.get("version")), config if isinstance(config, dict) else {})


def ready(port: int) -> bool:
    """Whether a proxy of ours is ready to serve."""
    try:
        status, value = get(port, "/readyz")
    except (OSError, ValueError):
        return False
    return status == 200 and isinstance(value, dict) and value.get("service") == SERVICE


def free_port() -> int:
    """A port nobody uses right now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
