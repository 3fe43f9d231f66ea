"""From a token's two outputs to a word's verdict: one rule for every backend, quantised so that all of them agree."""

from __future__ import annotations

import math
from collections.abc import Sequence

from headroom.compress.kompress.errors import BadScores

THRESHOLD = 0.5
"""A word from this score on is kept."""
DIGITS = 3
"""Scores are decided on after rounding to so many decimals: devices differ in the seventh."""


def quantise(score: float) -> float:
    """A score as it is decided on."""
    return round(score, DIGITS)


def checked(scores: Sequence[float], tokens: int) -> Sequence[float]:
    """The scores of a window. Raises ``BadScores`` unless they are ``tokens`` numbers from 0 to 1."""
    if len(scores) != tokens:
        raise BadScores(f"{len(scores)} scores came back for {tokens} tokens")
    total = math.fsum(scores)
    if not math.isfinite(total):
        raise BadScores("a score is not a number")
    if scores and not (min(scores) >= -1e-6 and max(scores) <= 1 + 1e-6):
        raise BadScores("a score is not between 0 and 1")
    return scores


def checked_rows(rows: Sequence[Sequence[float]], lengths: Sequence[int]) -> None:
    """Check the scores of a batch of windows. Raises ``BadScores``."""
    if len(rows) != len(lengths):
        raise BadScores(f"{len(rows)} rows came back for {len(lengths)} windows")
    for row, tokens in zip(rows, lengths, strict=True):
        checked(row, tokens)


def of_words(tokens: Sequence[float], owners: Sequence[int | None], count: int) -> list[float]:
    """Quantised score of each of ``count`` words: its best token's; 1.0 for a word of which no token is left.

    ``owners`` says to which word a token belongs; None marks special tokens. A word is kept if any part of it is.
    """
    best = [-1.0] * count
    for score, owner in zip(tokens, owners, strict=True):
        if owner is not None and score > best[owner]:
            best[owner] = score
    return [1.0 if score < 0 else quantise(min(1.0, max(0.0, score))) for score in best]
