"""One set of books for several workers: each appends what it books to a stream of the store, and all add up the stream.

Own bookings take the same way as those of the others, so every worker shows the same numbers, and a reset happens at
the same place in everybody's order. A worker that joins later adds up what was booked since the run began.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from headroom.accounts.booking import Booking
from headroom.errors import StoreError
from headroom.store.protocol import Store

log = logging.getLogger("headroom.accounts")

STREAM = "bookings"
KEEP = 20_000
"""Rows kept in the store; every worker adds up at least every second, so none is missed below 20,000 calls a second."""
_PAGE = 1_000
LIVE_SECONDS = 15.0
"""For how long a worker's word on its open calls counts."""


class _Row(msgspec.Struct, array_like=True):
    worker: str
    kind: str
    wall: float
    booking: Booking | None = None
    label: str = ""
    amounts: tuple[int, int] = (0, 0)


class Shared:
    """This worker's view of the stream. Thread-safe; ``fold`` may wait for the store."""

    def __init__(
        self,
        store: Store,
        *,
        since: float,
        book: Callable[[Booking], None],
        event: Callable[[str, str], None],
        reset: Callable[[], None],
    ) -> None:
        """``since`` is when the run began; rows from before are another run's."""
        self._store = store
        self._since = since
        self._book, self._event, self._reset = book, event, reset
        self.worker = uuid.uuid4().hex[:12]
        self._seq = 0
        self._live: dict[str, tuple[float, int, int]] = {}
        self._tallies: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._encode = msgspec.msgpack.Encoder()
        self._decode = msgspec.msgpack.Decoder(_Row)
        self.failures = 0

    def _append(self, row: _Row) -> None:
        try:
            self._store.append(STREAM, self._encode.encode(row), now=row.wall, keep=KEEP)
        except StoreError as error:
            self.failures += 1
            if self.failures == 1:
                log.warning("figures are not shared with the other workers: %s", error)

    def book(self, booking: Booking, *, now: float) -> None:
        """Add a booking to everybody's books."""
        self._append(_Row(self.worker, "booking", now, booking))

    def event(self, name: str, label: str, *, now: float) -> None:
        """Add an event to everybody's books."""
        self._append(_Row(self.worker, name, now, label=label))

    def tally(self, name: str, amount: int, *, now: float) -> None:
        """Tell the others by how much a figure has grown that is kept elsewhere in this process."""
        self._append(_Row(self.worker, "tally", now, label=name, amounts=(amount, 0)))

    def others_tally(self, name: str) -> int:
        """What such a figure has come to in the other workers."""
        with self._lock:
            return self._tallies[name]

    def live(self, inflight: int, sessions: int, *, now: float) -> None:
        """Tell the others how many calls and websocket sessions are open here."""
        self._append(_Row(self.worker, "live", now, amounts=(inflight, sessions)))

    def others_live(self, *, now: float) -> tuple[int, int]:
        """Open calls and sessions of the other workers, as they last told."""
        with self._lock:
            fresh = [row for row in self._live.values() if now - row[0] < LIVE_SECONDS]
        return sum(row[1] for row in fresh), sum(row[2] for row in fresh)

    def fold(self) -> None:
        """Add up what is new in the stream."""
        with self._lock:
            try:
                self._read()
            except StoreError as error:
                self.failures += 1
                log.debug("the books of the other workers can't be read: %s", error)

    def _read(self) -> None:
        for _ in range(KEEP // _PAGE + 1):
            rows = self._store.rows(STREAM, after=self._seq, limit=_PAGE)
            for row in rows:
                self._seq = row.seq
                if row.wall >= self._since:
                    self._take(row.body)
            if len(rows) < _PAGE:
                return

    def _take(self, body: bytes) -> None:
        try:
            row: Any = self._decode.decode(body)
        except msgspec.DecodeError:
            return  # a worker of another version
        if row.kind == "booking":
            if row.booking is not None:
                self._book(row.booking)
        elif row.kind == "live":
            if row.worker != self.worker:
                self._live[row.worker] = (row.wall, *row.amounts)
                if len(self._live) > 256:
                    del self._live[min(self._live, key=lambda w: self._live[w][0])]
        elif row.kind == "tally":
            if row.worker != self.worker:
                self._tallies[row.label] += row.amounts[0]
        elif row.kind == "reset":
            self._reset()
        else:
            self._event(row.kind, row.label)
