"""One model a process, on a thread of its own: batches what concurrent requests ask for, within the time each of them has.

A block is scored whole or not at all. Who can't be served in time is told at once, so that a slow or hung device costs
nobody more than the first wait.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from headroom.compress.kompress import scores
from headroom.compress.kompress.backend import Backend, Loaded, Loader
from headroom.compress.kompress.errors import BadScores, ModelError
from headroom.compress.kompress.queue import Job, Queue
from headroom.compress.kompress.status import Answer, Missed, Scores, State, Status
from headroom.compress.kompress.throughput import Throughput

log = logging.getLogger("headroom.kompress")

_NICE = 10
"""The model's threads give way to the event loop's; see getpriority(2)."""
_WARM_WORDS = (
    "the quick brown fox jumps over the lazy dog while seven wise owls watch it from an old oak tree " * 20
).split()[:350]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of an engine."""

    queued_tokens: int = 2_000_000
    """More than this never waits."""
    failures: int = 3
    """So many broken runs in a row close the engine for ``pause`` seconds."""
    pause: float = 60.0
    stalled: float = 1.0
    """A run that takes this many seconds, and four times what was expected, is stalled: nobody waits behind it."""
    smoothing: float = 0.2
    """The weight of a new figure in an average of what was measured."""


class Engine:
    """Loads, warms up, runs. Thread-safe; ``score`` blocks its caller, so call it off the event loop."""

    def __init__(
        self,
        load: Loader,
        *,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        nice: bool = True,
        told: Callable[[Status], None] = lambda _status: None,
    ) -> None:
        """``told`` hears, on the engine's thread, of the end of loading and of every failure after it."""
        self._load = load
        self._limits = limits or Limits()
        self._clock = clock
        self._nice = nice
        self._told = told
        self._changed = threading.Condition()
        self._queue = Queue()
        self._state: State = "loading"
        self._reason = ""
        self._loaded: Loaded | None = None
        self._throughput = Throughput(self._limits.smoothing, self._limits.stalled)
        self._failures = 0
        self._opens = 0.0
        self._thread: threading.Thread | None = None

    # -- from any thread ---------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Begin to load; returns at once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._main, name="headroom-kompress", daemon=True)
            self._thread.start()

    def wait(self, seconds: float) -> Status:
        """The status once loading has ended, or after so many seconds."""
        ends = self._clock() + seconds
        with self._changed:
            while self._state == "loading" and (left := ends - self._clock()) > 0:
                self._changed.wait(left)
        return self.status()

    def status(self) -> Status:
        """A snapshot; takes no lock that a run holds."""
        loaded = self._loaded
        state, reason = self._state, self._reason
        if state == "ready" and self._throughput.is_stalled(self._clock()):
            state, reason = "stalled", "a run takes far longer than it should; blocks go without the model meanwhile"
        if loaded is None:
            return Status(state, reason, queued=self._queue.tokens)
        backend = loaded.backend
        return Status(
            state, reason, backend.name, backend.device, backend.precision, loaded.model, backend.identity,
            self._throughput.words_per_second, backend.batch, self._queue.tokens,
        )  # fmt: skip

    def score(self, words: Sequence[str], seconds: float) -> Answer:
        """One score a word, all or none, within ``seconds``."""
        began = self._clock()
        ends = began + seconds
        if not words:
            return Scores((), 0.0)
        refused = self._refusal()
        loaded = self._loaded
        if refused or loaded is None:
            return Missed(refused or "loading")
        # A first reckoning spares the tokenizer the texts that have no chance.
        if why := self._too_late(len(words) * self._throughput.tokens_a_word, seconds):
            return Missed(why)
        windows = list(loaded.tokenizer.windows(words))
        job = Job(windows, len(words), ends, [None] * len(windows), len(windows))
        tokens = job.tokens
        with self._changed:
            refused = self._refusal()
            if refused:
                return Missed(refused)
            self._throughput.see_text(len(words), tokens)
            if why := self._too_late(tokens, ends - self._clock()):
                return Missed(why)
            if self._queue.tokens + tokens > self._limits.queued_tokens:
                return Missed("busy")
            self._queue.add(job)
            self._changed.notify_all()
        job.done.wait(max(0.0, ends - self._clock()))
        with self._changed:
            if not job.done.is_set():
                job.given_up = True
                return Missed("stalled" if self._throughput.is_stalled(self._clock()) else "deadline")
        if job.failed:
            return Missed(job.failed)
        return Scores(self._joined(job), self._clock() - began)

    def close(self, seconds: float = 2.0) -> None:
        """Stop; who waits is told. A run that hangs is left to itself after ``seconds``."""
        with self._changed:
            self._state = "closed"
            self._queue.fail("closed")
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(seconds)

    # -- what may be asked -------------------------------------------------------------------------------------------
    def _refusal(self) -> str:
        if self._state == "failed" and self._loaded is not None and self._clock() >= self._opens:
            return ""  # one more try
        if self._state != "ready":
            return self._state
        return "stalled" if self._throughput.is_stalled(self._clock()) else ""

    def _too_late(self, tokens: float, seconds: float) -> str:
        """Why so many more tokens would not be done in time; empty if they would."""
        if self._throughput.time_for(self._queue.tokens + tokens) <= seconds:
            return ""
        return "busy" if self._queue.tokens or self._throughput.is_running else "too_slow"

    @staticmethod
    def _joined(job: Job) -> tuple[float, ...]:
        out: list[float] = []
        for window, values in zip(job.windows, job.values, strict=True):
            assert values is not None, "a job is done when all of its windows are"
            out += scores.of_words(values, window.owners, window.count)
        return tuple(out)

    # -- the engine's thread -----------------------------------------------------------------------------------------
    def _main(self) -> None:
        if self._nice:
            # Before any library starts threads of its own: they inherit it. Only Linux has this for a thread.
            with contextlib.suppress(OSError, AttributeError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        try:
            loaded = self._load()
            self._warm(loaded)
        except BaseException as error:  # also what a library exits with: the thread must not end in silence
            self._enter("failed", _sentence(error), log_level=logging.WARNING)
            self._opens = float("inf")
            return
        self._loaded = loaded
        self._enter("ready", "")
        backend = loaded.backend
        try:
            while (batch := self._next(backend)) is not None:
                self._run(backend, batch)
        finally:
            with self._changed:
                if self._state != "closed":
                    self._state, self._reason = "failed", "its thread has ended; restart the proxy"
                    self._opens = float("inf")
                self._queue.fail("failed")
            with contextlib.suppress(Exception):  # the device may be what broke
                backend.close()

    def _enter(self, state: State, reason: str, *, log_level: int = logging.INFO) -> None:
        with self._changed:
            if self._state == "closed":
                return
            self._state, self._reason = state, reason
            self._changed.notify_all()
        status = self.status()
        if state == "ready":
            log.log(
                log_level, "Kompress is ready: %s on %s (%s), %s, %.0f words a second",
                status.backend, status.device, status.precision, status.model, status.words_per_second or 0,
            )  # fmt: skip
        else:
            log.log(log_level, "Kompress: %s", reason)
        self._told(status)

    def _warm(self, loaded: Loaded) -> None:
        """Run a few words, then a full window twice: what fails at the first run fails here, and the pace is known."""
        backend = loaded.backend
        for words in (_WARM_WORDS[:3], _WARM_WORDS):
            (window,) = list(loaded.tokenizer.windows(words))[:1]
            scores.checked(backend.run([window.ids])[0], len(window.ids))
        windows = [window.ids] * max(1, backend.batch)
        began = time.perf_counter()
        for values in backend.run(windows):
            scores.checked(values, len(window.ids))
        self._throughput.seconds_a_token = (time.perf_counter() - began) / (len(windows) * len(window.ids))

    def _next(self, backend: Backend) -> list[tuple[Job, int]] | None:
        """The oldest windows that still have somebody waiting, up to a batch; None at the end."""
        with self._changed:
            while True:
                if self._state == "closed":
                    return None
                self._queue.expire(self._clock())
                if self._queue:
                    break
                self._changed.wait()
            batch = self._queue.take(backend.batch)
            self._throughput.begin(sum(len(job.windows[at].ids) for job, at in batch), self._clock())
            return batch

    def _run(self, backend: Backend, batch: list[tuple[Job, int]]) -> None:
        windows = [job.windows[at] for job, at in batch]
        began = time.perf_counter()
        try:
            rows = backend.run([window.ids for window in windows])
            scores.checked_rows(rows, [len(window.ids) for window in windows])
        except Exception as error:
            self._broke(error, batch)
            return
        except BaseException:  # the thread is about to end; who waits must hear of it
            with self._changed:
                self._queue.drop((job for job, _ in batch), "failed")
            raise
        took = time.perf_counter() - began
        with self._changed:
            self._throughput.end(took)
            self._failures = 0
            for (job, at), row in zip(batch, rows, strict=True):
                job.values[at] = row
                job.left -= 1
                if job.left == 0:
                    job.done.set()
        if self._state == "failed":
            self._enter("ready", "")

    def _broke(self, error: Exception, batch: list[tuple[Job, int]]) -> None:
        why = f"error:{type(error).__name__}"
        log.warning("Kompress: a run failed (%s: %s); its blocks go without the model", type(error).__name__, error)
        with self._changed:
            self._throughput.end(None)
            self._failures += 1
            self._queue.drop((job for job, _ in batch), why)
            closing = self._failures >= self._limits.failures
            if closing:
                self._opens = self._clock() + self._limits.pause
                self._queue.fail("failed")
        if closing:
            self._enter(
                "failed",
                f"{self._failures} runs in a row failed, the last with {type(error).__name__}; "
                f"it is tried again after {self._limits.pause:g} s",
                log_level=logging.WARNING,
            )


def _sentence(error: BaseException) -> str:
    if isinstance(error, ModelError):
        return str(error)
    if isinstance(error, BadScores):
        return f"the model's first answer is no use ({error}); fetch it again: headroom kompress pull"
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return "there is not enough memory for the model; free some, choose --kompress-device cpu, or share one with HEADROOM_KOMPRESS_URL"
    return f"the model could not be started ({type(error).__name__}: {(str(error).splitlines() or [''])[0][:160]})"
