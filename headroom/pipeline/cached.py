"""What of a conversation the provider has cached, as far as calls before tell, and what of it a rewrite leaves readable.

OpenAI and Gemini find the longest beginning that they know. Anthropic finds only places where a mark lay in an earlier
call, and only within some blocks before a mark of this one: of a prompt with a single mark, at its end, a change
anywhere leaves nothing readable but the front.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from headroom.exchange import Wire
from headroom.pipeline.conversation import front
from headroom.pipeline.economics import SURELY, cache_minimum
from headroom.pipeline.history import History, Sighting
from headroom.pipeline.node import Node, results_of
from headroom.pipeline.plan import Plan
from headroom.pipeline.revision import Revised
from headroom.wire.dialect import Request

_MARK: Final = re.compile(rb'"cache_control"[ \t\r\n]*:[ \t\r\n]*\{')
_REACH: Final = 16
"""Blocks before a mark within which earlier ones are found (Anthropic looks back 20; not all blocks are counted here)."""
_LOOKS: Final = 8
"""Earlier calls whose marks are looked at."""


@dataclass(frozen=True, slots=True)
class Cached:
    """Where a conversation's cached beginning ends, and where a shorter one can be read."""

    ends: Sequence[int]
    """Bytes sent up to each message, the front included; the first is the front's."""
    last: int
    """Depth of the last message that is cached."""
    readable: tuple[int, ...] | None
    """Depths of the messages up to which a beginning can be read, rising; None: up to any."""
    least: int = 0
    """Bytes from which a beginning is surely long enough to be cached."""

    def spoilt(self, depth: int) -> int:
        """Bytes, as sent now, that are cached and must be written anew when a message changes."""
        if depth > self.last:
            return 0
        if self.readable is None:
            before = depth - 1
        else:
            found = bisect_right(self.readable, depth - 1)
            before = self.readable[found - 1] if found else -1
        kept = self.ends[before] if before >= 0 else 0
        return self.ends[self.last] - (kept if kept >= self.least else 0)


def marked(body: bytes, request: Request) -> tuple[int, ...]:
    """Depths of the messages that carry the client's marks for the cache, rising; 0 stands for what is in front of them.

    One mark for the whole request lies on its last message.
    """
    if not request.cache_marks:
        return ()
    around = [at.start() for at in _MARK.finditer(request.around(body))]
    opens = request.messages[0].start if request.messages else len(body)
    gap = request.messages[-1].end - opens if request.messages else 0
    found = {depth_of(request, at if at < opens else at + gap) for at in around}
    # System prompt and tools may stand behind the messages: their marks are told above.
    at, left = opens + gap, request.cache_marks - len(around)
    while left > 0 and (at := body.rfind(b'"cache_control"', opens, at)) >= 0:
        if _MARK.match(body, at):
            left -= 1
            found.add(depth_of(request, at))
    return tuple(sorted(found))


def depth_of(request: Request, at: int) -> int:
    """Depth of the message that a mark at an offset of the body lies in; 0: tools or system prompt."""
    depth = bisect_right(request.messages, at, key=lambda piece: piece.start)
    if depth and at < request.messages[depth - 1].end:
        return depth
    before = (*request.system, *((request.tools,) if request.tools is not None else ()))
    return 0 if any(span.start <= at <= span.end for span in before) else len(request.messages)


def sent_size(node: Node, number: int) -> int:
    """Bytes of one of a message's results as it was first sent."""
    part = results_of(node)[number]
    return next((len(edit.new) for edit in node.edits if edit.start == part.start), part.end - part.start)


def ends_of(plan: Plan, revised: Revised) -> list[int]:
    """Bytes sent up to each message under some rewrites; first those of the front."""
    own = [node.sent - (node.parent.sent if node.parent is not None else 0) for node in plan.nodes]
    for (depth, number), rewrite in revised.items():
        own[depth - 1] += len(rewrite.literal) - sent_size(plan.nodes[depth - 1], number)
    for drop in plan.node.dropped:
        own[drop.first - 1 : drop.last] = [0] * (drop.last - drop.first + 1)
    return list(accumulate((max(0, size) for size in own), initial=front(plan.request)))


def untold(tip: Node, found: tuple[Node, Sighting] | None) -> int:
    """Depth of the message that ended the last answered call, where what its answer said is not known; else 0.

    An answer is noted a moment after it went out, and by another worker's or another gateway's calls not at all here.
    """
    asking = tip.calling.parent if tip.calling is not None else None
    return asking.depth if asking is not None and found is not None and asking.depth > found[0].depth else 0


def cached(plan: Plan, found: tuple[Node, Sighting] | None, history: History, *, lives: float) -> Cached:
    """What is cached of a request's earlier messages. ``found`` is the call before it; may ask the store."""
    tip = plan.node
    ends = ends_of(plan, tip.revised)
    least = SURELY * cache_minimum(plan.request.model or plan.exchange.model)
    later = untold(tip, found)  # surely cached as well
    if plan.request.wire is not Wire.ANTHROPIC:
        return Cached(ends, max(found[0].depth, later) if found is not None else len(plan.nodes), None, least)
    if found is None:
        return Cached(ends, len(plan.nodes), (), least)
    last, seen = found
    if seen.marks is None:
        return Cached(ends, max(last.depth, later), (), least)
    now = marked(plan.exchange.body_in, plan.request) or (last.depth, tip.depth)
    blocks = list(accumulate((_blocks(node) for node in plan.nodes), initial=0))
    readable = {
        depth
        for depth in _written(tip, found, history, now=plan.now, lives=lives)
        if depth == 0 or any(0 <= blocks[mark] - blocks[depth] <= _REACH for mark in now)
    }
    return Cached(ends, max(*seen.marks, later, 0), tuple(sorted(readable)), least)


def _written(tip: Node, found: tuple[Node, Sighting], history: History, *, now: float, lives: float) -> Iterator[int]:
    """Depths at which earlier calls laid marks that still stand behind what they stood behind then."""
    at: tuple[Node, Sighting] | None = found
    for _ in range(_LOOKS):
        if at is None or now - at[1].wall > lives:
            return
        node, seen = at
        changed = min(_changed(tip, node), default=tip.depth)
        yield from (depth for depth in seen.marks or () if depth < changed)
        at = history.find(node.parent) if node.parent is not None else None


def _changed(tip: Node, node: Node) -> Iterable[int]:
    """Depths of the messages that are sent otherwise than when a call ended at a node."""
    if tip.revised is not node.revised:
        yield from (place[0] for place in tip.revised if tip.revised[place] is not node.revised.get(place))
    yield from (drop.first for drop in tip.dropped[len(node.dropped) :])


def _blocks(node: Node) -> int:
    message = node.message
    return max(1, len(message.parts) + len(message.calls) + len(message.images)) if message is not None else 1
