"""Who may come in: the inbound token, the loopback rule, and pages of other sites. Pure decisions, default deny."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import urlsplit

from headroom.control.http import ControlReply, ControlRequest, Rule, detail

TOKEN_HEADER = "x-headroom-proxy-token"  # noqa: S105 - a header's name


class Entry(Enum):
    """What the gate says."""

    ADMIT = auto()
    UNAUTHORIZED = auto()
    HIDDEN = auto()
    """Answer as if the route did not exist."""
    FOREIGN_PAGE = auto()
    """A web page of another site asks: forbidden."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What is known of a caller before its body is read. Header names are lower case."""

    peer: str
    host: str
    """The Host header as the client sent it."""
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AccessRules:
    """The settings that matter here."""

    token: str | None = None
    origins: tuple[str, ...] = ()
    """Origins allowed beside our own; when empty, loopback origins are."""
    bound_host: str = "127.0.0.1"


def loopback_peer(peer: str) -> bool:
    """Whether a TCP peer address is this machine."""
    if peer == "localhost":
        return True
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def host_name(host: str) -> str:
    """The name in a Host header or authority, lower case, without port and brackets."""
    text = host.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0] if text.count(":") == 1 else text


def loopback_host(host: str) -> bool:
    """Whether a Host header names this machine: a page that rebinds its own name to 127.0.0.1 does not."""
    name = host_name(host)
    return name == "localhost" or loopback_peer(name)


def token_of(headers: Mapping[str, str], token: str) -> str | None:
    """Name of the header that carries the token, the dedicated one first; None when neither does."""
    given = headers.get(TOKEN_HEADER)
    if given is not None and _same(given.strip(), token):
        return TOKEN_HEADER
    scheme, _, bearer = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer" and _same(bearer.strip(), token):
        return "authorization"
    return None


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())


def origin_allowed(origin: str, rules: AccessRules) -> bool:
    """Whether a page of this origin may read our answers."""
    if rules.origins:
        return origin in rules.origins
    parts = urlsplit(origin)
    return parts.scheme in {"http", "https"} and loopback_host(parts.netloc)


def provider_entry(caller: Caller, rules: AccessRules) -> Entry:
    """Decide on a call meant for a provider: a token from other machines, if one is set."""
    if rules.token is None or loopback_peer(caller.peer) or token_of(caller.headers, rules.token):
        return Entry.ADMIT
    return Entry.UNAUTHORIZED


def control_entry(caller: Caller, rules: AccessRules, rule: Rule) -> Entry:
    """Decide on a call of a control route."""
    if rule is Rule.OPEN:
        return Entry.ADMIT
    entry = provider_entry(caller, rules)
    if entry is not Entry.ADMIT:
        return entry
    local = loopback_peer(caller.peer)
    if rule is Rule.LOOPBACK and not is_local(caller):
        return Entry.HIDDEN
    # A page that rebinds its name to 127.0.0.1 reaches us from this machine, but under its own name.
    if local and not loopback_host(caller.host) and host_name(caller.host) != rules.bound_host:
        return Entry.FOREIGN_PAGE
    if _foreign_page(caller, rules):
        return Entry.HIDDEN if rule is Rule.LOOPBACK else Entry.FOREIGN_PAGE
    return Entry.ADMIT


def is_local(caller: Caller) -> bool:
    """The loopback rule: the peer is this machine, and addressed us by a name that means this machine."""
    return loopback_peer(caller.peer) and loopback_host(caller.host)


def _foreign_page(caller: Caller, rules: AccessRules) -> bool:
    origin = caller.headers.get("origin")
    if origin is not None:
        same = urlsplit(origin).netloc.lower() == caller.host.strip().lower()
        return not (same or origin_allowed(origin, rules))
    return caller.headers.get("sec-fetch-site", "none").lower() not in {"same-origin", "same-site", "none"}


_METHODS = "GET, POST"


def cors_headers(origin: str | None, rules: AccessRules) -> tuple[tuple[str, str], ...]:
    """What lets a page of an allowed origin read an answer; nothing for others."""
    if origin is None or not origin_allowed(origin, rules):
        return ()
    return (("Access-Control-Allow-Origin", origin), ("Vary", "Origin"))


def preflight(request: ControlRequest, rules: AccessRules) -> ControlReply | None:
    """The answer to a browser's question whether it may call; None when this is no such question."""
    if request.method != "OPTIONS" or "access-control-request-method" not in request.headers:
        return None
    if not cors_headers(request.headers.get("origin"), rules):
        return detail("Pages of other sites may not call this", 403)
    allowed = (
        ("Access-Control-Allow-Methods", _METHODS),
        ("Access-Control-Allow-Headers", "Content-Type, X-Headroom-Proxy-Token, Authorization"),
        ("Access-Control-Max-Age", "600"),
    )
    return ControlReply(204, allowed)
