"""What was done to each of the newest requests: its decisions, and the texts before and after. For this machine only.

Everything is kept in memory, under a bound in bytes. The tool results of a conversation come again with each of its
requests, so each text is held once and counted by the requests that show it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any
from weakref import WeakKeyDictionary

from headroom.accounts.booking import Booking
from headroom.control.blocks import Block, Shown, places_of, show
from headroom.control.http import ControlReply, ControlRequest, Route, Rule, detail, json_reply
from headroom.control.texts import Texts
from headroom.exchange import Exchange, Verdict
from headroom.pipeline.node import Node

MAX_REQUESTS = 200
MAX_BYTES = 16 * 1024 * 1024
_MINUTE = 60.0
_MINUTE_CALLS = 10_000
"""Calls of the last minute that are remembered, for the gauges."""
SHOWN_CHARS = 400_000
"""Longest text sent to a page."""
_BLOCK_BYTES = 400
_MESSAGE_BYTES = 8
_REQUEST_BYTES = 4_000
"""Rough size of a record beside its texts and its messages."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One request with its decisions, in the order of the conversation."""

    booking: Booking
    shown: tuple[Shown, ...]
    """Its messages with tool results."""
    omitted: int
    """Earlier blocks that are not listed."""
    sent: str
    """``rewritten``, ``original`` (the provider had refused the rewrite), ``shadow`` or ``unchanged``."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Its blocks, in order."""
        return tuple(block for some in self.shown for block in some.blocks)


class Details:
    """The newest requests. Thread-safe; ``take`` is a sink of the accounts."""

    def __init__(
        self,
        *,
        max_requests: int = MAX_REQUESTS,
        max_bytes: int = MAX_BYTES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = monotonic
        self._minute: deque[tuple[float, int]] = deque(maxlen=_MINUTE_CALLS)
        self._max_requests = max_requests
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._texts = Texts()
        self._shown: WeakKeyDictionary[Node, Shown] = WeakKeyDictionary()
        self._records = 0
        self._total = 0
        self._lock = threading.Lock()

    def routes(self) -> tuple[Route, ...]:
        """The list of requests, one request, and one block of it."""
        return (
            Route("GET", "/dashboard/requests", self.requests, Rule.LOOPBACK),
            Route("GET", "/dashboard/requests/{request_id}", self.request, Rule.LOOPBACK),
            Route("GET", "/dashboard/requests/{request_id}/blocks/{number}", self.block, Rule.LOOPBACK),
        )

    # -- keeping -----------------------------------------------------------------------------------------------------
    def take(self, booking: Booking, exchange: Exchange) -> None:
        """Keep a request that has ended."""
        with self._lock:
            places, omitted = places_of(exchange)
            shown = tuple(self._blocks(node, verdicts) for node, verdicts, _ in places)
            self._total += 1
            self._minute.append((self._clock(), booking.tokens_after))
            self._kept[booking.request_id] = kept = Kept(booking, shown, omitted, _sent(booking, exchange))
            self._records += _weight(kept)
            for (_, _, piece), some in zip(places, shown, strict=True):
                if not some.users:
                    self._hold(some, exchange.body_in, piece.start)
                some.users += 1
            while len(self._kept) > self._max_requests or (self.bytes > self._max_bytes and self._kept):
                self._drop(next(iter(self._kept)))

    def _blocks(self, node: Node, verdicts: Sequence[Verdict]) -> Shown:
        """What there is to show of a message. The same as at its last request, unless its verdicts are others."""
        known = self._shown.get(node)
        if known is not None and all(map(is_, known.verdicts, verdicts)):
            return known
        self._shown[node] = made = show(node, verdicts)
        return made

    def _hold(self, shown: Shown, body: bytes, place: int) -> None:
        self._records += _BLOCK_BYTES * len(shown.blocks)
        for block, (start, end), new in zip(shown.blocks, shown.spans, shown.new, strict=True):
            self._texts.hold(block.before, body, place + start, place + end)
            if block.after is not None:
                self._texts.hold(block.after, new)

    def _drop(self, request_id: str) -> None:
        kept = self._kept.pop(request_id)
        self._records -= _weight(kept)
        for shown in kept.shown:
            shown.users -= 1
            if shown.users:
                continue
            self._records -= _BLOCK_BYTES * len(shown.blocks)
            for block in shown.blocks:
                self._texts.drop(block.before)
                if block.after is not None:
                    self._texts.drop(block.after)

    @property
    def bytes(self) -> int:
        """Memory taken, roughly."""
        return self._texts.bytes + self._records

    # -- showing -----------------------------------------------------------------------------------------------------
    def requests(self, request: ControlRequest) -> ControlReply:
        """The newest requests, newest first, without their texts."""
        try:
            limit = int(request.query.get("limit", "50"))
        except ValueError:
            limit = 0
        if not 1 <= limit <= MAX_REQUESTS:
            return detail(f"limit must be a whole number from 1 to {MAX_REQUESTS}", 422)
        with self._lock:
            newest = list(deque(self._kept.values(), maxlen=limit))
            total, minute = self._total, self._last_minute()
        rows = [_row(kept) for kept in reversed(newest)]
        return json_reply({"requests": rows, "total": total, "last_minute": minute})

    def _last_minute(self) -> dict[str, int]:
        since = self._clock() - _MINUTE
        while self._minute and self._minute[0][0] < since:
            self._minute.popleft()
        return {"requests": len(self._minute), "tokens": sum(tokens for _, tokens in self._minute)}

    def request(self, request: ControlRequest) -> ControlReply:
        """One request with its decisions."""
        with self._lock:
            kept = self._kept.get(request.params["request_id"])
        if kept is None:
            return detail("this request is no longer kept", 404)
        return json_reply(
            _row(kept)
            | {
                "context_window": kept.booking.context_window,
                "tool_tokens": kept.booking.tool_tokens,
                "rounds": kept.booking.rounds,
                "retrieved_tokens": kept.booking.retrieved_tokens,
                "cache_lost_tokens": kept.booking.cache_lost_tokens,
                "price_source": kept.booking.price_source,
                "refusals": kept.booking.refusals,
                "stages_ms": kept.booking.stages_ms,
                "omitted_blocks": kept.omitted,
                "decisions": [_decision(number, block) for number, block in enumerate(kept.blocks)],
            }
        )

    def block(self, request: ControlRequest) -> ControlReply:
        """One block as the client sent it and as the provider got it; ``after`` is null where that is the same."""
        number = request.params["number"]
        with self._lock:
            kept = self._kept.get(request.params["request_id"])
            index = int(number) if number.isdecimal() and len(number) < 6 else -1
            blocks = kept.blocks if kept is not None else ()
            if not 0 <= index < len(blocks):
                return detail("this block is no longer kept", 404)
            block = blocks[index]
            before = self._texts.get(block.before)
            after = self._texts.get(block.after) if block.after is not None else None
        return json_reply(
            {
                "before": before[:SHOWN_CHARS],
                "after": after[:SHOWN_CHARS] if after is not None else None,
                "cut": max(len(before), len(after or "")) > SHOWN_CHARS,
                "chars_before": len(before),
                "chars_after": len(before if after is None else after),
            }
        )


def _sent(booking: Booking, exchange: Exchange) -> str:
    if booking.rescued:
        return "original"
    if booking.shadow:
        return "shadow"
    return "unchanged" if exchange.body_out is exchange.body_in else "rewritten"


def _weight(kept: Kept) -> int:
    return _REQUEST_BYTES + _MESSAGE_BYTES * len(kept.shown)


_FIELDS = [
    "request_id",
    "timestamp",
    "provider",
    "endpoint",
    "model",
    "client",
    "project",
    "stream",
    "status",
    "outcome",
    "mode",
    "tokens_before",
    "tokens_after",
    "tokens_saved",
    "net_tokens_saved",
    "savings_percent",
    "saved_usd",
    "net_saved_usd",
    "cost_usd",
    "cost_basis",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "usage_basis",
    "latency_ms",
    "overhead_ms",
    "ttfb_ms",
    "retries",
    "rescued",
    "shadow",
    "semantic_cache_hit",
    "passthrough_reason",
    "transforms_applied",
    "error",
]


def _row(kept: Kept) -> dict[str, Any]:
    row = {name: getattr(kept.booking, name) for name in _FIELDS}
    blocks = kept.blocks
    compressed = [block for block in blocks if block.verdict.kind == "compressed"]
    return row | {
        "sent": kept.sent,
        "blocks": len(blocks) + kept.omitted,
        "new_blocks": sum(block.verdict.fresh for block in blocks),
        "compressed_blocks": len(compressed),
        "new_compressed_blocks": sum(block.verdict.fresh for block in compressed),
    }


def _decision(number: int, block: Block) -> dict[str, Any]:
    verdict = block.verdict
    return {
        "number": number,
        "decision": verdict.kind,
        "why": verdict.why,
        "message": verdict.message,
        "tool": verdict.tool,
        "kind": verdict.content_kind,
        "tokens_before": verdict.tokens_before,
        "tokens_after": verdict.tokens_after,
        "bytes": block.size,
        "lossless": verdict.lossless,
        "retrievable": verdict.handle is not None,
        "new": verdict.fresh,
    }
