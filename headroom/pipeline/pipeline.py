"""First sight → verdict → ledger → splice; on every later turn the same bytes again, without computing them again.

Three steps, so that the event loop never does heavy work: ``plan`` walks what was seen before (on the loop), ``work``
decides what is new (in a thread, under a deadline), ``finish`` splices. ``count`` counts tokens beside the upstream call.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from headroom.accounts.pricing import Prices
from headroom.compress.kompress.blocks import BlockScorer
from headroom.compress.registry import KINDS, compressors
from headroom.exchange import Exchange
from headroom.pipeline.alignment import Aligner
from headroom.pipeline.conversation import Conversations
from headroom.pipeline.counts import Counts
from headroom.pipeline.debts import Debts
from headroom.pipeline.first_sight import FirstSight
from headroom.pipeline.history import History
from headroom.pipeline.judge import Judge
from headroom.pipeline.keeping import Keeping
from headroom.pipeline.ledger import Ledger
from headroom.pipeline.lessons import teach
from headroom.pipeline.lineage import Lineage, Tips
from headroom.pipeline.pictures import Pictures
from headroom.pipeline.plan import Plan
from headroom.pipeline.promises import Promises
from headroom.pipeline.provider_cache import ProviderCache
from headroom.pipeline.refusals import Refusals
from headroom.pipeline.revise import Reviser
from headroom.pipeline.seen import Seen
from headroom.pipeline.splicer import Splicer
from headroom.pipeline.tools import ToolEdits
from headroom.pipeline.vision import vision_for
from headroom.pipeline.walk import extend, walk
from headroom.pipeline.window import Windows
from headroom.pipeline.workers import Workers
from headroom.pipeline.worth import Worth
from headroom.retrieval.hidden import Hidden
from headroom.retrieval.learning import Learning
from headroom.retrieval.originals import Originals
from headroom.settings import Settings
from headroom.shares import Held, Shares
from headroom.wire import dialect_for
from headroom.wire.dialect import Request


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
        windows: Windows | None = None,
        scorer: BlockScorer | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        learning: Learning | None = None,
        aligner: Aligner | None = None,
    ) -> None:
        self._settings = settings
        self._aligner = aligner or Aligner(settings, None)
        self._learning = learning
        self._ledger = ledger
        self._promises = Promises(originals) if originals is not None else None
        self._originals = originals
        self._conversations = conversations
        self._workers = workers
        self._counts = counts
        self._hidden = hidden
        self._history = history
        self._prices = prices or Prices()
        self._reviser = (
            Reviser(settings, history, originals, self._prices, windows or Windows(), counts)
            if history is not None and originals is not None
            else None
        )
        self._clock = monotonic
        shares = Shares.of(settings.memory_mb)
        self._lineage = Lineage(max_bytes=shares.lineage)
        self._tips = Tips()
        self._judge = Judge(
            settings, originals=originals, workers=workers, scorer=scorer, monotonic=monotonic, counts=counts
        )
        self._seen = Seen(shares.seen)
        self._pictures = Pictures(settings, ledger, monotonic)
        self._first_sight = FirstSight(
            self._judge,
            Worth(settings.mode, self._prices),
            ledger,
            self._reviser,
            monotonic,
            learning,
            seen=self._seen,
            pictures=self._pictures,
            counts=counts,
        )
        self._cache = ProviderCache(
            history,
            max_bytes=shares.doctor,
            # The aligner may want the last mark that a request has room for.
            before_pages=settings.read_lifecycle and not settings.cache_aligner,
        )
        self._tools = ToolEdits(shares.tools)
        self._refusals = Refusals(
            ledger=ledger,
            conversations=conversations,
            reviser=self._reviser,
            aligner=self._aligner,
            pictures=self._pictures,
            lineage=self._lineage,
            seen=self._seen,
        )
        self._debts = Debts(conversations, ledger, self._pictures, self._reviser, self._lineage, self._seen)
        self._keeping = Keeping(conversations, ledger, self._pictures, history)
        self._splicer = Splicer(
            settings, tips=self._tips, hidden=hidden, aligner=self._aligner, cache=self._cache, tools=self._tools
        )

    def held(self) -> dict[str, int]:
        """Bytes that each cache of conversations holds, roughly."""
        caches: dict[str, Held | None] = {
            "lineage": self._lineage,
            "ledger": self._ledger,
            "seen": self._seen,
            "tools": self._tools,
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
        self._splicer.adopt(settings)

    # -- the three steps ---------------------------------------------------------------------------------------------
    def plan(
        self,
        exchange: Exchange,
        *,
        now: float,
        redeemable: bool = False,
        target_ratio: float | None = None,
        lossless: bool = False,
        budget: int | None = None,
        quick: bool = False,
    ) -> Plan | None:
        """Outline the body and walk the messages seen before. Raises ``Unreadable`` for a body we must not edit.

        ``redeemable`` says that the caller can fetch originals itself, without the tool (POST /v1/compress).
        ``target_ratio``, ``lossless`` and ``budget`` (tokens that the messages may take; beyond them old results become
        stubs, then calls go) are this caller's wishes. With ``quick`` no store is asked: None then means
        that one must be, off the event loop. Raises ``StoreError`` too.
        """
        dialect = dialect_for(exchange.wire)
        request = exchange.outline if isinstance(exchange.outline, Request) else dialect.outline(exchange.body_in)
        target_ratio = target_ratio if target_ratio is not None else self._settings.target_ratio
        conversation = self._conversations.of(
            exchange,
            request,
            dialect,
            now=now,
            redeemable=redeemable,
            wish=(target_ratio, lossless, budget),
            quick=quick,
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
            budget=budget,
            vision=vision_for(request.model or exchange.model, exchange.wire),
            counted_at_once=redeemable,
        )
        walk(plan, self._lineage, self._tips)
        token_mode = self._settings.mode == "token" and exchange.mode == "token" and not redeemable
        plan.impure = (
            (token_mode or budget is not None)
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
            extend(plan, self._lineage, raw, node)
        if plan.impure and self._reviser is not None and not plan.abandoned and plan.known < len(plan.nodes):
            self._reviser.revise(plan, rejudge=self._first_sight.rejudge, left=ends - self._clock())

    def abandon(self, plan: Plan) -> Plan:
        """Give up on a ``work`` that does not come back; return a plan in which what it left undone is pinned raw.

        Both may run at once: whoever settles a block first decides it, for this request and all later ones.
        """
        rest = plan.take_over()
        self.work(rest, seconds=0.0)
        return rest

    def finish(self, plan: Plan) -> None:
        """Splice the edits into the exchange's body and note what was decided."""
        self._splicer.finish(plan)

    def count(self, plan: Plan) -> None:
        """Count tokens before and after into the exchange; only what is new is counted."""
        exchange = plan.exchange
        self._counts.fill(exchange, plan.request, plan.dialect, plan.nodes, tools=plan.tools)
        if exchange.body_out is exchange.body_in and "shadow_bytes" not in exchange.notes:
            exchange.tokens_after = exchange.tokens_before  # whatever was decided before, nothing of it was done
            return
        if plan.aligned is not None:
            plan.exchange.tokens_after += sum(self._counts.raw(text, plan.request.model) for text in plan.aligned.added)

    def promises_stand(self, plan: Plan) -> bool:
        """Whether all originals that this request's markers name were confirmed lately. Does not wait."""
        return self._promises is None or self._promises.stand(plan)

    def keep_promises(self, plan: Plan) -> None:
        """Refresh what this request stands on in the store; write again originals that it has lost. May wait."""
        self._keeping.keep(plan)
        if self._promises is not None:
            self._promises.keep(plan)

    def learn(self, plan: Plan) -> None:
        """Count what was condensed for the first time, and calls the model made again instead of asking. May wait."""
        if self._learning is not None and plan.conversation.promise:
            teach(self._learning, plan)

    def refused(self, plan: Plan) -> None:
        """The upstream refused the rewritten body and took the client's own: take back what was new in it."""
        self._refusals.take_back(plan)

    def observed(self, exchange: Exchange, *, now: float) -> None:
        """Learn from an answer what the provider's cache held; diagnose a miss into ``notes["cache_diagnosis"]``.

        Raises ``StoreError``.
        """
        self._cache.observed(exchange, now=now)

    def write_observed(self, *, now: float) -> None:
        """Hand the store what was observed, and what it did not take before. May wait. Raises ``StoreError``."""
        if self._history is not None:
            self._history.write(now=now)
        self._debts.pay(now=now)

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
        """Stop the compression process and the threads that count."""
        self._workers.close()
        self._counts.close()
