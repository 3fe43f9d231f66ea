"""A proxy that a session started ends by itself when no session is left, however the last one went."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from headroom.agents.running import LEASE_SECONDS, abandoned

log = logging.getLogger("headroom.leases")


def watcher(environ: Mapping[str, str]) -> Callable[[], Awaitable[None]] | None:
    """The background job for a proxy started by ``headroom wrap``; None for any other."""
    folder = environ.get("HEADROOM_LEASES")
    if not folder:
        return None
    path = Path(folder)
    grace = float(environ.get("HEADROOM_LEASE_SECONDS") or LEASE_SECONDS)

    async def watch() -> None:
        left = abandoned(path, os.getpid())
        since: float | None = None
        while True:
            await asyncio.sleep(min(5.0, grace / 4))
            if not await asyncio.to_thread(left):
                since = None
            elif since is None:
                since = time.monotonic()
            elif time.monotonic() - since > grace:
                log.warning("no session is left that uses this proxy; it ends")
                os.kill(os.getpid(), signal.SIGTERM)
                return

    return watch
