"""Whether a block's shorter form pays in its conversation."""

from __future__ import annotations

from headroom.accounts.pricing import Prices
from headroom.accounts.tokens import BYTES_A_TOKEN
from headroom.exchange import Wire
from headroom.pipeline import economics
from headroom.pipeline.conversation import SURELY_NEW, TOOL_TOKENS, front
from headroom.pipeline.judge import PARTS, REPEAT
from headroom.pipeline.ledger import Entry
from headroom.pipeline.node import Node
from headroom.pipeline.plan import Plan
from headroom.wire.dialect import TextPart

_SURE_CALLS = economics.FEW_CALLS / 2
"""Further calls that surely come: who writes the whole prompt anew for it loses when the conversation ends sooner."""


class Worth:
    """Weighs single blocks. Thread-safe."""

    def __init__(self, mode: str, prices: Prices) -> None:
        self._mode = mode
        self._prices = prices

    def offering(self, plan: Plan, node: Node, entry: Entry) -> bool:
        """Whether this block pays for the retrieval tool, where it was not offered yet.

        The tool stands before everything else, so adding it makes the provider write the whole prompt anew.
        """
        if not plan.conversation.deferred or node.offered:
            return True
        request, exchange = plan.request, plan.exchange
        if self._mode != "token":
            minimum = economics.cache_minimum(request.model or exchange.model)
            new = not plan.conversation.resumed or front(request) + plan.node.sent < SURELY_NEW * minimum
            return new and entry.tokens_before - entry.tokens_after > TOOL_TOKENS
        market = self._market(plan, node)
        saved = entry.tokens_before - entry.tokens_after - TOOL_TOKENS
        # The newest message is written for the first time in any case: only what stands before it is written anew.
        newest = node.depth == len(request.messages)
        sent = node.parent.sent if newest and node.parent is not None else node.sent
        gate = economics.judge(
            "the tools array",
            removed=saved,
            rewritten=(front(request) + sent) // BYTES_A_TOKEN,
            calls=_SURE_CALLS
            + market.write / (market.read or market.write),  # this call's write counts as that many reads
            alive_chance=1.0,
            market=market,
            margin=0.0,
        )
        economics.note(exchange, gate)
        return gate.verdict == "gain"

    def cacheable(self, plan: Plan, node: Node, part: TextPart, entry: Entry) -> bool:
        """Whether a shorter block pays, too, where it keeps the prompt below the size that the provider caches.

        Calls that come in one by one may be single questions; an agent's loop goes on.
        """
        request, exchange = plan.request, plan.exchange
        if not request.cache_marks and request.wire is Wire.ANTHROPIC:
            return True
        minimum = economics.cache_minimum(exchange.model if request.model is None else request.model)
        if entry.why in {REPEAT, PARTS} and not _at_work(node):
            return True
        size = part.end - part.start
        rest = front(request) + node.sent - size
        if rest + len(entry.literal or b"") >= economics.SURELY * minimum:
            return True
        rest //= BYTES_A_TOKEN
        return economics.worth_staying_small(
            rest
            + (TOOL_TOKENS if entry.handle is not None else 0)
            + (entry.tokens_after or len(entry.literal or b"") // BYTES_A_TOKEN),
            rest + (entry.tokens_before or size // BYTES_A_TOKEN),
            minimum=minimum,
            market=self._market(plan, node),
            calls=economics.FEW_CALLS if _at_work(node) else 2.0,
        )

    def _market(self, plan: Plan, node: Node) -> economics.Market:
        request, exchange = plan.request, plan.exchange
        one_hour = node.hour or economics.hour_long(request.around(exchange.body_in))
        return economics.Market(
            self._prices.rates(request.model or exchange.model, exchange.provider), one_hour=one_hour
        )


def _at_work(node: Node) -> bool:
    """Whether results came in at least twice before: an agent's loop and no single question."""
    seen = 0
    for above in node.up():
        seen += above is not node and bool(above.verdicts)
        if seen == 2:
            return True
    return False
