"""A conversation that outgrows its model's window: compress further, then stubs for results, then whole calls go.

No question of money: the provider would refuse the call. All of it is decided once, clears down to well below the window
in one go, and keeps what goes where the retrieval tool finds it. The newest results and every word of the user stay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Protocol

import msgspec

from headroom.accounts.tokens import estimate
from headroom.pipeline import window
from headroom.pipeline.cached import ends_of
from headroom.pipeline.conversation import front
from headroom.pipeline.counts import Counts
from headroom.pipeline.economics import Gate, note
from headroom.pipeline.history import Sighting
from headroom.pipeline.ledger import Entry
from headroom.pipeline.node import Node, results_of
from headroom.pipeline.plan import Plan
from headroom.pipeline.revision import Drop, Revised, Revision, Rewrite
from headroom.pipeline.stubs import STUB_TOKENS, Stubs, stub_of
from headroom.pipeline.units import Place, Unit, observations, runs_of, units_of
from headroom.pipeline.weights import Weights
from headroom.retrieval.original import About
from headroom.retrieval.originals import Originals
from headroom.settings import Settings
from headroom.wire.body import literal
from headroom.wire.dialect import TextPart

DROPPED: Final = "window:drop"
_MASKED: Final = "an old result, left out because the model's context is full"
_DENSEST: Final = 1
"""Bytes a token of the densest text, such as digits that stand alone: what fits at that, fits."""
_COUNTED: Final = 50_000_000
"""Bytes that are surely counted in a second; what there is no time to count is sampled."""
_SPARE: Final = 0.1
"""Seconds that there are for it even where time is up: what does not fit its window is refused."""
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


@dataclass(frozen=True, slots=True)
class Lack:
    """Tokens to clear, how many of them do not fit, and by what they were weighed."""

    over: int
    surplus: int
    weights: Weights


class RoomMaker:
    """Clears a full window. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        originals: Originals,
        stubs: Stubs,
        windows: window.Windows,
        counts: Counts,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._originals = originals
        self._stubs = stubs
        self._windows = windows
        self._counts = counts
        self._clock = monotonic

    def lack(self, plan: Plan, tip: Node, found: tuple[Node, Sighting] | None, *, left: float) -> Lack | None:
        """What must be cleared; None while all fits, or where the window's size is not known.

        Nothing is counted while the prompt fits however dense its text is, and of what the provider counted itself only
        what came since.
        """
        exchange, request = plan.exchange, plan.request
        size = plan.budget or self._windows.of(request.model, exchange.provider, exchange.headers)
        if size is None:
            return None
        # A caller's own limit leaves no room for an answer, and what the provider counted is no measure of it.
        room = size if plan.budget is not None else window.room(size, request.max_output)
        answered = found if plan.budget is None else None
        if answered is not None:
            new = tip.sent - answered[0].sent
            most = answered[1].total + new // _DENSEST
        else:
            new = front(request) + tip.sent
            most = new // _DENSEST
            if most > room and (tip.revised or tip.dropped):
                most = ends_of(plan, tip.revised)[-1] // _DENSEST
        if most <= room:
            return None
        weights = Weights(self._counts, plan, sampled=new > max(left, _SPARE) * _COUNTED)
        if answered is not None:
            used = answered[1].total + weights.messages(answered[0])
        else:
            used = weights.front() + weights.messages()
        if used <= room:
            return None
        return Lack(used - int(window.CLEAR_TO * size), used - room, weights)

    def make(self, plan: Plan, tip: Node, lack: Lack, *, rejudge: Rejudge, left: float) -> Revision | None:
        """Free what is lacking, or as much as can be; whole calls go only where the surplus would not fit else."""
        over, weights = lack.over, lack.weights
        keeps = over - lack.surplus
        ends = self._clock() + left
        places = list(observations(plan, tip, weights))
        made: dict[tuple[int, int], Rewrite] = {}
        scoring = self._settings.intelligent_context and self._settings.intelligent_scoring
        if self._settings.intelligent_context and self._settings.compress_first:
            for rewrite, freed in self._deeper(plan, places, weights, rejudge, ends):
                made[rewrite.place] = rewrite
                over -= freed
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
                made[stub.place] = msgspec.structs.replace(stub, tokens_before=weights.first(*place[:2]))
                over -= one.tokens - stub.tokens_after
        drops: list[Drop] = []
        if over > keeps:
            drops, leads = self._drop(plan, {**tip.revised, **made}, places, over, weights, scoring=scoring)
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

    def _deeper(
        self, plan: Plan, places: list[Place], weights: Weights, rejudge: Rejudge, ends: float
    ) -> Iterator[tuple[Rewrite, int]]:
        """Old results that went out (nearly) whole, compressed with loss, the largest first; and what that frees."""
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
            if (
                entry is None
                or entry.literal is None
                or (after := weights.literal(entry.literal)) > _WORTH * one.tokens
            ):
                continue
            before = weights.first(node, number)
            why = f"window:{entry.why}"
            yield (
                Rewrite(node.depth, number, why, entry.literal, entry.handle, before, after, part.digest),
                one.tokens - after,
            )

    def _drop(
        self, plan: Plan, revised: Revised, places: list[Place], over: int, weights: Weights, *, scoring: bool
    ) -> tuple[list[Drop], list[Rewrite]]:
        """Whole units, lowest score first; of neighbours the last stays, with one marker for all of them."""
        units = list(units_of(plan, revised, places, weights))
        count = len(places)
        order = sorted(
            units,
            key=lambda unit: (
                window.score(unit.observation, count, scoring=scoring),
                unit.first,
            ),
        )
        chosen: set[int] = set()
        ending: dict[int, int] = {}
        for unit in order:
            if over <= 0:
                break
            chosen.add(unit.first)
            ending[unit.last] = unit.tokens
            # The last of a run stays: only neighbours free anything.
            over -= (unit.tokens if unit.last + 1 in chosen else 0) + ending.get(unit.first - 1, 0)
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
                stubs.append(_left_out(plan, run, text, handle, weights))
        return drops, stubs


def _left_out(plan: Plan, run: list[Unit], text: str, handle: str, weights: Weights) -> Rewrite:
    """What stands for a run of calls, in its last result."""
    first, last = run[0].first, run[-1].last
    node = plan.nodes[last - 1]
    number = 0
    part = results_of(node)[number]
    said = f"messages {first} to {last}, calls and results, left out because the model's context is full"
    stub = stub_of(text, said, handle)
    before = weights.first(node, number)
    return Rewrite(node.depth, number, DROPPED, literal(stub), handle, before, estimate(stub), part.digest)


def dropped_text(plan: Plan, first: int, last: int) -> str:
    """The messages from depth ``first`` to ``last`` as JSON, one a line; what a marker for left-out calls leads to."""
    body = plan.exchange.body_in
    pieces = plan.request.messages[first - 1 : last]
    return "".join(body[piece.start : piece.end].decode("utf-8", "replace") + "\n" for piece in pieces)
