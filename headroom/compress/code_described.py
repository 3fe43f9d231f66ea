"""The definitions that a question describes and does not name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.code_items import Item
from headroom.compress.fitting import fitting
from headroom.compress.query import Relevance

_SCORE = 0.6
_SHARE = 0.85
_MOST = 4
_LINES = 100
_FITTING_LINES = 160
"""Lines of a definition that stays whole where its name and its words, in any form, fit best."""
_WORDS_OF_NAME = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")


def described(lines: Sequence[str], items: Sequence[Item], relevance: Relevance) -> list[Item]:
    """The few definitions whose name and text together hold most of what a question says that names none."""
    most = min(_FITTING_LINES, len(lines) // 2)
    parts = [item for item in items if not item.container and item.last - item.first < most]
    spans = [(item.first, item.last) for item in parts]
    fits = [parts[at] for at in fitting(lines, spans, [item.name for item in parts], relevance, _MOST)]
    short = [item for item in parts if item.last - item.first <= _LINES]
    if not short:
        return fits
    texts = [" ".join([*_WORDS_OF_NAME.findall(item.name), *lines[item.first : item.last + 1]]) for item in short]
    scores = relevance.score_lines(texts)
    floor = max(_SCORE, _SHARE * max(scores))
    best = sorted((-score, item.first) for item, score in zip(short, scores, strict=True) if score >= floor)
    chosen = {first for _, first in best[:_MOST]}
    return [*fits, *[item for item in short if item.first in chosen]]
