"""The request log: one JSON object a line, one write a line, safe under rotation from outside."""

from __future__ import annotations

import logging
import os
import re
import threading
from pathlib import Path
from typing import Any

import msgspec

from headroom.accounts.booking import Booking

log = logging.getLogger("headroom.journal")

_IMAGE = re.compile(rb'"((?:data:image/[a-z+.-]+;base64,)?[A-Za-z0-9+/]{1024,}={0,2})"')


def redact_images(body: bytes) -> bytes:
    """Replace base64 over 1 KiB in JSON strings by a note of its size."""
    return _IMAGE.sub(lambda m: b'"<image:base64-redacted bytes=%d>"' % (len(m.group(1)) * 3 // 4), body)


def content(body: bytes) -> Any:
    """A body as it goes into the log: JSON when it is JSON, else text."""
    body = redact_images(body)
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body.decode("utf-8", "replace")


class Journal:
    """Appends bookings to a file. A file that can't be written costs a warning, never a request. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failures = 0
        self._fd: int | None = None
        self._inode: tuple[int, int] | None = None
        self._lock = threading.Lock()
        with self._lock:
            self._open()

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

    def write(self, booking: Booking, extra: dict[str, Any] | None = None) -> None:
        """Append one line; reopens first when the file was moved away."""
        row: Any = booking
        if extra:
            row = msgspec.to_builtins(booking) | extra
        line = msgspec.json.encode(row) + b"\n"
        with self._lock:
            if self._fd is None or self._moved():
                self._close()
                self._open()
            if self._fd is None:
                return
            try:
                os.write(self._fd, line)
            except OSError as error:
                self._fail(error)

    def reopen(self) -> None:
        """Open the file anew, as after SIGHUP."""
        with self._lock:
            self._close()
            self._open()

    def _close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._close()
