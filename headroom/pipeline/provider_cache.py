"""What we do for the provider's cache, and what we learn of it: hints in a request, and the diagnosis of a miss."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from headroom.errors import StoreError
from headroom.exchange import Edit, Exchange, Wire
from headroom.pipeline import breakpoints
from headroom.pipeline.cached import depth_of, marked
from headroom.pipeline.conversation import front
from headroom.pipeline.doctor import Doctor, front_of
from headroom.pipeline.economics import SURELY, cache_minimum, hour_long, life
from headroom.pipeline.history import History
from headroom.pipeline.node import Node
from headroom.pipeline.plan import Plan

log = logging.getLogger("headroom.pipeline")


class ProviderCache:
    """Hints for the provider's cache, and its doctor. Thread-safe."""

    def __init__(self, history: History | None, *, max_bytes: int = 4 * 1024 * 1024, before_pages: bool = True) -> None:
        self._history = history
        self._before_pages = before_pages
        self.doctor = Doctor(max_bytes=max_bytes)

    def hints(self, plan: Plan) -> list[Edit]:
        """Marks for the provider's cache, where the client sets none."""
        edits = self._hints(plan)
        if plan.request.wire is Wire.ANTHROPIC:
            own = {depth_of(plan.request, edit.start) for edit in edits}
            plan.marks = tuple(sorted(own.union(marked(plan.exchange.body_in, plan.request))))
        return edits

    def _hints(self, plan: Plan) -> list[Edit]:
        exchange, request = plan.exchange, plan.request
        if not exchange.generation or not plan.nodes or exchange.obstacle == "batch":
            return []  # the requests of a batch are answered in any order: what one writes few would read
        if request.wire in {Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES}:
            edit = breakpoints.cache_key(exchange, request, plan.conversation.root)
            return [edit] if edit is not None else []
        tip = plan.nodes[-1]
        between = self._before_pages and plan.impure and bool(tip.pages)
        if (
            request.wire is not Wire.ANTHROPIC
            or (request.cache_marks and not (between and request.cache_marks < breakpoints.MOST_MARKS))
            or self._history is None
            or not tip.verdicts
            or not breakpoints.by_key(exchange)
            or breakpoints.rounds(plan.nodes) < breakpoints.ROUNDS
        ):
            return []
        minimum = cache_minimum(request.model or exchange.model)
        if (front(request) + tip.sent) < SURELY * minimum:
            return []
        try:
            found = self._history.find(tip.parent or tip)
        except StoreError as error:
            log.warning("sightings: %s", error)
            return []
        if found is None or plan.now - found[1].wall > breakpoints.LATELY:
            return []
        if request.cache_marks:
            # A page is replaced as soon as there is a newer one. What stands in front of it is only found again if a
            # mark lay there, and most clients mark nothing but the newest block.
            return self._before(plan, found[0].depth)
        edits = breakpoints.marks(exchange.body_in, request, plan.nodes, found[0].depth)
        exchange.notes["breakpoints"] = len(edits)
        return edits

    @staticmethod
    def _before(plan: Plan, earlier: int) -> list[Edit]:
        exchange, request = plan.exchange, plan.request
        given = marked(exchange.body_in, request)
        if earlier in given or len(plan.nodes) not in given:
            return []
        if plan.node.hour or hour_long(request.around(exchange.body_in)):
            return []  # a mark for an hour must not stand behind one for five minutes
        edit = breakpoints.in_message(exchange.body_in, request.messages[earlier - 1])
        exchange.notes["breakpoints"] = int(edit is not None)
        return [edit] if edit is not None else []

    def observed(self, exchange: Exchange, *, now: float) -> None:
        """Learn from an answer what the provider's cache held; diagnose a miss into ``notes["cache_diagnosis"]``.

        Raises ``StoreError``.
        """
        plan, first, last = exchange.plan, exchange.first_usage, exchange.last_usage
        if not isinstance(plan, Plan) or first is None or last is None:
            return
        if not plan.nodes or not 200 <= exchange.status < 300:
            return
        tip = plan.nodes[-1]
        front_now, texts = front_of(
            exchange,
            plan.request,
            plan.nodes,
            plan.tools,
            last,
            wall=now,
            system=plan.aligned.system if plan.aligned is not None else None,
        )
        found = self.doctor.see(
            front_now,
            texts,
            first,
            root=plan.conversation.root.key,
            lives=life(provider=exchange.provider, one_hour=last.cache_write_1h > 0),
            rewrote=lambda depth: _rewrote(plan.nodes, depth),
            removed=removed if isinstance(removed := exchange.notes.get("removed_tokens"), int) else 0,
        )
        if found is not None:
            exchange.notes["cache_diagnosis"] = {
                "cause": found.cause,
                "tokens": found.rewritten,
                "sentence": found.sentence,
            }
            log.info("cache: %s", found.sentence)
        if self._history is not None:
            self._history.saw(tip, last, now=now, marks=plan.marks)


def _rewrote(nodes: Sequence[Node], depth: int) -> str | None:
    """What was rewritten of the first ``depth`` messages since a request that ended there."""
    if not 0 < depth <= len(nodes):
        return None
    before = nodes[depth - 1].revised
    new = {place: one for place, one in nodes[-1].revised.items() if place not in before and place[0] <= depth}
    if not new:
        return None
    (first, number), why = min(new), ", ".join(sorted({one.why for one in new.values()}))
    more = f" and {len(new) - 1} behind it" if len(new) > 1 else ""
    return f"rewrote result {number + 1} of message {first}{more} ({why})"
