"""The way out: which authorities we trust, through which proxy we leave, and whether an address is our own."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # typeshed leaves it out

from headroom.errors import SettingsError

_LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost"})
_WILDCARDS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared with, never bound
DEFAULT_PORTS = {"http": 80, "https": 443}


def trust(upstream_ca: Path | None, environ: Mapping[str, str]) -> ssl.SSLContext:
    """TLS trust for upstreams: the system's authorities (or SSL_CERT_FILE's) and those in ``upstream_ca``.

    Raises ``SettingsError`` when a file can't be read. A company's own authority often lacks the extensions that RFC 5280
    asks for, so the strict flag of Python 3.13 is dropped once ``upstream_ca`` is given; everything else is verified.
    """
    named = environ.get("SSL_CERT_FILE", "").strip()
    try:
        context = ssl.create_default_context(cafile=named or None)
    except OSError as error:
        raise SettingsError(f"SSL_CERT_FILE={named}: {error.strerror or error}; name a readable PEM file") from error
    paths = ssl.get_default_verify_paths()
    if not named and paths.cafile is None and paths.capath is None:
        import certifi

        context.load_verify_locations(cafile=certifi.where())
    if upstream_ca is not None:
        try:
            context.load_verify_locations(cafile=str(upstream_ca))
        except OSError as error:
            reason = error.strerror or str(error) or "not a PEM file"
            raise SettingsError(f"--upstream-ca {upstream_ca}: {reason}; name a readable PEM file") from error
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def trust_bundle(upstream_ca: Path, environ: Mapping[str, str]) -> bytes:
    """One PEM text of the usual authorities and ``upstream_ca``'s, for those who take a single file."""
    named = environ.get("SSL_CERT_FILE", "").strip() or ssl.get_default_verify_paths().cafile
    if named is None:
        import certifi

        named = certifi.where()
    return Path(named).read_bytes() + b"\n" + upstream_ca.read_bytes()


def _as_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if mapped is not None else address


def is_loopback(host: str) -> bool:
    """Whether a host name or address text means this machine only; never asks the name service."""
    name = host.lower().rstrip(".")
    if name in _LOOPBACK_NAMES or name.endswith(".localhost"):
        return True
    address = _as_address(name)
    return address is not None and address.is_loopback


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """Where we listen, to tell whether something would lead back to us."""

    host: str
    port: int

    def is_at(self, host: str, port: int) -> bool:
        """Whether ``host:port`` reaches us; names are looked up only when the port is ours."""
        if port != self.port:
            return False
        if is_loopback(host):
            return self.host in _WILDCARDS or is_loopback(self.host)
        addresses = _resolve(host)
        ours = _resolve(self.host) if self.host not in _WILDCARDS else _local_addresses()
        if any(address.is_loopback or address.is_unspecified for address in addresses):
            return True
        return bool(addresses & ours)

    def is_url(self, url: str) -> bool:
        """Whether a URL leads to us."""
        parts = urlsplit(url)
        return self.is_at(parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme, 0))


def _resolve(host: str) -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return set()
    return {address for entry in found if (address := _as_address(str(entry[4][0]))) is not None}


def _local_addresses() -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    found = _resolve(socket.gethostname())
    for family, remote in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        # Connecting a datagram socket sends nothing; it only makes the kernel choose our address.
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((remote, 9))
            except OSError:
                continue
            address = _as_address(str(probe.getsockname()[0]))
            if address is not None:
                found.add(address)
    return found


@dataclass(frozen=True, slots=True)
class WayOut:
    """The proxies of the environment, without those that are ourselves."""

    proxies: Mapping[str, str] = field(default_factory=dict)
    """Scheme of the target to proxy URL."""
    no_proxy: str = ""

    def proxy_for(self, url: str) -> str | None:
        """The proxy a request to ``url`` goes through, or None for a direct connection."""
        parts = urlsplit(url)
        proxy = self.proxies.get(parts.scheme)
        if proxy is None or parts.hostname is None or is_loopback(parts.hostname):
            return None
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
        if self.no_proxy and proxy_bypass_environment(f"{parts.hostname}:{port}", {"no": self.no_proxy}):
            return None
        return proxy


def way_out(environ: Mapping[str, str], own: OwnAddress) -> tuple[WayOut, tuple[str, ...]]:
    """Read HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; also warnings about those that can't be used."""

    def read(name: str) -> str:
        return (environ.get(name) or environ.get(name.upper()) or "").strip()

    proxies: dict[str, str] = {}
    warnings: list[str] = []
    for scheme in ("https", "http"):
        name = f"{scheme}_proxy" if read(f"{scheme}_proxy") else "all_proxy"
        url = read(name)
        if not url:
            continue
        if "://" not in url:
            url = f"http://{url}"
        if urlsplit(url).scheme not in {"http", "https"}:
            warnings.append(f"{name.upper()} is not an http proxy; upstreams are called directly")
        elif own.is_url(url):
            warnings.append(f"{name.upper()} points at headroom itself; upstreams are called directly")
        else:
            proxies[scheme] = url
    return WayOut(proxies, read("no_proxy")), tuple(dict.fromkeys(warnings))


def refuse_loop(urls: Mapping[str, str], own: OwnAddress) -> None:
    """Raise ``SettingsError`` when an upstream (flag to URL) is our own address."""
    for flag, url in urls.items():
        if own.is_url(url):
            raise SettingsError(f"{flag} {url} is headroom's own address; name the provider's")
