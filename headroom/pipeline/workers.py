"""Where compression runs: small blocks on the calling thread, large ones in a process of their own.

Pure-Python work holds the interpreter lock; a large block would make every stream on the event loop stutter. The process
starts at the first large block, which does not wait for it unless it is so large that the stutter would be felt.
"""

from __future__ import annotations

import logging
import multiprocessing
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool

from headroom.compress.registry import KINDS, compressors
from headroom.compress.router import Outcome
from headroom.pipeline.block import Job, run

log = logging.getLogger("headroom.pipeline")

LARGE = 512 * 1024
"""Characters from which a block goes to the other process: about 50 ms of work against 2 ms of transfer."""
_HUGE = 4 * LARGE
"""Characters from which a block waits for a process that is just starting (0.4 s): else it would hold up streams as long."""
_GRACE = 0.25


def left_alone(why: str, tokens: int = 0) -> Outcome:
    """An outcome that leaves the block as it is."""
    return Outcome(
        text=None, kind="", transform="", lossless=True, gaps=(), tokens_before=tokens, tokens_after=tokens, why=why
    )


def _prepare() -> None:
    """Import the compressors, in the process that will run them."""
    for kind in KINDS:
        compressors(kind)


class Workers:
    """Runs jobs with a time limit. Thread-safe."""

    def __init__(self, *, large: int = LARGE, processes: int = 1) -> None:
        self._large = large
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None
        self._ready: Future[None] | None = None
        self._lock = threading.Lock()

    def run(self, job: Job, seconds: float) -> Outcome:
        """The outcome of a job, ``deadline`` when the time was too short, ``error:…`` when it broke."""
        if seconds <= 0:
            return left_alone("deadline")
        if len(job.text) < self._large:
            return run(job, seconds)
        pool: ProcessPoolExecutor | None = None
        try:
            with self._lock:
                pool, ready = self._started()
                future = pool.submit(run, job, seconds) if ready or len(job.text) >= _HUGE else None
            if future is None:
                return run(job, seconds)
            return future.result(timeout=seconds + _GRACE)
        except FutureTimeout:
            self._replace(pool)
            return left_alone("deadline")
        except (BrokenProcessPool, OSError, RuntimeError) as error:
            log.warning("the compression process broke (%s); the block goes out as it is", type(error).__name__)
            self._replace(pool)
            return left_alone(f"error:{type(error).__name__}")

    def _started(self) -> tuple[ProcessPoolExecutor, bool]:
        """The pool, started if need be, and whether its process is there. Under the lock."""
        if self._pool is None or self._ready is None:
            # spawn: forking a process that runs threads and mitmproxy's runtime is not safe.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._processes, mp_context=context)
            self._ready = self._pool.submit(_prepare)
        return self._pool, self._ready.done()

    def _replace(self, broken: ProcessPoolExecutor | None) -> None:
        with self._lock:
            broken = broken or self._pool
            if self._pool is broken:
                self._pool = self._ready = None
        _stop(broken)

    def close(self) -> None:
        """Stop the process; jobs under way are given up."""
        with self._lock:
            pool, self._pool, self._ready = self._pool, None, None
        _stop(pool)


def _stop(pool: ProcessPoolExecutor | None) -> None:
    if pool is None:
        return
    for process in list((getattr(pool, "_processes", None) or {}).values()):
        process.kill()
    pool.shutdown(wait=False, cancel_futures=True)
