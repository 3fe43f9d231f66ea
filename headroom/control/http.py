"""Requests we answer ourselves: the small interface between the addons and the control handlers, and their dispatch.

A handler is a function from ``ControlRequest`` to ``ControlReply``; it knows nothing of mitmproxy. Handlers are listed in a
``Router``; who may call what is decided by ``access`` before dispatch.
"""

from __future__ import annotations

import inspect
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from enum import Enum
from typing import Any
from urllib.parse import unquote

from headroom.control import audit
from headroom.upstream.stream import aclose

log = logging.getLogger("headroom.control")

SECURITY_HEADERS: tuple[tuple[str, str], ...] = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)

COMPRESS = "/v1/compress"
"""The one route whose errors are objects with a type, as a provider's are."""

RESERVED = ("/admin", "/stats", "/debug", "/dashboard", "/transformations", "/cache", "/v1/retrieve", COMPRESS)
"""Everything below these is ours: a typo here must not reach a provider with the caller's key."""
_SLASHES = re.compile(r"/+")


class Rule(Enum):
    """Who may call a route."""

    OPEN = "open"
    """Anybody, without a token: health."""
    TOKEN = "token"  # noqa: S105 - a rule's name
    """This machine, and others with the token."""
    LOOPBACK = "loopback"
    """This machine only; for others the route does not exist."""


@dataclass(frozen=True, slots=True)
class ControlRequest:
    """A request to a control route. Header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    """The last value of each query parameter."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer_loopback: bool = True
    """The caller is on this machine and addressed us as such: may see paths, URLs and content."""
    peer: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    """Values of the ``{name}`` parts of the route's path."""


@dataclass(frozen=True, slots=True)
class ControlReply:
    """An answer; ``body`` may be an async iterator, sent piece by piece."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | AsyncIterator[bytes] = b""


type Handler = Callable[[ControlRequest], ControlReply | Awaitable[ControlReply]]


@dataclass(frozen=True, slots=True)
class Route:
    """One route: ``path`` may hold ``{name}`` parts, each standing for one segment."""

    method: str
    path: str
    handler: Handler
    rule: Rule = Rule.TOKEN


def json_reply(value: Any, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> ControlReply:
    """A JSON answer."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str).encode()
    return ControlReply(status, (("Content-Type", "application/json"), *headers), body)


def detail(text: str, status: int, headers: Iterable[tuple[str, str]] = ()) -> ControlReply:
    """An error of a simple route."""
    return json_reply({"detail": text}, status, headers)


NOT_FOUND = detail("Not Found", 404)


def refusal(path: str, kind: str, text: str, status: int, headers: Iterable[tuple[str, str]] = ()) -> ControlReply:
    """An error found before a handler ran, in the shape of the route's own errors."""
    if path == COMPRESS:
        return json_reply({"error": {"type": kind, "message": text}}, status, headers)
    return detail(text, status, headers)


def secured(reply: ControlReply) -> ControlReply:
    """The answer with the headers that all answers of ours carry."""
    ours = (*SECURITY_HEADERS, ("Date", formatdate(usegmt=True)), ("Server", "headroom"))
    return replace(reply, headers=(*reply.headers, *_missing(ours, reply.headers)))


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("".join(_piece(part) for part in re.split(r"(\{\w+\})", path)))


def _piece(part: str) -> str:
    return f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part)


class Router:
    """The table of control routes."""

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._exact: dict[str, list[Route]] = {}
        self._patterns: list[tuple[re.Pattern[str], Route]] = []
        for route in routes:
            self.add(route)

    def add(self, route: Route) -> None:
        """Register a route."""
        if "{" in route.path:
            self._patterns.append((_pattern(route.path), route))
        else:
            self._exact.setdefault(route.path, []).append(route)

    def paths(self) -> set[str]:
        """All registered paths."""
        return {*self._exact, *(route.path for _, route in self._patterns)}

    def owns(self, path: str) -> bool:
        """Whether a path is ours, be it a route or not; other spellings of such a path (``//stats``, ``/livez/``) are no route.

        A base URL that ends in a slash makes them, and a provider must not be sent what was meant for us.
        """
        if path in self._exact:
            return True
        meant = _SLASHES.sub("/", unquote(path)) if "%" in path or "//" in path else path
        if meant.removesuffix("/") in self._exact:
            return True
        return any(meant == base or meant.startswith(base + "/") for base in RESERVED)

    def find(self, path: str) -> list[tuple[Route, dict[str, str]]]:
        """The routes of a path with their parameters; an exact path beats a pattern."""
        if path in self._exact:
            return [(route, {}) for route in self._exact[path]]
        return [(route, found.groupdict()) for pattern, route in self._patterns if (found := pattern.fullmatch(path))]

    def rule(self, path: str) -> Rule:
        """Who may call a path; the strictest of its routes. Unknown paths of ours tell nothing to strangers."""
        rules = {route.rule for route, _ in self.find(path)}
        if not rules or Rule.LOOPBACK in rules:
            return Rule.LOOPBACK
        return Rule.TOKEN if Rule.TOKEN in rules else Rule.OPEN

    async def dispatch(self, request: ControlRequest) -> ControlReply:
        """Answer a request that ``access`` let in. Never raises but for cancellation."""
        reply = await self._answer(request)
        reply = secured(reply)
        if request.method == "HEAD":
            length = str(len(reply.body)) if isinstance(reply.body, bytes) else None
            body, reply = reply.body, replace(reply, body=b"")
            if not isinstance(body, bytes):
                await aclose(body)
            reply = replace(
                reply, headers=(*reply.headers, *((("Content-Length", length),) if length is not None else ()))
            )
        return reply

    async def _answer(self, request: ControlRequest) -> ControlReply:
        found = self.find(request.path)
        if not found:
            return NOT_FOUND
        method = "GET" if request.method == "HEAD" else request.method
        for route, params in found:
            if route.method == method:
                try:
                    answer = route.handler(replace(request, method=method, params=params) if params else request)
                    reply = await answer if inspect.isawaitable(answer) else answer
                except Exception:
                    log.exception("control route %s %s failed", request.method, route.path)
                    reply = detail("Internal error; see Headroom's log", 500)
                if method == "POST" and route.rule is Rule.LOOPBACK:
                    audit.record(
                        action=route.path,
                        method=method,
                        path=request.path,
                        peer=request.peer,
                        body=request.body,
                        status=reply.status,
                    )
                return reply
        allowed = {route.method for route, _ in found}
        if "GET" in allowed:
            allowed.add("HEAD")
        return detail("Method Not Allowed", 405, [("Allow", ", ".join(sorted(allowed)))])


def _missing(wanted: tuple[tuple[str, str], ...], present: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    names = {name.lower() for name, _ in present}
    return tuple(header for header in wanted if header[0].lower() not in names)
