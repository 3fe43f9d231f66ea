"""What the two OTLP exporters share: their settings, their absence, and how their failures are counted."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from headroom.settings import Settings
from headroom.spellings import bare_url

NOT_INSTALLED = "needs the otel extra: pip install 'headroom-gateway[otel]'"
TIMEOUT = 5.0
"""Seconds one export may take; it runs in a thread of the exporter's own."""


@dataclass(slots=True)
class Tally:
    """How exports went."""

    sent: int = 0
    failed: int = 0
    said: list[str] = field(default_factory=list)

    def note(self, *, worked: bool) -> None:
        """Count one export."""
        if worked:
            self.sent += 1
        else:
            self.failed += 1


def shown_endpoint(url: str | None) -> str | None:
    """An endpoint without user, password, query and fragment."""
    return bare_url(url) if url else None


def pairs(text: str | None) -> dict[str, str]:
    """``k=v,k2=v2`` as a table; parts without ``=`` are left out."""
    found = (part.partition("=") for part in (text or "").split(","))
    return {name.strip(): value.strip() for name, sep, value in found if sep and name.strip()}


def quiet() -> None:
    """Keep the SDK's complaints about unreachable collectors out of the log: they are counted instead."""
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)


def counted(base: type[Any], tally: Tally, success: Any, failure: Any) -> Callable[..., Any]:
    """An exporter class whose exports are counted and never raise."""

    class Counted(base):  # type: ignore[misc]
        def export(self, *args: Any, **kind: Any) -> Any:
            try:
                result = super().export(*args, **kind)
            except Exception:
                result = failure
            tally.note(worked=result is success)
            return result

    return Counted


def resource(settings: Settings) -> Any:
    """The SDK's resource; ``HEADROOM_OTEL_RESOURCE_ATTRIBUTES`` adds to it. Raises ``ImportError``."""
    import os

    from opentelemetry.sdk.resources import Resource

    from headroom.version import __version__

    own = {
        "service.name": settings.otel_service_name,
        "service.version": __version__,
        "service.instance.id": str(os.getpid()),
    }
    return Resource.create(own | pairs(settings.otel_resource_attributes))
