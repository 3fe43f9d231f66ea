"""Elements and members of minified JSON, verbatim, and where each of them stands."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import accumulate

import msgspec


def elements(array: str) -> list[str]:
    """The elements of a minified JSON array, verbatim."""
    if array == "[]":
        return []
    found = msgspec.json.decode(array, type=list[msgspec.Raw])
    return b"\n".join(found).decode().split("\n")


def members(raw: str) -> dict[str, str] | None:
    """The members of a minified JSON object, values verbatim; None where its keys can't be written back as they were."""
    if raw == "{}":
        return {}
    found = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    values = b"\n".join(found.values()).decode().split("\n")
    keys = len("".join(found)) + 2 * len(found) if are_plain(found) else sum(map(key_size, found))
    size = 1 + keys + sum(map(len, values)) + 2 * len(values)
    return dict(zip(found, values, strict=True)) if size == len(raw) else None


def are_plain(keys: Iterable[str]) -> bool:
    """Whether a minified object writes each of the keys as it is, between quotes."""
    joined = "".join(keys)
    return joined.isascii() and joined.isprintable() and '"' not in joined and "\\" not in joined


def key_size(key: str) -> int:
    """Characters of a key as a minified object writes it."""
    if key.isascii() and key.isprintable() and '"' not in key and "\\" not in key:
        return len(key) + 2
    return len(json.dumps(key, ensure_ascii=False))


def element_spans(raw: str) -> list[tuple[int, int]]:
    """Start and end of each element of a minified array, or member (with its key) of a minified object."""
    if raw[0] == "[":
        sizes = [len(element) for element in elements(raw)]
    else:
        sizes = [key_size(key) + 1 + len(value) for key, value in (members(raw) or {}).items()]
    ends = list(accumulate((size + 1 for size in sizes), initial=1))
    return [(start, start + size) for start, size in zip(ends, sizes, strict=False)]
