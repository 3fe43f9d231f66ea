"""The tools array: our retrieval tool at its end, and annotations nobody reads taken out. Sticky for a conversation."""

from __future__ import annotations

import threading
from collections import OrderedDict

from headroom.compress.schema import removals
from headroom.exchange import Edit, Exchange
from headroom.pipeline.lineage import digest
from headroom.retrieval.tool import definition
from headroom.wire.body import splice
from headroom.wire.dialect import Dialect, Request
from headroom.wire.tools import add_tool

_ENTRIES = 256
_BYTES = 16 * 1024 * 1024


class ToolEdits:
    """Edits of tools arrays, remembered by the array's bytes. Thread-safe."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, tuple[Edit, ...]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def edits(
        self, exchange: Exchange, request: Request, dialect: Dialect, *, inject: int | None
    ) -> tuple[list[Edit], bytes | None]:
        """Absolute edits of this request's tools, and the array as it will be sent when that differs.

        ``inject`` is the version of our tool to add, or None.
        """
        if request.tools is None:
            return [], None
        body = exchange.body_in
        start, end = request.tools.start, request.tools.end
        raw = body[start:end]
        edits = [Edit(start + e.start, start + e.end, e.new) for e in self._compacted(exchange, raw)]
        if inject is not None:
            edits += add_tool(body, request, dialect, definition(dialect, inject))
        if not edits:
            return [], None
        return edits, splice(raw, [Edit(e.start - start, e.end - start, e.new) for e in edits])

    def _compacted(self, exchange: Exchange, raw: bytes) -> tuple[Edit, ...]:
        # A subscription's provider may compare tool definitions with what its own client ships.
        if exchange.subscription:
            return ()
        key = digest(raw)
        with self._lock:
            if (known := self._seen.get(key)) is not None:
                self._seen.move_to_end(key)
                return known
        found = tuple(Edit(start, end, b"") for start, end in removals(raw))
        size = 200 + sum(len(e.new) + 120 for e in found)
        with self._lock:
            if key not in self._seen:
                self._seen[key] = found
                self._size += size
            while len(self._seen) > _ENTRIES or self._size > _BYTES:
                _, old = self._seen.popitem(last=False)
                self._size -= 200 + sum(len(e.new) + 120 for e in old)
        return found
