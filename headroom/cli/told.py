"""Signals as something to wait for, in place of an exception that may come at any line and be lost there."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
import time
from collections.abc import Iterator


@contextlib.contextmanager
def wakeups(*numbers: signal.Signals) -> Iterator[socket.socket]:
    """A socket on which these signals arrive, a byte each, so that waiting for it can't miss one. For the main thread.

    Others that have a handler arrive, too.
    """
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    # A handler's own work could not be waited for: a signal just before a wait begins runs it only after the wait.
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    previous = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    try:
        yield ours
    finally:
        signal.set_wakeup_fd(previous)
        for number, handler in before.items():
            signal.signal(number, handler)
        ours.close()
        theirs.close()


def arrived(wake: socket.socket) -> list[int]:
    """The numbers of the signals that came since the last call, in their order."""
    try:
        return list(wake.recv(256))
    except BlockingIOError:
        return []


class Told:
    """Whether a signal has come, and which one was first."""

    def __init__(self, wake: socket.socket, numbers: tuple[int, ...]) -> None:
        self.by: int | None = None
        self._wake = wake
        self._numbers = numbers

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for a signal, at most for so long; True when one has come."""
        ends = None if seconds is None else time.monotonic() + seconds
        while self.by is None:
            left = None if ends is None else max(0.0, ends - time.monotonic())
            ready, _, _ = select.select([self._wake], [], [], left)
            if not ready:
                return False
            self.by = next((number for number in arrived(self._wake) if number in self._numbers), None)
        return True


@contextlib.contextmanager
def told(*numbers: signal.Signals) -> Iterator[Told]:
    """Take these signals as news while the body runs. For the main thread."""
    with wakeups(*numbers) as wake:
        yield Told(wake, numbers)
