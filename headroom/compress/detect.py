"""Which content kinds a text may be, the likeliest first: hints first, then a look at a sample of its lines."""

from __future__ import annotations

from dataclasses import dataclass

from headroom.compress.kind_hints import hinted_kinds, kind_of_path
from headroom.compress.kind_judges import JUDGES, LINE_CHARS, Sample
from headroom.compress.rendition import Hints

__all__ = ["KINDS", "Guess", "detect", "kind_of_path"]

_SAMPLE_CHARS = 4_000
_SAMPLE_LINES = 48
_HINT_BONUS = 0.3
_FLOOR = 0.3
_CLOSE = 0.15
"""A kind this much less likely than the likeliest is not tried: a wrong compressor cuts in wrong places."""
_CERTAIN = 0.98
_DECIDED = 0.8
"""When a hinted kind looks this likely, nothing else is looked for."""
_DECISIVE = frozenset(("json", "html", "diff"))
"""Kinds whose opening cannot be mistaken: when it stands there, nothing else is looked for."""
_MOST = 4

KINDS: tuple[str, ...] = tuple(kind for kind, _, _ in JUDGES)
"""Every kind that ``detect`` knows; ties are settled in this order."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a text seems to be."""

    kinds: tuple[str, ...]
    """Up to four content kinds, the likeliest first; empty when nothing fits."""
    confidence: float
    """0..1.3 for the first kind; hints included."""


def detect(text: str, hints: Hints) -> Guess:
    """Guess what a text is.

    Constant work: at most 12 KB of the text is looked at. A hint adds weight to its kind; it never decides against the content.
    """
    sample = _take(text)
    if not sample.lines:
        return Guess((), 0.0)
    hinted = hinted_kinds(hints)
    scores: dict[str, float] = {}
    best = 0.0
    for kind, judge, most in sorted(JUDGES, key=lambda entry: entry[0] not in hinted):
        if most <= best and kind not in hinted:
            continue
        score = judge(sample)
        if (score >= _DECIDED and kind in hinted) or (score >= _CERTAIN and kind in _DECISIVE):
            return Guess((kind,), score)
        if kind in hinted:
            score += _HINT_BONUS if score > 0 else _HINT_BONUS / 2
        scores[kind] = score
        best = max(best, score)
    floor = max(_FLOOR, best - _CLOSE)
    ranked = sorted((kind for kind in scores if scores[kind] >= floor), key=lambda kind: -scores[kind])
    return Guess(tuple(ranked[:_MOST]), best)


def _take(text: str) -> Sample:
    """Sample the head, the middle and the tail, cut at line ends, long lines cut short."""
    size = len(text)
    if size <= 3 * _SAMPLE_CHARS:
        parts = [text]
    else:
        middle = (size - _SAMPLE_CHARS) // 2
        parts = [text[:_SAMPLE_CHARS], text[middle : middle + _SAMPLE_CHARS], text[-_SAMPLE_CHARS:]]
        parts = [_whole_lines(part, first=index == 0) for index, part in enumerate(parts)]
    rows = [line for part in parts for line in part.split("\n") if line and not line.isspace()]
    step = max(1, len(rows) // _SAMPLE_LINES)
    lines = tuple(line[:LINE_CHARS].rstrip() for line in rows[::step])
    return Sample("\n".join(parts), lines, text[:4_000].lstrip("\ufeff \t\r\n"), text[-400:].rstrip(), size)


def _whole_lines(part: str, *, first: bool) -> str:
    start = 0 if first else part.find("\n") + 1
    end = part.rfind("\n")
    return part[start : end if end > start else len(part)]
