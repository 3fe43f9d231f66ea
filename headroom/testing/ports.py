"""Ports for servers that are told their port before they bind it."""

from __future__ import annotations

import itertools
import os
import socket
from pathlib import Path

_FIRST = 10_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_USUAL = 32_768
"""Where Linux begins to give out ports; other systems begin later."""
_STRIDE = 1_009
"""How far apart two processes with neighbouring ids begin: more ports than either asks for meanwhile."""

_walk = itertools.count(os.getpid() * _STRIDE, 2)
"""Every other one: a proxy that intercepts takes the next port as well."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses, and that nobody gets by chance before its server binds it.

    A port from ``bind(0)`` may be given to the next program that asks, while ours still starts. So this takes one below
    the range that the system gives out, each time another; processes side by side begin far apart. ``OSError`` when none is free.
    """
    ports = _given_out_from() - _FIRST
    for _ in range(ports):
        port = _FIRST + next(_walk) % ports
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise OSError(f"no port between {_FIRST} and {_FIRST + ports} is free")


def _given_out_from() -> int:
    try:
        first = int(_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return _USUAL
    return first if first > _FIRST + _STRIDE else _USUAL
