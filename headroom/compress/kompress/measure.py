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
    """Run full windows in batches for about so many seconds, after one run to warm up; tokenizing is part of it."""
    windows = list(tokenizer.windows(words))
    full = [w for w in windows if w.count == max(w.count for w in windows)]
    pool = [full[at % len(full)] for at in range(batch)]
    backend.run([window.ids for window in pool])
    counted = tokens = 0
    began = time.perf_counter()
    while counted == 0 or time.perf_counter() - began < seconds:
        first = pool[0]
        list(tokenizer.windows(words[first.first : first.first + first.count]))
        backend.run([window.ids for window in pool])
        counted += sum(window.count for window in pool)
        tokens += sum(len(window.ids) for window in pool)
    return Speed(counted, tokens, time.perf_counter() - began)
