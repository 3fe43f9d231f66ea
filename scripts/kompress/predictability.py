"""How well a word can be guessed when it is masked: a trigram model looking from both sides, and the text so far.

Counts leave the word itself out (deleted estimation), so a text may be scored by counts that it is part of. Smoothing is
Dirichlet's, backing off from trigram to bigram to word; the two sides are multiplied and divided by the word's own chance
(a product of experts); words of the 300 before it count as a cache (Kuhn and De Mori, 1990).
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Sequence

import numpy as np

_EDGE = re.compile(r"^[^\w]+|[^\w]+$")
_CACHE_WORDS = 300
_CACHE_SHARE = 0.1
_TRIGRAM_WEIGHT = 4.0
_BIGRAM_WEIGHT = 20.0
_BREAK = 0
"""Stands between documents."""


def normal(word: str) -> str:
    """A word as it is counted: lower case, without the signs around it; all numbers are one."""
    bare = _EDGE.sub("", word).lower()
    return "#" if bare[:1].isdigit() else bare


def surprise(documents: Sequence[Sequence[str]]) -> list[np.ndarray]:
    """Bits that a word carries in its place, one array a document, one number a word."""
    vocabulary: dict[str, int] = {"": _BREAK}
    rows = [
        np.fromiter((vocabulary.setdefault(normal(word), len(vocabulary)) for word in words), np.int64, len(words))
        for words in documents
    ]
    pause = np.full(2, _BREAK, np.int64)
    line = np.concatenate([pause, *(part for row in rows for part in (row, pause))])
    here = np.arange(2, len(line) - 2)
    unigrams = _counts(line, len(vocabulary))
    total = float(len(line))
    word = line[here]
    alone = (unigrams[word] - 1 + 0.5) / (total + 0.5 * len(vocabulary))
    both = np.ones(len(here))
    for step in (-1, 1):
        near, far = line[here + step], line[here + 2 * step]
        pair, context = _pair(word, near), _pair(near, far)
        two = (_times(pair) - 1 + _BIGRAM_WEIGHT * alone) / (unigrams[near] - 1 + _BIGRAM_WEIGHT)
        three = (_times(_pair(pair, far)) - 1 + _TRIGRAM_WEIGHT * two) / (_times(context) - 1 + _TRIGRAM_WEIGHT)
        both *= np.clip(three, 1e-9, 1.0)
    chance = np.clip(both / alone, 1e-9, 1.0)
    place, out = 0, []
    for row in rows:
        found = chance[place : place + len(row)]
        out.append(-np.log2((1 - _CACHE_SHARE) * found + _CACHE_SHARE * _cache(row)))
        place += len(row) + 2
    return out


def _counts(line: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(line, minlength=size).astype(np.float64)


def _pair(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """One number for two; it wraps around, as a hash may."""
    with np.errstate(over="ignore"):
        return (first.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) ^ (
            second.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F) + np.uint64(0x165667B19E3779F9)
        )


def _times(keys: np.ndarray) -> np.ndarray:
    _, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return counts[places].astype(np.float64)


def _cache(row: np.ndarray) -> np.ndarray:
    """The share that a word has of those before it."""
    window: deque[int] = deque()
    inside: Counter[int] = Counter()
    out = np.zeros(len(row))
    for at, word in enumerate(row.tolist()):
        out[at] = inside[word] / max(50, len(window))
        window.append(word)
        inside[word] += 1
        if len(window) > _CACHE_WORDS:
            inside[window.popleft()] -= 1
    return out
