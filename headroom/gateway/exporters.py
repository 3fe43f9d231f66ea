"""Hangs what sends figures elsewhere into the accounts: OTLP metrics, Langfuse traces, telemetry. All off by default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from headroom.accounts.accounts import Accounts
from headroom.accounts.otlp import NOT_INSTALLED, shown_endpoint
from headroom.accounts.telemetry import Telemetry
from headroom.settings import Settings


def attach(
    accounts: Accounts, settings: Settings, environ: Mapping[str, str], warnings: list[str]
) -> dict[str, Callable[[], Any]]:
    """Start what is switched on; returns blocks for /stats, which say what is true."""
    telemetry = Telemetry(accounts.stats, settings, environ)
    accounts.closers.append(telemetry.close)
    return {
        "otel": _otel(accounts, settings, warnings),
        "langfuse": _langfuse(accounts, settings, warnings),
        "telemetry": telemetry.shown,
        "anon_telemetry_shipping": lambda: telemetry.shipping,
    }


def _otel(accounts: Accounts, settings: Settings, warnings: list[str]) -> Callable[[], dict[str, Any]]:
    facts = {
        "configured": settings.otel_metrics,
        "enabled": False,
        "service_name": settings.otel_service_name,
        "exporter": settings.otel_exporter,
        "endpoint": shown_endpoint(settings.otel_endpoint),
    }
    if not settings.otel_metrics:
        return lambda: facts
    from headroom.accounts.otel import OtelMetrics

    try:
        made = OtelMetrics(settings)
    except ImportError:
        warnings.append(f"HEADROOM_OTEL_METRICS_ENABLED {NOT_INSTALLED}")
        return lambda: facts
    accounts.sinks.append(made.take)
    accounts.closers.append(made.close)
    return lambda: facts | made.shown()


def _langfuse(accounts: Accounts, settings: Settings, warnings: list[str]) -> Callable[[], dict[str, Any]]:
    public, secret = settings.langfuse_public_key, settings.langfuse_secret_key
    facts: dict[str, Any] = {
        "configured": bool(public and secret),
        "enabled": False,
        "base_url": None,
        "endpoint": None,
    }
    if not settings.langfuse:
        return lambda: facts
    if not public or not secret:
        warnings.append("HEADROOM_LANGFUSE_ENABLED needs LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY; traces stay off")
        return lambda: facts
    from headroom.accounts.langfuse import Langfuse

    try:
        made = Langfuse(settings, public=public, secret=secret)
    except ImportError:
        warnings.append(f"HEADROOM_LANGFUSE_ENABLED {NOT_INSTALLED}")
        return lambda: facts
    accounts.sinks.append(made.take)
    accounts.closers.append(made.close)
    return lambda: facts | made.shown()
