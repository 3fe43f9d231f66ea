"""Chat messages put together from the deltas of a stream."""

from __future__ import annotations


def grow_call(calls: list[dict[str, object]], slots: dict[int, int], entry: object) -> None:
    """Add one piece of a tool call to the calls. ``slots`` maps the stream's indices to places in ``calls``."""
    if not isinstance(entry, dict):
        return
    index = entry.get("index")
    index = index if isinstance(index, int) else max(slots, default=0)
    function = entry.get("function")
    named = isinstance(function, dict) and bool(function.get("name"))
    at = slots.get(index)
    if at is None or (named and entry.get("id") and entry["id"] != calls[at].get("id")):
        at = slots[index] = len(calls)
        calls.append({})
    call = calls[at]
    for key, value in entry.items():
        if key == "function" and isinstance(value, dict):
            inner = call.setdefault("function", {})
            assert isinstance(inner, dict)
            for name, piece in value.items():
                if name == "name":
                    inner[name] = piece or inner.get(name)
                else:
                    grow(inner, name, piece)
        elif key != "index" and value is not None:
            call[key] = value


def grow(record: dict[str, object], key: str, value: object) -> None:
    """Add one piece of a field: strings and lists are appended to, anything else replaces what was there."""
    before = record.get(key)
    if value is None:
        return
    if isinstance(before, str) and isinstance(value, str):
        record[key] = before + value
    elif isinstance(before, list) and isinstance(value, list):
        record[key] = [*before, *value]
    else:
        record[key] = value
