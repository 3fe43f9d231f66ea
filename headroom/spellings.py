"""Values of options as people write them, checked and made canonical."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

MODE_ALIASES: Mapping[str, str] = {
    "token": "token",
    "token_mode": "token",
    "token_savings": "token",
    "token_headroom": "token",
    "cache": "cache",
    "cache_mode": "cache",
    "cost_savings": "cache",
}

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
TELEMETRY_ON = TRUE_WORDS | {"enable", "enabled"}


def parse_bool(text: str) -> bool:
    """Read a boolean variable. Raises ``ValueError``."""
    word = text.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError("use 1, true, yes, on or 0, false, no, off")


def normalise_url(text: str) -> str:
    """Check an upstream base URL; drop a trailing ``/`` and one trailing ``/v1``. Raises ``ValueError``."""
    parts = urlsplit(text.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("needs http://host or https://host")
    if parts.username or parts.password:
        raise ValueError("must not hold a user name or password")
    if parts.query or parts.fragment:
        raise ValueError("must not hold a query or fragment")
    _ = parts.port  # raises ValueError for a port out of range
    path = parts.path.rstrip("/").removesuffix("/v1").rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def bare_url(text: str) -> str:
    """A URL fit to be shown: without user, password, query and fragment, which may hold secrets."""
    parts = urlsplit(text)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def parse_mode(text: str) -> str:
    """Map a mode or one of its aliases to ``token`` or ``cache``. Raises ``ValueError``."""
    try:
        return MODE_ALIASES[text.strip().lower()]
    except KeyError:
        raise ValueError("use token or cache") from None


def parse_names(text: str) -> tuple[str, ...]:
    """Split a comma list of names, without blanks."""
    return tuple(part for raw in text.split(",") if (part := raw.strip()))


_HOST = re.compile(r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")


def parse_hosts(text: str) -> tuple[str, ...]:
    """Host names in lower case, some with a leading ``*.``. Raises ``ValueError``."""
    hosts = tuple(name.lower().rstrip(".") for name in parse_names(text))
    for host in hosts:
        if _HOST.fullmatch(host) is None:
            raise ValueError(f"{host!r} is no host name; use names such as api.example.com or *.example.com")
    return hosts


def parse_routes(text: str) -> tuple[str, ...]:
    """Pairs ``host=url``. Raises ``ValueError``."""
    routes = []
    for pair in parse_names(text):
        host, equals, url = pair.partition("=")
        if not equals:
            raise ValueError(f"{pair!r} is no host=url")
        routes.append(f"{parse_hosts(host)[0]}={normalise_url(url)}")
    return tuple(routes)


def parse_kompress_url(text: str) -> str:
    """Address of ``headroom kompress serve``, or of vLLM as ``vllm+http://host:port#model``. Raises ``ValueError``."""
    bare = text.strip()
    vllm = bare.startswith("vllm+")
    parts = urlsplit(bare.removeprefix("vllm+"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password or parts.query:
        raise ValueError("needs http://host:port of headroom kompress serve, or vllm+http://host:port#model")
    if parts.fragment and not vllm:
        raise ValueError("a name behind # is for vllm+http://host:port#model only")
    _ = parts.port  # raises ValueError for a port out of range
    return bare.rstrip("/")


_BACKEND = re.compile(r"^[a-z0-9][a-z0-9_.-]{0,63}$")


def parse_backend(text: str) -> str:
    """Canonical backend name: a bare ``x`` means ``litellm-x``; vertex names become ``litellm-vertex_ai``."""
    name = text.strip().lower()
    if not _BACKEND.match(name):
        raise ValueError("use anthropic, bedrock, openrouter, anyllm or litellm-<provider>")
    if name in {"anthropic", "bedrock", "openrouter", "anyllm"}:
        return name
    provider = name.removeprefix("litellm-")
    return "litellm-" + ("vertex_ai" if provider in {"vertex", "google-vertex", "vertex_ai"} else provider)
