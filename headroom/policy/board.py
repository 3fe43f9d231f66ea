"""What the workers of one machine have in flight, in memory they share: each writes its own place and reads the others'."""

from __future__ import annotations

import mmap
import struct

_PLACE = struct.Struct("qq")


class Board:
    """One worker's view. No locks: a place has one writer, and a sum that is a moment old does no harm."""

    def __init__(self, fd: int, index: int, workers: int) -> None:
        """``fd`` is a file of at least ``size(workers)`` bytes. Raises ``OSError`` or ``ValueError``."""
        self._map = mmap.mmap(fd, size(workers))
        self._index = index
        self._workers = workers
        self.write(0, 0)

    def write(self, requests: int, in_bytes: int) -> None:
        """Say what this worker has in flight."""
        _PLACE.pack_into(self._map, self._index * _PLACE.size, requests, in_bytes)

    def others(self) -> tuple[int, int]:
        """Requests and body bytes that the other workers have in flight."""
        requests = in_bytes = 0
        for index in range(self._workers):
            if index != self._index:
                more_requests, more_bytes = _PLACE.unpack_from(self._map, index * _PLACE.size)
                requests += more_requests
                in_bytes += more_bytes
        return requests, in_bytes


def size(workers: int) -> int:
    """Bytes of a board."""
    return workers * _PLACE.size


def empty_place(fd_map: mmap.mmap, index: int) -> None:
    """Clear the place of a worker that has died."""
    _PLACE.pack_into(fd_map, index * _PLACE.size, 0, 0)
