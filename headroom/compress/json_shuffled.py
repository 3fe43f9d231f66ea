"""JSON lines whose keys come in another order on each line, as journalctl writes them: read in one order."""

from __future__ import annotations

import msgspec

from headroom.compress.json_cells import write_key
from headroom.compress.json_layout import Layout
from headroom.compress.json_records import Record
from headroom.compress.key_order import merge_orders

_LEAST = 8
_MAX_KEYS = 60
_ENOUGH = 200
"""Orders of keys that show whether they contradict each other."""
_COMMON_SHARE = 0.5
"""Of all keys that there are, the part that a record has at least, on the average."""


def in_one_order(layout: Layout, body: str) -> str | None:
    """The minified array with each object's keys in the order of the first; None where the records' own order will do.

    No order of keys means anything in JSON, but what comes out is no longer the source's text: it is for reading alone.
    """
    if not layout.style.endswith("lines") or body[:2] != "[{":
        return None
    try:
        records = msgspec.json.decode(body, type=list[Record])
    except msgspec.ValidationError:
        return None
    if len(records) < _LEAST:
        return None
    shapes = list(dict.fromkeys(map(tuple, records)))
    names = dict.fromkeys(name for shape in shapes for name in shape)
    if len(names) > _MAX_KEYS or sum(map(len, records)) < _COMMON_SHARE * len(names) * len(records):
        return None
    merged = merge_orders(shapes[:_ENOUGH], _MAX_KEYS)
    if merged is not None and len(merged) == len(names):
        return None
    keys = [(name, write_key(name)) for name in names]
    written = [
        "{" + ",".join([f"{key}:{bytes(record[name]).decode()}" for name, key in keys if name in record]) + "}"
        for record in records
    ]
    out = "[" + ",".join(written) + "]"
    return out if len(out) == len(body) else None  # shorter: a key stood twice in an object
