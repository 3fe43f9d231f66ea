"""One block through the router: a plain function of plain data, so that it can run in another process."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from headroom.accounts.tokens import estimate, estimate_closely
from headroom.compress.rendition import Hints
from headroom.compress.router import Outcome, Policy, compress
from headroom.retrieval.markers import render_gap, sign


@dataclass(frozen=True, slots=True)
class Job:
    """A text to compress. ``handle`` is the hash the original will have, when it can be kept."""

    text: str
    hints: Hints
    policy: Policy
    handle: str | None = None
    scores: tuple[float, ...] | None = None
    """What a model says about each of ``text.split()``, where one was asked; so the job stays a function of plain data."""


def run(job: Job, seconds: float) -> Outcome:
    """Compress within a time; what is not done by then is left as it is."""
    ends = time.monotonic() + seconds
    scores = job.scores

    def scored(words: Sequence[str]) -> Sequence[float] | None:
        # A part of the text has fewer words: what was said about the whole does not hold for it.
        return scores if scores is not None and len(words) == len(scores) else None

    outcome = compress(
        job.text,
        job.hints,
        job.policy,
        estimate,
        render=render_gap,
        recount=estimate_closely,
        prose=None if scores is None else scored,
        deadline=lambda: time.monotonic() > ends,
    )
    if outcome.text is None or outcome.lossless or job.handle is None:
        return outcome
    signed = sign(outcome.text, outcome.gaps, job.handle)
    last = signed[signed.rindex("\n") + 1 :]
    return replace(outcome, text=signed, tokens_after=outcome.tokens_after + estimate(last))
