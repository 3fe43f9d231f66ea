"""``--workers N``: one supervisor, N proxies on one port. Restarts those that die, passes signals on, ends them together.

The kernel spreads connections over the workers (SO_REUSEPORT). The supervisor itself serves nothing and holds no state:
what must be common lies in the store.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from headroom.cli.told import arrived, wakeups
from headroom.cli.worker import BOARD, INDEX, LINK, SPEAKS, STARTED
from headroom.control.siblings import SOCKETS
from headroom.errors import SettingsError
from headroom.policy.board import empty_place, size

GRACE_SECONDS = 35.0
"""From the first signal to SIGKILL: a worker's own 30 s for running answers, and what it needs to flush its books."""
FIRST_DELAY = 0.1
"""Seconds before the first restart of a worker that died; doubled with each further death."""
LONGEST_DELAY = 30.0
STEADY_SECONDS = 60.0
"""A worker that ran for this long starts over with the shortest delay."""
_TICK = 1.0


@dataclass(slots=True)
class _Slot:
    """One worker's place."""

    index: int
    child: subprocess.Popen[bytes] | None = None
    link: socket.socket | None = None
    ready: bool = False
    began: float = 0.0
    deaths: int = 0
    due: float = 0.0
    """When it may be started (again), by the monotonic clock."""


@dataclass(slots=True)
class Supervisor:
    """Runs ``command`` as ``workers`` processes until told to stop."""

    command: Sequence[str]
    workers: int
    environ: Mapping[str, str]
    say: Callable[[str], None]
    grace: float = GRACE_SECONDS
    _slots: list[_Slot] = field(default_factory=list)
    _asked: signal.Signals | None = None
    _kill_at: float = float("inf")
    _ever_ready: bool = False
    _killed: bool = False
    _board_fd: int = -1
    _sockets: Path | None = None
    _board: mmap.mmap | None = None

    def run(self) -> int:
        """Serve until told to stop. The exit code: 0, 130 after Ctrl-C, 1 where workers had to be killed.

        When the first worker cannot start at all, its exit code: it has said why.
        """
        self._slots = [_Slot(index) for index in range(self.workers)]
        with wakeups(*_CAUGHT) as wake, _memory(size(self.workers)) as self._board_fd, _folder() as self._sockets:
            self._board = mmap.mmap(self._board_fd, size(self.workers))
            try:
                return self._loop(wake)
            finally:
                self._kill_all()

    def _loop(self, wake: socket.socket) -> int:
        while True:
            self._start_due()
            self._wait(wake)
            for number in arrived(wake):
                self._signalled(number)
            code = self._reap()
            if code is not None:
                return code
            if self._asked is not None:
                if all(slot.child is None for slot in self._slots):
                    return 130 if self._asked is signal.SIGINT else int(self._killed)
                if time.monotonic() >= self._kill_at:
                    self.say(f"workers did not end within {self.grace:g} s; killing them")
                    self._killed = True
                    self._kill_all()

    # -- starting ----------------------------------------------------------------------------------------------------
    def _start_due(self) -> None:
        if self._asked is not None:
            return
        for slot in self._slots:
            # The first one alone makes the files that all share; a start that can't work fails once, not N times.
            if slot.index > 0 and not self._ever_ready:
                return
            if slot.child is None and time.monotonic() >= slot.due:
                self._start(slot)

    def _start(self, slot: _Slot) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            environ = {**self.environ, INDEX: str(slot.index), LINK: str(theirs.fileno())}
            environ[BOARD] = str(self._board_fd)
            environ[SOCKETS] = str(self._sockets)
            if slot.index == 0 and not self._ever_ready:
                environ[SPEAKS] = "1"
            # In a session of its own: Ctrl-C at a terminal reaches the supervisor alone, which passes it on once.
            slot.child = subprocess.Popen(  # noqa: S603 - our own command line
                list(self.command),
                env=environ,
                pass_fds=(theirs.fileno(), self._board_fd),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        ours.setblocking(False)
        slot.link, slot.ready, slot.began = ours, False, time.monotonic()

    # -- waiting -----------------------------------------------------------------------------------------------------
    def _wait(self, wake: socket.socket) -> None:
        now = time.monotonic()
        moments = [slot.due for slot in self._slots if slot.child is None and slot.due > now]
        timeout = min([_TICK, self._kill_at - now, *(due - now for due in moments)])
        links = {slot.link: slot for slot in self._slots if slot.link is not None}
        readable, _, _ = select.select([wake, *links], [], [], max(timeout, 0.0))
        for link in readable:
            if link is wake:
                continue
            slot = links[link]
            try:
                told = link.recv(16)
            except BlockingIOError:
                continue
            except OSError:
                told = b""
            if told:
                slot.ready = self._ever_ready = True
            else:
                link.close()
                slot.link = None

    def _signalled(self, number: int) -> None:
        if number == signal.SIGCHLD:
            return
        if number == signal.SIGHUP:
            self._tell(signal.SIGHUP)
            return
        if self._asked is None:
            self._asked = signal.Signals(number)
            self._kill_at = time.monotonic() + self.grace
        self._tell(signal.Signals(number))

    def _tell(self, number: signal.Signals) -> None:
        for slot in self._slots:
            if slot.child is not None:
                slot.child.send_signal(number)

    # -- the end of workers --------------------------------------------------------------------------------------------
    def _reap(self) -> int | None:
        """Note who has ended; an exit code when there is no use in going on."""
        for slot in self._slots:
            child = slot.child
            if child is None or child.poll() is None:
                continue
            slot.child = None
            if self._board is not None:
                empty_place(self._board, slot.index)
            if slot.link is not None:
                slot.link.close()
                slot.link = None
            if self._asked is not None:
                continue
            if not self._ever_ready:
                return child.returncode if child.returncode > 0 else 1
            now = time.monotonic()
            if slot.ready and now - slot.began >= STEADY_SECONDS:
                slot.deaths = 0
            delay = min(FIRST_DELAY * 2**slot.deaths, LONGEST_DELAY)
            slot.deaths = min(slot.deaths + 1, 16)
            slot.due = now + delay
            self.say(
                f"worker {slot.index} (process {child.pid}) {_how(child.returncode)}; restarting it in {delay:g} s"
            )
        return None

    def _kill_all(self) -> None:
        for slot in self._slots:
            if slot.child is not None:
                slot.child.kill()
                slot.child.wait(10)
                slot.child = None
            if slot.link is not None:
                slot.link.close()
                slot.link = None


def supervise(host: str, port: int, workers: int, arguments: Sequence[str]) -> int:
    """Run ``headroom`` with ``arguments`` in ``workers`` processes. Raises ``SettingsError`` when the port is taken."""
    with reserved(host, port):
        command = [sys.executable, "-P", "-m", "headroom.cli", *arguments]
        environ = {**os.environ, STARTED: repr(time.time())}
        return Supervisor(command, workers, environ, _say).run()


@contextlib.contextmanager
def reserved(host: str, port: int) -> Iterator[None]:
    """Keep the port ours while workers come and go. The socket never listens, so no connection ends up in it."""
    if not hasattr(socket, "SO_REUSEPORT"):
        raise SettingsError("--workers needs SO_REUSEPORT, which this system does not have; use --workers 1")
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
        0
    ]
    with socket.socket(family, kind, proto) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            holder.bind(address)
        except OSError as error:
            raise SettingsError(f"--host {host} --port {port}: {error.strerror or error}") from error
        yield


@contextlib.contextmanager
def _memory(length: int) -> Iterator[int]:
    """The descriptor of memory that processes can share, without a name anywhere."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("headroom")
    else:  # a file that is nowhere to be seen: it is removed before anything is written to it
        fd, path = tempfile.mkstemp(prefix="headroom-")
        Path(path).unlink()
    try:
        os.ftruncate(fd, length)
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder for sockets that only this user can enter; its name is short, since a socket's may not be long."""
    folder = Path(tempfile.mkdtemp(prefix="headroom-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _say(text: str) -> None:
    sys.stderr.write(f"headroom: {text}\n")
    sys.stderr.flush()


def _how(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


_CAUGHT = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
