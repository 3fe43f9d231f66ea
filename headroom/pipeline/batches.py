"""Message batches: each request of one goes through the pipeline by itself.

Nothing is left out of them, since the provider answers them later, when nobody could fetch it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from headroom.accounts.tokens import BYTES_A_TOKEN
from headroom.errors import StoreError, Unreadable
from headroom.exchange import Edit, Exchange, Verdict
from headroom.pipeline.pipeline import Pipeline
from headroom.wire.body import splice
from headroom.wire.dialect import Batch


@dataclass(slots=True)
class Prepared:
    """What becomes of a batch."""

    body: bytes
    tokens_before: int = 0
    tokens_after: int = 0
    verdicts: list[Verdict] = field(default_factory=list)
    transforms: list[str] = field(default_factory=list)
    shadow_bytes: int | None = None
    late: int = 0
    """Requests that there was no time for; they stay as they are."""
    left: dict[str, int] = field(default_factory=dict)
    """Why requests were left alone → how many."""

    def fill(self, exchange: Exchange) -> None:
        """Put it into the batch's exchange."""
        exchange.body_out = self.body
        exchange.tokens_before, exchange.tokens_after = self.tokens_before, self.tokens_after
        exchange.verdicts, exchange.transforms = self.verdicts, self.transforms
        if self.shadow_bytes is not None:
            exchange.notes["shadow_bytes"] = self.shadow_bytes
        if self.late:
            exchange.notes["deadline"] = True
        if self.body is exchange.body_in and self.shadow_bytes is None and self.left:
            exchange.passthrough_reason = max(self.left, key=lambda why: self.left[why])


def prepare(
    pipeline: Pipeline,
    exchange: Exchange,
    batch: Batch,
    *,
    now: float,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> Prepared:
    """Compress the requests of a batch, one after the other, until the time is up. May wait for the store."""
    body, ends = exchange.body_in, clock() + seconds
    made = Prepared(body)
    edits: list[Edit] = []
    spared = 0
    for start, end in batch.params:
        one = _part(exchange, body[start:end])
        left = ends - clock()
        why: str | None = "deadline"
        if left > 0:
            why = _compress(pipeline, one, now=now, seconds=left)
        else:
            made.late += 1
        if why is not None:
            made.left[why] = made.left.get(why, 0) + 1
        if not one.tokens_before:
            one.tokens_before = one.tokens_after = (end - start) // BYTES_A_TOKEN
        made.tokens_before += one.tokens_before
        made.tokens_after += one.tokens_after
        made.verdicts += one.verdicts
        made.transforms += one.transforms
        if one.body_out is not one.body_in:
            edits.append(Edit(start, end, one.body_out))
        size = one.notes.get("shadow_bytes")
        spared += end - start - size if isinstance(size, int) else 0
    if edits:
        made.body = splice(body, edits)
    if spared:
        made.shadow_bytes = len(body) - spared
    return made


def _part(exchange: Exchange, body: bytes) -> Exchange:
    return replace(
        exchange,
        body_in=body,
        body_out=body,
        outline=None,
        prefix=(),
        plan=None,
        tokens_before=0,
        tokens_after=0,
        verdicts=[],
        judged=None,
        transforms=[],
        handles=[],
        notes={},
        stages={},
    )


def _compress(pipeline: Pipeline, one: Exchange, *, now: float, seconds: float) -> str | None:
    """Compress one request; why it stays as it is, or None."""
    try:
        plan = pipeline.plan(one, now=now)
        if plan is None:
            return "store"
        pipeline.work(plan, seconds=seconds)
        pipeline.finish(plan)
        pipeline.count(plan)
    except Unreadable as error:
        return error.reason
    except StoreError:
        return "store"
    return one.passthrough_reason
