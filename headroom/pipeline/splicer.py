"""What was decided becomes bytes: every edit of a request, spliced into the client's own body."""

from __future__ import annotations

import logging

from headroom.errors import StoreError
from headroom.exchange import Edit, Exchange
from headroom.pipeline import sofar
from headroom.pipeline.alignment import Aligner
from headroom.pipeline.conversation import EVERYTHING
from headroom.pipeline.lineage import Tips
from headroom.pipeline.messages import Messages
from headroom.pipeline.node import Quiet, SoFar
from headroom.pipeline.plan import Plan
from headroom.pipeline.provider_cache import ProviderCache
from headroom.pipeline.rewritten import without
from headroom.pipeline.tools import ToolEdits
from headroom.retrieval.hidden import Hidden
from headroom.settings import Settings
from headroom.wire.body import splice

log = logging.getLogger("headroom.pipeline")


class Splicer:
    """The last step of a plan. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        *,
        tips: Tips,
        hidden: Hidden | None,
        aligner: Aligner,
        cache: ProviderCache,
        tools: ToolEdits,
    ) -> None:
        self._settings = settings
        self._tips = tips
        self._hidden = hidden
        self._aligner = aligner
        self._cache = cache
        self._tools = tools

    def adopt(self, settings: Settings) -> None:
        """Use other settings from the next request on."""
        self._settings = settings

    def finish(self, plan: Plan) -> None:
        """Splice the edits into the exchange's body and note what was decided."""
        exchange = plan.exchange
        self._tips.keep(plan.conversation.root, exchange.prefix, plan.nodes)
        exchange.turn_id = plan.node.key.hex()
        if plan.model.used or plan.model.missed:
            exchange.notes["kompress"] = f"fallback; {plan.model.missed}" if plan.model.missed else "used"
        exchange.retrieve_offered = False
        barred = EVERYTHING in plan.conversation.barred
        edits = [] if barred else self._edits(plan)
        exchange.body_out = splice(exchange.body_in, edits) if edits else exchange.body_in
        if self._settings.shadow:
            exchange.notes["shadow_bytes"] = len(exchange.body_out)
            exchange.body_out = exchange.body_in
        if not edits and exchange.passthrough_reason is None:
            exchange.passthrough_reason = "barred" if barred else self._why_nothing(exchange)

    def _edits(self, plan: Plan) -> list[Edit]:
        exchange, request, conversation = plan.exchange, plan.request, plan.conversation
        known = sofar.find(plan)
        new = plan.nodes[known.messages :], request.messages[known.messages :]
        edits = [*known.edits, *sofar.edits(*new, plan.node.revised)]
        offered = conversation.promise and (not conversation.deferred or plan.node.offered)
        added, plan.tools = self._tools.edits(
            exchange, request, plan.dialect, inject=conversation.tool if conversation.inject and offered else None
        )
        edits += added
        exchange.retrieve_offered = offered and bool(request.tool_names)
        quiet: Quiet | None = None
        if offered:
            restored, quiet = self._restored(plan, known)
            edits += restored
            if restored:
                exchange.notes["restored_bytes"] = sum(len(edit.new) - (edit.end - edit.start) for edit in restored)
        if self._settings.optimize:
            edits += self._aligner.align(plan, self._cache.hints(plan))
        self._note(plan, known, quiet)
        return without(edits, plan) if plan.node.dropped else edits

    @staticmethod
    def _note(plan: Plan, known: SoFar, quiet: Quiet | None) -> None:
        """Put the verdicts into the exchange, and keep what the next request goes on from."""
        exchange = plan.exchange
        texts, pictured = sofar.verdicts(plan, known)
        plan.judged = len(texts)
        # Images behind texts: others pair those with the texts in their order.
        exchange.verdicts += texts + pictured
        judged = exchange.judged = known.judged.plus(texts[len(known.verdicts) :]).plus(pictured[len(known.pictured) :])
        exchange.transforms += judged.whys
        exchange.handles.extend(dict.fromkeys(judged.handles))
        if any(verdict.why == "no_decoder" for verdict in pictured):
            exchange.notes["images"] = "whole; Pillow is not installed"
        sofar.keep(plan, known, quiet=quiet)

    def _restored(self, plan: Plan, known: SoFar) -> tuple[list[Edit], Quiet | None]:
        """Edits that put hidden rounds back, and the state of the book where it had none."""
        if self._hidden is None:
            return [], None
        edition = self._hidden.edition
        quiet = known.quiet if known.quiet is not None and known.quiet.edition == edition else None
        since = known.messages if quiet is not None else 0
        messages = Messages(plan.nodes)
        if len(messages) != len(plan.request.messages) or not messages.all_there(since):
            return [], None
        try:
            restored = self._hidden.restore(
                plan.exchange.body_in,
                plan.request,
                messages,
                now=plan.now,
                since=since,
                context=quiet.context if quiet is not None else None,
            )
        except StoreError as error:
            log.warning("hidden rounds could not be put back: %s", error)
            plan.exchange.notes["hidden"] = str(error)
            return [], None
        return restored.edits, None if restored.any else Quiet(edition, restored.context)

    @staticmethod
    def _why_nothing(exchange: Exchange) -> str:
        if not exchange.verdicts:
            return "no_compressible_content"
        whys = {v.why for v in exchange.verdicts}
        if "deadline" in whys:
            return "deadline"
        return "too_small" if whys == {"too_small"} else "nothing_to_gain"
