"""First sight → verdict → ledger → splice; on every later turn the same bytes again, without computing them again.

Three steps, so that the event loop never does heavy work: ``plan`` walks what was seen before (on the loop), ``work``
decides what is new (in a thread, under a deadline), ``finish`` splices. ``count`` counts tokens beside the upstream call.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from headroom.accounts.pricing import Prices
from headroom.compress.kompress.blocks import BlockScorer
from headroom.compress.registry import KINDS, compressors
from headroom.errors import StoreError, Unreadable
from headroom.exchange import Edit, Exchange, Verdict
from headroom.pipeline import sofar
from headroom.pipeline.alignment import Aligner
from headroom.pipeline.conversation import EVERYTHING, Conversations
from headroom.pipeline.counts import Counts
from headroom.pipeline.first_sight import FirstSight
from headroom.pipeline.history import History
from headroom.pipeline.judge import Judge
from headroom.pipeline.ledger import Entry, Ledger
from headroom.pipeline.lessons import teach
from headroom.pipeline.lineage import Lineage, Tips, digest
from headroom.pipeline.pictures import Pictures
from headroom.pipeline.plan import Plan
from headroom.pipeline.provider_cache import ProviderCache
from headroom.pipeline.revise import Reviser, effective, without
from headroom.pipeline.room import DROPPED, dropped_text
from headroom.pipeline.seen import Seen
from headroom.pipeline.sofar import SoFar
from headroom.pipeline.tools import ToolEdits
from headroom.pipeline.vision import vision_for
from headroom.pipeline.workers import Workers
from headroom.retrieval.hidden import Hidden
from headroom.retrieval.learning import Learning
from headroom.retrieval.originals import About, Originals
from headroom.settings import Settings
from headroom.shares import Held, Shares
from headroom.wire import dialect_for
from headroom.wire.body import splice, text_of
from headroom.wire.dialect import PartKind, Request

log = logging.getLogger("headroom.pipeline")


class Pipeline:
    """Compresses the tool results of requests. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        *,
        ledger: Ledger,
        originals: Originals | None,
        conversations: Conversations,
        workers: Workers,
        counts: Counts,
        hidden: Hidden | None = None,
        history: History | None = None,
        prices: Prices | None = None,
        scorer: BlockScorer | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        learning: Learning | None = None,
        aligner: Aligner | None = None,
    ) -> None:
        self._settings = settings
        self._aligner = aligner or Aligner(settings, None)
        self._learning = learning
        self._ledger = ledger
        self._originals = originals
        self._conversations = conversations
        self._workers = workers
        self._counts = counts
        self._hidden = hidden
        self._history = history
        self._prices = prices or Prices()
        self._reviser = (
            Reviser(settings, history, originals, self._prices)
            if history is not None and originals is not None
            else None
        )
        self._clock = monotonic
        shares = Shares.of(settings.memory_mb)
        self._lineage = Lineage(max_bytes=shares.lineage)
        self._tips = Tips()
        self._judge = Judge(
            settings, originals=originals, workers=workers, prices=self._prices, scorer=scorer, monotonic=monotonic
        )
        self._seen = Seen(shares.seen)
        self._pictures = Pictures(settings, ledger, monotonic)
        self._first_sight = FirstSight(
            self._judge, ledger, self._reviser, monotonic, learning, seen=self._seen, pictures=self._pictures
        )
        self._cache = ProviderCache(history, max_bytes=shares.doctor)
        self._tools = ToolEdits()

    def held(self) -> dict[str, int]:
        """Bytes that each cache of conversations holds, roughly."""
        caches: dict[str, Held | None] = {
            "lineage": self._lineage,
            "ledger": self._ledger,
            "seen": self._seen,
            "counts": self._counts,
            "hidden": self._hidden,
            "originals": self._originals,
            "doctor": self._cache.doctor,
            "conversations": self._conversations,
            "sightings": self._history,
        }
        return {name: cache.held for name, cache in caches.items() if cache is not None}

    def adopt(self, settings: Settings) -> None:
        """Use other settings from the next request on; only hot ones may differ."""
        self._settings = settings
        self._judge.adopt(settings)
        self._pictures.adopt(settings)
        self._aligner.adopt(settings)

    # -- the three steps ---------------------------------------------------------------------------------------------
    def plan(
        self,
        exchange: Exchange,
        *,
        now: float,
        redeemable: bool = False,
        target_ratio: float | None = None,
        lossless: bool = False,
        quick: bool = False,
    ) -> Plan | None:
        """Outline the body and walk the messages seen before. Raises ``Unreadable`` for a body we must not edit.

        ``redeemable`` says that the caller can fetch originals itself, without the tool (POST /v1/compress).
        ``target_ratio`` and ``lossless`` are this caller's wishes. With ``quick`` no store is asked: None then means
        that one must be, off the event loop. Raises ``StoreError`` too.
        """
        dialect = dialect_for(exchange.wire)
        body = exchange.body_in
        request = exchange.outline if isinstance(exchange.outline, Request) else dialect.outline(body)
        target_ratio = target_ratio if target_ratio is not None else self._settings.target_ratio
        conversation = self._conversations.of(
            exchange, request, dialect, now=now, redeemable=redeemable, wish=(target_ratio, lossless), quick=quick
        )
        if conversation is None:
            return None
        plan = Plan(
            exchange,
            dialect,
            request,
            conversation,
            conversation.root,
            0,
            now=now,
            target_ratio=target_ratio,
            lossless=lossless or self._settings.lossless,
            vision=vision_for(request.model or exchange.model, exchange.wire),
        )
        rule = plan.vision.rule
        plan.nodes = self._tips.find(plan.node, exchange.prefix, rule)
        if plan.nodes:
            plan.node, plan.at = plan.nodes[-1], len(plan.nodes)
            plan.resumed = plan.at
            self._lineage.touch(plan.node)
        for piece in request.messages[plan.at :]:
            name = digest(body[piece.start : piece.end])
            node = self._lineage.find(plan.node, name)
            if node is not None and node.vision not in {"", rule}:
                node = self._lineage.find(plan.node, digest(name, rule.encode()))
            if node is None:
                break
            plan.nodes.append(node)
            plan.node = node
            plan.at += 1
        plan.known = plan.at
        plan.impure = (
            self._settings.mode == "token"
            and exchange.mode == "token"
            and not redeemable
            and conversation.promise
            and conversation.current
            and not conversation.barred
        )
        return plan

    def work(self, plan: Plan, *, seconds: float) -> None:
        """Decide the blocks of the new messages, oldest first; those left when the time is up stay raw for good."""
        ends = self._clock() + seconds
        body = plan.exchange.body_in
        while plan.at < len(plan.request.messages) and not plan.abandoned:
            piece = plan.request.messages[plan.at]
            raw = body[piece.start : piece.end]
            message = plan.dialect.message(raw)
            node = self._first_sight.enter(plan, raw, message, ends)
            if plan.abandoned:
                return
            name = digest(raw)
            made, node = node, self._lineage.add(plan.node, name, node)
            if node.vision != made.vision:
                node = self._lineage.add(plan.node, digest(name, made.vision.encode()), made)
            plan.nodes.append(node)
            plan.node = node
            plan.at += 1
        if plan.impure and self._reviser is not None and not plan.abandoned and plan.known < len(plan.nodes):
            self._reviser.revise(plan, rejudge=self._first_sight.rejudge, left=ends - self._clock())

    def abandon(self, plan: Plan) -> Plan:
        """Give up on a ``work`` that does not come back; return a plan in which what it left undone is pinned raw.

        Both may run at once: whoever settles a block first decides it, for this request and all later ones.
        """
        rest = replace(plan, nodes=list(plan.nodes), abandoned=False)
        plan.abandoned = True
        # The nodes and the place among them are taken one after the other from a plan that may still move.
        rest.at = len(rest.nodes)
        rest.node = rest.nodes[-1] if rest.nodes else plan.conversation.root
        self.work(rest, seconds=0.0)
        return rest

    def finish(self, plan: Plan) -> None:
        """Splice the edits into the exchange's body and note what was decided."""
        exchange, request = plan.exchange, plan.request
        self._tips.keep(plan.conversation.root, exchange.prefix, plan.nodes)
        barred = EVERYTHING in plan.conversation.barred
        known = sofar.find(plan)
        quiet: int | None = None
        places = plan.nodes[known.messages :], request.messages[known.messages :]
        edits = [] if barred else [*known.edits, *sofar.edits(*places, plan.node.revised)]
        offered = plan.conversation.promise and (not plan.conversation.deferred or plan.node.offered)
        extra, plan.tools = (
            ([], None)
            if barred
            else self._tools.edits(
                exchange,
                request,
                plan.dialect,
                inject=plan.conversation.tool if plan.conversation.inject and offered else None,
            )
        )
        exchange.retrieve_offered = offered and bool(request.tool_names) and not barred
        edits += extra
        if offered and not barred:
            restored, quiet = self._restored(plan, known)
            edits += restored
            if restored:
                exchange.notes["restored_bytes"] = sum(len(edit.new) - (edit.end - edit.start) for edit in restored)
        if not barred and self._settings.optimize:
            edits += self._aligner.align(plan, self._cache.hints(plan))
        pictured: list[Verdict] = []
        if not barred:
            texts, pictured = sofar.verdicts(plan, known)
            plan.judged = len(texts)
            # Images behind texts: others pair those with the texts in their order.
            exchange.verdicts += texts + pictured
            exchange.transforms += [verdict.why for verdict in exchange.verdicts if verdict.kind == "compressed"]
            exchange.handles.extend(dict.fromkeys(verdict.handle for verdict in texts if verdict.handle))
            sofar.keep(plan, known, quiet=quiet)
        if any(verdict.why == "no_decoder" for verdict in pictured):
            exchange.notes["images"] = "whole; Pillow is not installed"
        exchange.turn_id = plan.node.key.hex()
        if plan.model.used or plan.model.missed:
            exchange.notes["kompress"] = f"fallback; {plan.model.missed}" if plan.model.missed else "used"
        if plan.node.dropped and not barred:
            edits = without(edits, plan)
        edits.sort(key=lambda edit: (edit.start, edit.end))
        exchange.body_out = splice(exchange.body_in, edits) if edits else exchange.body_in
        if self._settings.shadow:
            exchange.notes["shadow_bytes"] = len(exchange.body_out)
            exchange.body_out = exchange.body_in
        if not edits and exchange.passthrough_reason is None:
            exchange.passthrough_reason = self._why_nothing(exchange)

    def count(self, plan: Plan) -> None:
        """Count tokens before and after into the exchange; only what is new is counted."""
        self._counts.fill(plan.exchange, plan.request, plan.dialect, plan.nodes, tools=plan.tools)
        for rewrite in plan.node.revised.values():
            plan.exchange.tokens_after -= rewrite.tokens_before - rewrite.tokens_after
        plan.exchange.tokens_after -= sum(drop.tokens for drop in plan.node.dropped)
        if plan.aligned is not None:
            plan.exchange.tokens_after += sum(self._counts.raw(text, plan.request.model) for text in plan.aligned.added)

    def promises_stand(self, plan: Plan) -> bool:
        """Whether all originals that this request's markers name were confirmed lately. Does not wait."""
        return self._originals is None or self._originals.settled(plan.exchange.handles, now=plan.now)

    def keep_promises(self, plan: Plan) -> None:
        """Refresh the originals that this request's markers name; write again what the store has lost.

        The client sends every original with every turn, so a lost one is never gone for good. May wait for the store.
        """
        originals, exchange = self._originals, plan.exchange
        if originals is None or not exchange.handles:
            return
        try:
            lost = originals.touch(exchange.handles, now=plan.now)
        except StoreError as error:
            log.warning("originals could not be refreshed: %s", error)
            exchange.notes["originals"] = str(error)
            return
        if not lost:
            return
        for node, piece in zip(plan.nodes, plan.request.messages, strict=False):
            verdicts = effective(node, plan.node.revised)
            if not any(verdict.handle in lost for verdict in verdicts):
                continue
            raw = exchange.body_in[piece.start : piece.end]
            parts = [p for p in plan.dialect.message(raw).parts if p.kind is PartKind.TOOL_RESULT]
            for part, verdict in zip(parts, verdicts, strict=True):
                if verdict.handle in lost:
                    about = About(verdict.content_kind or "", verdict.tool or "", project=exchange.project)
                    text = text_of(raw[part.start : part.end])
                    if verdict.why == DROPPED:
                        drop = max((d for d in plan.node.dropped if d.last < node.depth), key=lambda d: d.last)
                        text = dropped_text(plan, drop.first, node.depth)
                    try:
                        originals.keep(text, about, now=plan.now, handle=verdict.handle)
                    except StoreError as error:
                        log.warning("an original could not be kept again: %s", error)
                        exchange.notes["originals"] = str(error)

    def learn(self, plan: Plan) -> None:
        """Count what was condensed for the first time, and calls the model made again instead of asking. May wait."""
        if self._learning is not None and plan.conversation.promise:
            teach(self._learning, plan)

    def refused(self, plan: Plan) -> None:
        """The upstream refused the rewritten body and took the client's own: take back what was new in it.

        What is new is the likely cause; its blocks become raw, and its transforms are barred from the conversation.
        When nothing was new, nothing is changed any more in the conversation.
        """
        fresh = [node for node in plan.nodes[plan.known :] if node.edits]
        transforms = frozenset(
            verdict.why
            for node in fresh
            for verdict in (*node.verdicts, *(picture.verdict for picture in node.pictures))
            if verdict.kind == "compressed"
        )
        if self._reviser is not None and plan.exchange.notes.get("revised"):
            self._reviser.withdraw(plan.node, now=plan.now)
            fresh.append(plan.node)
        aligned = plan.aligned is not None
        barred = transforms or (frozenset() if aligned else frozenset({EVERYTHING}))
        plan.exchange.notes["barred"] = [*sorted(barred), *(["aligned"] if aligned else [])]
        try:
            self._aligner.withdraw(plan)
            for node in fresh:
                for key, verdict in zip(node.keys, node.verdicts, strict=True):
                    if verdict.kind == "compressed":
                        self._ledger.retract(key, Entry("raw", "upstream_refused"), now=plan.now)
                for picture in node.pictures:
                    if picture.verdict.kind == "compressed":
                        self._pictures.retract(picture, now=plan.now)
            if barred:
                self._conversations.bar(plan.conversation, barred, now=plan.now)
        except StoreError as error:
            log.warning("could not note a refused rewrite: %s", error)
        self._lineage.forget(fresh)

    def observed(self, exchange: Exchange, *, now: float) -> None:
        """Learn from an answer what the provider's cache held; diagnose a miss into ``notes["cache_diagnosis"]``.

        Raises ``StoreError``.
        """
        self._cache.observed(exchange, now=now)

    def write_observed(self, *, now: float) -> None:
        """Hand what was observed to the store. Raises ``StoreError``."""
        if self._history is not None:
            self._history.write(now=now)

    def miss_attribution(self) -> dict[str, Any]:
        """Cache misses by what made them, for ``/stats.prefix_cache``."""
        return self._cache.miss_attribution()

    def aligned(self) -> dict[str, Any]:
        """What the cache aligner did, for ``/stats.prefix_cache``."""
        return self._aligner.figures()

    @staticmethod
    def load() -> None:
        """Import the compressors and the price table: most of a second of work on a cold machine."""
        for kind in KINDS:
            compressors(kind)
        Prices.warm()

    def close(self) -> None:
        """Stop the compression process."""
        self._workers.close()

    def _restored(self, plan: Plan, known: SoFar) -> tuple[list[Edit], int | None]:
        """Edits that put hidden rounds back, and the book's edition where it had none."""
        if self._hidden is None:
            return [], None
        messages = [node.message for node in plan.nodes if node.message is not None]
        if len(messages) != len(plan.request.messages):
            return [], None
        edition = self._hidden.edition
        since = known.messages if known.quiet == edition else 0
        try:
            restored, used = self._hidden.restore(
                plan.exchange.body_in, plan.request, messages, now=plan.now, since=since
            )
        except StoreError as error:
            log.warning("hidden rounds could not be put back: %s", error)
            plan.exchange.notes["hidden"] = str(error)
            return [], None
        return restored, None if used else edition

    # -- joining -------------------------------------------------------------------------------------------------------
    @staticmethod
    def _why_nothing(exchange: Exchange) -> str:
        if not exchange.verdicts:
            return "no_compressible_content"
        whys = {v.why for v in exchange.verdicts}
        if "deadline" in whys:
            return "deadline"
        return "too_small" if whys == {"too_small"} else "nothing_to_gain"


__all__ = ["Pipeline", "Plan", "Unreadable"]
