"""Rewrites of what was sent before, each only where the economic gate books a gain, or the model's window is full.

A rewrite is decided once, at the newest message of the request in which it first goes out, and pinned in the store: it
holds for every later request whose chain goes through that message, in every worker and after a restart. Originals are
stored and every rewrite carries its marker.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from headroom.accounts.pricing import Prices
from headroom.accounts.tokens import estimate
from headroom.compress.rendition import Gap
from headroom.errors import StoreError
from headroom.exchange import Edit, Exchange, Verdict
from headroom.pipeline import window
from headroom.pipeline.conversation import TOOL_TOKENS, front
from headroom.pipeline.economics import Candidate, Gate, Market, alive, best_cut, further_calls, life, note
from headroom.pipeline.history import History, Revised, Revision, Rewrite, Sighting, extend
from headroom.pipeline.ledger import Entry
from headroom.pipeline.lifecycle import outdated, results_of
from headroom.pipeline.lineage import Node
from headroom.retrieval.markers import render_gap, trailer
from headroom.retrieval.originals import About, Originals
from headroom.settings import Settings
from headroom.wire.body import literal, text_of
from headroom.wire.dialect import TextPart

if TYPE_CHECKING:
    from headroom.pipeline.pipeline import Plan

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
_HOUR: Final = re.compile(rb'"ttl"[ \t\r\n]*:[ \t\r\n]*"1h"')
_LONG: Final = re.compile(rb'"prompt_cache_retention"[ \t\r\n]*:[ \t\r\n]*"24h"')

Rejudge = Callable[["Plan", Node, TextPart, float], Entry | None]


class Makes(Protocol):
    """Makes the replacement of a block when it is wanted; None when there can't be one."""

    def __call__(self) -> Rewrite | None:
        """Store the original, then say what stands for it."""


@dataclass(frozen=True, slots=True)
class _Option:
    """A block that could be shorter."""

    node: Node
    number: int
    part: TextPart
    removed: int
    make: Makes


class Reviser:
    """Finds, weighs and pins rewrites. Thread-safe."""

    def __init__(self, settings: Settings, history: History, originals: Originals, prices: Prices) -> None:
        self._settings = settings
        self._history = history
        self._originals = originals
        self._prices = prices

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
            node.spent += revision.costs_usd

    def withdraw(self, node: Node, *, now: float) -> None:
        """The upstream refused what was decided at a node: it never became part of the conversation."""
        self._history.drop(node, now=now)

    def revise(self, plan: Plan, *, rejudge: Rejudge, left: float) -> None:
        """Decide at the newest message of a request what of the earlier ones is rewritten; usually nothing."""
        tip = plan.node
        if tip.parent is None or tip.revised is not tip.parent.revised:
            return
        if plan.conversation.deferred and not tip.offered:
            return  # no way yet to fetch what would be taken out
        try:
            revision = self._decide(plan, tip, rejudge, left)
            if revision is not None:
                standing = self._history.pin(tip, revision, now=plan.now)
                tip.revised = extend(tip.revised, standing)
                tip.spent += standing.costs_usd
                plan.exchange.notes["revised"] = len(standing.rewrites)
                plan.exchange.notes["rewrote"] = bool(standing.rewrites)
        except StoreError as error:
            log.warning("nothing is rewritten without the store: %s", error)
            plan.exchange.notes["history"] = str(error)

    def _decide(self, plan: Plan, tip: Node, rejudge: Rejudge, left: float) -> Revision | None:
        exchange, request = plan.exchange, plan.request
        found = self._history.find(tip.parent or tip)
        seen = found[1] if found is not None else None
        over = self._over(plan, tip, found)
        if over > 0:
            return self._make_room(plan, tip, over)
        idle = plan.now - seen.wall if seen is not None else None
        warm = idle is None or alive(idle, _SHORTEST) > 0
        if warm and not any(node.accesses for node in plan.nodes[max(0, plan.known - 1) :]):
            return None  # nothing has become worthless since this was weighed last
        options = list(self._reads(plan)) if self._settings.read_lifecycle else []
        if not options and warm:
            return None
        body = exchange.body_in
        one_hour = bool(seen and seen.one_hour) or _HOUR.search(body) is not None
        lives = life(provider=exchange.provider, one_hour=one_hour, long_retention=_LONG.search(body) is not None)
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
        self, plan: Plan, tip: Node, what: str, options: list[_Option], chance: float, market: Market
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
        calls = further_calls(sum(bool(node.calls) for node in plan.nodes))
        cut = best_cut(what, candidates, calls=calls, alive_chance=chance, market=market)
        if cut is None:
            return None
        gate = cut.gate
        stake = min(gate.saves_usd / _CAUTION, max(0.0, self._earned(plan, tip, market)))
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
    def _earned(plan: Plan, tip: Node, market: Market) -> float:
        """Dollars the conversation has surely saved: each token left out was not written, once."""
        turns = sum(bool(node.calls) for node in plan.nodes)
        tool = TOOL_TOKENS * (market.write + market.read * turns)
        return (tip.size - tip.sent) / _BYTES_A_TOKEN * market.write - tool - tip.spent

    # -- what could go -----------------------------------------------------------------------------------------------
    def _reads(self, plan: Plan) -> Iterator[_Option]:
        if not any(node.accesses for node in plan.nodes):
            return
        tip = plan.node
        for one in outdated(plan.nodes):
            if (one.depth, one.part) in tip.revised:
                continue
            node = plan.nodes[one.depth - 1]
            part = results_of(node)[one.part]
            how = "read again" if one.why == "superseded" else "written anew"
            said = f"an earlier state of {one.path}, which was {how} later; the newer text stands below"
            yield self._stub_option(plan, node, one.part, part, f"read_lifecycle:{one.why}", said)

    def _left_raw(self, plan: Plan, rejudge: Rejudge, left: float) -> Iterator[_Option]:
        tries = 0
        for node in plan.nodes[:-1]:
            for number, verdict in enumerate(node.verdicts):
                if verdict.why not in _LEFT_RAW or (node.depth, number) in plan.node.revised or tries == _MOST:
                    continue
                part = results_of(node)[number]
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
                yield _Option(node, number, part, entry.tokens_before - entry.tokens_after, _always(made))

    def _over(self, plan: Plan, tip: Node, found: tuple[Node, Sighting] | None) -> int:
        if not self._settings.intelligent_context:
            return 0
        exchange, request = plan.exchange, plan.request
        size = window.window_of(request.model, exchange.provider, exchange.headers)
        if size is None:
            return 0
        sent = front(request) + tip.sent
        if sent // 2 < size:  # fewer than two bytes a token does not happen: it fits
            return 0
        if found is not None:  # the provider's own count, and what came since
            used = found[1].total + (tip.sent - found[0].sent) // _BYTES_A_TOKEN
        else:
            gone = sum(rewrite.tokens_before - rewrite.tokens_after for rewrite in tip.revised.values())
            used = sent // _BYTES_A_TOKEN - gone
        return window.excess(used, size, request.max_output)

    def _make_room(self, plan: Plan, tip: Node, over: int) -> Revision | None:
        """Mask old observations until enough is free: no question of money, the call would be refused."""
        places: list[tuple[Node, int, TextPart]] = []
        observations: list[window.Observation] = []
        for node in plan.nodes:
            for number, (part, verdict) in enumerate(zip(results_of(node), node.verdicts, strict=False)):
                tokens = (part.end - part.start) // _BYTES_A_TOKEN
                if verdict.kind == "compressed":
                    tokens = verdict.tokens_after
                if (node.depth, number) in tip.revised:
                    tokens = tip.revised[node.depth, number].tokens_after
                observations.append(window.Observation(len(places), tokens, _STUB_TOKENS, part.is_error))
                places.append((node, number, part))
        chosen = window.mask(observations, over, scoring=self._settings.intelligent_scoring)
        made: list[Rewrite] = []
        for one in sorted(chosen, key=lambda o: o.order):
            node, number, part = places[one.order]
            said = "an old result, left out because the model's context is full"
            option = self._stub_option(plan, node, number, part, "window:mask", said)
            if (rewrite := option.make()) is not None:
                made.append(replace_tokens(rewrite, one.tokens))
        if not made:
            return None
        freed = sum(rewrite.tokens_before - rewrite.tokens_after for rewrite in made)
        gate = Gate("gain", f"{len(made)} old results to fit the window", 0.0, 0.0, freed, 0, 0.0, 1.0)
        note(plan.exchange, gate)
        return _revision(made, gate)

    # -- what stands for it ------------------------------------------------------------------------------------------
    def _stub_option(self, plan: Plan, node: Node, number: int, part: TextPart, why: str, said: str) -> _Option:
        piece = plan.request.messages[node.depth - 1]
        body = plan.exchange.body_in
        start, end = piece.start + part.start, piece.start + part.end
        verdict = node.verdicts[number]

        def make() -> Rewrite | None:
            text = text_of(body[start:end])
            tokens = estimate(text)
            about = About(
                kind="read" if why.startswith("read") else verdict.content_kind or "",
                tool=verdict.tool or "",
                tokens=tokens,
                shown_tokens=_STUB_TOKENS,
                project=plan.exchange.project,
            )
            try:
                handle = self._originals.keep(text, about, now=plan.now)
            except StoreError as error:
                log.warning("originals: %s", error)
                return None
            stub = stub_of(text, said, handle)
            before = verdict.tokens_after if verdict.kind == "compressed" else tokens
            return Rewrite(node.depth, number, why, literal(stub), handle, before, estimate(stub), part.digest)

        return _Option(node, number, part, max(0, (end - start) // _BYTES_A_TOKEN - _STUB_TOKENS), make)


_STUB_TOKENS: Final = 90


def stub_of(text: str, said: str, handle: str) -> str:
    """One marker for a whole text."""
    count = text.count("\n") + (not text.endswith("\n"))
    gap = render_gap(Gap(1, max(1, count), "lines", said), handle)
    return f"{gap}\n{trailer(max(1, count), 1, 'lines', frozenset({'lines'}), handle)}"


def replace_tokens(rewrite: Rewrite, before: int) -> Rewrite:
    """A rewrite of a block that was sent with another size than its source."""
    return Rewrite(
        rewrite.depth,
        rewrite.part,
        rewrite.why,
        rewrite.literal,
        rewrite.handle,
        before,
        rewrite.tokens_after,
        rewrite.digest,
    )


def _always(made: Rewrite) -> Makes:
    return lambda: made


def _revision(made: list[Rewrite], gate: Gate) -> Revision:
    return Revision(tuple(made), gate.costs_usd, gate.saves_usd, gate.sentence())


# -- what a request sends when rewrites hold ---------------------------------------------------------------------------
def effective(node: Node, revised: Revised) -> tuple[Verdict, ...]:
    """A message's verdicts as they stand."""
    if not revised or not node.verdicts:
        return node.verdicts
    return tuple(
        verdict if (new := revised.get((node.depth, number))) is None else _as_verdict(verdict, new)
        for number, verdict in enumerate(node.verdicts)
    )


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
    if not revised or not node.verdicts:
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
