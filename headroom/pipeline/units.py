"""What of a conversation may go: its tool results, and messages that only make sense together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from headroom.pipeline import window
from headroom.pipeline.node import Node, is_dropped, results_of
from headroom.pipeline.pictures import named
from headroom.pipeline.plan import Plan
from headroom.pipeline.revision import Revised
from headroom.pipeline.stubs import STUB_TOKENS
from headroom.pipeline.weights import Weights
from headroom.wire.dialect import PartKind, TextPart

type Place = tuple[window.Observation, Node, int, TextPart]
"""A tool result: what it weighs, the message it stands in, its number there, and where."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Messages that only make sense together: calls of the model, what it said with them, and all their results."""

    first: int
    last: int
    tokens: int
    """As sent."""
    observation: window.Observation


def observations(plan: Plan, tip: Node, weights: Weights) -> Iterator[Place]:
    """All tool results that are still sent, from the oldest, with what they take."""
    order = 0
    paths: dict[str, int] = {}
    for node in plan.nodes:
        for access in node.accesses.values():
            paths[access.path] = paths.get(access.path, 0) + 1
    for node in plan.nodes:
        if is_dropped(tip, node.depth):
            continue
        for number, part in enumerate(results_of(node)):
            tokens = weights.result(node, number, tip.revised)
            read = node.parent.accesses.get(part.call_id or "") if node.parent is not None else None
            mentions = paths.get(read.path, 1) - 1 if read is not None else 0
            yield window.Observation(order, tokens, STUB_TOKENS, part.is_error, mentions), node, number, part
            order += 1


def units_of(plan: Plan, revised: Revised, places: list[Place], weights: Weights) -> Iterator[Unit]:
    """Units that may go, in order: none of the newest results, no word of the user, nothing half answered.

    ``revised`` says how results are sent now.
    """
    shown = named(plan.nodes)
    by_depth = {node.depth: one for one, node, _, _ in places}
    newest = places[-window.NEWEST][1].depth if len(places) >= window.NEWEST else 0
    start: int | None = None
    unanswered: set[str] = set()
    for node in plan.nodes:
        message = node.message
        if node.depth >= newest or message is None:
            return
        spoken = any(part.kind in {PartKind.USER, PartKind.SYSTEM} for part in message.parts)
        gone = is_dropped(plan.node, node.depth)
        if spoken or gone or node.depth == 1 or node.depth in shown:
            start, unanswered = None, set()
            continue
        start = node.depth if start is None else start
        unanswered |= {call.id for call in node.calls}
        parts = results_of(node)
        unanswered -= {part.call_id or "" for part in parts}
        if parts and not unanswered:
            tokens = sum(weights.message(plan.nodes[depth - 1], revised) for depth in range(start, node.depth + 1))
            yield Unit(start, node.depth, tokens, by_depth[node.depth])
            start = None


def runs_of(units: list[Unit]) -> Iterator[list[Unit]]:
    """Neighbours together."""
    run: list[Unit] = []
    for unit in units:
        if run and run[-1].last + 1 != unit.first:
            yield run
            run = []
        run.append(unit)
    yield run
