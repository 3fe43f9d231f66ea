"""The SQLite file as a file: private, opened by SQLite alone, set aside when corrupt.

A live database is never opened with ``open()``: closing such a descriptor drops SQLite's POSIX locks on it
(https://www.sqlite.org/howtocorrupt.html, section 2.2). A lock file beside it says who uses it: shared by every
process that has it open, exclusive for the moment in which a corrupt file is moved out of the way.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from headroom.errors import StoreError
from headroom.store.schema import migrate

try:
    import fcntl
except ImportError:  # no such module on Windows, where a file in use can't be renamed anyway
    fcntl = None  # type: ignore[assignment]

Connect = Callable[[Path], sqlite3.Connection]

OPEN_SECONDS = 3.0
"""Longest wait for other processes when a store is opened."""

BUSY_MS = 50
"""How long one statement waits for a lock before the caller decides anew."""

CHECKED_BYTES = 8 * 1024 * 1024
"""A file up to this size is checked whole when it is opened; a larger one only after a fault was seen in it."""

SIDECARS = ("", "-wal", "-shm")


def make_private_dirs(directory: Path) -> None:
    """Create missing directories with mode 0700; those that exist are left as they are. Raises ``OSError``."""
    missing = []
    while not directory.exists():
        missing.append(directory)
        directory = directory.parent
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)


def connect(path: Path) -> sqlite3.Connection:
    """One connection in autocommit mode, usable from any thread."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return connection


def explain(error: sqlite3.Error | OSError, path: Path) -> StoreError:
    """The same fault as a ``StoreError`` that says what to do."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    number = getattr(error, "errno", None)
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        what = "another process has it locked; stop that process or wait"
    elif primary == sqlite3.SQLITE_FULL or number in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        what = "the disk is full; free some space"
    elif primary == sqlite3.SQLITE_READONLY or number == errno.EROFS:
        what = "it is read-only; make it writable, or set HEADROOM_WORKSPACE_DIR to a place that is"
    elif primary in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        what = "the file is corrupt; restart headroom, which sets it aside and starts a fresh one"
    elif primary == sqlite3.SQLITE_CANTOPEN or isinstance(error, OSError):
        what = f"it can't be opened or created ({error}); check the path and its permissions"
    else:
        what = f"{error}; check the disk it lies on"
    return StoreError(f"state store {path}: {what}")


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether the error says that the file's contents are damaged."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def is_locked(error: sqlite3.Error) -> bool:
    """Whether another connection's lock was in the way."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class DatabaseFile:
    """One database file and our share in it."""

    def __init__(self, path: Path, *, now: Callable[[], float], connect: Connect = connect) -> None:
        self.path = path
        self.notices: list[str] = []
        """What the user should be told, such as that a corrupt file was set aside."""
        self._now = now
        self._connect = connect
        self._lock_fd = -1
        self._identity: tuple[int, int] | None = None

    def open(self) -> sqlite3.Connection:
        """Create or open the file, migrated and in WAL mode. Raises ``StoreError``; waits 3 s at most."""
        try:
            make_private_dirs(self.path.parent)
            self._open_lock()
            connection = self._open_healthy()
        except sqlite3.Error as error:
            self.close()
            raise explain(error, self.path) from error
        except OSError as error:
            self.close()
            raise explain(error, self.path) from error
        except StoreError as error:
            self.close()
            message = str(error)
            prefix = f"state store {self.path}: "
            raise StoreError(message if message.startswith(prefix) else prefix + message) from error
        self._identity = self._found()
        return connection

    def moved(self) -> bool:
        """Whether the file that is open no longer lies at its path: it was deleted, moved or replaced. Opens nothing."""
        return self._identity is not None and self._found() != self._identity

    def renew(self, old: sqlite3.Connection) -> sqlite3.Connection:
        """A connection to a file at the path once more: the one that lies there, else a copy of what ``old`` holds.

        Raises ``StoreError``, ``sqlite3.Error`` or ``OSError``; then ``old`` is as usable as before.
        """
        make_private_dirs(self.path.parent)
        self._copy(old)
        self.close()
        self._open_lock()
        connection = self._open_healthy(create=False)
        self._identity = self._found()
        return connection

    def _copy(self, old: sqlite3.Connection) -> None:
        """Put a copy of an open database at the path, unless there is a file. Only one process at a time does."""
        turn = os.open(self._beside(".renew"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if fcntl is not None:
                fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not self.path.exists():
                self._write_copy(old, self._beside(f".new-{os.getpid()}"))
                self.notices.append(
                    f"state store {self.path} was deleted under the running proxy; "
                    f"it was written anew with all that it held"
                )
            self._beside(".renew").unlink(missing_ok=True)
        finally:
            os.close(turn)

    def _write_copy(self, old: sqlite3.Connection, copy: Path) -> None:
        copy.unlink(missing_ok=True)
        os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        try:
            with contextlib.closing(sqlite3.connect(copy)) as target:
                old.backup(target)
            for sidecar in ("-wal", "-shm"):  # of the file that was deleted: SQLite would apply them to this one
                self._beside(sidecar).unlink(missing_ok=True)
            with contextlib.suppress(FileExistsError):
                os.link(copy, self.path)
        finally:
            for sidecar in SIDECARS:
                copy.with_name(copy.name + sidecar).unlink(missing_ok=True)

    def _open_lock(self) -> None:
        self._lock_fd = os.open(self._beside(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _found(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def connection(self) -> sqlite3.Connection:
        """One more connection, for reading only. Raises ``sqlite3.Error``."""
        connection = self._connect(self.path)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def suspect(self) -> None:
        """Note that the file showed damage, so that it is checked whole when it is opened next."""
        with contextlib.suppress(OSError):
            os.close(os.open(self._beside(".suspect"), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def close(self) -> None:
        """Give up our share in the file; call after all connections are closed."""
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)

    def _open_healthy(self, *, create: bool = True) -> sqlite3.Connection:
        deadline = time.monotonic() + OPEN_SECONDS
        while True:
            if self._share(exclusive=False):
                try:
                    return self._open_once(create=create)
                except sqlite3.Error as error:
                    if is_corrupt(error):
                        self._try_set_aside()
                        create = True
                    elif not is_locked(error):
                        raise
                    if time.monotonic() > deadline:
                        raise
            elif time.monotonic() > deadline:
                raise StoreError("another headroom process keeps it locked; stop that process")
            time.sleep(0.02)

    def _open_once(self, *, create: bool = True) -> sqlite3.Connection:
        with contextlib.suppress(FileExistsError):
            if create:
                # By us, so that it never exists with wider permissions; SQLite gives -wal and -shm the same mode.
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        connection = self._connect(self.path)
        try:
            _write_ahead(connection)
            self._examine(connection)
            migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _examine(self, connection: sqlite3.Connection) -> None:
        """Raise ``sqlite3.DatabaseError`` when the file is damaged, as far as can be told in little time."""
        suspect = self._beside(".suspect")
        if not suspect.exists() and self.path.stat().st_size > CHECKED_BYTES:
            return
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            error = sqlite3.DatabaseError(verdict)
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error
        suspect.unlink(missing_ok=True)

    def _try_set_aside(self) -> None:
        """Move a corrupt file and its sidecars away, unless another process uses it or has just repaired it."""
        if not self._share(exclusive=True):
            return
        try:
            self._open_once().close()
        except sqlite3.Error as error:
            if not is_corrupt(error):
                return
            stamp = datetime.fromtimestamp(self._now(), UTC).strftime("%Y%m%dT%H%M%SZ")
            for sidecar in SIDECARS:
                old = self._beside(sidecar)
                if old.exists():
                    old.rename(_free_name(self._beside(f"{sidecar}.corrupt-{stamp}")))
            self._beside(".suspect").unlink(missing_ok=True)
            self.notices.append(
                f"state store {self.path} was corrupt; set aside as {self.path.name}.corrupt-{stamp}, "
                f"starting with an empty one (stored originals and this period's spending are not in it)"
            )

    def _share(self, *, exclusive: bool) -> bool:
        """Take the lock file, without waiting; whether we have it."""
        if fcntl is None:
            return True
        try:
            fcntl.flock(self._lock_fd, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _write_ahead(connection: sqlite3.Connection) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StoreError(
            "its file system can't do write-ahead logging; "
            "set HEADROOM_WORKSPACE_DIR to a local disk, or use --store memory"
        )
    # Commits survive kill -9; a power cut may lose the last ones but never damages the file.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA journal_size_limit = 67108864")


def _free_name(path: Path) -> Path:
    """The path, or with a number behind it when it is taken: nothing set aside is ever overwritten."""
    free, number = path, 1
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}.{number}")
    return free
