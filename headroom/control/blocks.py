"""The judged blocks of a request, as they are shown: of each message once, as long as its verdicts stay the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from headroom.exchange import Exchange, Verdict
from headroom.pipeline.node import Node, results_of
from headroom.pipeline.plan import Plan
from headroom.wire.dialect import Slice

MAX_BLOCKS = 40
"""The newest blocks of a request that are listed; earlier ones were listed with earlier requests."""


@dataclass(frozen=True, slots=True)
class Block:
    """One text block of a request. ``before`` and ``after`` name texts; ``after`` is None where it was sent as it came."""

    verdict: Verdict
    size: int
    """Bytes of the client's JSON literal."""
    before: bytes
    after: bytes | None


@dataclass(slots=True, eq=False)
class Shown:
    """What there is to show of one message; requests that show the same share it."""

    verdicts: tuple[Verdict, ...]
    blocks: tuple[Block, ...]
    spans: tuple[tuple[int, int], ...]
    """Where each block's text lies in the message."""
    new: tuple[bytes, ...]
    """What was sent for each; empty where it went as it came."""
    users: int = 0
    """Kept requests that show it."""


def places_of(exchange: Exchange) -> tuple[list[tuple[Node, Sequence[Verdict], Slice]], int]:
    """The newest messages with tool results that were judged, in order, and the number of judged results before them."""
    plan = exchange.plan
    if not isinstance(plan, Plan) or not exchange.body_in:
        return [], 0
    places: list[tuple[Node, Sequence[Verdict], Slice]] = []
    left = plan.judged
    for index in reversed(range(len(plan.nodes))):
        size = len(plan.nodes[index].verdicts)
        if not left or plan.judged - left + size > MAX_BLOCKS:
            break
        if size:
            places.append((plan.nodes[index], exchange.verdicts[left - size : left], plan.request.messages[index]))
            left -= size
    return places[::-1], left


def show(node: Node, verdicts: Sequence[Verdict]) -> Shown:
    """What there is to show of one message."""
    edits = {(edit.start, edit.end): edit.new for edit in (node.standing or node).edits}
    blocks, spans, texts = [], [], []
    for part, verdict in zip(results_of(node), verdicts, strict=False):
        new = edits.get((part.start, part.end))
        after = None if new is None else blake2b(new, digest_size=16).digest()
        blocks.append(Block(verdict, part.end - part.start, part.digest, after))
        spans.append((part.start, part.end))
        texts.append(new or b"")
    return Shown(tuple(verdicts), tuple(blocks), tuple(spans), tuple(texts))
