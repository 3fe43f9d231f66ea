"""Rewrites of what was sent before, each only where the economic gate books a gain, or the model's window is full.

A rewrite is decided once, at the newest message of the request in which it first goes out, and pinned in the store: it
holds for every later request whose chain goes through that message, in every worker and after a restart. Originals are
stored and every rewrite carries its marker.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from weakref import ref

from headroom.accounts.pricing import Prices
from headroom.accounts.tokens import BYTES_A_TOKEN
from headroom.errors import StoreError
from headroom.exchange import Exchange
from headroom.pipeline.cached import Cached, cached, sent_size, untold
from headroom.pipeline.conversation import TOOL_TOKENS
from headroom.pipeline.counts import Counts
from headroom.pipeline.economics import (
    Candidate,
    Gate,
    Market,
    alive,
    best_cut,
    cache_minimum,
    further_calls,
    hour_long,
    life,
    note,
    worth_staying_small,
)
from headroom.pipeline.eligibility import Protector, unwrap
from headroom.pipeline.history import History, Sighting
from headroom.pipeline.lifecycle import cited, outdated
from headroom.pipeline.node import Node, is_dropped, results_of, take_on
from headroom.pipeline.plan import Plan
from headroom.pipeline.reads import Outdated
from headroom.pipeline.revision import Revision, Rewrite, extend, taken_off
from headroom.pipeline.room import Rejudge, RoomMaker
from headroom.pipeline.stubs import PAGE, Option, Stubs
from headroom.pipeline.window import Windows
from headroom.retrieval.originals import Originals
from headroom.settings import Settings

log = logging.getLogger("headroom.pipeline")

_LEFT_RAW: Final = frozenset({"deadline", "older_policy", "no_store", "ledger", "cache_minimum"})
"""Verdicts that had nothing to do with the block itself, so that another try may do better."""
_CAUTION: Final = 2.0
"""How many times its cost a rewrite must be expected to save while the cache lives: nobody knows how long a session
goes on, and price tables age."""
_CHEAPEST_READ: Final = 0.1
"""Cache reads are taken to cost no more than this share of the input price, as they do at most providers by now."""
_MOST: Final = 24
"""Blocks that are tried again in one turn."""
_MOST_UNSURE: Final = 1_000
"""Nodes whose rewrites are looked up again when the store answers."""
_ADDRESS: Final = 100
"""Characters of a page's address that its stub says."""
_SHORTEST: Final = 300.0
"""Seconds that every provider's cache lives."""
_LONG: Final = re.compile(rb'"prompt_cache_retention"[ \t\r\n]*:[ \t\r\n]*"24h"')


class Reviser:
    """Finds, weighs and pins rewrites. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        history: History,
        originals: Originals,
        prices: Prices,
        windows: Windows,
        counts: Counts,
    ) -> None:
        self._settings = settings
        self._history = history
        self._originals = originals
        self._prices = prices
        self._protector = Protector.of(settings.protect_tool_results, settings.exclude_tools)
        self._stubs = Stubs(originals)
        self._room = RoomMaker(settings, originals, self._stubs, windows, counts)
        self._unsure: deque[ref[Node]] = deque(maxlen=_MOST_UNSURE)

    def recall(self, node: Node, exchange: Exchange) -> None:
        """Put the rewrites that were decided at a node back to work."""
        if node.parent is not None:
            node.spent, node.spares = node.parent.spent, node.parent.spares
        try:
            revision = self._history.revision(node)
        except StoreError as error:
            log.warning("rewrites could not be looked up: %s", error)
            exchange.notes["history"] = str(error)
            self._unsure.append(ref(node))
            return
        if revision is not None:
            node.revised = extend(node.revised, revision)
            take_on(node, revision)

    def overlooked(self) -> list[Node]:
        """Nodes whose rewrites could not be looked up, and are there. May wait for the store."""
        found: list[Node] = []
        while self._unsure:
            one = self._unsure.popleft()
            node = one()
            if node is None or node.gone:
                continue
            try:
                if self._history.revision(node) is not None:
                    found.append(node)
            except StoreError:
                self._unsure.appendleft(one)
                break
        return found

    def withdraw(self, node: Node, *, now: float) -> None:
        """The upstream refused what was decided at a node: it never became part of the conversation."""
        self._history.drop(node, now=now)

    def revise(self, plan: Plan, *, rejudge: Rejudge, left: float) -> None:
        """Decide at the newest message of a request what of the earlier ones is rewritten; usually nothing."""
        tip = plan.node
        if tip.parent is None or tip.revised is not tip.parent.revised:
            return
        try:
            revision = self._decide(plan, tip, rejudge, left, only_room=plan.budget is not None)
            if revision is not None:
                standing = self._history.pin(tip, revision, now=plan.now)
                tip.revised = extend(tip.revised, standing)
                tip.freed = None  # what was counted before it was decided
                take_on(tip, standing)
                plan.exchange.notes["revised"] = len(standing.rewrites)
                plan.exchange.notes["rewrote"] = bool(standing.rewrites)
                plan.exchange.notes["removed_tokens"] = taken_off(standing)
        except StoreError as error:
            log.warning("nothing is rewritten without the store: %s", error)
            plan.exchange.notes["history"] = str(error)

    def _decide(self, plan: Plan, tip: Node, rejudge: Rejudge, left: float, *, only_room: bool) -> Revision | None:
        exchange, request = plan.exchange, plan.request
        found = self._history.find(tip.parent or tip)
        seen = found[1] if found is not None else None
        lack = self._room.lack(plan, tip, found, left=left)
        if lack is not None:
            return self._room.make(plan, tip, lack, rejudge=rejudge, left=left)
        if only_room:
            return None
        idle = plan.now - seen.wall if seen is not None and not untold(tip, found) else None
        warm = idle is None or alive(idle, _SHORTEST) > 0
        if warm and not any(node.accesses or node.pages for node in plan.nodes[max(0, plan.known - 1) :]):
            return None  # nothing has become worthless since this was weighed last
        # No way yet to fetch what would be taken out: the tool comes in with it, in front of all that is cached.
        unoffered = plan.conversation.deferred and not tip.offered
        if unoffered and request.forced_tool:
            return None
        options = list(self._worthless(plan, found)) if self._settings.read_lifecycle else []
        if not options and (warm or unoffered):
            return None
        around = request.around(exchange.body_in)
        one_hour = bool(seen and seen.one_hour) or tip.hour or hour_long(around)
        long_retention = _LONG.search(around) is not None
        lives = life(provider=exchange.provider, one_hour=one_hour, long_retention=long_retention)
        chance = alive(idle, lives)
        rates = self._prices.rates(request.model or exchange.model, exchange.provider)
        rates = replace(rates, cache_read=min(rates.cache_read, _CHEAPEST_READ * rates.input))
        market = Market(rates, one_hour=one_hour)
        what = "outdated pages" if any(option.why == PAGE for option in options) else "outdated reads"
        if chance == 0 and not unoffered:
            options += self._left_raw(plan, rejudge, left)
            what = "a cold prefix"
        if not options:
            return None
        held = cached(plan, found, self._history, lives=lives)
        return self._weigh(plan, tip, what, options, chance, market, held, unoffered=unoffered)

    def _weigh(
        self,
        plan: Plan,
        tip: Node,
        what: str,
        options: list[Option],
        chance: float,
        market: Market,
        held: Cached,
        *,
        unoffered: bool,
    ) -> Revision | None:
        options.sort(key=lambda option: (option.node.depth, option.number))
        candidates = []
        for order, option in enumerate(options):
            size = sent_size(option.node, option.number)
            spoilt = max(size, held.spoilt(0 if unoffered else option.node.depth))
            candidates.append(Candidate(order, size // BYTES_A_TOKEN, option.removed, (spoilt - size) // BYTES_A_TOKEN))
        calls = further_calls(tip.turns)
        added = TOOL_TOKENS if unoffered else 0
        pages = max((order for order, option in enumerate(options) if option.why == PAGE), default=-1)
        earned, spared = self._earned(tip, market), self._spared(tip, market)

        minimum = cache_minimum(plan.request.model or plan.exchange.model)
        full = held.ends[-1] // BYTES_A_TOKEN

        def bearable(gate: Gate, order: int) -> bool:
            # Expected to pay, but the conversation may end early: never stake more than it has saved so far.
            stake = max(0.0, spared if order <= pages else earned)
            if gate.costs_usd > gate.saves_usd / _CAUTION or gate.stake_usd > stake:
                return False
            left = full - gate.removed + added
            return worth_staying_small(left, full, minimum=minimum, market=market, calls=calls)

        cut = best_cut(
            what, candidates, calls=calls, alive_chance=chance, market=market, added=added, bearable=bearable
        )
        if cut is None:
            return None
        gate = cut.gate
        if gate.verdict == "refused":
            note(plan.exchange, gate)
            return None
        made = self._stubs.make(plan, options[cut.order :])
        stand = [rewrite for rewrite in made if rewrite is not None]
        if len(stand) < len(made):
            return None  # the store fails; and what stays might refer to what goes
        note(plan.exchange, gate)
        return _revision(stand, gate)

    @staticmethod
    def _earned(tip: Node, market: Market) -> float:
        """Dollars the conversation has surely saved: each token left out was not written, once."""
        tool = TOOL_TOKENS * (market.write + market.read * tip.turns)
        return (tip.size - tip.sent) / BYTES_A_TOKEN * market.write - tool - tip.spent

    @staticmethod
    def _spared(tip: Node, market: Market) -> float:
        """Dollars that rewrites have saved by themselves, so that they never come to cost more than none."""
        tokens, before = tip.spares
        return (tokens * tip.turns - before) * market.read - tip.spent

    # -- what could go -----------------------------------------------------------------------------------------------
    def _worthless(self, plan: Plan, found: tuple[Node, Sighting] | None) -> Iterator[Option]:
        tip = plan.node
        answered = found[0].depth if found is not None else (tip.calling.depth if tip.calling is not None else 0)

        def may(one: Outdated) -> bool:
            if one.depth > answered:
                return False  # the model has yet to see it
            if is_dropped(tip, one.depth):
                return False
            node = plan.nodes[one.depth - 1]
            call = node.call(results_of(node)[one.part].call_id)
            return call is None or not self._protector.is_named(unwrap(call.name, call.arguments)[0])

        for one in outdated(plan.nodes, may=may, gone=tip.revised.keys()):
            node = plan.nodes[one.depth - 1]
            part = results_of(node)[one.part]
            if one.why == "page":
                where = one.path[:_ADDRESS] if one.path.isprintable() else "a page"
                said = f"an older snapshot of {where}, whose handles are void; a newer one stands below"
            else:
                how = "read again" if one.why == "superseded" else "written anew"
                said = f"an earlier state of {one.path}, which was {how} later; the newer text stands below"
            yield self._stubs.option(node, one.part, part, f"read_lifecycle:{one.why}", said)

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
                yield Option(node, number, part, entry.tokens_before - entry.tokens_after, entry.why, made=made)


def _revision(made: list[Rewrite], gate: Gate) -> Revision:
    return Revision(tuple(made), gate.stake_usd, gate.saves_usd, gate.sentence(), removed=gate.removed)
