"""Signals as something to wait for, in place of an exception that may come at any line and be lost there."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class Told:
    """Whether a signal has come, and which one was first."""

    def __init__(self) -> None:
        self.by: int | None = None
        self._event = threading.Event()

    def tell(self, number: int, _frame: FrameType | None = None) -> None:
        """Called with each signal."""
        if self.by is None:
            self.by = number
        self._event.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for a signal, at most for so long; True when one has come."""
        return self._event.wait(seconds)


@contextlib.contextmanager
def told(*numbers: signal.Signals) -> Iterator[Told]:
    """Take these signals as news while the body runs. For the main thread."""
    news = Told()
    before = {number: signal.signal(number, news.tell) for number in numbers}
    try:
        yield news
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
