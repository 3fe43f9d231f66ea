"""Every marker is a promise: the originals that a request's markers name stay in the store as long as they are sent."""

from __future__ import annotations

import logging
from collections.abc import Collection

from headroom.compress.envelope import CARRIED
from headroom.errors import StoreError
from headroom.pipeline.plan import Plan
from headroom.pipeline.rewritten import effective
from headroom.pipeline.room import DROPPED, dropped_text
from headroom.retrieval.original import About
from headroom.retrieval.originals import Originals
from headroom.wire.body import text_of
from headroom.wire.dialect import PartKind

log = logging.getLogger("headroom.pipeline")


class Promises:
    """Keeps them. Thread-safe."""

    def __init__(self, originals: Originals) -> None:
        self._originals = originals

    def stand(self, plan: Plan) -> bool:
        """Whether all originals that this request's markers name were confirmed lately. Does not wait."""
        return self._originals.settled(plan.exchange.handles, now=plan.now)

    def keep(self, plan: Plan) -> None:
        """Refresh the originals that this request's markers name; write again what the store has lost.

        The client sends every original with every turn, so a lost one is never gone for good. May wait for the store.
        """
        exchange = plan.exchange
        if not exchange.handles:
            return
        try:
            lost = self._originals.touch(exchange.handles, now=plan.now)
        except StoreError as error:
            log.warning("originals could not be refreshed: %s", error)
            exchange.notes["originals"] = str(error)
            return
        if lost:
            self._write_again(plan, lost)

    def _write_again(self, plan: Plan, lost: Collection[str]) -> None:
        exchange = plan.exchange
        for node, piece in zip(plan.nodes, plan.request.messages, strict=False):
            verdicts = effective(node, plan.node.revised)
            if not any(verdict.handle in lost for verdict in verdicts):
                continue
            raw = exchange.body_in[piece.start : piece.end]
            parts = [p for p in plan.dialect.message(raw).parts if p.kind is PartKind.TOOL_RESULT]
            for part, verdict in zip(parts, verdicts, strict=True):
                if verdict.handle not in lost:
                    continue
                about = About(
                    verdict.content_kind or "",
                    verdict.tool or "",
                    project=exchange.project,
                    carried=verdict.why.endswith(CARRIED),
                )
                text = text_of(raw[part.start : part.end])
                if verdict.why == DROPPED:
                    drop = max((d for d in plan.node.dropped if d.last < node.depth), key=lambda d: d.last)
                    text = dropped_text(plan, drop.first, node.depth)
                try:
                    self._originals.keep(text, about, now=plan.now, handle=verdict.handle)
                except StoreError as error:
                    log.warning("an original could not be kept again: %s", error)
                    exchange.notes["originals"] = str(error)
