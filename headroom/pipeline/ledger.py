"""The write-once ledger: the first verdict on a block is final, across turns, restarts and workers."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Literal

import msgspec

from headroom.store.owed import Owed
from headroom.store.protocol import SpaceLimits, Store

SPACE = "ledger"
IMAGES = "images"
"""Smaller images, apart from the verdicts on texts: a few of them take as much as a thousand texts."""
LIMITS = SpaceLimits(max_bytes=256 * 1024 * 1024, idle_seconds=30 * 86_400)
"""Idle time: a conversation untouched for a month may start over; its provider cache is long gone."""


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was decided about a block. ``literal`` is the JSON string literal that replaces the client's, or None."""

    kind: Literal["compressed", "raw"]
    why: str
    content_kind: str = ""
    literal: bytes | None = None
    lossless: bool = True
    handle: str | None = None
    tokens_before: int = 0
    """Estimates, as the gate saw them."""
    tokens_after: int = 0
    cites: tuple[tuple[int, int], ...] = ()
    """Earlier results that it names instead of repeating them: depth in the conversation, number in the message."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entry)
_OVERHEAD = 200


class Ledger:
    """Entries in a store, the recent ones in memory. Thread-safe."""

    def __init__(self, store: Store, *, max_bytes: int = 64 * 1024 * 1024, space: str = SPACE) -> None:
        self._store = store
        self._space = space
        self._max = max_bytes
        self._size = 0
        self._recent: OrderedDict[str, Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._owed = Owed(store, space, self._overrule)
        self._overruled: set[str] = set()

    def of_images(self) -> Ledger:
        """The one for smaller images, in the same store. It keeps nothing in memory: messages do, which hold the bytes."""
        return Ledger(self._store, max_bytes=0, space=IMAGES)

    @property
    def held(self) -> int:
        """Bytes held, roughly."""
        return self._size + self._owed.held

    def get(self, key: str) -> Entry | None:
        """The verdict that stands, or None. Raises ``StoreError`` when the store can't say."""
        with self._lock:
            entry = self._recent.get(key)
            if entry is not None:
                self._recent.move_to_end(key)
                return entry
        row = self._owed.get(key) or self._store.get(self._space, key)
        if row is None:
            return None
        entry = _decoder.decode(row)
        self._keep(key, entry)
        return entry

    def settle(self, key: str, entry: Entry, *, now: float) -> Entry:
        """Write a verdict unless there is one; return the one that stands. Raises ``StoreError``."""
        row = self._store.put_once(self._space, key, _encoder.encode(entry), now=now)
        standing = _decoder.decode(row)
        self._keep(key, standing)
        return standing

    def owe(self, key: str, entry: Entry) -> None:
        """Hold to a verdict that the store did not take: a later turn must send the same, also after a restart."""
        self._owed.add(key, _encoder.encode(entry))
        self._keep(key, entry)

    def pay(self, *, now: float) -> None:
        """Write what is owed. May wait. Raises ``StoreError``."""
        self._owed.pay(now=now)

    def overruled(self) -> set[str]:
        """Keys under which another verdict than the owed one was found to stand, since the last time."""
        with self._lock:
            keys, self._overruled = self._overruled, set()
        return keys

    def _overrule(self, key: str, row: bytes) -> None:
        self._forget(key)
        self._keep(key, _decoder.decode(row))
        with self._lock:
            self._overruled.add(key)

    def retract(self, key: str, entry: Entry, *, now: float) -> None:
        """Replace a verdict whose bytes the upstream refused: they never became part of a conversation."""
        self._store.put(self._space, key, _encoder.encode(entry), now=now)
        self._forget(key)
        self._keep(key, entry)

    def touch(self, keys: list[str], *, now: float) -> None:
        """Keep the entries of a live conversation from being evicted."""
        self._store.touch(self._space, keys, now=now)

    def _forget(self, key: str) -> None:
        with self._lock:
            old = self._recent.pop(key, None)
            if old is not None:
                self._size -= _OVERHEAD + len(old.literal or b"")

    def _keep(self, key: str, entry: Entry) -> None:
        size = _OVERHEAD + len(entry.literal or b"")
        with self._lock:
            if key in self._recent:
                return
            self._recent[key] = entry
            self._size += size
            while self._size > self._max and self._recent:
                _, old = self._recent.popitem(last=False)
                self._size -= _OVERHEAD + len(old.literal or b"")
