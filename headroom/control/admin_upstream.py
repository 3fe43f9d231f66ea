"""GET /admin/upstream: where requests go. Read only; there is no way to change it while running."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from headroom.control.http import ControlReply, ControlRequest, Route, Rule, json_reply
from headroom.settings import Settings


def bare(url: str | None) -> str | None:
    """A URL without user, query and fragment."""
    if url is None:
        return None
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@dataclass(frozen=True, slots=True)
class AdminUpstream:
    """The handler with what it reads."""

    settings: Callable[[], Settings]

    def routes(self) -> tuple[Route, ...]:
        """The one route."""
        return (Route("GET", "/admin/upstream", self.handle, Rule.LOOPBACK),)

    def handle(self, _request: ControlRequest) -> ControlReply:
        """The upstream of each wire format."""
        settings = self.settings()
        return json_reply(
            {
                "backend": settings.backend,
                "upstream": bare(settings.anthropic_api_url),
                "upstreams": {
                    "anthropic": bare(settings.anthropic_api_url),
                    "openai": bare(settings.openai_api_url),
                    "gemini": bare(settings.gemini_api_url),
                    "bedrock": bare(settings.bedrock_api_url),
                },
                "region": settings.region,
            }
        )
