"""Token counts out of provider answers, whatever odd values they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from headroom.exchange import Usage

Json = Mapping[str, object]

MOST: Final = 10**12
"""No answer holds more tokens: larger numbers are a mistake."""


def count(record: object, *names: str) -> int:
    """The first usable number among the named fields; missing, negative and odd values count as 0."""
    if isinstance(record, Mapping):
        for name in names:
            value = record.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < MOST:
                return int(value)
    return 0


def inclusive(total: int, *, read: int, write: int, output: int) -> Usage | None:
    """Usage of a provider whose input total includes what the cache read and wrote; None when nothing was counted.

    Parts larger than the total are believed: a cache-only count must be priced at the read rate, not at nothing.
    """
    usage = Usage(max(0, total - read - write), read, write, 0, output)
    return usage if usage.total_input or usage.output else None


def parse(data: bytes) -> Json | None:
    """A JSON object, or None for anything else: answers are read on a best effort, never refused."""
    try:
        value = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def child(record: object, name: str) -> Json:
    """A nested object, empty when missing or something else."""
    value = record.get(name) if isinstance(record, Mapping) else None
    return value if isinstance(value, dict) else {}


def children(record: object, name: str) -> list[Json]:
    """The objects in a nested list."""
    value = record.get(name) if isinstance(record, Mapping) else None
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(record: object, name: str) -> str:
    """A string field, empty when missing or something else."""
    value = record.get(name) if isinstance(record, Mapping) else None
    return value if isinstance(value, str) else ""
