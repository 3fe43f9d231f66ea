"""Rows that a store did not take when they were decided: kept here, and written once it takes rows again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from headroom.store.protocol import Store, entry_size

_MOST_BYTES = 4 * 1024 * 1024
_AT_ONCE = 1_000
"""Rows of one write."""


class Owed:
    """Write-once rows of one space. Thread-safe."""

    def __init__(self, store: Store, space: str, overruled: Callable[[str, bytes], None] | None = None) -> None:
        """``overruled`` is told of each row for which another process was first, and of what stands there."""
        self._store = store
        self._space = space
        self._overruled = overruled
        self._rows: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes held, roughly."""
        return self._size

    def add(self, key: str, value: bytes) -> None:
        """Owe a row; when there are too many, the oldest are forgotten."""
        with self._lock:
            if key in self._rows:
                return
            self._rows[key] = value
            self._size += entry_size(key, value)
            while self._size > _MOST_BYTES:
                old = self._rows.popitem(last=False)
                self._size -= entry_size(*old)

    def get(self, key: str) -> bytes | None:
        """What is owed under a key."""
        with self._lock:
            return self._rows.get(key)

    def pay(self, *, now: float) -> None:
        """Write what is owed, unless another process wrote it meanwhile. May wait. Raises ``StoreError``."""
        while True:
            with self._lock:
                rows = dict(list(self._rows.items())[:_AT_ONCE])
            if not rows:
                return
            standing = self._store.put_once_many(self._space, rows, now=now)
            with self._lock:
                for key in rows:
                    if (value := self._rows.pop(key, None)) is not None:
                        self._size -= entry_size(key, value)
            if self._overruled is not None:
                for key, value in standing.items():
                    if value != rows[key]:
                        self._overruled(key, value)
