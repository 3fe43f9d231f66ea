"""The pipeline's way to the model: gate, time, figures. Gives one block's scores, or None: then rules serve."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from headroom.compress.kompress import gate
from headroom.compress.kompress.opening import Scoring
from headroom.compress.kompress.status import Scores, Status
from headroom.compress.rendition import Hints

SECONDS = 1.5
"""The most that the blocks of one request may wait for the model, together."""
SHARE = 0.7
"""Of the time that a block has left, the part that the model may take; the rest is for the rules, should it miss."""


@dataclass(slots=True)
class Turn:
    """What one request has used of the model."""

    seconds: float = 0.0
    used: int = 0
    missed: str = ""
    """Why a block went without the model; the first reason."""


@dataclass(slots=True)
class Figures:
    """Counters since the start."""

    calls: int = 0
    words: int = 0
    seconds: float = 0.0
    fallbacks: Counter[str] = field(default_factory=Counter)


class BlockScorer:
    """Asks an engine about prose. Thread-safe."""

    def __init__(
        self,
        engine: Scoring | Status,
        *,
        clock: Callable[[], float] = time.monotonic,
        observed: Callable[[str, float], None] = lambda _device, _seconds: None,
        fell_back: Callable[[str], None] = lambda _device: None,
    ) -> None:
        """``observed`` hears device and seconds of every scored block, ``fell_back`` the device of every one that was not."""
        self._engine = engine
        self._clock = clock
        self._observed = observed
        self._fell_back = fell_back
        self._lock = threading.Lock()
        self.figures = Figures()

    def status(self) -> Status:
        """The model's state."""
        return self._engine if isinstance(self._engine, Status) else self._engine.status()

    def __call__(self, text: str, hints: Hints, left: float, turn: Turn) -> tuple[float, ...] | None:
        """A score for each of ``text.split()``, when the text is the model's business and there is time.

        ``left`` are the seconds that the block has.
        """
        engine = self._engine
        if isinstance(engine, Status) or gate.why_not(text, hints):
            return None
        seconds = min(SECONDS - turn.seconds, SHARE * left)
        began = self._clock()
        words = text.split()
        if seconds <= 0:
            self._miss("deadline", turn)
            return None
        answer = engine.score(words, seconds)
        turn.seconds += self._clock() - began
        if not isinstance(answer, Scores) or len(answer.values) != len(words):
            self._miss("error:BadScores" if isinstance(answer, Scores) else answer.why, turn)
            return None
        turn.used += 1
        with self._lock:
            self.figures.calls += 1
            self.figures.words += len(words)
            self.figures.seconds += answer.seconds
        self._observed(self.status().device or "none", answer.seconds)
        return answer.values

    def _miss(self, why: str, turn: Turn) -> None:
        turn.missed = turn.missed or why
        with self._lock:
            self.figures.fallbacks[why] += 1
        self._fell_back(self.status().device or "none")

    def shown(self) -> dict[str, Any]:
        """The block ``kompress`` of /stats."""
        status = self.status()
        with self._lock:
            figures = self.figures
            calls, words, seconds = figures.calls, figures.words, figures.seconds
            why = dict(figures.fallbacks)
        return {
            "enabled": status.enabled,
            "state": status.state,
            "reason": status.reason,
            "backend": status.backend,
            "device": status.device,
            "precision": status.precision,
            "model": status.model,
            "words_per_second": None if status.words_per_second is None else round(status.words_per_second, 1),
            "calls": calls,
            "words": words,
            "average_ms": round(1e3 * seconds / calls, 2) if calls else 0,
            "fallbacks": sum(why.values()),
            "fallback_reasons": why,
        }

    def start(self) -> None:
        """Load the model; returns at once."""
        if not isinstance(self._engine, Status):
            self._engine.start()

    def close(self) -> None:
        """Release it."""
        if not isinstance(self._engine, Status):
            self._engine.close()
