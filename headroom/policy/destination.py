"""Where a request may be sent: a base URL chosen by the caller is refused unless allowed, public and plainly written.

Strict by shape rather than by list: what does not look like ``https://name/path`` is refused, so that no two parsers can
disagree about it.
"""

from __future__ import annotations

import ipaddress
import re

_PLAIN = re.compile(
    r"https?://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>\d{1,5}))?(?P<path>(?:/[A-Za-z0-9._~-]+)*/?)"
)
_NUMERIC_LABEL = re.compile(r"(?:\d+|0[xX][0-9A-Fa-f]*)")

_PRIVATE_SUFFIXES = (
    *(".localhost", ".local", ".localdomain", ".internal", ".intranet", ".lan", ".home", ".home.arpa", ".corp"),
    *(".private", ".test", ".invalid", ".onion"),
)
_METADATA = frozenset({"metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def override_refused(url: str, *, allowed: bool) -> str | None:
    """Why the ``x-headroom-base-url`` of a request is refused, or None; off unless the operator allows it."""
    if not allowed:
        return "x-headroom-base-url is off; the operator can allow it with HEADROOM_ALLOW_BASE_URL_OVERRIDE=1"
    return unsafe_base_url(url)


def unsafe_base_url(url: str) -> str | None:
    """Why a base URL is no safe destination, or None. Looks at the text alone: see ``unsafe_address`` for the rest."""
    match = _PLAIN.fullmatch(url)
    if match is None:
        return "it must be https://host[:port][/path], without user, query, fragment, escapes or backslashes"
    if not url.startswith("https://"):
        return "it must be https, or credentials would travel in the clear"
    if any(segment in {".", ".."} for segment in match["path"].split("/")):
        return "its path must not hold . or .. segments"
    if match["port"] is not None and not 1 <= int(match["port"]) <= 65_535:
        return "its port is out of range"
    return unsafe_host(match["host"])


def unsafe_host(host: str) -> str | None:
    """Why a host, name or address, is no safe destination by its text alone; None when it may be looked up."""
    if host.startswith("["):
        return unsafe_address(host[1:-1])
    name = host.lower().rstrip(".")
    labels = name.split(".")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):  # the WHATWG URL standard reads such a host as an IPv4 address
        return unsafe_address(name)
    if any(not label or label.startswith("-") or label.endswith("-") for label in labels):
        return "its host is malformed"
    if len(labels) == 1 or name in _METADATA or name.endswith(_PRIVATE_SUFFIXES):
        return "its host is a name of a private network"
    return None


def unsafe_address(address: str) -> str | None:
    """Why an address is no safe destination, or None. Ask for every address a name resolves to, right before connecting.

    Refuses all that is not globally routable, also inside IPv4-mapped, 6to4, Teredo and NAT64 addresses.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "its address is not written plainly"
    inner: list[ipaddress.IPv4Address | None] = []
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.scope_id is not None:
            return "its address is bound to one link"
        # 6to4 and Teredo count as private in newer Pythons only.
        inner = [parsed.ipv4_mapped, parsed.sixtofour, *(parsed.teredo or ())]
        if parsed in _NAT64:
            inner.append(ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF))
    embedded = [one for one in inner if one is not None]
    if isinstance(parsed, ipaddress.IPv6Address) and (parsed.ipv4_mapped is not None or parsed in _NAT64):
        candidates: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = [*embedded]
    else:
        candidates = [parsed, *embedded]
    for one in candidates:
        if not one.is_global or one.is_multicast or one.is_unspecified or one.is_reserved:
            return "its address is private, local or reserved"
    return None
