"""The pipeline as the addons call it: off the event loop, within a deadline, failing open."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from headroom.errors import StoreError, Unreadable
from headroom.exchange import Exchange
from headroom.pipeline import batches
from headroom.pipeline.pipeline import Pipeline
from headroom.pipeline.plan import Plan
from headroom.wire.dialect import Batch, Dialect

log = logging.getLogger("headroom.pipeline")

_BATCH_SECONDS = 10.0
"""What a message batch may take, whose answers come within a day."""
_GRACE = 0.5
"""Seconds a worker gets beyond the deadline to come back by itself."""
_THREADS = 4
_NEARLY_FULL = 0.9
"""Share of its window from which the fullness of a prompt is logged."""
_LOADING = 10.0
"""Longest wait of a request for what compression needs; half a second on a machine with nothing else to do."""

_AGENTS = re.compile(rb'"(?:tools|tool_result|tool|[a-z_]+_output|function_?[rR]esponse)"')
"""In a request that may hold results or offer tools; plain chat needs neither compressors nor prices, and does not wait."""


class PipelineService:
    """Prepares exchanges. Whatever goes wrong, ``body_out`` is usable."""

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        seconds: float,
        remote: bool,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pipeline = pipeline
        self._seconds = seconds
        self._remote = remote
        self._wall = wall
        self._clock = clock
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="headroom-compress")
        self._late = ThreadPoolExecutor(_THREADS, thread_name_prefix="headroom-late")
        self._loading: asyncio.Future[None] | None = None

    async def load(self) -> None:
        """Load what compression needs, once. New blocks wait for it, before their time begins to count."""
        if self._loading is None:
            self._loading = asyncio.get_running_loop().run_in_executor(self._threads, self.pipeline.load)
            self._loading.add_done_callback(_loaded)
        if not self._loading.done():
            await asyncio.wait({self._loading}, timeout=_LOADING)

    async def prepare(self, exchange: Exchange, dialect: Dialect) -> None:
        """Fill ``body_out``, verdicts, transforms and handles."""
        del dialect
        began = self._clock()
        if isinstance(exchange.outline, Batch):
            await self._batch(exchange, exchange.outline)
            exchange.stages["compress"] = self._clock() - began
            return
        try:
            plan = self.pipeline.plan(exchange, now=self._wall(), quick=True)
            if plan is None or plan.fresh or self._remote:
                plan = await self._work(exchange, plan)
            if plan is not None:
                exchange.plan = plan
                if self._remote:
                    await asyncio.get_running_loop().run_in_executor(self._threads, self.pipeline.finish, plan)
                else:
                    self.pipeline.finish(plan)
                late = sum(verdict.why == "deadline" for verdict in exchange.adds_up.fresh)
                if late:
                    exchange.notes["deadline"] = True
                    log.warning("%d blocks were not done within %g s and stay as they are", late, self._seconds)
        except Unreadable as error:
            exchange.passthrough_reason = error.reason
        except StoreError as error:
            log.warning("compression needs its store: %s", error)
            exchange.passthrough_reason = "store"
            exchange.notes["store"] = str(error)
        exchange.stages["compress"] = self._clock() - began

    async def _work(self, exchange: Exchange, known: Plan | None) -> Plan | None:
        plan = known
        if (self._loading is None or not self._loading.done()) and _AGENTS.search(exchange.body_in):
            await self.load()
        ends = self._clock() + self._seconds

        def run() -> None:
            nonlocal plan
            if plan is None:
                plan = self.pipeline.plan(exchange, now=self._wall())
            if plan is not None:
                self.pipeline.work(plan, seconds=ends - self._clock())

        loop = asyncio.get_running_loop()
        try:
            await asyncio.wait_for(loop.run_in_executor(self._threads, run), timeout=self._seconds + _GRACE)
        except TimeoutError:
            exchange.notes["deadline"] = True
            if plan is not None:
                plan = await self._abandon(plan)
            if plan is None:
                exchange.passthrough_reason = "deadline"
        except asyncio.CancelledError:
            if plan is not None:
                plan.abandoned = True
            raise
        return plan

    async def _batch(self, exchange: Exchange, batch: Batch) -> None:
        await self.load()
        now, seconds = self._wall(), max(self._seconds, _BATCH_SECONDS)
        work = partial(batches.prepare, self.pipeline, exchange, batch, now=now, seconds=seconds, clock=self._clock)
        loop = asyncio.get_running_loop()
        try:
            prepared = await asyncio.wait_for(loop.run_in_executor(self._threads, work), seconds + _GRACE)
        except TimeoutError:
            exchange.notes["deadline"] = True
            exchange.passthrough_reason = "deadline"
            return
        prepared.fill(exchange)
        if prepared.late:
            log.warning("%d requests of a batch were not done in time and stay as they are", prepared.late)

    async def _abandon(self, plan: Plan) -> Plan | None:
        """Have what was left undone pinned raw, in a thread that no late work holds; None where that takes long, too."""
        plan.abandoned = True  # before anything goes out: from here on the late work decides nothing any more
        pinned = asyncio.get_running_loop().run_in_executor(self._late, self.pipeline.abandon, plan)
        done, _ = await asyncio.wait({pinned}, timeout=max(_GRACE, self._seconds))
        return pinned.result() if done else None

    async def count(self, exchange: Exchange) -> None:
        """Fill the token counts, and keep the originals that the markers promise; beside the upstream call."""
        plan = exchange.plan
        if not isinstance(plan, Plan):
            return

        if plan.counted and self.pipeline.promises_stand(plan):
            self.pipeline.count(plan)  # adds up what is known: cheaper than a thread
            return

        def run() -> None:
            self.pipeline.count(plan)
            self.pipeline.keep_promises(plan)
            if exchange.handles:
                self.pipeline.learn(plan)

        await asyncio.get_running_loop().run_in_executor(self._threads, run)

    def observed(self, exchange: Exchange) -> None:
        """Learn from the answer of an exchange that has ended: what the provider's cache held, and who broke it.

        May wait for the store: not for the event loop.
        """
        if not isinstance(exchange.plan, Plan) or exchange.usage is None:
            return
        try:
            self.pipeline.observed(exchange, now=self._wall())
        except StoreError as error:
            log.warning("what the provider cached could not be noted: %s", error)
        _tell_full(exchange)

    def write_observed(self) -> None:
        """Hand to the store what was learned since the last time, and what it did not take then."""
        try:
            self.pipeline.write_observed(now=self._wall())
        except StoreError as error:
            log.warning("what the store is to keep waits: %s", error)

    def refused(self, exchange: Exchange, status: int, reason: bytes) -> None:
        """The upstream did not take the rewrite."""
        plan = exchange.plan
        log.warning(
            "the upstream refused a rewritten body with %s: %s", status, reason[:300].decode("utf-8", "replace")
        )
        exchange.notes["refused"] = {"status": status}
        if isinstance(plan, Plan):
            self.pipeline.refused(plan)

    def close(self) -> None:
        """Stop the threads."""
        for threads in (self._threads, self._late):
            threads.shutdown(wait=False, cancel_futures=True)


def _tell_full(exchange: Exchange) -> None:
    """Log a prompt that nearly fills its model's window: what a client counts of its own longer one tells it less well."""
    size, usage = exchange.context_window, exchange.last_usage
    if size and usage is not None and usage.total_input >= _NEARLY_FULL * size:
        share = usage.total_input / size
        log.info(
            "%s: the prompt takes %.0f %% of the %s tokens of %s",
            exchange.request_id,
            100 * share,
            size,
            exchange.model,
        )


def _loaded(loading: asyncio.Future[None]) -> None:
    if not loading.cancelled() and (error := loading.exception()) is not None:
        log.error("compression could not be loaded ahead of need: %s", error)
