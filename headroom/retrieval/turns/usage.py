"""Adding up usage records in the provider's own terms, whatever fields they have."""

from __future__ import annotations

import json
from collections.abc import Mapping

type Json = Mapping[str, object]


def add(first: Json, second: Json) -> dict[str, object]:
    """Sum two records field by field: numbers are added, nested records too, all else is taken from the second."""
    total: dict[str, object] = dict(first)
    for key, value in second.items():
        total[key] = _add(first.get(key), value)
    return total


def parse(raw: bytes) -> dict[str, object]:
    """A JSON object; empty for anything else."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def dump(record: Json) -> bytes:
    """Compact JSON."""
    return json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode()


def _add(first: object, second: object) -> object:
    if _is_number(first) and _is_number(second):
        return first + second  # type: ignore[operator]  # both are numbers
    if isinstance(first, dict) and isinstance(second, dict):
        return add(first, second)
    if isinstance(first, list) and isinstance(second, list):
        return _add_lists(first, second)
    return first if second is None else second


def _add_lists(first: list[object], second: list[object]) -> list[object]:
    """Gemini counts by modality: entries of one modality are added, others kept."""
    named = {entry.get("modality"): entry for entry in first if isinstance(entry, dict) and "modality" in entry}
    if len(named) != len(first):
        return [*first, *second]
    for entry in second:
        key = entry.get("modality") if isinstance(entry, dict) else None
        if key is None or not isinstance(entry, dict):
            return [*first, *second]
        named[key] = {**add(named[key], entry), "modality": key} if key in named else entry
    return list(named.values())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
