"""The savings on disk: one file, replaced as a whole, and a ledger that only grows. Several processes may share both.

What a process adds is written as a difference to what the file holds at that moment, under a lock on its folder; so
nobody's calls are lost, and a process shows the others' after its next ``sync`` or ``look``.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from headroom.accounts.events import append
from headroom.accounts.savings import SCHEMA, Entry, Savings

log = logging.getLogger("headroom.savings")

NAME = "proxy_savings.json"
DEBOUNCE = 1.0
"""Least seconds between two writes of the file."""
_PATIENCE = 30.0
"""Most seconds between two tries while the disk refuses."""
_MAX_WAITING = 20_000


def savings_path(named: Path | None, workspace: Path) -> tuple[Path, str | None]:
    """Where the savings file lies, and a warning when the setting names a folder."""
    if named is None:
        return workspace / NAME, None
    path = named.expanduser()
    if path.is_dir() or str(named).endswith(os.sep):
        return path / NAME, f"HEADROOM_SAVINGS_PATH={named} is a folder; using {path / NAME}"
    return path, None


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def read(path: Path, *, now: float) -> Savings:
    """What the file holds. One that can't be read is put aside as ``.corrupt-<time>``, with a warning; raises ``OSError``."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Savings()
    try:
        state = msgspec.json.decode(raw, type=Savings)
        why = None if state.schema_version <= SCHEMA else f"schema {state.schema_version} of a newer version"
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        why = str(error)
        state = Savings()
    if why is None:
        return state
    aside = path.with_name(f"{path.name}.corrupt-{int(now)}")
    log.warning("%s can't be used (%s); kept as %s, starting a new one", path, why, aside.name)
    path.replace(aside)
    return Savings()


def write(path: Path, raw: bytes) -> None:
    """Replace the file as a whole, safe against a crash at any moment. Raises ``OSError``."""
    passing = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        passing.replace(path)
    except OSError:
        passing.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Keeper:
    """Holds the savings in memory and keeps the file up to date from a thread of its own. Thread-safe.

    Without a path (``--stateless``) it only holds them.
    """

    def __init__(self, path: Path | None, *, events: Path | None = None, wall: Callable[[], float] = time.time) -> None:
        self.path = path
        self._events = events
        self._wall = wall
        self._guard = threading.Lock()
        self._incoming: deque[Entry] = deque()
        self._writing = threading.Lock()
        self._state = Savings()
        self._waiting: list[Entry] = []
        self._ledger: list[Entry] = []
        self._seen: tuple[int, int, int] | None = None
        self._wake = threading.Event()
        self._stop = False
        self._thread: threading.Thread | None = None
        self.failures = 0
        if path is not None:
            self._start(path)

    def _start(self, path: Path) -> None:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(path.parent):
                self._state = read(path, now=self._wall())
                self._seen = _mark(path)
        except OSError as error:
            self._fail(error)
        self._thread = threading.Thread(target=self._run, name="headroom-savings", daemon=True)
        self._thread.start()

    def add(self, entry: Entry) -> None:
        """Take one call; never waits for a disk."""
        self._incoming.append(entry)
        if self._guard.acquire(blocking=False):
            try:
                self._take()
            finally:
                self._guard.release()
        self._wake.set()

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """The state, up to date. Short sections only; ``add`` passes by a section that is taken."""
        with self._guard:
            self._take()
            yield

    def _take(self) -> None:
        while self._incoming:
            entry = self._incoming.popleft()
            self._state.add(entry)
            if self.path is None:
                continue
            self._waiting.append(entry)
            self._ledger.append(entry)
            if len(self._waiting) > _MAX_WAITING:  # the disk has been away for long: the newest matter most
                del self._waiting[: _MAX_WAITING // 10]
                del self._ledger[: max(0, len(self._ledger) - _MAX_WAITING)]

    def view[T](self, look: Callable[[Savings], T]) -> T:
        """Read the state; ``look`` must not keep any part of it."""
        with self._lock():
            return look(self._state)

    def snapshot(self) -> Savings:
        """A copy of the state, for looks that take longer."""
        with self._lock():
            state = self._state
            history = list(state.history)  # its points never change
            raw = msgspec.msgpack.encode(msgspec.structs.replace(state, history=[]))
        copy = msgspec.msgpack.decode(raw, type=Savings)
        copy.history = history
        return copy

    def sync(self) -> bool:
        """Write what waits and take in what other processes wrote; whether that worked. May wait for the disk."""
        if self.path is None:
            return True
        with self._writing:
            try:
                self._write_events()
                with _locked(self.path.parent):
                    self._merge(self.path)
            except OSError as error:
                self._fail(error)
                return False
        self.failures = 0
        return True

    def look(self) -> None:
        """Take in what other processes wrote, and write nothing; one look at the file's date where that is nothing."""
        if self.path is None:
            return
        with self._writing:
            try:
                if _mark(self.path) != self._seen:
                    with _locked(self.path.parent):
                        self._merge(self.path, writing=False)
            except OSError as error:
                log.debug("what other processes saved can't be read: %s", error)

    def _merge(self, path: Path, *, writing: bool = True) -> None:
        mark = _mark(path)
        with self._lock():
            done = len(self._waiting) if writing else 0
            if mark == self._seen:
                if not done:
                    return
                raw = msgspec.json.encode(self._state)
                waiting = None
            else:
                waiting = self._waiting[:done]
        if waiting is not None:
            state = read(path, now=self._wall())
            for entry in waiting:
                state.add(entry)
            raw = msgspec.json.encode(state) if done else b""
            with self._lock():
                for entry in self._waiting[done:]:
                    state.add(entry)
                self._state = state
        if done:
            write(path, raw)
        self._seen = _mark(path)
        with self._lock():
            del self._waiting[:done]

    def _write_events(self) -> None:
        if self._events is None:
            return
        with self._lock():
            rows, self._ledger = self._ledger, []
        if rows:
            try:
                append(self._events, rows)
            except OSError:
                with self._lock():
                    self._ledger[:0] = rows[-_MAX_WAITING:]
                raise

    def _fail(self, error: OSError) -> None:
        self.failures += 1
        if self.failures == 1:
            log.warning("savings can't be kept in %s (%s); trying again later", self.path, error.strerror or error)

    def _run(self) -> None:
        while not self._stop:
            self._wake.wait()
            if self._stop:
                return
            self._wake.clear()
            began = time.monotonic()
            worked = self.sync()
            took = time.monotonic() - began
            # A file that takes long to write is written seldom: at most a twentieth of the time goes into it.
            self._pause(max(DEBOUNCE, 20 * took) if worked else min(_PATIENCE, DEBOUNCE * 2 ** min(self.failures, 10)))
            if not worked:
                self._wake.set()

    def _pause(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while not self._stop and (left := ends - time.monotonic()) > 0:
            time.sleep(min(0.1, left))

    def close(self) -> None:
        """Write what waits and stop."""
        self._stop = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self.sync()
