"""Which headers travel on, which stay here, and which are never shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

HOP_BY_HOP: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers for one connection only (RFC 9110, section 7.6.1), and the old Proxy-Connection."""

FRAMING: Final = frozenset({"host", "content-length"})
"""Headers that whoever sends the message writes anew."""

HIDDEN: Final = "[redacted]"

_CREDENTIALS: Final = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "x-api-key",
        "api-key",
        "x-goog-api-key",
        "cookie",
        "set-cookie",
        "x-amz-security-token",
        "x-headroom-proxy-token",
    }
)
_SECRET_WORDS: Final = re.compile(r"auth|token|secret|password|api-?key|cookie|credential|signature|session-key")
_NOT_SECRET: Final = re.compile(
    r"anthropic-ratelimit-.*|x-ratelimit-.*|x-headroom-tokens-.*|www-authenticate|proxy-authenticate"
)
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*) +\S")
_SECRET_QUERY: Final = re.compile(
    r"([?&](?:key|api[-_]key|access_token|token|sig|signature|x-amz-[^=&#]*)=)[^&#]*", re.IGNORECASE
)
_KEY: Final = re.compile(r"[?&]key=([^&#]+)")

Headers = Iterable[tuple[str, str]]


def get(headers: Mapping[str, str], name: str) -> str:
    """A header by its lower-case name, however the mapping spells it; empty when missing."""
    value = headers.get(name)
    if value is None:
        value = next((value for key, value in headers.items() if key.lower() == name), "")
    return value


def forwarded(headers: Headers, *, decoded: bool = False) -> list[tuple[str, str]]:
    """A request's headers for the upstream, order and spelling kept; ``decoded`` drops Content-Encoding."""
    given = list(headers)
    gone = HOP_BY_HOP | FRAMING | _named_by_connection(given)
    if decoded:
        gone |= {"content-encoding"}
    return [(name, value) for name, value in given if not _ends_here(name.lower(), gone)]


def returned(headers: Headers, *, decoded: bool = False) -> list[tuple[str, str]]:
    """An answer's headers for the client. ``decoded`` drops Content-Encoding; Content-Length goes either way."""
    given = list(headers)
    gone = HOP_BY_HOP | FRAMING | _named_by_connection(given)
    if decoded:
        gone |= {"content-encoding"}
    return [(name, value) for name, value in given if name.lower() not in gone]


def redact(headers: Headers) -> list[tuple[str, str]]:
    """Headers fit to be shown: credentials are replaced, except for the name of their scheme."""
    return [(name, _hide(value) if is_secret(name) else value) for name, value in headers]


def redact_path(path: str) -> str:
    """A path and query fit to be shown: keys, tokens and signatures in the query are replaced."""
    return _SECRET_QUERY.sub(lambda found: found[1] + HIDDEN, path)


def is_secret(name: str) -> bool:
    """Whether a header of this name may hold a credential; unknown names that sound like one count."""
    lower = name.lower()
    if lower in _CREDENTIALS:
        return True
    return _SECRET_WORDS.search(lower) is not None and _NOT_SECRET.fullmatch(lower) is None


def credential_of(headers: Mapping[str, str], path: str) -> str:
    """The caller's whole credential, to be hashed and never kept; empty when there is none (surface.md 5.4)."""
    for name in ("x-api-key", "api-key", "x-goog-api-key"):
        if value := get(headers, name).strip():
            return value
    if value := get(headers, "authorization").strip():
        scheme, _, rest = value.partition(" ")
        return rest.strip() if scheme.lower() == "bearer" else value
    found = _KEY.search(path)
    return "" if found is None else found[1]


def _named_by_connection(headers: list[tuple[str, str]]) -> frozenset[str]:
    return frozenset(
        part.strip().lower() for name, value in headers if name.lower() == "connection" for part in value.split(",")
    )


def _ends_here(name: str, gone: frozenset[str]) -> bool:
    return name in gone or name == "x-client" or name.startswith("x-headroom-")


def _hide(value: str) -> str:
    scheme = _SCHEME.match(value)
    return HIDDEN if scheme is None else f"{scheme[1]} {HIDDEN}"
