"""Starting and stopping: what runs while the port is open, and how running answers end when it closes."""

# mypy: disable-error-code="no-untyped-call"
# mitmproxy leaves many of its own functions without annotations.
from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable

from mitmproxy import ctx, http

from headroom_addons.services import Services

log = logging.getLogger("headroom.lifecycle")

DRAIN_SECONDS = 30.0
"""Longest wait for running answers after SIGTERM."""
INTERRUPT_SECONDS = 3.0
"""The same after Ctrl-C: somebody is waiting at a terminal."""


class Lifecycle:
    """First in the list, so that its ``done`` drains before any other addon closes what the flows still use."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._hurry = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self.drain_seconds = DRAIN_SECONDS

    async def running(self) -> None:
        """The port is bound."""
        loop = asyncio.get_running_loop()
        if hasattr(signal, "SIGHUP"):
            with contextlib.suppress(NotImplementedError, RuntimeError):
                loop.add_signal_handler(signal.SIGHUP, self._reopen)
        self._tasks = [loop.create_task(self._run(job())) for job in self._services.background]
        self._services.health.ready = True
        for tell in self._services.on_ready:
            tell()

    def _reopen(self) -> None:
        for reopen in self._services.on_reopen:
            try:
                reopen()
            except OSError as error:
                log.warning("a log could not be reopened: %s", error)

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """A flow begins; ``Release``, the last addon, sees its end."""
        self._services.live.begin(flow.id)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Once we are stopping, a client's next request must go elsewhere."""
        if self._stopping and flow.response is not None and not flow.request.is_http2:
            flow.response.headers["Connection"] = "close"

    # -- the end -----------------------------------------------------------------------------------------------------
    def hurry(self) -> None:
        """Stop waiting for running answers."""
        self._hurry.set()

    async def _run(self, job: Awaitable[None]) -> None:
        try:
            await job
        except Exception:
            log.exception("a background job ended with an error")
            if self._services.accounts is not None:
                self._services.accounts.event("internal_error", "lifecycle")

    async def done(self) -> None:
        """Close the port, let running answers end within the limit, then close what they used."""
        self._services.health.ready = False
        self._stopping = True
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError, RuntimeError):
                loop.add_signal_handler(number, self.hurry)
        proxyserver = ctx.master.addons.get("proxyserver")
        await proxyserver.servers.update([])
        live = self._services.live
        if len(live):
            log.info("waiting up to %g s for %d running answers", self.drain_seconds, len(live))
            waits = {loop.create_task(live.wait_until_none()), loop.create_task(self._hurry.wait())}
            await asyncio.wait(waits, timeout=self.drain_seconds, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        await _flush(proxyserver)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
        for close in self._services.on_close:
            try:
                await close()
            except Exception:  # the others must close, too; no counter is read any more
                log.exception("closing failed")


async def _flush(proxyserver: object) -> None:
    """Let the last bytes leave our buffers, for a bounded time."""
    handlers = list(getattr(proxyserver, "connections", {}).values())
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1):
            await asyncio.gather(*(handler.drain_writers() for handler in handlers), return_exceptions=True)
