"""From a request's head to an ``Exchange``: which provider, which upstream, who asks, for which project. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from headroom.exchange import Exchange
from headroom.policy.access import credential_digest, is_signed
from headroom.policy.destination import override_refused
from headroom.settings import BY_NAME, Settings
from headroom.wire.clients import client_of
from headroom.wire.dialect import Dialect
from headroom.wire.route import Family, Route, dialect_of, envelope_for, provider_of, recognise

_STACK = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]")
_MAX_LABEL = 128
_MAX_TAGS = 16
_CONSUMED = frozenset(
    {
        "x-headroom-bypass",
        "x-headroom-mode",
        "x-headroom-user-id",
        "x-headroom-project-id",
        "x-headroom-cwd",
        "x-headroom-session-id",
        "x-headroom-project",
        "x-headroom-stack",
        "x-headroom-base-url",
        "x-headroom-proxy-token",
        "x-headroom-no-cache",
    }
)
_UPSTREAMS: Mapping[str, str] = {
    "anthropic": "anthropic_api_url",
    "openai": "openai_api_url",
    "gemini": "gemini_api_url",
    "vertex": "gemini_api_url",
    "bedrock": "bedrock_api_url",
}


@dataclass(frozen=True, slots=True)
class Intake:
    """A recognised call of a provider."""

    route: Route
    dialect: Dialect
    """Reads the bodies; for routes that pass unread, the one that words our errors."""
    exchange: Exchange


def split_project(path: str) -> tuple[str | None, str]:
    """Take the prefix ``/p/<name>`` off a path; the name is decoded and cleaned."""
    if not path.startswith("/p/"):
        return None, path
    name, slash, rest = path[3:].partition("/")
    if not name or not slash:
        return None, path
    return label(unquote(name)), f"/{rest}"


def label(text: str) -> str | None:
    """A name fit for logs: no control characters, at most 128 characters; None when nothing is left."""
    return _CONTROL_CHARACTERS.sub("", text).strip()[:_MAX_LABEL] or None


def project_named(headers: Mapping[str, str]) -> str | None:
    """The project that a header names, decoded and cleaned; None where there is none."""
    return label(unquote(headers.get("x-headroom-project", "")))


def upstream_of(route: Route, settings: Settings) -> str | None:
    """Base URL that serves a route: the operator's, where one was named, else the host the route belongs to."""
    name = _UPSTREAMS[route.provider]
    url: str | None = getattr(settings, name)
    if route.host is not None and url == BY_NAME[name].default:
        return f"https://{route.host}"
    return url


def default_upstream(path: str, headers: Mapping[str, str], settings: Settings) -> str:
    """Where a call goes that no provider's route explains: by the kind of its credential."""
    url: str = getattr(settings, _UPSTREAMS[provider_of(path, headers)])
    return url


def override(headers: Mapping[str, str], settings: Settings) -> str | None:
    """The upstream the caller chose, where the operator allows it. Raises ``ValueError`` saying why it can't be used."""
    chosen = headers.get("x-headroom-base-url", "").strip()
    if not chosen or not settings.allow_base_url_override:
        return None
    refused = override_refused(chosen, allowed=True)
    if refused is not None:
        raise ValueError(f"x-headroom-base-url: {refused}")
    return chosen.rstrip("/").removesuffix("/v1").rstrip("/")


@dataclass(frozen=True, slots=True)
class RequestIds:
    """``hr_<unix seconds>_<sequence>``; ``suffix`` keeps several workers apart."""

    suffix: str = ""
    _count: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __call__(self, wall: float) -> str:
        """The next id."""
        return f"hr_{int(wall)}_{next(self._count) % 1_000_000:06d}{self.suffix}"


def take_in(
    *,
    method: str,
    path: str,
    headers: Mapping[str, str],
    peer: str,
    settings: Settings,
    key: bytes,
    request_id: str,
    wall: float,
    now: float,
    own_upstream: str | None = None,
) -> Intake | None:
    """Make the exchange of a provider call; None for anything else. Header names are lower case.

    ``own_upstream`` is the base URL of a call that is intercepted on its way to its own host. Raises ``ValueError`` for a
    path that must not be routed or an unusable override; the message says why.
    """
    project, path = split_project(path)
    route = recognise(method, path, headers)
    if route is None:
        return None
    if route.problem is not None:
        raise ValueError(route.problem)
    chosen = override(headers, settings)
    if chosen is not None and (route.websocket or "upgrade" in headers):
        # Those connections are not made by the client that checks addresses.
        raise ValueError("x-headroom-base-url: not for websockets and upgrades")
    base = chosen or own_upstream or upstream_of(route, settings)
    if base is None:
        return None
    dialect = dialect_of(route) or envelope_for(path, headers)
    bypass = headers.get("x-headroom-bypass", "").strip().lower() in {"true", "1", "yes", "on"}
    bypass = bypass or headers.get("x-headroom-mode", "").strip().lower() == "passthrough"
    stack = headers.get("x-headroom-stack", "")
    exchange = Exchange(
        request_id=request_id,
        wall=wall,
        started=now,
        wire=route.wire or dialect.wire,
        provider=route.provider,
        method=method,
        path=path,
        upstream=base,
        model=route.model or "unknown",
        stream=bool(route.stream),
        generation=route.generation,
        bypass=bypass,
        mode=settings.mode,
        client=client_of(headers.get("user-agent", ""), headers.get("x-client", "")),
        project=project_named(headers) if "x-headroom-project" in headers else project,
        stack=stack if _STACK.fullmatch(stack) else settings.stack,
        user_id=label(headers.get("x-headroom-user-id", "")),
        session_id=label(headers.get("x-headroom-session-id", "")),
        tags=_tags(headers.items()),
        credential=credential_digest(headers, path, key),
        peer=peer,
        subscription=_by_login(route, headers),
        headers=headers,
        obstacle=_obstacle(route, headers),
    )
    if chosen is not None:
        exchange.notes["chosen_upstream"] = True
    if headers.get("x-headroom-no-cache", "").strip().lower() == "true":
        exchange.notes["no_cache"] = True
    return Intake(route, dialect, exchange)


def _by_login(route: Route, headers: Mapping[str, str]) -> bool:
    """Whether the caller is logged in with a subscription instead of paying by API key."""
    bearer = headers.get("authorization", "").partition(" ")[2].strip()
    if route.provider == "anthropic":
        return bearer.startswith("sk-ant-oat")
    if route.provider == "openai":
        return bool(bearer) and not bearer.startswith("sk-") and "chatgpt-account-id" in headers
    return route.family is Family.CODE_ASSIST


def _obstacle(route: Route, headers: Mapping[str, str]) -> str | None:
    """Why calls of our retrieve tool could not be answered within this call."""
    if route.family is Family.MESSAGE_BATCH:
        return "batch"
    if route.websocket:
        return "websocket"
    return "signed" if is_signed(headers) else None


def _tags(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    tags: dict[str, str] = {}
    for name, value in headers:
        if not name.startswith("x-headroom-") or name in _CONSUMED or len(tags) == _MAX_TAGS:
            continue
        tag = label(name.removeprefix("x-headroom-").removeprefix("tag-"))
        if tag is not None:
            tags[tag[:64]] = label(value) or ""
    return tags
