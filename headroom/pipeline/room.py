"""A conversation that outgrows its model's window: compress further, then stubs for results, then whole calls go.

No question of money: the provider would refuse the call. All of it is decided once, clears down to well below the window
in one go, and keeps what goes where the retrieval tool finds it. The newest results and every word of the user stay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, Protocol

import msgspec

from headroom.accounts.tokens import BYTES_A_TOKEN, estimate
from headroom.pipeline import window
from headroom.pipeline.conversation import front
from headroom.pipeline.economics import Gate, note
from headroom.pipeline.history import Sighting
from headroom.pipeline.ledger import Entry
from headroom.pipeline.node import Node, results_of
from headroom.pipeline.plan import Plan
from headroom.pipeline.revision import Drop, Revised, Revision, Rewrite
from headroom.pipeline.stubs import STUB_TOKENS, Stubs, stub_of
from headroom.pipeline.units import Place, Unit, as_first_sent, observations, runs_of, units_of
from headroom.retrieval.original import About
from headroom.retrieval.originals import Originals
from headroom.settings import Settings
from headroom.wire.body import literal
from headroom.wire.dialect import TextPart

DROPPED: Final = "window:drop"
_MASKED: Final = "an old result, left out because the model's context is full"
_DENSE: Final = 3
"""Bytes a token of dense results: where a caller sets a limit of its own, rather too much is cleared than too little."""
_LEAST: Final = 600
"""Tokens from which a result is worth a deeper compression."""
_MOST: Final = 48
"""Results that are compressed further in one turn."""
_WORTH: Final = 0.6
"""A deeper compression counts when it leaves at most this share; a stub leaves less of a smaller one."""


class Rejudge(Protocol):
    """What a block would become today; ``deep``: whatever it is worth, with everything that compression can do."""

    def __call__(self, plan: Plan, node: Node, part: TextPart, left: float, *, deep: bool = False) -> Entry | None:
        """None when that is nothing better."""


class RoomMaker:
    """Clears a full window. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        originals: Originals,
        stubs: Stubs,
        windows: window.Windows,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._originals = originals
        self._stubs = stubs
        self._windows = windows
        self._clock = monotonic

    def over(self, plan: Plan, tip: Node, found: tuple[Node, Sighting] | None) -> tuple[int, int]:
        """Tokens to clear, and how many of them do not fit; 0 while all does, or where the window's size is not known."""
        exchange, request = plan.exchange, plan.request
        size = plan.budget or self._windows.of(request.model, exchange.provider, exchange.headers)
        if size is None:
            return 0, 0
        sent = front(request) + tip.sent
        if sent // 2 < size:  # fewer than two bytes a token does not happen: it fits
            return 0, 0
        gone = sum(rewrite.tokens_before - rewrite.tokens_after for rewrite in tip.revised.values())
        gone += sum(drop.tokens for drop in tip.dropped)
        if plan.budget is not None:  # no answer is to be left room for, and nobody counted yet
            used = (sent - gone * BYTES_A_TOKEN) // _DENSE
            return (used - int(window.CLEAR_TO * size) if used > size else 0), max(0, used - size)
        if found is not None:  # the provider's own count, and what came since
            used = found[1].total + (tip.sent - found[0].sent) // BYTES_A_TOKEN
        else:
            used = sent // BYTES_A_TOKEN - gone
        return window.excess(used, size, request.max_output), window.surplus(used, size, request.max_output)

    def make(self, plan: Plan, tip: Node, over: int, surplus: int, *, rejudge: Rejudge, left: float) -> Revision | None:
        """Free ``over`` tokens, or as many as can be; whole calls go only where the ``surplus`` would not fit else."""
        keeps = over - surplus
        ends = self._clock() + left
        places = list(observations(plan, tip))
        made: dict[tuple[int, int], Rewrite] = {}
        scoring = self._settings.intelligent_context and self._settings.intelligent_scoring
        if self._settings.intelligent_context and self._settings.compress_first:
            for rewrite in self._deeper(plan, places, rejudge, ends):
                made[rewrite.place] = rewrite
                over -= rewrite.tokens_before - rewrite.tokens_after
                if over <= 0:
                    break
        left_over = [
            (replace(one, tokens=made[node.depth, number].tokens_after) if (node.depth, number) in made else one)
            for one, node, number, _ in places
        ]
        masked = window.mask(left_over, over, scoring=scoring)
        at = [places[one.order][1:] for one in masked]
        stubs = self._stubs.make(plan, [self._stubs.option(*place, "window:mask", _MASKED) for place in at])
        for one, place, stub in zip(masked, at, stubs, strict=True):
            if stub is not None:
                made[stub.place] = msgspec.structs.replace(stub, tokens_before=as_first_sent(*place))
                over -= one.tokens - stub.tokens_after
        drops: list[Drop] = []
        if over > keeps:
            drops, leads = self._drop(plan, {**tip.revised, **made}, places, over, scoring=scoring)
            gone = {depth for drop in drops for depth in range(drop.first, drop.last + 1)}
            made = {place: rewrite for place, rewrite in made.items() if place[0] not in gone}
            made |= {lead.place: lead for lead in leads}
        if not made:
            return None
        freed = sum(rewrite.tokens_before - rewrite.tokens_after for rewrite in made.values())
        freed += sum(drop.tokens for drop in drops)
        said = f"{len(made)} old results to fit the window" + (
            f" and left out {len(drops)} runs of calls" * bool(drops)
        )
        gate = Gate("gain", said, 0.0, 0.0, freed, 0, 0.0, 1.0)
        note(plan.exchange, gate)
        rewrites = tuple(made[place] for place in sorted(made))
        return Revision(rewrites, 0.0, 0.0, gate.sentence(), tuple(drops))

    def _deeper(self, plan: Plan, places: list[Place], rejudge: Rejudge, ends: float) -> Iterator[Rewrite]:
        """Old results that went out (nearly) whole, compressed with loss, the largest first."""
        count = len(places)
        old = [
            place
            for place in places[: max(0, count - window.NEWEST)]
            if place[0].tokens >= _LEAST
            and (place[1].depth, place[2]) not in plan.node.revised
            and place[1].verdicts[place[2]].handle is None
        ]
        for one, node, number, part in sorted(old, key=lambda place: -place[0].tokens)[:_MOST]:
            if (left := ends - self._clock()) <= 0:
                return
            entry = rejudge(plan, node, part, left, deep=True)
            if entry is None or entry.literal is None or entry.tokens_after > _WORTH * one.tokens:
                continue
            yield Rewrite(
                node.depth,
                number,
                f"window:{entry.why}",
                entry.literal,
                entry.handle,
                as_first_sent(node, number, part),
                entry.tokens_after,
                part.digest,
            )

    def _drop(
        self, plan: Plan, revised: Revised, places: list[Place], over: int, *, scoring: bool
    ) -> tuple[list[Drop], list[Rewrite]]:
        """Whole units, lowest score first; of neighbours the last stays, with one marker for all of them."""
        units = list(units_of(plan, revised, places))
        count = len(places)
        order = sorted(
            units,
            key=lambda unit: (
                window.score(unit.observation, count, scoring=scoring),
                unit.first,
            ),
        )
        chosen: set[int] = set()
        for unit in order:
            if over <= 0:
                break
            chosen.add(unit.first)
            # The last of a run stays: only neighbours free anything.
            over -= unit.tokens if unit.last + 1 in chosen else 0
        runs = [run for run in runs_of([unit for unit in units if unit.first in chosen]) if len(run) > 1]
        texts: list[tuple[str, About]] = []
        for run in runs:
            text = dropped_text(plan, run[0].first, run[-1].last)
            about = About(
                kind="messages", tokens=estimate(text), shown_tokens=STUB_TOKENS, project=plan.exchange.project
            )
            texts.append((text, about))
        drops: list[Drop] = []
        stubs: list[Rewrite] = []
        for run, (text, _), handle in zip(runs, texts, self._originals.keep_all(texts, now=plan.now), strict=True):
            if handle is not None:
                drops.append(Drop(run[0].first, run[-2].last, sum(unit.tokens for unit in run[:-1])))
                stubs.append(_left_out(plan, run, text, handle))
        return drops, stubs


def _left_out(plan: Plan, run: list[Unit], text: str, handle: str) -> Rewrite:
    """What stands for a run of calls, in its last result."""
    first, last = run[0].first, run[-1].last
    node = plan.nodes[last - 1]
    number = 0
    part = results_of(node)[number]
    said = f"messages {first} to {last}, calls and results, left out because the model's context is full"
    stub = stub_of(text, said, handle)
    before = as_first_sent(node, number, part)
    return Rewrite(node.depth, number, DROPPED, literal(stub), handle, before, estimate(stub), part.digest)


def dropped_text(plan: Plan, first: int, last: int) -> str:
    """The messages from depth ``first`` to ``last`` as JSON, one a line; what a marker for left-out calls leads to."""
    body = plan.exchange.body_in
    pieces = plan.request.messages[first - 1 : last]
    return "".join(body[piece.start : piece.end].decode("utf-8", "replace") + "\n" for piece in pieces)
