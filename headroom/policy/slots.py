"""How much may be in flight at once: a number of requests and a number of body bytes."""

from __future__ import annotations

from headroom.policy.board import Board


class Slot:
    """Room for one request; give it back once, or as often as you like."""

    __slots__ = ("_size", "_slots")

    def __init__(self, slots: Slots, size: int) -> None:
        self._slots: Slots | None = slots
        self._size = size

    def release(self) -> None:
        """Free the slot; only the first call counts."""
        if self._slots is not None:
            self._slots._leave(self._size)
            self._slots = None


class Slots:
    """Counters for one event loop; no locks. A refused request gets 503 and ``Retry-After: 1``."""

    def __init__(self, *, most_requests: int | None = None, most_bytes: int | None = None) -> None:
        """A limit of None is no limit."""
        self._most_requests = most_requests
        self._most_bytes = most_bytes
        self.in_flight = 0
        self.bytes = 0
        self.refused = 0
        self.announced_bytes = 0
        """Of all bodies since the start, of those that found no room too: some of each is read before it is refused."""
        self.board: Board | None = None
        """Where several workers share the port: what the others have in flight counts too."""

    def take(self, size: int) -> Slot | None:
        """Room for a request with a body of ``size`` bytes, or None.

        A body larger than the bound is let in when nothing else is in flight, so that it is not refused for ever.
        """
        self.announced_bytes += size
        others, other_bytes = (0, 0) if self.board is None else self.board.others()
        flying = self.in_flight + others
        full = self._most_requests is not None and flying >= self._most_requests
        crowded = self._most_bytes is not None and flying > 0 and self.bytes + other_bytes + size > self._most_bytes
        if full or crowded:
            self.refused += 1
            return None
        self.in_flight += 1
        self.bytes += size
        self._tell()
        return Slot(self, size)

    def _leave(self, size: int) -> None:
        self.in_flight -= 1
        self.bytes -= size
        self._tell()

    def _tell(self) -> None:
        if self.board is not None:
            self.board.write(self.in_flight, self.bytes)
