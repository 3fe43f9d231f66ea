"""Which items must go so that what is kept stays under a bound."""

from __future__ import annotations

from collections import deque


class Trimmed[T]:
    """A queue of items with sizes; the oldest go first."""

    def __init__(self, most_bytes: int, most_items: int) -> None:
        self._most_bytes = most_bytes
        self._most_items = most_items
        self._items: deque[tuple[T, int]] = deque()
        self.bytes = 0

    def add(self, item: T, size: int) -> list[T]:
        """Take an item; those that must go now. The newest always stays."""
        self._items.append((item, size))
        self.bytes += size
        gone: list[T] = []
        while len(self._items) > 1 and (self.bytes > self._most_bytes or len(self._items) > self._most_items):
            old, old_size = self._items.popleft()
            self.bytes -= old_size
            gone.append(old)
        return gone

    def __len__(self) -> int:
        return len(self._items)
