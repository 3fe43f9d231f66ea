"""The runtime log: one rotating file in the workspace, warnings on stderr; trouble with it never touches a request."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path

from headroom.accounts.redact import Redacting

_MAX_BYTES = 10 * 1024 * 1024
_KEPT = 5
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class _File(RotatingFileHandler):
    """Creates its file with mode 0600, and anew when it was moved away; a write that fails is reported once."""

    _told = False
    _inode = -1
    _size = 0

    def _open(self):  # type: ignore[no-untyped-def]  # noqa: ANN202 - the type differs between Python versions
        stream = super()._open()
        Path(self.baseFilename).chmod(0o600)
        status = os.fstat(stream.fileno())
        self._inode, self._size = status.st_ino, status.st_size
        return stream

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line into the file that has our name now: somebody else may rotate, too."""
        self._follow()
        super().emit(record)

    def _follow(self) -> None:
        try:
            found = os.stat(self.baseFilename)  # noqa: PTH116 - a Path for every line is waste
        except OSError:
            found = None
        if found is not None and found.st_ino == self._inode:
            self._size = found.st_size
        elif self.stream is not None:
            moved, self.stream, self._size = self.stream, None, 0
            with contextlib.suppress(OSError):  # a full disk: what it could not take is lost there, not here
                moved.close()

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - logging's name
        """Whether the file is full, whoever filled it; the stock handler knows of its own lines only."""
        del record
        return self._size >= self.maxBytes

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say once that the log can't be written."""
        del record
        if not self._told:
            self._told = True
            sys.stderr.write(f"headroom: {self.baseFilename} can't be written: {sys.exc_info()[1]}\n")


@dataclass(frozen=True, slots=True)
class RuntimeLog:
    """The handlers in use."""

    file: RotatingFileHandler | None
    redacting: Redacting
    """Keeps credentials out of both."""

    def reopen(self) -> None:
        """Close the file; the next line opens it anew under its name."""
        if self.file is not None:
            self.file.acquire()
            try:
                self.file.close()
                self.file.stream = None
            finally:
                self.file.release()


def install(path: Path | None) -> RuntimeLog:
    """Send warnings to stderr and, with a path, everything from INFO up to the file."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    console = logging.StreamHandler(sys.stderr)
    console.setLevel(logging.WARNING)
    console.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    redacting = Redacting()
    console.addFilter(redacting)
    root.addHandler(console)
    if path is None:
        return RuntimeLog(None, redacting)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = _File(path, maxBytes=_MAX_BYTES, backupCount=_KEPT, encoding="utf-8")
    except OSError as error:
        sys.stderr.write(f"Warning: {path}: {error.strerror or error}; the log goes to stderr only\n")
        return RuntimeLog(None, redacting)
    file.setFormatter(logging.Formatter(_FORMAT))
    file.addFilter(redacting)
    root.addHandler(file)
    return RuntimeLog(file, redacting)
