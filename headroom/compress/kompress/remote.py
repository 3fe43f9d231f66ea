"""The same answers from another process: ``headroom kompress serve`` on this machine or one with a GPU."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from headroom.compress.kompress import scores
from headroom.compress.kompress.caller import Caller, CallFailed
from headroom.compress.kompress.errors import BadScores
from headroom.compress.kompress.status import Answer, Missed, Scores, State, Status

log = logging.getLogger("headroom.kompress")

_EVERY = 5.0
"""Seconds between looks at the server."""
_PATIENCE = 2.0
_STRIKES = 3
"""So many misses in a row, and nobody waits for the server until it has been looked at again."""


class RemoteEngine:
    """An engine elsewhere, with an engine's face. Thread-safe."""

    def __init__(
        self,
        url: str,
        *,
        every: float = _EVERY,
        clock: Callable[[], float] = time.monotonic,
        told: Callable[[Status], None] = lambda _status: None,
    ) -> None:
        self._url = url
        self._caller = Caller(url)
        self._every = every
        self._clock = clock
        self._told = told
        self._status = Status("loading", f"asking {url}", device=url)
        self._strikes = 0
        self._lock = threading.Lock()
        self._looked = threading.Event()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look at the server; returns at once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="headroom-kompress-remote", daemon=True)
            self._thread.start()

    def wait(self, seconds: float) -> Status:
        """The status once the server was asked, or after so many seconds."""
        self._looked.wait(seconds)
        return self._status

    def status(self) -> Status:
        """What is known of the server."""
        return self._status

    def score(self, words: Sequence[str], seconds: float) -> Answer:
        """One score a word, all or none, within ``seconds``."""
        if not words:
            return Scores((), 0.0)
        state = self._status.state
        if state != "ready":
            return Missed(state)
        began = self._clock()
        # What is left for the way there and back is little on one machine; the limit below is what counts.
        asked = {"words": list(words), "seconds": round(0.95 * seconds, 3)}
        try:
            status, body = self._caller.call("POST", "/v1/score", asked, seconds=seconds)
            if status != 200:
                return self._missed(body)
            values = _values(body, len(words))
        except TimeoutError:
            return self._strike("deadline")
        except CallFailed as error:
            log.info("Kompress: %s: %s", self._url, error)
            return self._strike("unreachable")
        except BadScores as error:
            log.warning("Kompress: %s answered with no scores (%s)", self._url, error)
            return self._strike("error:BadScores")
        with self._lock:
            self._strikes = 0
        return Scores(values, self._clock() - began)

    def _missed(self, body: Any) -> Missed:
        error = body.get("error") if isinstance(body, dict) else None
        why = error.get("type") if isinstance(error, dict) else None
        known = isinstance(why, str) and why.replace("_", "").replace(":", "").isalnum() and len(why) < 40
        return Missed(str(why)) if known else self._strike("error:status")

    def _strike(self, why: str) -> Missed:
        with self._lock:
            self._strikes += 1
            if self._strikes >= _STRIKES and self._status.state == "ready":
                self._set("unreachable", f"{self._url} did not answer in time {self._strikes} times in a row")
        return Missed(why)

    def _set(self, state: State, reason: str) -> None:
        self._status = Status(state, reason, device=self._url)
        log.warning("Kompress: %s", reason)

    def _watch(self) -> None:
        while True:
            self._look()
            self._looked.set()
            if self._ending.wait(self._every):
                return

    def _look(self) -> None:
        before = self._status.state
        try:
            status, body = self._caller.call("GET", "/v1/status", seconds=_PATIENCE)
            found = _read_status(body, self._url) if status == 200 else None
            if found is None:
                found = Status(
                    "unreachable", f"{self._url} is no headroom kompress serve (it answered {status})", device=self._url
                )
        except TimeoutError:
            found = Status(
                "unreachable", f"{self._url} does not answer; start it: headroom kompress serve", device=self._url
            )
        except CallFailed as error:
            found = Status(
                "unreachable",
                f"{self._url} can't be reached ({error}); start it: headroom kompress serve",
                device=self._url,
            )
        if self._ending.is_set():
            return
        with self._lock:
            self._status = found
            self._strikes = 0
        if found.state != before:
            log.log(
                logging.INFO if found.ready else logging.WARNING,
                "Kompress: %s",
                found.reason or f"{self._url} is ready",
            )
            self._told(found)

    def close(self, seconds: float = 2.0) -> None:
        """Stop looking."""
        self._ending.set()
        self._status = Status("closed", device=self._url)
        self._caller.close()
        if self._thread is not None:
            self._thread.join(min(seconds, 0.1))


def _values(body: Any, count: int) -> tuple[float, ...]:
    values = body.get("scores") if isinstance(body, dict) else None
    if not isinstance(values, list) or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        raise BadScores("no list of numbers")
    scores.checked(values, count)
    return tuple(scores.quantise(float(value)) for value in values)


def _read_status(body: Any, url: str) -> Status | None:
    if not isinstance(body, dict) or body.get("service") != "headroom-kompress":
        return None
    state = body.get("state")
    if state not in {"loading", "ready", "failed", "stalled"}:
        return None
    speed = body.get("words_per_second")

    def text(name: str) -> str | None:
        value = body.get(name)
        return value[:200] if isinstance(value, str) else None

    return Status(
        state,
        text("reason") or "",
        "remote:" + (text("backend") or "?"),
        url,
        text("precision"),
        text("model"),
        text("identity"),
        float(speed) if isinstance(speed, int | float) else None,
    )
