"""Builds one process's ``Services`` from its settings: the only place that knows which implementation serves which room."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping

from headroom.control.access import AccessRules
from headroom.control.health import Check, Health, UpstreamState
from headroom.control.http import Router
from headroom.settings import Settings
from headroom.upstream.client import ClientLimits, UpstreamClient
from headroom.upstream.forward import Forwarder
from headroom.upstream.intake import RequestIds
from headroom.upstream.outward import OwnAddress, refuse_loop, trust, way_out
from headroom.upstream.probe import Probe
from headroom.upstream.retry import RetryPolicy
from headroom_addons.services import Services


def compose(settings: Settings, environ: Mapping[str, str]) -> tuple[Services, tuple[str, ...]]:
    """Services and warnings for the banner. Raises ``SettingsError`` or ``StoreError`` with a one-line reason."""
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
    probe = Probe(client, time.monotonic, time.time, skip=settings.skip_upstream_check)
    services: Services

    def by_use() -> list[tuple[str, str]]:
        return sorted(bases.items(), key=lambda item: -probe.uses(item[1]))

    def state(url: str) -> UpstreamState:
        seen = probe.last(url)
        return UpstreamState(seen.status, seen.last_ok, seen.error, url)

    def known() -> dict[str, UpstreamState]:
        return {name: state(url) for name, url in by_use()}

    async def asked() -> dict[str, UpstreamState]:
        for _, url in by_use()[:1]:
            await probe.state(url)
        return known()

    health = Health(
        settings=lambda: services.settings,
        wall=time.time,
        monotonic=time.monotonic,
        known=known,
        asked=asked,
        totals=lambda: {"total_requests": 0, "tokens_saved": 0, "savings_percent": 0.0},
        started=time.monotonic(),
    )
    health.checks["http_client"] = Check
    services = Services(
        settings=settings,
        client=client,
        forwarder=Forwarder(client, time.monotonic, lambda _exchange, _status, _why: None, health=probe.note),
        probe=probe,
        health=health,
        router=Router(health.routes()),
        access=AccessRules(settings.proxy_token, settings.cors_origins, settings.host),
        own=own,
        way_out=out,
        key=secrets.token_bytes(32),
        ids=RequestIds(f"_{os.getpid()}" if settings.workers > 1 else ""),
        wall=time.time,
        monotonic=time.monotonic,
    )
    services.on_close.append(client.close)
    return services, warnings


def upstreams(settings: Settings) -> dict[str, str]:
    """Base URL by provider, those that are configured."""
    named = {
        "anthropic": settings.anthropic_api_url,
        "openai": settings.openai_api_url,
        "gemini": settings.gemini_api_url,
        "bedrock": settings.bedrock_api_url,
    }
    return {name: url for name, url in named.items() if url is not None}
