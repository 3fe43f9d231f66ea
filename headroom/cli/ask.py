"""Asking the running proxy on this machine, past any proxy that the environment names."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import click

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_SECONDS = 5.0
_MAX_ANSWER = 64 * 1024 * 1024


class NotRunning(click.ClickException):
    """Nothing of ours answers on the port; exit code 1."""

    def __init__(self, port: int) -> None:
        super().__init__(f"no headroom answers on port {port}; start one with: headroom proxy --port {port}")


def ask(port: int, path: str) -> Any:
    """The JSON that the proxy answers to a GET. Raises ``NotRunning``."""
    try:
        with _DIRECT.open(f"http://127.0.0.1:{port}{path}", timeout=_SECONDS) as answer:
            return json.loads(answer.read(_MAX_ANSWER))
    except (urllib.error.URLError, OSError, ValueError):
        raise NotRunning(port) from None


def alive(port: int) -> bool:
    """Whether one of us answers there."""
    try:
        return bool(ask(port, "/livez").get("service") == "headroom-proxy")
    except (NotRunning, AttributeError):
        return False


port_option = click.option(
    "--port",
    "-p",
    type=click.IntRange(1, 65535),
    default=8787,
    show_default=True,
    envvar="HEADROOM_PORT",
    help="Port of the running proxy.",
)
