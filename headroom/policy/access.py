"""Who may come in: pure rules over the peer's address and a few headers. Default deny.

Header names are lower case. ``X-Forwarded-For`` is never consulted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.parse import parse_qsl

TOKEN_HEADER = "x-headroom-proxy-token"  # noqa: S105 - the name of a header
PROXY_USER = "headroom"
"""User name that goes with the token as the proxy password."""

CREDENTIAL_HEADERS = ("x-api-key", "api-key", "x-goog-api-key", "authorization")
"""What providers take as a credential, beside ``?key=``."""

_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.%]+\]|[a-z0-9._-]+)(?::\d{1,5})?", re.IGNORECASE)
_SIGV4 = re.compile(r"AWS4-\S+\s.*?Credential=([^/,\s]+)", re.IGNORECASE)


class Reach(Enum):
    """Who a route is for."""

    HEALTH = "health"
    PROVIDER = "provider"
    """Everybody, with the token where one is set."""
    VIEW = "view"
    """Control routes without content: as PROVIDER, but not for pages of other sites."""
    LOCAL = "local"
    """This machine only."""


class Decision(Enum):
    """What the gate does."""

    ALLOW = "allow"
    NOT_FOUND = "not_found"
    """404, as for an unknown route."""
    UNAUTHORIZED = "unauthorized"
    """401 with ``WWW-Authenticate: Bearer realm="headroom"``."""
    PROXY_AUTH_REQUIRED = "proxy_auth_required"
    """407 with ``Proxy-Authenticate: Basic realm="headroom"``."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What the rules look at."""

    peer: str
    """Address of the TCP peer."""
    headers: Mapping[str, str]
    """Lower-case names; ``host`` is the authority for HTTP/2."""
    proxied: bool = False
    """Came in through the HTTPS_PROXY listener, where the token is the proxy password."""


@dataclass(frozen=True, slots=True)
class TokenCheck:
    """Outcome of the token rule."""

    allowed: bool
    carried_by: tuple[str, ...] = ()
    """Headers that hold the token: remove them before anything goes upstream, also when the caller was exempt."""


# -- this machine ------------------------------------------------------------------------------------------------------
def is_loopback(address: str) -> bool:
    """Whether an address (or ``localhost``) is this machine; IPv4-mapped forms and scope ids included."""
    text = address.strip("[]").partition("%")[0]
    if text.lower() == "localhost":
        return True
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped.is_loopback
    return parsed.is_loopback


def host_of(authority: str) -> str | None:
    """The lower-case host of a ``Host`` header, without port and brackets; None when it is malformed."""
    match = _AUTHORITY.fullmatch(authority.strip())
    return None if match is None else match["host"].lower().strip("[]")


def names_loopback(authority: str | None) -> bool:
    """Whether a ``Host`` header names this machine. A page that had its own name rebound to 127.0.0.1 does not."""
    host = None if authority is None else host_of(authority)
    return host is not None and is_loopback(host)


def from_other_site(headers: Mapping[str, str], own_names: Collection[str] = (), *, strict: bool = True) -> bool:
    """Whether a browser says that a page of another site makes this request.

    When not ``strict`` a known ``Origin`` is enough. A page on another port or under another name of ours is "same-site"
    or "cross-site" to the browser, and yet one that CORS lets read the views.
    """
    origin = headers.get("origin")
    if origin is not None:
        scheme, _, authority = origin.strip().lower().partition("://")
        host = host_of(authority) if scheme in {"http", "https"} else None
        if host is None or not (is_loopback(host) or host in own_names):
            return True
        if not strict:
            return False
    return headers.get("sec-fetch-site", "none").lower() not in {"same-origin", "none"}


def is_local(caller: Caller) -> bool:
    """The loopback rule: peer and ``Host`` are this machine, and no page of another site asks."""
    return (
        is_loopback(caller.peer) and names_loopback(caller.headers.get("host")) and not from_other_site(caller.headers)
    )


# -- the token -----------------------------------------------------------------------------------------------------------
def check_token(token: str | None, caller: Caller) -> TokenCheck:
    """The token rule: the dedicated header first, then Bearer, then the proxy password; loopback peers are exempt."""
    if not token:
        return TokenCheck(allowed=True)
    carried = tuple(_token_headers(token, caller))
    return TokenCheck(allowed=bool(carried) or is_loopback(caller.peer), carried_by=carried)


def decide(reach: Reach, caller: Caller, *, token: str | None = None, own_names: Collection[str] = ()) -> Decision:
    """The gate for one request.

    ``own_names`` are host names beside the loopback ones under which the views may be addressed: the bind address and
    what the operator configured.
    """
    if reach is Reach.HEALTH:
        return Decision.ALLOW
    if not check_token(token, caller).allowed:
        return Decision.PROXY_AUTH_REQUIRED if caller.proxied else Decision.UNAUTHORIZED
    if reach is Reach.LOCAL:
        return Decision.ALLOW if is_local(caller) else Decision.NOT_FOUND
    if reach is Reach.VIEW and (
        _rebound(caller, own_names) or from_other_site(caller.headers, own_names, strict=False)
    ):
        return Decision.NOT_FOUND
    return Decision.ALLOW


def _rebound(caller: Caller, own_names: Collection[str]) -> bool:
    """Whether a caller on this machine addresses us by a foreign name, as a page behind a rebound name would."""
    host = caller.headers.get("host", "")
    return is_loopback(caller.peer) and not names_loopback(host) and host_of(host) not in own_names


def _token_headers(token: str, caller: Caller) -> list[str]:
    found = []
    if _same(caller.headers.get(TOKEN_HEADER, "").strip(), token):
        found.append(TOKEN_HEADER)
    scheme, _, value = caller.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer" and _same(value.strip(), token):
        found.append("authorization")
    scheme, _, value = caller.headers.get("proxy-authorization", "").strip().partition(" ")
    if caller.proxied and scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return found
        if user == PROXY_USER and _same(password, token):
            found.append("proxy-authorization")
    return found


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode("utf-8", "surrogateescape"))


# -- the caller's own credential -------------------------------------------------------------------------------------------
def credential_digest(headers: Mapping[str, str], path: str, key: bytes) -> str:
    """Keyed BLAKE2b (16 bytes, hex) of all credentials a request carries, whole; empty when it carries none.

    All of them together, since we can't know which one the provider will look at. A signature that differs for each
    request (AWS SigV4) counts by its access key id. ``key`` is this installation's 32-byte secret.
    """
    parts = [f"{name}={value}" for name in CREDENTIAL_HEADERS if (value := _whole(headers.get(name, "")))]
    parts += [f"?key={value}" for name, value in parse_qsl(path.partition("?")[2]) if name == "key" and value]
    if not parts:
        return ""
    text = "\n".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(text, key=key[:64], digest_size=16, person=b"hr-credential").hexdigest()


def is_signed(headers: Mapping[str, str]) -> bool:
    """Whether the credential is a signature over the request, which we can't verify ourselves."""
    return _SIGV4.match(headers.get("authorization", "").strip()) is not None


def _whole(value: str) -> str:
    value = value.strip()
    signed = _SIGV4.match(value)
    return f"sigv4 {signed[1]}" if signed else value
