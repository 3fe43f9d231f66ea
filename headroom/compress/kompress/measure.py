"""How fast a backend is: words a second on text as it comes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compress.kompress.backend import Backend
from headroom.compress.kompress.words import Tokenizer


@dataclass(frozen=True, slots=True)
class Speed:
    """One measurement."""

    words: int
    tokens: int
    seconds: float

    @property
    def words_per_second(self) -> float:
        """Throughput."""
        return self.words / self.seconds

    @property
    def ms_per_1000_words(self) -> float:
        """Its inverse, as people reckon latency."""
        return 1e6 * self.seconds / self.words


def measure(
    tokenizer: Tokenizer, backend: Backend, words: Sequence[str], *, batch: int = 1, seconds: float = 5.0
) -> Speed:
    """The fastest of the runs that fit into so many seconds, at least three, after one to warm up.

    A run is a batch of full windows, tokenizing included. The fastest says what the machine can do when it is not busy.
    """
    windows = list(tokenizer.windows(words))
    most = max(window.count for window in windows)
    full = [window for window in windows if window.count == most]
    pool = [full[at % len(full)] for at in range(batch)]
    backend.run([window.ids for window in pool])
    times: list[float] = []
    ends = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < ends:
        began = time.perf_counter()
        for window in pool:
            list(tokenizer.windows(words[window.first : window.first + window.count]))
        backend.run([window.ids for window in pool])
        times.append(time.perf_counter() - began)
    return Speed(sum(w.count for w in pool), sum(len(w.ids) for w in pool), min(times))
