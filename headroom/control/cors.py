"""Which pages may read our answers: those of this machine, or those the operator named. No credentials, GET and POST."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from headroom.control.http import ControlReply, ControlRequest, detail
from headroom.policy.access import names_loopback

_METHODS = "GET, POST"


def origin_allowed(origin: str, named: Collection[str]) -> bool:
    """Whether a page of this origin may read our answers; ``named`` replaces the loopback origins."""
    if named:
        return origin in named
    scheme, _, authority = origin.partition("://")
    return scheme in {"http", "https"} and names_loopback(authority)


def cors_headers(origin: str | None, named: Collection[str]) -> tuple[tuple[str, str], ...]:
    """What lets a page of an allowed origin read an answer; nothing for others."""
    if origin is None or not origin_allowed(origin, named):
        return ()
    return (("Access-Control-Allow-Origin", origin), ("Vary", "Origin"))


def asks_first(method: str, headers: Mapping[str, str], named: Collection[str]) -> bool:
    """Whether a browser asks for an allowed page whether it may call. It can't send the token with that question."""
    origin = headers.get("origin")
    asks = method == "OPTIONS" and "access-control-request-method" in headers
    return asks and origin is not None and origin_allowed(origin, named)


def preflight(request: ControlRequest, named: Collection[str]) -> ControlReply | None:
    """The answer to a browser's question whether it may call; None when this is no such question."""
    if request.method != "OPTIONS" or "access-control-request-method" not in request.headers:
        return None
    if not cors_headers(request.headers.get("origin"), named):
        return detail("Pages of other sites may not call this", 403)
    allowed = (
        ("Access-Control-Allow-Methods", _METHODS),
        ("Access-Control-Allow-Headers", "Content-Type, X-Headroom-Proxy-Token, Authorization"),
        ("Access-Control-Max-Age", "600"),
    )
    return ControlReply(204, allowed)
