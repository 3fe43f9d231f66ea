"""One of several worker processes: its link to the supervisor, over which it reports and learns that it is orphaned."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from headroom.policy.board import Board

INDEX = "HEADROOM_WORKER"
"""Variable that tells a worker which one it is, from 0."""
LINK = "HEADROOM_WORKER_LINK"
"""Variable with the file descriptor of its end of the link."""
BOARD = "HEADROOM_WORKER_BOARD"
"""Variable with the file descriptor of the memory in which workers tell what they have in flight."""
SPEAKS = "HEADROOM_WORKER_SPEAKS"
"""Set for the one worker that prints the start-up lines."""
STARTED = "HEADROOM_RUN_STARTED"
"""When the run of all workers together began, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Worker:
    """This process's part in a run of several."""

    index: int
    speaks: bool
    link: socket.socket
    board_fd: int

    def board(self, workers: int) -> Board:
        """Where this worker tells the others what it has in flight."""
        return Board(self.board_fd, self.index, workers)

    def ready(self) -> None:
        """Tell the supervisor that the port is bound."""
        try:
            self.link.send(b"r")
        except OSError:
            return  # the supervisor is gone: the watch ends us

    def watch(self) -> None:
        """End this process as SIGTERM would when the supervisor dies, so that no worker is left behind."""
        threading.Thread(target=self._watch, name="headroom-link", daemon=True).start()

    def _watch(self) -> None:
        try:
            while self.link.recv(1):
                pass
        except OSError:
            pass  # a reset means the same as an end
        os.kill(os.getpid(), signal.SIGTERM)


def from_environment(environ: Mapping[str, str]) -> Worker | None:
    """What the supervisor told this process; None when it runs alone."""
    index, link, board = (environ.get(name, "") for name in (INDEX, LINK, BOARD))
    if not (index.isdecimal() and link.isdecimal() and board.isdecimal()):
        return None
    try:
        return Worker(int(index), SPEAKS in environ, socket.socket(fileno=int(link)), int(board))
    except OSError:
        return None  # variables inherited from a worker by some other program
