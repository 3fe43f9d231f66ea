"""Builds one process's ``Services``: the rooms of the core, the upstream client, and what joins them."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Mapping

from headroom.accounts.sums import percent
from headroom.control.health import Check, Health, UpstreamState
from headroom.control.http import Router
from headroom.control.runtime_env import Common, RuntimeEnv
from headroom.gateway.build import build
from headroom.gateway.rooms import Rooms
from headroom.gateway.trim import keep_small
from headroom.policy.access import host_of
from headroom.policy.slots import Slots
from headroom.settings import Settings
from headroom.upstream.client import ClientLimits, UpstreamClient
from headroom.upstream.forward import Forwarder
from headroom.upstream.intake import RequestIds
from headroom.upstream.outward import OwnAddress, refuse_loop, trust, way_out
from headroom.upstream.probe import Probe
from headroom.upstream.retry import RetryPolicy
from headroom.upstream.sending import Sending
from headroom.wire.resume import Outlines
from headroom_addons.services import Services


def compose(settings: Settings, environ: Mapping[str, str]) -> tuple[Services, tuple[str, ...]]:
    """Services and warnings for the banner. Raises ``SettingsError`` with a one-line reason."""
    own = OwnAddress(settings.host, settings.port)
    bases = upstreams(settings)
    refuse_loop({f"--{name}-api-url": url for name, url in bases.items()}, own)
    out, warnings = way_out(environ, own)
    client = UpstreamClient(
        ClientLimits(settings.max_connections, settings.max_keepalive, settings.request_timeout),
        RetryPolicy(settings.retry_max_attempts, settings.request_timeout),
        trust(settings.upstream_ca, environ),
        out,
    )
    rooms = build(settings)
    probe = Probe(client, time.monotonic, time.time, skip=settings.skip_upstream_check)
    health = _health(settings, rooms, probe, bases)
    rooms.figures.before_scrape.append(lambda: _show_upstreams(rooms, probe, bases))
    forwarder = Forwarder(
        Sending(client, probe.note),
        time.monotonic,
        rooms.pipeline.refused,
        retrieval=rooms.retrieval,
        keep_text=settings.log_messages,
    )
    services = Services(
        settings=settings,
        client=client,
        forwarder=forwarder,
        probe=probe,
        # Bodies wait in memory while they are in work: a few of the largest, or many of the usual size.
        slots=Slots(most_requests=settings.limit_concurrency, most_bytes=4 * settings.max_body_mb * 1024 * 1024),
        health=health,
        router=Router((*health.routes(), *rooms.routes)),
        own=own,
        own_names=_own_names(settings),
        way_out=out,
        key=rooms.key,
        ids=RequestIds(_own_suffix(settings, remote=rooms.store.remote)),
        wall=time.time,
        monotonic=time.monotonic,
        pipeline=rooms.pipeline,
        limits=rooms.limits,
        answers=rooms.answers,
        accounts=rooms.accounts,
        notes=rooms.notes,
    )
    services.holdings = rooms.holdings
    services.outlines = Outlines(max_bytes=rooms.holdings.shares.outlines)
    rooms.holdings.others["outlines"] = (lambda: services.outlines.held, rooms.holdings.shares.outlines)
    _hot_settings(services, rooms, environ)
    if rooms.accounts.journal is not None:
        services.on_reopen.append(rooms.accounts.journal.reopen)

    services.background += [rooms.pipeline.load, rooms.learning.keep_current, rooms.lag.watch]
    if rooms.siblings is not None:
        services.background.append(rooms.siblings.serve)
    services.on_ready.append(rooms.scorer.start)

    async def close_rooms() -> None:
        await asyncio.to_thread(rooms.close)

    services.background.append(rooms.limits.keep_alive)
    services.background.append(lambda: keep_small(lambda: services.slots.announced_bytes - services.slots.bytes))
    services.on_close += [client.close, close_rooms]
    return services, (*warnings, *rooms.warnings)


def _hot_settings(services: Services, rooms: Rooms, environ: Mapping[str, str]) -> None:
    def adopt(settings: Settings) -> None:
        services.settings = settings
        rooms.pipeline.pipeline.adopt(settings)

    run = environ.get("HEADROOM_RUN_STARTED")
    common = Common(rooms.store, run) if run and services.settings.workers > 1 else None
    hot = RuntimeEnv(lambda: services.settings, adopt, time.time, common)
    for route in hot.routes():
        services.router.add(route)
    services.health.settings = lambda: services.settings
    if common is not None:
        services.background.append(hot.watch)


def _show_upstreams(rooms: Rooms, probe: Probe, bases: Mapping[str, str]) -> None:
    for name, url in bases.items():
        if probe.uses(url):
            rooms.accounts.metrics.upstream_up.labels(name).set(probe.last(url).status == "healthy")


def _own_suffix(settings: Settings, *, remote: bool) -> str:
    """Keeps request ids apart from those of other processes on the same store: the budget books by them."""
    machine = f"_{secrets.token_hex(4)}" if remote else ""
    return machine + (f"_{os.getpid()}" if settings.workers > 1 else "")


def _own_names(settings: Settings) -> frozenset[str]:
    """The bind address, and the hosts of the origins that the operator named."""
    named = (host_of(origin.partition("://")[2]) for origin in settings.cors_origins)
    return frozenset({settings.host.lower(), *(host for host in named if host is not None)})


def _health(settings: Settings, rooms: Rooms, probe: Probe, bases: Mapping[str, str]) -> Health:
    def by_use() -> list[tuple[str, str]]:
        return sorted(bases.items(), key=lambda item: -probe.uses(item[1]))

    def known() -> dict[str, UpstreamState]:
        return {name: _state(probe, url) for name, url in by_use()}

    async def asked() -> dict[str, UpstreamState]:
        await probe.state(by_use()[0][1])
        return known()

    return Health(
        settings=lambda: settings,
        wall=time.time,
        monotonic=time.monotonic,
        known=known,
        asked=asked,
        totals=lambda: _totals(rooms),
        checks={"http_client": Check, **rooms.checks},
        started=time.monotonic(),
    )


def _totals(rooms: Rooms) -> dict[str, float]:
    stats = rooms.accounts.stats
    with stats.opened():
        every = stats.all
    return {
        "total_requests": every.requests,
        "tokens_saved": every.saved,
        "savings_percent": percent(every.saved, every.after + every.saved),
    }


def _state(probe: Probe, url: str) -> UpstreamState:
    seen = probe.last(url)
    return UpstreamState(seen.status, seen.last_ok, seen.error, url)


def upstreams(settings: Settings) -> dict[str, str]:
    """Base URL by provider, those that are configured."""
    named = {
        "anthropic": settings.anthropic_api_url,
        "openai": settings.openai_api_url,
        "gemini": settings.gemini_api_url,
        "bedrock": settings.bedrock_api_url,
    }
    return {name: url for name, url in named.items() if url is not None}
