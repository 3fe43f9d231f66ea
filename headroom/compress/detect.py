"""Which content kinds a text may be, the likeliest first: hints first, then a look at a sample of its lines."""

from __future__ import annotations

from dataclasses import dataclass

from headroom.compress.kind_hints import hinted_kinds, kind_of_path
from headroom.compress.kind_judges import JUDGES, OPENINGS, is_json_records
from headroom.compress.rendition import Hints
from headroom.compress.sample import take

__all__ = ["Guess", "detect", "kind_of_path", "likeliest"]

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
_PRINTED = frozenset(("build", "diff", "listing", "log", "search", "tests", "trace", "vcs"))
_WRITTEN = frozenset(("code", "config", "markdown"))
_SURE = 0.7
"""What a program prints holds pieces of sources and pages: that it is one itself takes a look this sure."""

_JUDGE_OF = {kind: judge for kind, judge, _ in JUDGES}


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
    sample = take(text)
    if not sample.lines:
        return Guess((), 0.0)
    hinted = hinted_kinds(hints)
    if not hinted:
        for kind, opening, enough in OPENINGS:
            if opening.match(sample.head) and (score := _JUDGE_OF[kind](sample)) >= enough:
                return Guess((kind,), score)
    elif "json" not in hinted and is_json_records(sample):
        return Guess(("json",), 1.0)  # requests, say: one may be asked for by any of its values
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
    if hinted & _PRINTED and not hinted & _WRITTEN:
        for kind in _WRITTEN & {kind for kind, score in scores.items() if score < _SURE}:
            del scores[kind]
        best = max(scores.values(), default=0.0)
    floor = max(_FLOOR, best - _CLOSE)
    ranked = sorted((kind for kind in scores if scores[kind] >= floor), key=lambda kind: -scores[kind])
    return Guess(tuple(ranked[:_MOST]), best)


def likeliest(text: str, hints: Hints, kinds: frozenset[str]) -> float:
    """Return the highest confidence that any of a few kinds gets, as `detect` counts it; what others get is not looked for."""
    sample = take(text)
    hinted = hinted_kinds(hints)
    return (
        max(
            (judge(sample) + (_HINT_BONUS if kind in hinted else 0.0) for kind, judge, _ in JUDGES if kind in kinds),
            default=0.0,
        )
        if sample.lines
        else 0.0
    )
