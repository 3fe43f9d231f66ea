"""The response cache's key: the whole client body in canonical form, minus the few things that shape no answer.

Inclusion is the default, so a field nobody here has heard of can never make two requests collide.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

TRANSPORT_FIELDS = frozenset({"stream", "user", "prompt_cache_key", "service_tier"})
"""Top-level fields that change how an answer is delivered or billed, not what it says."""

KEY_HEADERS = (
    *("anthropic-version", "anthropic-beta", "openai-beta", "openai-organization", "openai-project"),
    *("chatgpt-account-id", "x-goog-user-project"),
)
"""Request headers that choose a behaviour or an account."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from and goes to; every part is in the key."""

    method: str
    path: str
    """Path and query as sent upstream; a credential in it is left out here."""
    provider: str
    upstream: str
    credential: str
    """Digest of the caller's credential; for a caller without one, its address."""
    headers: tuple[tuple[str, str], ...] = ()
    """From ``key_headers``."""


def key_headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The headers that belong into the key; lists of betas are sets. Names are lower case."""
    found = []
    for name in KEY_HEADERS:
        value = headers.get(name, "").strip()
        if name.endswith("-beta"):
            value = ",".join(sorted({beta.strip() for beta in value.split(",") if beta.strip()}))
        if value:
            found.append((name, value))
    return tuple(found)


def parse(body: bytes) -> dict[str, object] | None:
    """A client body as an object; None when it is none, or when two readers could understand it differently."""
    try:
        parsed = json.loads(
            body, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_refuse_constant, parse_int=int
        )
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def cache_key(body: Mapping[str, object], origin: Origin) -> str:
    """BLAKE2b (20 bytes, hex) of a parsed body and its origin. Raises ``RecursionError`` for absurd nesting."""
    canonical = json.dumps(
        [
            *(origin.method.upper(), _without_key(origin.path), origin.provider, origin.upstream.rstrip("/")),
            *(origin.credential, origin.headers, _essence(body)),
        ],
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
    )
    return hashlib.blake2b(canonical.encode("ascii"), digest_size=20, person=b"hr-response").hexdigest()


def _essence(body: Mapping[str, object]) -> dict[str, object]:
    """The body without transport fields and without ``cache_control`` where that is an annotation."""
    kept = {name: value for name, value in body.items() if name not in TRANSPORT_FIELDS and name != "cache_control"}
    if kept.get("store") is False:
        del kept["store"]
    metadata = kept.get("metadata")
    if isinstance(metadata, dict) and "user_id" in metadata:
        rest = {name: value for name, value in metadata.items() if name != "user_id"}
        kept.pop("metadata")
        if rest:
            kept["metadata"] = rest
    for name in ("system", "messages"):
        if name in kept:
            kept[name] = _unmarked(kept[name])
    tools = kept.get("tools")
    if isinstance(tools, list):
        kept["tools"] = [_without_mark(tool) for tool in tools]  # never deeper: a schema may have such a property
    return kept


def _unmarked(value: object) -> object:
    """A list of messages or content blocks without marks; follows ``content`` only, so tool inputs stay whole."""
    if isinstance(value, list):
        return [_unmarked(item) for item in value]
    if isinstance(value, dict):
        block = _without_mark(value)
        if isinstance(block, dict) and "content" in block:
            block["content"] = _unmarked(block["content"])
        return block
    return value


def _without_mark(block: object) -> object:
    if not isinstance(block, dict):
        return block
    return {name: value for name, value in block.items() if name != "cache_control"}


def _without_key(path: str) -> str:
    """The path without ``?key=``: that is the credential, and in the key as such."""
    bare, mark, query = path.partition("?")
    rest = "&".join(part for part in query.split("&") if part and not part.startswith("key="))
    return bare + mark + rest if rest else bare


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("number out of range")
    return number


def _refuse_constant(text: str) -> float:
    raise ValueError(text)
