"""The request log: one JSON object a line, one write a line, safe under rotation from outside.

Lines are made and written by a thread of the log's own, so that neither a slow disk nor a large body holds up a stream.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from pathlib import Path

import msgspec

from headroom.accounts.booking import Booking
from headroom.accounts.contents import Content

log = logging.getLogger("headroom.journal")

MAX_WAITING_BYTES = 64 * 1024 * 1024
"""Content that may wait for the disk; beyond it lines go out without their content."""
MAX_WAITING = 50_000
_CLOSE_SECONDS = 10.0

type _Line = tuple[Booking, Content | None]


class Journal:
    """Appends bookings to a file. A file that can't be written costs a warning, never a request. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failures = 0
        self.dropped = 0
        """Lines that were lost because the disk was away for too long."""
        self._fd: int | None = None
        self._inode: tuple[int, int] | None = None
        self._lock = threading.Lock()
        self._queue: queue.Queue[_Line | None] = queue.Queue(MAX_WAITING)
        self._bytes = 0
        self._closed = False
        with self._lock:
            self._open()
        self._thread = threading.Thread(target=self._run, name="headroom-journal", daemon=True)
        self._thread.start()

    def _open(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            status = os.fstat(self._fd)
            self._inode = (status.st_dev, status.st_ino)
        except OSError as error:
            self._fd = None
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self.failures += 1
        if self.failures == 1:
            log.warning("request log %s can't be written (%s); going on without it", self.path, error.strerror)

    def _moved(self) -> bool:
        try:
            status = self.path.stat()
        except OSError:
            return True
        return (status.st_dev, status.st_ino) != self._inode

    def write(self, booking: Booking, content: Content | None = None) -> None:
        """Append one line, soon and in order; never waits."""
        if self._closed:
            return
        size = 0 if content is None else content.size
        with self._lock:
            if size and self._bytes + size > MAX_WAITING_BYTES:
                content, size = None, 0
            self._bytes += size
        try:
            self._queue.put_nowait((booking, content))
        except queue.Full:
            self.dropped += 1
            with self._lock:
                self._bytes -= size

    def flush(self) -> None:
        """Wait until everything written so far is in the file (or was given up)."""
        self._queue.join()

    def _run(self) -> None:
        while (line := self._queue.get()) is not None:
            try:
                self._put(*line)
            except Exception:
                log.exception("a line of the request log was lost")
            finally:
                self._queue.task_done()
        self._queue.task_done()

    def _put(self, booking: Booking, content: Content | None) -> None:
        if content is None:
            raw = msgspec.json.encode(booking)
        else:
            raw = msgspec.json.encode(msgspec.to_builtins(booking) | content.shown())
        line = memoryview(raw + b"\n")
        with self._lock:
            if content is not None:
                self._bytes -= content.size
            if self._fd is None or self._moved():
                self._release()
                self._open()
            if self._fd is None:
                return
            try:
                while line:
                    line = line[os.write(self._fd, line) :]
            except OSError as error:
                self._fail(error)

    def reopen(self) -> None:
        """Open the file anew, as after SIGHUP."""
        with self._lock:
            self._release()
            self._open()

    def _release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def close(self) -> None:
        """Write what waits and release the file."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join(timeout=_CLOSE_SECONDS)
        with self._lock:
            self._release()
