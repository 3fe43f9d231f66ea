"""The tools array: our retrieval tool at its end, and annotations nobody reads taken out. Sticky for a conversation."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from headroom.compress.schema import removals
from headroom.exchange import Edit, Exchange, Wire
from headroom.pipeline.digest import digest
from headroom.retrieval.tool import definition
from headroom.wire.body import splice
from headroom.wire.dialect import Dialect, Request
from headroom.wire.tools import add_tool


@dataclass(frozen=True, slots=True)
class ToolArray:
    """One client's array of tools, and what becomes of it."""

    name: bytes
    """Its digest."""
    edits: tuple[Edit, ...]
    """By offsets from its start."""
    sent: bytes | None
    """As it is sent, when that differs."""
    sent_name: bytes
    """The digest of what is sent."""


class ToolEdits:
    """Edits of tools arrays, remembered by the array's bytes. Thread-safe."""

    def __init__(self, max_bytes: int = 4 * 1024 * 1024) -> None:
        self._most = max_bytes
        self._seen: OrderedDict[tuple[Wire, bool, int | None, bytes], ToolArray] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes held, roughly."""
        return self._size

    def edits(
        self, exchange: Exchange, request: Request, dialect: Dialect, *, inject: int | None
    ) -> tuple[list[Edit], ToolArray | None]:
        """Absolute edits of this request's tools, and the array; None where the request has none.

        ``inject`` is the version of our tool to add, or None.
        """
        if request.tools is None:
            return [], None
        start, end = request.tools
        raw = exchange.body_in[start:end]
        # A dict compares the array itself with what it knows: cheaper than a digest, and as sure.
        key = (request.wire, exchange.subscription, inject, raw)
        with self._lock:
            if (known := self._seen.get(key)) is not None:
                self._seen.move_to_end(key)
        if known is None:
            known = self._made(exchange, request, dialect, raw, inject)
            with self._lock:
                if key not in self._seen:
                    self._seen[key] = known
                    self._size += _cost(raw, known)
                while self._size > self._most:
                    (*_, old), gone = self._seen.popitem(last=False)
                    self._size -= _cost(old, gone)
        return [Edit(start + edit.start, start + edit.end, edit.new) for edit in known.edits], known

    @staticmethod
    def _made(exchange: Exchange, request: Request, dialect: Dialect, raw: bytes, inject: int | None) -> ToolArray:
        assert request.tools is not None
        start = request.tools.start
        # A subscription's provider may compare tool definitions with what its own client ships.
        edits = [] if exchange.subscription else [Edit(*span, b"") for span in removals(raw)]
        if inject is not None:
            added = add_tool(exchange.body_in, request, dialect, definition(dialect, inject))
            edits += [Edit(edit.start - start, edit.end - start, edit.new) for edit in added]
        name = digest(raw)
        if not edits:
            return ToolArray(name, (), None, name)
        sent = splice(raw, edits)
        return ToolArray(name, tuple(edits), sent, digest(sent))


def _cost(raw: bytes, made: ToolArray) -> int:
    """Bytes of memory, roughly."""
    return 400 + len(raw) + len(made.sent or b"") + sum(len(edit.new) + 120 for edit in made.edits)
