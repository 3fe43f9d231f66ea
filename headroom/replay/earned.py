"""What each transform saved on a call, at the price that each token would have had."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from itertools import pairwise

from headroom.accounts.pricing import Rates
from headroom.exchange import Exchange, Usage, Verdict
from headroom.pipeline.node import Node
from headroom.pipeline.plan import Plan
from headroom.testing.cache import STEP


class Earnings:
    """Prices what verdicts took off, by what is known of the calls of one run so far."""

    def __init__(self) -> None:
        self._ends: dict[str, dict[int, int]] = defaultdict(dict)
        """Of each conversation: tokens that a call left in the cache → the messages it had."""
        self._counts: dict[bytes, tuple[int, int]] = {}
        self._kept: dict[str, dict[str, float]] = {}
        """Of each conversation that the provider keeps: what was taken off its items so far, in tokens."""

    def of(self, conversation: str, exchange: Exchange, usage: Usage, rates: Rates) -> dict[str, float]:
        """Dollars by transform: what was left out would have been read where the provider read what stands there, else written.

        The gate judges blocks by an estimate; here the tokens of whole messages are counted, and shared out by it.
        """
        plan = exchange.plan
        nodes = plan.nodes if isinstance(plan, Plan) else []
        self._counts |= {node.key: node.counts for node in nodes if node.counts is not None}
        read = self._read(conversation, exchange, usage, nodes)
        new = rates.input
        if usage.cache_write:
            new = rates.cache_write_1h if usage.cache_write_1h > usage.cache_write_5m else rates.cache_write_5m
        found: dict[str, float] = defaultdict(float)
        continued = isinstance(plan, Plan) and plan.request.previous_response
        kept = self._kept.get(conversation, {}) if continued else {}
        for why, tokens in kept.items():
            found[why] += tokens * (rates.cache_read if usage.cache_read else new) / 1e6
        kept = defaultdict(float, kept)
        for verdict, tokens in self._saved(exchange, nodes):
            kept[verdict.why] += tokens
            cached = verdict.message < read and not continued  # of a kept conversation all that comes is new
            found[verdict.why] += tokens * (rates.cache_read if cached else new) / 1e6
        self._kept[conversation] = kept
        return dict(found)

    def _read(self, conversation: str, exchange: Exchange, usage: Usage, nodes: list[Node]) -> int:
        """How many of the first messages the provider had in its cache; and remember the call."""
        ends = self._ends[conversation]
        found = [ends[size] for size in range(usage.cache_read, usage.cache_read + STEP) if size in ends]
        ends[usage.cache_read + usage.cache_write if usage.cache_write else usage.total_input] = len(nodes)
        if not usage.cache_read or not nodes:
            return 0
        if found:
            return max(found)
        # It left the earlier calls somewhere. Our count of a prompt and the bill's differ by a factor, and some
        # providers read in steps: a message's middle tells.
        ended = [self._counts.get(node.key, (0, 0))[1] for node in nodes]
        limit = usage.cache_read * exchange.tokens_after / usage.total_input - max(0, exchange.tokens_after - ended[-1])
        return bisect_right([(start + end) / 2 for start, end in pairwise((0, *ended))], limit)

    def _saved(self, exchange: Exchange, nodes: list[Node]) -> list[tuple[Verdict, float]]:
        """What each verdict took off, in counted tokens that add up to what the whole prompt is shorter by."""
        guessed = [
            (verdict, max(0, verdict.tokens_before - verdict.tokens_after))
            for verdict in exchange.verdicts
            if verdict.kind == "compressed"
        ]
        by_message: dict[int, int] = defaultdict(int)
        for verdict, tokens in guessed:
            by_message[verdict.message] += tokens
        factors = {
            message: self._shorter(nodes[message]) / tokens
            for message, tokens in by_message.items()
            if tokens and message < len(nodes)
        }
        if nodes:  # what was rewritten later is only counted for the prompt as a whole
            factors |= {depth - 1: 1.0 for depth, _ in nodes[-1].revised}
        saved = [(verdict, factors.get(verdict.message, 1.0) * tokens) for verdict, tokens in guessed]
        tool = exchange.notes.get("tool_tokens")
        whole = exchange.tokens_before - exchange.tokens_after + (tool if isinstance(tool, int) else 0)
        told = sum(tokens for _, tokens in saved)
        factor = whole / told if told > 0 and whole > 0 else 1.0
        return [(verdict, factor * tokens) for verdict, tokens in saved]

    def _shorter(self, node: Node) -> int:
        """Tokens that a message was made shorter by when it was first sent."""
        before, after = self._counts.get(node.key, (0, 0))
        above = self._counts.get(node.parent.key, (0, 0)) if node.parent is not None else (0, 0)
        return max(0, before - above[0] - (after - above[1]))
