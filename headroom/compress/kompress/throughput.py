"""How fast the model runs, as measured: what admission reckons with, and what tells a run that is stalled."""

from __future__ import annotations

from dataclasses import dataclass

_TOKENS_A_WORD = 1.5
"""Of English in sub-word vocabularies, for figures in words a second before any text was seen."""
_STALLED_TIMES = 4


@dataclass(slots=True)
class Throughput:
    """Moving averages, and the run that is under way. Times are in seconds; the caller reads the clock.

    Not thread-safe: the engine writes under its lock. Who reads without it may be late by a run.
    """

    smoothing: float
    """The weight of a new figure in its average."""
    stalled: float
    """A run that takes so many seconds, and four times what was expected, is stalled."""
    seconds_a_token: float = 0.0
    tokens_a_word: float = _TOKENS_A_WORD
    _began: float | None = None
    _running: int = 0
    _expected: float = 0.0

    @property
    def words_per_second(self) -> float | None:
        """None before anything was measured."""
        pace = self.seconds_a_token
        return 1 / (pace * self.tokens_a_word) if pace else None

    @property
    def is_running(self) -> bool:
        """Whether a run is under way."""
        return self._began is not None

    def time_for(self, tokens: float) -> float:
        """Seconds until so many tokens are done, behind those of the run under way."""
        return (self._running + tokens) * self.seconds_a_token

    def is_stalled(self, now: float) -> bool:
        """Whether the run under way takes far longer than it should."""
        began = self._began
        return began is not None and now - began > max(self.stalled, _STALLED_TIMES * self._expected)

    def see_text(self, words: int, tokens: int) -> None:
        """Take a text's tokens a word into the average."""
        self.tokens_a_word += self.smoothing * (tokens / words - self.tokens_a_word)

    def begin(self, tokens: int, now: float) -> None:
        """Note that a run of so many tokens begins."""
        self._running = tokens
        self._expected = tokens * self.seconds_a_token
        self._began = now

    def end(self, took: float | None) -> None:
        """Note that the run has ended. ``took`` is in seconds; None of a run that failed, which tells nothing."""
        if took is not None:
            pace = took / max(1, self._running)
            self.seconds_a_token += self.smoothing * (pace - self.seconds_a_token)
        self._began = None
        self._running = 0
