"""What waits to be written: calls in their order and posts that nobody waits for, both bounded; not thread-safe."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from enum import Enum

from headroom.errors import StoreError

MAX_QUEUE = 2000
"""Calls that may wait; more are refused."""

MAX_BATCH = 64
"""Calls committed together."""

MAX_POSTS_BYTES = 8 * 1024 * 1024
"""Statistics that may wait; beyond it the oldest are dropped."""

type Job[T] = Callable[[sqlite3.Connection], T]


class State(Enum):
    """How far a call has come."""

    WAITING = 1
    RUNNING = 2
    DONE = 3
    GIVEN_UP = 4


class Call[T]:
    """One job and the place where its caller waits."""

    __slots__ = ("bears", "error", "job", "not_before", "ready", "result", "state")

    def __init__(self, job: Job[T], bears: float, not_before: float) -> None:
        self.job = job
        self.bears, self.not_before = bears, not_before
        """Given up when a lock was in the way for so long, but not before that moment."""
        self.state = State.WAITING
        self.result: T | None = None
        self.error: Exception | None = None
        self.ready = threading.Lock()
        self.ready.acquire()


class WriteQueue:
    """Calls and posts in the order in which they came."""

    def __init__(self) -> None:
        self.calls: deque[Call[object]] = deque()
        self.posts: deque[tuple[Job[object], int]] = deque()
        """Each with its size."""
        self.posted = 0
        """How many posts ever came."""
        self.settled = 0
        """How many of them were written, or never will be."""
        self.dropped = 0
        """How many of them were never tried."""
        self._bytes = 0

    def call(self, call: Call[object]) -> None:
        """Add a call. Raises ``StoreError`` when too many wait."""
        if len(self.calls) >= MAX_QUEUE:
            raise StoreError("the state store is overloaded: too many writes are waiting; is its disk too slow?")
        self.calls.append(call)

    def post(self, job: Job[object], size: int) -> None:
        """Add a job that nobody waits for. When too much waits the oldest such jobs are dropped, and counted."""
        self.posts.append((job, size))
        self.posted += 1
        self._bytes += size
        while self._bytes > MAX_POSTS_BYTES and len(self.posts) > 1:
            self._bytes -= self.posts.popleft()[1]
            self.settled += 1
            self.dropped += 1

    def take(self) -> tuple[list[Call[object]], list[Job[object]]]:
        """Take out what is committed next, as running: some calls that are still waited for, and all posts."""
        calls: list[Call[object]] = []
        while self.calls and len(calls) < MAX_BATCH:
            call = self.calls.popleft()
            if call.state is State.WAITING:
                call.state = State.RUNNING
                calls.append(call)
        posts = [job for job, _size in self.posts]
        self.posts.clear()
        self._bytes = 0
        return calls, posts

    def take_late(self, lost: float, now: float) -> list[Call[object]]:
        """Take out, as done, the calls that don't bear a lock for ``lost`` seconds; those whose callers gave up go, too."""
        late = [call for call in self.calls if call.state is State.WAITING]
        late = [call for call in late if lost >= call.bears and now >= call.not_before]
        for call in late:
            call.state = State.DONE
        self.calls = deque(call for call in self.calls if call.state is State.WAITING)
        return late

    def clear(self) -> list[Call[object]]:
        """Take everything out, the posts as dropped; the calls that are still waited for, as done."""
        calls = [call for call in self.calls if call.state is State.WAITING]
        for call in calls:
            call.state = State.DONE
        self.calls.clear()
        self.dropped += len(self.posts)
        self.settled += len(self.posts)
        self.posts.clear()
        self._bytes = 0
        return calls
