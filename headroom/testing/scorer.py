"""A stand-in for the token-importance model: same answer for the same words, and every way to fail on demand."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Sequence
from typing import Literal

Mood = Literal["ok", "raise", "nan", "short", "out_of_memory"]


class FakeScorer:
    """Scores words between 0 and 1 from a hash of each word; needs no weights.

    ``keep`` names words that always score 1.0. ``delay`` seconds pass before each answer (a real sleep: the caller is
    expected to run models off its event loop). ``mood`` picks a failure: ``raise`` a RuntimeError, ``nan`` scores,
    ``short`` one score too few, or ``out_of_memory`` (MemoryError). ``calls`` counts what was asked.
    """

    def __init__(self, *, keep: Sequence[str] = (), delay: float = 0.0, mood: Mood = "ok") -> None:
        self.keep = frozenset(keep)
        self.delay = delay
        self.mood: Mood = mood
        self.calls: list[tuple[str, ...]] = []

    def score(self, words: Sequence[str]) -> list[float]:
        """One score a word, in order."""
        self.calls.append(tuple(words))
        if self.delay > 0:
            time.sleep(self.delay)
        if self.mood == "raise":
            raise RuntimeError("the fake scorer was told to fail")
        if self.mood == "out_of_memory":
            raise MemoryError("the fake scorer was told to run out of memory")
        if self.mood == "nan":
            return [math.nan] * len(words)
        scores = [1.0 if word in self.keep else _hashed(word) for word in words]
        return scores[:-1] if self.mood == "short" else scores

    __call__ = score


def _hashed(word: str) -> float:
    digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 0xFFFFFFFF
