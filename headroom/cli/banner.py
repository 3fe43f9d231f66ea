"""The start-up lines: what is really on, printed once the port is bound."""

from __future__ import annotations

import os
from collections.abc import Iterable

from headroom_addons.compose import upstreams
from headroom_addons.services import Services

from headroom.accounts.telemetry import wanted
from headroom.settings import Settings
from headroom.version import __version__

_EVERY = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - shown, not bound
"""Binds that stand for every address, and under which one this machine finds them."""


def base_url(settings: Settings) -> str:
    """The URL clients on this machine use."""
    host = _EVERY.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{settings.port}"


def lines(services: Services, *, web_url: str | None = None) -> list[str]:
    """One line a fact; a room that is not there has none."""
    settings = services.settings
    url = base_url(settings)
    every = f" (bound to every address: {settings.host})" if settings.host in _EVERY else ""
    rows: list[tuple[str, str]] = [("listening", url + every)]
    if settings.intercept:
        rows.append(
            ("https proxy", f"{url.rpartition(':')[0]}:{settings.intercept_port} (authority: headroom certs show)")
        )
    if web_url is not None:
        rows.append(("mitmweb", web_url))
    rows += [(f"{name} →", base) for name, base in upstreams(settings).items()]
    rows += _rooms(services)
    rows.append(("access", _access(settings)))
    if settings.stateless:
        rows.append(("state", "none: nothing is written to disk"))
    rows.append(("telemetry", _telemetry(settings)))
    rows.append(("claude", f"ANTHROPIC_BASE_URL={url}"))
    rows.append(("openai", f"OPENAI_BASE_URL={url}/v1"))
    paths = sorted({p for p in services.router.paths() if "{" not in p and not p.startswith("/dashboard/")})
    rows.append(("endpoints", " ".join(paths)))
    width = max(len(name) for name, _ in rows)
    return [f"headroom {__version__}", *(f"  {name:<{width}}  {text}" for name, text in rows)]


def _rooms(services: Services) -> Iterable[tuple[str, str]]:
    settings = services.settings
    if services.pipeline is not None:
        yield "mode", settings.mode + (" (shadow: nothing is changed)" if settings.shadow else "")
        yield "optimise", "on" if settings.optimize else "off: every byte is forwarded as received"
    else:
        yield "optimise", "off: every byte is forwarded as received"
    if services.answers is not None:
        yield "response cache", f"on ({settings.cache_max_entries} entries, {settings.cache_ttl:g} s)"
    else:
        yield "response cache", "off"
    if services.limits is not None:
        rate = f"{settings.rpm} requests, {settings.tpm} tokens a minute per key" if settings.rate_limit else "off"
        yield "rate limit", rate
        budget = f"${settings.budget:g} {settings.budget_period}" if settings.budget is not None else "none"
        yield "budget", budget
    yield from services.notes


def _access(settings: Settings) -> str:
    if settings.loopback:
        return "this machine only"
    if settings.proxy_token is not None:
        return "token required from other machines"
    return "OPEN to everyone who can reach this port: set HEADROOM_PROXY_TOKEN"


def _telemetry(settings: Settings) -> str:
    if not settings.telemetry:
        return "off (--telemetry switches it on)"
    if not wanted(settings, os.environ):
        return "off: DO_NOT_TRACK or HEADROOM_OFFLINE is set"
    if settings.telemetry_endpoint is None:
        return "on, but nothing is sent: no HEADROOM_TELEMETRY_ENDPOINT is set"
    return "on (--no-telemetry switches it off)"
