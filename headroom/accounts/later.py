"""Work that no answer waits for: one thread does it in batches, or whoever needs its outcome does it at once."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

log = logging.getLogger("headroom.accounts")

LINGER = 0.03
"""Seconds for which work waits for company: a thread that wakes for each call costs more than what it does."""
MOST_WAITING = 16 * 1024 * 1024
"""Bytes kept alive by waiting work from which on it does not linger."""
_CLOSE_SECONDS = 10.0


class Later[T]:
    """A queue and its thread. ``work`` gets what has gathered, in order, never from two threads at once.

    Items are never refused: the work is done by the putting thread when the other one has fallen far behind.
    """

    def __init__(self, work: Callable[[list[T]], None], *, name: str, linger: float = LINGER) -> None:
        self._work = work
        self._linger = linger
        self._waiting: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self._working = threading.RLock()
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: T, size: int) -> None:
        """Have an item worked on soon; ``size`` is what it keeps alive, in bytes."""
        with self._lock:
            self._waiting.append((item, size))
            self._bytes += size
            waiting = self._bytes
        if waiting > MOST_WAITING:
            if waiting > 4 * MOST_WAITING:
                self.now()
                return
            self._hurry.set()
        if self._closing:
            self.now()
        elif not self._wake.is_set():
            self._wake.set()

    def now(self) -> None:
        """Do all that waits; returns when it is done, by whomever."""
        with self._working:
            with self._lock:
                items = [item for item, _ in self._waiting]
                self._waiting.clear()
                self._bytes = 0
            if items:
                try:
                    self._work(items)
                except Exception:
                    log.exception("a batch of bookings failed")

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait()
            if not self._closing:
                self._hurry.wait(self._linger)
            self._wake.clear()
            self._hurry.clear()
            self.now()

    def close(self) -> None:
        """Do what waits and stop the thread; safe to call twice."""
        self._closing = True
        self._hurry.set()
        self._wake.set()
        self._thread.join(timeout=_CLOSE_SECONDS)
        self.now()
