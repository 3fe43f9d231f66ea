"""Rate and budget of one exchange, in the order in which a request meets them."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from headroom.accounts.booking import Booking
from headroom.accounts.pricing import Prices
from headroom.accounts.settling import settle as book_cost
from headroom.accounts.tokens import BYTES_A_TOKEN
from headroom.errors import StoreError
from headroom.exchange import Exchange, Outcome
from headroom.pipeline.conversation import front
from headroom.pipeline.plan import Plan
from headroom.policy.budget import Budget
from headroom.policy.rate import MINUTE, Rate
from headroom.policy.refused import Refused
from headroom.store.protocol import Store
from headroom.wire.dialect import Batch, Refusal, Request

log = logging.getLogger("headroom.limits")

DEFAULT_OUTPUT = 4_096
"""Output tokens held for a request that names no maximum."""
_MOST_SILENT = 1_000
_MOST_KEYS = 10_000
_SILENT = (
    "Headroom: the provider reported no usage for {model}, and --unreported-usage refuse allows no further call of it "
    "under a budget; restart with --unreported-usage count to go by estimates."
)
_NEVER_SENT = frozenset({Outcome.RATE_LIMITED, Outcome.BUDGET, Outcome.REFUSED, Outcome.CACHED})


class LimitsService:
    """Admits, charges and settles. A store that waits on the network or a disk is asked in a thread."""

    def __init__(
        self,
        store: Store,
        prices: Prices,
        budget: Budget,
        *,
        capped: bool,
        rpm: int | None,
        tpm: int | None,
        unreported: str = "count",
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._prices = prices
        self.budget = budget
        self._capped = capped
        self._unreported = unreported
        self._silent: OrderedDict[tuple[str, str], None] = OrderedDict()
        """Models whose provider told no usage, newest last."""
        self._keys: OrderedDict[str, float] = OrderedDict()
        """When each key was last seen, the latest at the end."""
        self._requests = Rate(store, rpm=rpm, tpm=None)
        self._tokens = Rate(store, rpm=None, tpm=tpm)
        self._wall = wall
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="headroom-limits")
        self._lock = threading.Lock()
        self._uncapped = 0.0
        self.unchecked = 0
        """Requests let through because the rate could not be checked."""

    async def _call[T](self, work: Callable[[], T], *, waits: bool) -> T:
        if not waits:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    @staticmethod
    def _key(exchange: Exchange) -> str:
        return exchange.credential or f"ip:{exchange.peer}"

    async def admit(self, exchange: Exchange) -> Refused | None:
        """Hold the dearest this call can cost, then spend one request; or say why not, spending nothing."""
        if self._capped:
            if (exchange.provider, exchange.model) in self._silent:
                return Refused(Refusal.BUDGET, _SILENT.format(model=exchange.model), (("x-should-retry", "false"),))
            refused = await self._call(lambda: self._hold(exchange), waits=True)
            if refused is not None:
                return refused
        self._seen(self._key(exchange))
        verdict = await self._call(
            lambda: self._requests.admit(self._key(exchange), 0, self._wall()), waits=self._store.shared_buckets
        )
        self.unchecked += verdict.unchecked
        if verdict.allowed:
            return None
        await self._release(exchange)
        exchange.notes["rate_kind"] = "rpm"
        return Refused(Refusal.RATE_LIMIT, verdict.message, verdict.headers)

    def _seen(self, key: str) -> None:
        with self._lock:
            self._keys[key] = self._wall()
            self._keys.move_to_end(key)
            while len(self._keys) > _MOST_KEYS:
                self._keys.popitem(last=False)

    @property
    def active_keys(self) -> int:
        """Keys with a call at this process within the last minute: those whose buckets may not be full."""
        with self._lock:
            while self._keys and next(iter(self._keys.values())) < self._wall() - MINUTE:
                self._keys.popitem(last=False)
            return len(self._keys)

    def _hold(self, exchange: Exchange) -> Refused | None:
        rates = self._prices.of(exchange)
        outline = exchange.outline
        most = outline.max_output if isinstance(outline, (Request, Batch)) else None
        new, old = _parts(exchange)
        dear = max(rates.input, rates.cache_write_5m)
        # What was sent before is probably read from the provider's cache; if not, it costs this much more.
        surprise = old * (dear - rates.cache_read)
        verdict = self.budget.reserve(
            exchange.request_id,
            input_usd=(new * dear + old * rates.cache_read) / 1e6,
            output_usd=((most if most is not None else DEFAULT_OUTPUT) * rates.output + surprise) / 1e6,
            now=self._wall(),
        )
        if verdict.allowed:
            if verdict.warn:
                exchange.notes["budget_warning"] = True
            return None
        return Refused(Refusal.BUDGET, verdict.message, verdict.headers)

    async def charge(self, exchange: Exchange) -> Refused | None:
        """Spend the tokens that will be new to the provider; or say why not, giving the request back."""
        estimate = new_tokens(exchange)
        exchange.notes["rate_estimate"] = estimate
        verdict = await self._call(
            lambda: self._tokens.admit(self._key(exchange), estimate, self._wall()), waits=self._store.shared_buckets
        )
        self.unchecked += verdict.unchecked
        if verdict.allowed:
            return None
        exchange.notes.pop("rate_estimate")
        await self._correct(exchange, -1)
        await self._release(exchange)
        exchange.notes["rate_kind"] = "tpm"
        return Refused(Refusal.RATE_LIMIT, verdict.message, verdict.headers)

    async def _correct(self, exchange: Exchange, requests: int) -> None:
        await self._call(
            lambda: self._requests.correct(self._key(exchange), requests, self._wall()),
            waits=self._store.shared_buckets,
        )

    async def _release(self, exchange: Exchange) -> None:
        if self._capped:
            await self._call(lambda: self.budget.release(exchange.request_id, now=self._wall()), waits=True)

    async def settle(self, exchange: Exchange) -> None:
        """Replace what was held by what was really spent; on record before the answer ends when there is a cap.

        A hidden retrieval round is a request to the provider like any other.
        """
        estimate = exchange.notes.get("rate_estimate")
        usage = exchange.usage
        if exchange.rounds:
            await self._correct(exchange, exchange.rounds)
        if isinstance(estimate, int):
            actual = usage.input + usage.cache_write if usage is not None else estimate
            if exchange.outcome in _NEVER_SENT or (exchange.status >= 400 and usage is None):
                actual = 0
            await self._call(
                lambda: self._tokens.settle(self._key(exchange), estimate, actual, self._wall()),
                waits=self._store.shared_buckets,
            )
        if self._capped:
            if exchange.outcome in {Outcome.BUDGET, Outcome.RATE_LIMITED}:
                return  # released when it was refused, or never held
            cost = spent(exchange, self._prices)
            if exchange.usage is None and exchange.outcome is Outcome.OK and self._unreported != "count":
                cost = self._not_counted(exchange, cost)
            await self._call(lambda: self.budget.settle(exchange.request_id, cost, now=self._wall()), waits=True)

    def _not_counted(self, exchange: Exchange, cost: float) -> float:
        """What a call without reported usage counts against the cap, as the operator chose."""
        if self._unreported == "ignore":
            return 0.0
        self._silent[exchange.provider, exchange.model] = None
        while len(self._silent) > _MOST_SILENT:
            self._silent.popitem(last=False)
        return cost

    def booked(self, booking: Booking, _exchange: Exchange) -> None:
        """Without a cap nobody waits for the books, but the spending of the period is known all the same."""
        if not self._capped:
            with self._lock:
                self._uncapped += booking.cost_usd

    def write_spent(self) -> None:
        """Book what was spent without a cap since the last time. May wait for the store."""
        with self._lock:
            amount, self._uncapped = self._uncapped, 0.0
        if amount > 0:
            self.budget.settle(f"uncapped-{uuid.uuid4().hex}", amount, now=self._wall())

    async def keep_alive(self) -> None:
        """Prolong the holds of long calls, once a minute, until cancelled."""
        while True:
            await asyncio.sleep(MINUTE)
            try:
                await self._call(lambda: self.budget.renew(now=self._wall()), waits=True)
            except StoreError as error:
                log.warning("the holds of running calls could not be renewed: %s", error)

    def close(self) -> None:
        """Finish what is queued and stop; after the accounts have booked everything."""
        self._threads.shutdown(wait=True, cancel_futures=False)
        if not self.budget.flush(now=self._wall()):
            log.error("some spending could not be booked before the end; the budget knows less than was spent")


def _parts(exchange: Exchange) -> tuple[int, int]:
    """Rough tokens of a request that are new to the provider, and that it may have seen: all but the last turn."""
    outline = exchange.outline
    size = len(exchange.body_in) // BYTES_A_TOKEN
    if not isinstance(outline, Request) or len(outline.messages) < 3:
        return size, 0
    new = (outline.messages[-1].end - outline.messages[-2].start) // BYTES_A_TOKEN
    return min(new, size), max(0, size - new)


def new_tokens(exchange: Exchange) -> int:
    """Input tokens that are likely new to the provider: all of a conversation's first request, later only what was added."""
    plan = exchange.plan
    if isinstance(plan, Plan) and plan.nodes:
        # What nodes weigh counts an image by its tokens; the bytes of a body would not.
        if plan.known:
            return max(0, plan.nodes[-1].sent - plan.nodes[plan.known - 1].sent) // BYTES_A_TOKEN
        if any(node.pictures for node in plan.nodes):
            return (front(plan.request) + plan.nodes[-1].sent) // BYTES_A_TOKEN
    return len(exchange.body_out) // BYTES_A_TOKEN


def spent(exchange: Exchange, prices: Prices) -> float:
    """Dollars an exchange cost, estimated where the provider reported nothing."""
    if exchange.outcome in _NEVER_SENT:
        return 0.0
    return book_cost(exchange, prices).cost_usd
