"""What is remembered about nodes beyond one request: what the provider reported, and which rewrites stand from there on.

Both are kept in the store, so that a restart or another worker goes on with the same bytes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

import msgspec

from headroom.errors import StoreError
from headroom.exchange import Usage
from headroom.pipeline.node import Node
from headroom.pipeline.revision import Revision
from headroom.store.protocol import SpaceLimits, Store

SIGHTINGS = "sightings"
SIGHTING_LIMITS = SpaceLimits(max_bytes=16 * 1024 * 1024, idle_seconds=7 * 86_400)
REVISIONS = "revisions"
REVISION_LIMITS = SpaceLimits(max_bytes=64 * 1024 * 1024, idle_seconds=30 * 86_400)
_ENTRY_BYTES = 350
"""What one sighting takes in memory."""
_LOOK_BACK = 3
"""Nodes from the end of the known chain whose sightings are asked of the store, when memory has none."""


class Sighting(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The last answer to a request that ended with a node."""

    wall: float
    total: int
    """Input tokens as the provider billed them."""
    read: int
    written: int
    one_hour: bool
    marks: tuple[int, ...] | None = None
    """Depths of the messages that its marks for the cache lay in, 0 for the front; None where that was not noted."""


_sighting = msgspec.msgpack.Decoder(Sighting)
_revision = msgspec.msgpack.Decoder(Revision)
_encode = msgspec.msgpack.Encoder().encode


class History:
    """Sightings and revisions in a store, the recent sightings in memory. Thread-safe. Raises ``StoreError``."""

    def __init__(self, store: Store, *, max_bytes: int = 2 * 1024 * 1024) -> None:
        self._store = store
        self._most = max_bytes // _ENTRY_BYTES
        self._recent: OrderedDict[bytes, Sighting] = OrderedDict()
        self._unwritten: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes held, roughly."""
        return _ENTRY_BYTES * (len(self._recent) + len(self._unwritten))

    def saw(self, node: Node, usage: Usage, *, now: float, marks: tuple[int, ...] | None = None) -> None:
        """Note what the provider reported for a request that ended with a node; ``write`` makes it durable."""
        one_hour = usage.cache_write_1h > 0
        seen = Sighting(now, usage.total_input, usage.cache_read, usage.cache_write, one_hour, marks)
        self._remember(node.key, seen)
        with self._lock:
            self._unwritten[node.key.hex()] = _encode(seen)
            while len(self._unwritten) > self._most:
                self._unwritten.popitem(last=False)

    def write(self, *, now: float) -> None:
        """Hand all new sightings to the store in one commit; those it does not take are tried again. Waits for it."""
        with self._lock:
            rows, self._unwritten = self._unwritten, OrderedDict()
        if not rows:
            return
        try:
            self._store.put_many(SIGHTINGS, rows, now=now)
        except StoreError:
            with self._lock:
                self._unwritten = OrderedDict({**rows, **self._unwritten})
            raise

    def find(self, node: Node) -> tuple[Node, Sighting] | None:
        """The nearest node that a request ended with, at a node or above it, and what was seen then."""
        above: list[Node] = []
        with self._lock:
            for at in node.up():
                if (seen := self._recent.get(at.key)) is not None:
                    return at, seen
                if len(above) < _LOOK_BACK:
                    above.append(at)
        rows = self._store.get_many(SIGHTINGS, [at.key.hex() for at in above])
        for at in above:
            if (row := rows.get(at.key.hex())) is not None:
                seen = _sighting.decode(row)
                self._remember(at.key, seen)
                return at, seen
        return None

    def _remember(self, key: bytes, seen: Sighting) -> None:
        with self._lock:
            self._recent[key] = seen
            self._recent.move_to_end(key)
            while len(self._recent) > self._most:
                self._recent.popitem(last=False)

    def revision(self, node: Node) -> Revision | None:
        """What was decided at a node."""
        row = self._store.get(REVISIONS, node.key.hex())
        return _revision.decode(row) if row is not None else None

    def pin(self, node: Node, revision: Revision, *, now: float) -> Revision:
        """Decide at a node unless it was decided already; return what stands."""
        return _revision.decode(self._store.put_once(REVISIONS, node.key.hex(), _encode(revision), now=now))

    def touch(self, nodes: Iterable[Node], *, now: float) -> None:
        """Keep what was decided at nodes of a live conversation from being evicted."""
        self._store.touch(REVISIONS, [node.key.hex() for node in nodes], now=now)

    def drop(self, node: Node, *, now: float) -> None:
        """Take back what was decided at a node."""
        self._store.put(REVISIONS, node.key.hex(), _encode(Revision((), 0.0, 0.0, "refused by the upstream")), now=now)
