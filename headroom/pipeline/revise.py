"""Rewrites of what was sent before, each only where the economic gate books a gain, or the model's window is full.

A rewrite is decided once, at the newest message of the request in which it first goes out, and pinned in the store: it
holds for every later request whose chain goes through that message, in every worker and after a restart. Originals are
stored and every rewrite carries its marker.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from headroom.accounts.pricing import Prices
from headroom.errors import StoreError
from headroom.exchange import Edit, Exchange, Verdict
from headroom.pipeline.conversation import TOOL_TOKENS
from headroom.pipeline.economics import Candidate, Gate, Market, alive, best_cut, further_calls, hour_long, life, note
from headroom.pipeline.history import History, Revised, Revision, Rewrite, extend
from headroom.pipeline.lifecycle import cited, outdated, results_of
from headroom.pipeline.lineage import Node, Standing
from headroom.pipeline.plan import Plan
from headroom.pipeline.room import Rejudge, RoomMaker
from headroom.pipeline.stubs import Makes, Option, Stubs
from headroom.retrieval.originals import Originals
from headroom.settings import Settings

log = logging.getLogger("headroom.pipeline")

_BYTES_A_TOKEN: Final = 4
_LEFT_RAW: Final = frozenset({"deadline", "older_policy", "no_store", "ledger", "cache_minimum"})
"""Verdicts that had nothing to do with the block itself, so that another try may do better."""
_CAUTION: Final = 2.0
"""How many times its cost a rewrite must be expected to save while the cache lives: nobody knows how long a session
goes on, and price tables age."""
_CHEAPEST_READ: Final = 0.1
"""Cache reads are taken to cost no more than this share of the input price, as they do at most providers by now."""
_MOST: Final = 24
"""Blocks that are tried again in one turn."""
_SHORTEST: Final = 300.0
"""Seconds that every provider's cache lives."""
_LONG: Final = re.compile(rb'"prompt_cache_retention"[ \t\r\n]*:[ \t\r\n]*"24h"')


class Reviser:
    """Finds, weighs and pins rewrites. Thread-safe."""

    def __init__(self, settings: Settings, history: History, originals: Originals, prices: Prices) -> None:
        self._settings = settings
        self._history = history
        self._originals = originals
        self._prices = prices
        self._stubs = Stubs(originals)
        self._room = RoomMaker(settings, originals, self._stubs)

    def recall(self, node: Node, exchange: Exchange) -> None:
        """Put the rewrites that were decided at a node back to work."""
        node.spent = node.parent.spent if node.parent is not None else 0.0
        try:
            revision = self._history.revision(node)
        except StoreError as error:
            log.warning("rewrites could not be looked up: %s", error)
            exchange.notes["history"] = str(error)
            return
        if revision is not None:
            node.revised = extend(node.revised, revision)
            node.dropped += revision.drops
            node.spent += revision.costs_usd
            node.offered = True

    def withdraw(self, node: Node, *, now: float) -> None:
        """The upstream refused what was decided at a node: it never became part of the conversation."""
        self._history.drop(node, now=now)

    def revise(self, plan: Plan, *, rejudge: Rejudge, left: float) -> None:
        """Decide at the newest message of a request what of the earlier ones is rewritten; usually nothing."""
        tip = plan.node
        if tip.parent is None or tip.revised is not tip.parent.revised:
            return
        # No way yet to fetch what would be taken out: only a full window, which makes all anew, is worth the tool.
        unoffered = plan.conversation.deferred and not tip.offered
        try:
            revision = self._decide(plan, tip, rejudge, left, only_room=unoffered or plan.budget is not None)
            if revision is not None:
                standing = self._history.pin(tip, revision, now=plan.now)
                tip.revised = extend(tip.revised, standing)
                tip.dropped += standing.drops
                tip.spent += standing.costs_usd
                tip.offered = True
                plan.exchange.notes["revised"] = len(standing.rewrites)
                plan.exchange.notes["rewrote"] = bool(standing.rewrites)
        except StoreError as error:
            log.warning("nothing is rewritten without the store: %s", error)
            plan.exchange.notes["history"] = str(error)

    def _decide(self, plan: Plan, tip: Node, rejudge: Rejudge, left: float, *, only_room: bool) -> Revision | None:
        exchange, request = plan.exchange, plan.request
        found = self._history.find(tip.parent or tip)
        seen = found[1] if found is not None else None
        over, surplus = self._room.over(plan, tip, found)
        if over > 0:
            return self._room.make(plan, tip, over, surplus, rejudge=rejudge, left=left)
        if only_room:
            return None
        idle = plan.now - seen.wall if seen is not None else None
        warm = idle is None or alive(idle, _SHORTEST) > 0
        if warm and not any(node.accesses for node in plan.nodes[max(0, plan.known - 1) :]):
            return None  # nothing has become worthless since this was weighed last
        options = list(self._reads(plan)) if self._settings.read_lifecycle else []
        if not options and warm:
            return None
        around = request.around(exchange.body_in)
        one_hour = bool(seen and seen.one_hour) or tip.hour or hour_long(around)
        long_retention = _LONG.search(around) is not None
        lives = life(provider=exchange.provider, one_hour=one_hour, long_retention=long_retention)
        chance = alive(idle, lives)
        rates = self._prices.rates(request.model or exchange.model, exchange.provider)
        rates = replace(rates, cache_read=min(rates.cache_read, _CHEAPEST_READ * rates.input))
        market = Market(rates, one_hour=one_hour)
        what = "outdated reads"
        if chance == 0:
            options += self._left_raw(plan, rejudge, left)
            what = "a cold prefix"
        if not options:
            return None
        return self._weigh(plan, tip, what, options, chance, market)

    def _weigh(
        self, plan: Plan, tip: Node, what: str, options: list[Option], chance: float, market: Market
    ) -> Revision | None:
        options.sort(key=lambda option: (option.node.depth, option.number))
        candidates = [
            Candidate(
                order,
                (option.part.end - option.part.start) // _BYTES_A_TOKEN,
                option.removed,
                max(0, tip.sent - option.node.sent) // _BYTES_A_TOKEN,
            )
            for order, option in enumerate(options)
        ]
        calls = further_calls(tip.turns)
        cut = best_cut(what, candidates, calls=calls, alive_chance=chance, market=market)
        if cut is None:
            return None
        gate = cut.gate
        stake = min(gate.saves_usd / _CAUTION, max(0.0, self._earned(tip, market)))
        if gate.verdict == "gain" and gate.costs_usd > stake:
            # Expected to pay, but the conversation may end early: never stake more than it has saved so far.
            gate = replace(gate, verdict="refused")
        if gate.verdict == "refused":
            note(plan.exchange, gate)
            return None
        made = [rewrite for option in options[cut.order :] if (rewrite := option.make()) is not None]
        if not made:
            return None
        note(plan.exchange, gate)
        return _revision(made, gate)

    @staticmethod
    def _earned(tip: Node, market: Market) -> float:
        """Dollars the conversation has surely saved: each token left out was not written, once."""
        tool = TOOL_TOKENS * (market.write + market.read * tip.turns)
        return (tip.size - tip.sent) / _BYTES_A_TOKEN * market.write - tool - tip.spent

    # -- what could go -----------------------------------------------------------------------------------------------
    def _reads(self, plan: Plan) -> Iterator[Option]:
        tip = plan.node
        for one in outdated(plan.nodes):
            if (one.depth, one.part) in tip.revised:
                continue
            node = plan.nodes[one.depth - 1]
            part = results_of(node)[one.part]
            how = "read again" if one.why == "superseded" else "written anew"
            said = f"an earlier state of {one.path}, which was {how} later; the newer text stands below"
            yield self._stubs.option(plan, node, one.part, part, f"read_lifecycle:{one.why}", said)

    def _left_raw(self, plan: Plan, rejudge: Rejudge, left: float) -> Iterator[Option]:
        tries = 0
        named = cited(plan.nodes)
        for node in plan.nodes[:-1]:
            for number, verdict in enumerate(node.verdicts):
                if verdict.why not in _LEFT_RAW or (node.depth, number) in plan.node.revised or tries == _MOST:
                    continue
                part = results_of(node)[number]
                if (node.depth, number) in named or part.digest in named:
                    continue  # a later result says no more than that it is the same
                entry = rejudge(plan, node, part, left)
                tries += 1
                if entry is None or entry.literal is None:
                    continue
                made = Rewrite(
                    node.depth,
                    number,
                    entry.why,
                    entry.literal,
                    entry.handle,
                    entry.tokens_before,
                    entry.tokens_after,
                    part.digest,
                )
                yield Option(node, number, part, entry.tokens_before - entry.tokens_after, _always(made))


def _always(made: Rewrite) -> Makes:
    return lambda: made


def _revision(made: list[Rewrite], gate: Gate) -> Revision:
    return Revision(tuple(made), gate.costs_usd, gate.saves_usd, gate.sentence())


# -- what a request sends when rewrites hold ---------------------------------------------------------------------------
def effective(node: Node, revised: Revised) -> tuple[Verdict, ...]:
    """A message's verdicts as they stand."""
    if not touched(node, revised):
        return node.verdicts
    return tuple(
        verdict if (new := revised.get((node.depth, number))) is None else _as_verdict(verdict, new)
        for number, verdict in enumerate(node.verdicts)
    )


def standing(node: Node, revised: Revised) -> Standing:
    """What a message comes to under these rewrites; made once, and then again only when they change."""
    made = node.standing
    if made is None or made.revised is not revised:
        again = tuple(replace(verdict, fresh=False) for verdict in effective(node, revised))
        made = node.standing = Standing(revised, edits_of(node, revised), again)
    return made


def touched(node: Node, revised: Revised) -> bool:
    """Whether a message is sent otherwise than at first."""
    return bool(revised) and any((node.depth, number) in revised for number in range(len(node.verdicts)))


def _as_verdict(verdict: Verdict, new: Rewrite) -> Verdict:
    return replace(
        verdict,
        kind="compressed",
        why=new.why,
        tokens_before=max(verdict.tokens_before, new.tokens_before),
        tokens_after=new.tokens_after,
        lossless=new.handle is None,
        handle=new.handle,
    )


def edits_of(node: Node, revised: Revised) -> tuple[Edit, ...]:
    """A message's edits as they stand."""
    if not touched(node, revised):
        return node.edits
    parts = results_of(node)
    new = {
        parts[number].start: Edit(parts[number].start, parts[number].end, rewrite.literal)
        for number in range(len(node.verdicts))
        if (rewrite := revised.get((node.depth, number))) is not None
    }
    if not new:
        return node.edits
    return (*(edit for edit in node.edits if edit.start not in new), *new.values())


def without(edits: list[Edit], plan: Plan) -> list[Edit]:
    """A request's edits once more, with the messages taken out that are no longer sent."""
    pieces = plan.request.messages
    gone = [(pieces[drop.first - 1].start, pieces[drop.last].start) for drop in plan.node.dropped]
    kept = [edit for edit in edits if not any(start <= edit.start < end for start, end in gone)]
    return kept + [Edit(start, end, b"") for start, end in gone]
