"""Where compression runs: small blocks on the calling thread, large ones in a process of their own.

Pure-Python work holds the interpreter lock; a large block would make every stream on the event loop stutter.
"""

from __future__ import annotations

import logging
import multiprocessing
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool

from headroom.compress.router import Outcome
from headroom.pipeline.block import Job, run

log = logging.getLogger("headroom.pipeline")

LARGE = 256 * 1024
"""Characters from which a block goes to the other process: about 25 ms of work against 1 ms of transfer."""
_GRACE = 0.25


def left_alone(why: str, tokens: int = 0) -> Outcome:
    """An outcome that leaves the block as it is."""
    return Outcome(
        text=None, kind="", transform="", lossless=True, gaps=(), tokens_before=tokens, tokens_after=tokens, why=why
    )


class Workers:
    """Runs jobs with a time limit. Thread-safe."""

    def __init__(self, *, large: int = LARGE, processes: int = 1) -> None:
        self._large = large
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def run(self, job: Job, seconds: float) -> Outcome:
        """The outcome of a job, ``deadline`` when the time was too short, ``error:…`` when it broke."""
        if seconds <= 0:
            return left_alone("deadline")
        if len(job.text) < self._large:
            return run(job, seconds)
        try:
            with self._lock:
                if self._pool is None:
                    # spawn: forking a process that runs threads and mitmproxy's runtime is not safe.
                    context = multiprocessing.get_context("spawn")
                    self._pool = ProcessPoolExecutor(self._processes, mp_context=context)
                pool = self._pool
                future: Future[Outcome] = pool.submit(run, job, seconds)
            return future.result(timeout=seconds + _GRACE)
        except FutureTimeout:
            self._replace(pool)
            return left_alone("deadline")
        except (BrokenProcessPool, OSError, RuntimeError) as error:
            log.warning("the compression process broke (%s); the block goes out as it is", type(error).__name__)
            self._replace(pool)
            return left_alone(f"error:{type(error).__name__}")

    def warm(self) -> None:
        """Start the process ahead of need."""
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(self._processes, mp_context=multiprocessing.get_context("spawn"))
            self._pool.submit(int, 0)

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is broken:
                self._pool = None
        for process in list((getattr(broken, "_processes", None) or {}).values()):
            process.kill()
        broken.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Stop the process; jobs under way are given up."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            for process in list((getattr(pool, "_processes", None) or {}).values()):
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)
