"""Which headers travel on, and which stay here."""

from __future__ import annotations

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

Headers = Iterable[tuple[str, str]]


def get(headers: Mapping[str, str], name: str) -> str:
    """A header by its lower-case name, however the mapping spells it; empty when missing."""
    value = headers.get(name)
    if value is None:
        value = next((value for key, value in headers.items() if key.lower() == name), "")
    return value


def forwarded(headers: Headers) -> list[tuple[str, str]]:
    """A request's headers for the upstream, order and spelling kept."""
    given = list(headers)
    gone = HOP_BY_HOP | FRAMING | _named_by_connection(given)
    return [(name, value) for name, value in given if not _ends_here(name.lower(), gone)]


def returned(headers: Headers, *, decoded: bool = False) -> list[tuple[str, str]]:
    """An answer's headers for the client. ``decoded`` drops Content-Encoding; Content-Length goes either way."""
    given = list(headers)
    gone = HOP_BY_HOP | FRAMING | _named_by_connection(given)
    if decoded:
        gone |= {"content-encoding"}
    return [(name, value) for name, value in given if name.lower() not in gone]


def _named_by_connection(headers: list[tuple[str, str]]) -> frozenset[str]:
    return frozenset(
        part.strip().lower() for name, value in headers if name.lower() == "connection" for part in value.split(",")
    )


def _ends_here(name: str, gone: frozenset[str]) -> bool:
    return name in gone or name == "x-client" or name.startswith("x-headroom-")
