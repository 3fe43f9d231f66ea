"""Blocks that wait for the model, oldest first. Not thread-safe: the engine holds its lock."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from headroom.compress.kompress.words import Window


@dataclass(slots=True, eq=False)
class Job:
    """One block."""

    windows: list[Window]
    words: int
    ends: float
    values: list[list[float] | None]
    left: int
    taken: int = 0
    """How many of its windows went into batches."""
    done: threading.Event = field(default_factory=threading.Event)
    failed: str = ""
    given_up: bool = False

    @property
    def tokens(self) -> int:
        """Tokens that no batch took yet."""
        return sum(len(window.ids) for window in self.windows[self.taken :])

    def fail(self, why: str) -> None:
        """Tell who waits, unless it has its answer."""
        if not self.done.is_set():
            self.failed = why
            self.done.set()


class Queue:
    """Jobs with windows that no batch took yet."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self.tokens = 0
        """Of all that waits."""

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, job: Job) -> None:
        """Put a job at the end."""
        self._jobs.append(job)
        self.tokens += job.tokens

    def take(self, most: int) -> list[tuple[Job, int]]:
        """The oldest windows, up to ``most``: their jobs, and their numbers in them."""
        batch: list[tuple[Job, int]] = []
        for job in list(self._jobs):
            while job.taken < len(job.windows) and len(batch) < most:
                batch.append((job, job.taken))
                job.taken += 1
            if job.taken == len(job.windows):
                self._jobs.remove(job)
            if len(batch) >= most:
                break
        self.tokens -= sum(len(job.windows[at].ids) for job, at in batch)
        return batch

    def expire(self, now: float) -> None:
        """Let go of the jobs that nobody waits for any more."""
        self.drop([job for job in self._jobs if job.given_up or job.ends <= now], "deadline")

    def drop(self, jobs: Iterable[Job], why: str) -> None:
        """Fail some jobs, and take what is left of them out."""
        for job in jobs:
            job.fail(why)
            if job in self._jobs:
                self._jobs.remove(job)
                self.tokens -= job.tokens

    def fail(self, why: str) -> None:
        """Fail all jobs."""
        self.drop(list(self._jobs), why)
