"""The master that ``headroom proxy`` runs under mitmdump's own command line."""

# mypy: disable-error-code="no-untyped-call"
# mitmproxy leaves many of its own functions without annotations.
from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import Any

from mitmproxy import master, options
from mitmproxy.addons import (
    block,
    core,
    disable_h2c,
    dns_resolver,
    errorcheck,
    next_layer,
    proxyserver,
    tlsconfig,
    update_alt_svc,
)
from mitmproxy.proxy import mode_servers

from headroom_addons import build
from headroom_addons.dispatch import CachedDispatch
from headroom_addons.fallen import Fallen
from headroom_addons.lifecycle import INTERRUPT_SECONDS, Lifecycle
from headroom_addons.services import Services

_QUIET = ("mitmproxy.proxy.server", "mitmproxy.proxy.layers", "hpack", "h2", "tornado.access")


class Stopping:
    """Ctrl-C is told apart from SIGTERM: it hurries, and the exit code is 130."""

    interrupted = False
    addons: Any
    shutdown: Callable[[], None]

    def prompt_for_exit(self) -> None:
        """Called by mitmproxy on SIGINT."""
        lifecycle = self.addons.get("lifecycle")
        if isinstance(lifecycle, Lifecycle):
            lifecycle.drain_seconds = INTERRUPT_SECONDS
        self.interrupted = True
        self.shutdown()


class HeadroomMaster(Stopping, master.Master):
    """Only what a gateway needs: 9 of mitmproxy's 36 addons, and ours."""

    def __init__(self, opts: options.Options, services: Services) -> None:
        super().__init__(opts, with_termlog=False)
        # Each log record would otherwise be turned into an event for addons; none of these listens.
        self._legacy_log_events.uninstall()
        self.options.changed.disconnect(self.addons._configure_all)
        self.addons = CachedDispatch(self, Fallen(services))
        if services.reuse_port:
            share_port()
        self.addons.add(
            core.Core(),
            block.Block(),
            disable_h2c.DisableH2C(),
            proxyserver.Proxyserver(),
            dns_resolver.DnsResolver(),
            next_layer.NextLayer(),
            tlsconfig.TlsConfig(),
            update_alt_svc.UpdateAltSvc(),
            only_theirs(errorcheck.ErrorCheck()),
            *build(services),
        )
        quiet()

    async def running(self) -> None:
        """The port is bound."""
        refuse_unknown_options(self.options)
        await super().running()


def only_theirs(check: errorcheck.ErrorCheck) -> errorcheck.ErrorCheck:
    """Let only mitmproxy's own errors end a start.

    What our parts log, such as a model that fails to load, does not, nor what a library or a task left behind says.
    """
    check.logger.addFilter(lambda record: record.name.startswith("mitmproxy.") and record.name != "mitmproxy.master")
    return check


def refuse_unknown_options(opts: options.Options) -> None:
    """End the start over a ``--set`` that nobody knows; mitmproxy itself would wait for it in silence."""
    if opts.deferred:
        sys.exit(f"Error: --set {', '.join(sorted(opts.deferred))}: mitmproxy has no such option")


def quiet() -> None:
    """Keep mitmproxy's line per connection out of the log."""
    logging.getLogger().setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def share_port() -> None:
    """Let several processes of one user listen on the same port; mitmproxy has no option for it."""

    async def listen(self: Any, host: str, port: int) -> list[asyncio.Server]:
        return [await asyncio.start_server(self.handle_stream, host, port, reuse_port=True, backlog=1024)]

    mode_servers.AsyncioServerInstance.listen = listen  # type: ignore[method-assign,assignment]
