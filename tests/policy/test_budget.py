"""The spending cap."""

import threading
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from headroom.policy.budget import MAX_UNBOOKED, Budget, iso, money, span
from headroom.policy.periods import Period
from headroom.store.memory import MemoryStore
from headroom.store.sqlite import SqliteStore


def budget(store, limit=10.0, period=Period.DAILY, **more):
    return Budget(store, limit_usd=limit, period=period, tz=UTC, **more)


def reserve(cap, holder, clock, *, input_usd=0.0, output_usd=1.0):
    return cap.reserve(holder, input_usd=input_usd, output_usd=output_usd, now=clock())


def test_admitted_until_the_cap_then_refused(store, clock):
    cap = budget(store)
    for number in range(10):
        assert reserve(cap, f"r{number}", clock).allowed
        assert cap.settle(f"r{number}", 1.0, now=clock())
    verdict = reserve(cap, "r10", clock)
    assert not verdict.allowed
    assert verdict.message == (
        "Headroom budget of $10.00 per day reached ($10.00 spent). "
        "Resets 2025-06-16T00:00:00Z (in 8h 53m). Raise it with --budget."
    )
    assert verdict.headers == (
        ("retry-after", "32000"),
        ("x-headroom-budget-reset", "2025-06-16T00:00:00Z"),
        ("x-should-retry", "false"),
    )


def test_the_cap_lifts_with_the_next_period(store, clock):
    cap = budget(store)
    cap.settle("r", 10, now=clock())
    verdict = reserve(cap, "a", clock)
    assert not verdict.allowed
    clock.forward(verdict.retry_after)
    assert reserve(cap, "b", clock).allowed


@pytest.mark.parametrize("offset", [0, 17, 59])
def test_a_rolling_hour_lifts_when_told(store, clock, offset):
    clock.forward(offset)
    cap = budget(store, limit=3.0, period=Period.HOURLY)
    for number in range(3):
        cap.settle(f"r{number}", 1.5, now=clock.forward(600))
    refused = cap.reserve("x", input_usd=1.0, output_usd=5, now=clock())
    assert not refused.allowed
    assert "per hour reached ($4.50 spent)" in refused.message
    assert refused.status.resets_at == pytest.approx(clock() + 3600 - 600, abs=61)
    assert not cap.reserve("y", input_usd=1.0, output_usd=5, now=refused.status.resets_at - 0.5).allowed
    assert cap.reserve("z", input_usd=1.0, output_usd=5, now=refused.status.resets_at).allowed


@pytest.mark.parametrize("period", list(Period))
def test_nothing_is_allowed_for_nothing(store, clock, period):
    verdict = reserve(budget(store, limit=0.0, period=period), "a", clock, output_usd=0)
    assert not verdict.allowed
    assert verdict.message.startswith(f"Headroom budget of $0.00 per {period.noun} reached ($0.00 spent)")
    assert verdict.retry_after >= 1


def test_without_a_limit_everything_passes_and_is_counted(store, clock):
    cap = budget(store, limit=None)
    assert reserve(cap, "a", clock, output_usd=1e9).allowed
    cap.settle("a", 5.0, now=clock())
    status = cap.status(now=clock())
    assert (status.spent_usd, status.remaining_usd, status.warn) == (5.0, None, False)


def test_a_warning_from_eighty_percent_on(store, clock):
    cap = budget(store)
    cap.settle("a", 7.99, now=clock())
    assert not reserve(cap, "b", clock).warn
    cap.settle("b", 0.01, now=clock())
    verdict = reserve(cap, "c", clock)
    assert (verdict.allowed, verdict.warn) == (True, True)


def test_fifty_at_once_on_a_budget_for_three(store, clock):
    cap = budget(store, limit=3.0)
    barrier = threading.Barrier(50)
    verdicts = []

    def race(number):
        barrier.wait(timeout=60)
        verdicts.append(reserve(cap, f"r{number}", clock))

    threads = [threading.Thread(target=race, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    refused = [verdict for verdict in verdicts if not verdict.allowed]
    assert len(refused) == 47
    # What refused them is not spent yet, so they may well try again soon.
    assert all(verdict.retryable and verdict.retry_after == 5 for verdict in refused)
    assert "($0.00 spent, $3.00 held for requests in flight). Try again in 5 s." in refused[0].message


@pytest.mark.parametrize("end", ["released", "settled for less"])
def test_no_false_refusal_after_failures(store, clock, end):
    cap = budget(store, limit=1.0)
    for number in range(20):
        assert reserve(cap, f"r{number}", clock).allowed
        if end == "released":
            assert cap.release(f"r{number}", now=clock())
        else:
            assert cap.settle(f"r{number}", 0.01, now=clock())
    assert cap.status(now=clock()).held_usd == 0


def test_overshoot_is_at_most_one_requests_output(store, clock):
    cap = budget(store, limit=10.0)
    cap.settle("before", 9.5, now=clock())
    assert not cap.reserve("large input", input_usd=0.6, output_usd=0.1, now=clock()).allowed
    assert cap.reserve("fits", input_usd=0.5, output_usd=3.0, now=clock()).allowed
    assert not cap.reserve("next", input_usd=0.0, output_usd=0.1, now=clock()).allowed
    cap.settle("fits", 3.5, now=clock())
    assert cap.status(now=clock()).spent_usd <= 10 + 3.0


def test_a_request_larger_than_the_budget_is_told_so(store, clock):
    verdict = budget(store, limit=1.0).reserve("a", input_usd=1.5, output_usd=1, now=clock())
    assert "the input of this request alone costs about $1.50. Raise it with --budget." in verdict.message


def test_holds_of_a_dead_process_end(store, clock):
    dead, alive = budget(store, limit=1.0, lease=60), budget(store, limit=1.0, lease=60)
    assert reserve(dead, "a", clock).allowed
    assert not reserve(alive, "b", clock).allowed
    clock.forward(61)
    assert reserve(alive, "b", clock).allowed


def test_a_long_request_keeps_its_hold(store, clock):
    cap = budget(store, limit=2.0, lease=60)
    assert reserve(cap, "long", clock, output_usd=1.5).allowed
    for number in range(10):
        clock.forward(30)
        assert reserve(cap, f"short{number}", clock, output_usd=0.1).allowed
        cap.settle(f"short{number}", 0.0, now=clock())
    assert cap.status(now=clock()).held_usd == 1.5


def test_what_odd_usage_costs_never_breaks_the_books(store, clock):
    cap = budget(store)
    for number, amount in enumerate([-5.0, float("nan"), float("inf"), 0.0]):
        assert cap.reserve(f"r{number}", input_usd=amount, output_usd=amount, now=clock()).allowed
        assert cap.settle(f"r{number}", amount, now=clock())
    assert cap.status(now=clock()).spent_usd == 0


# -- when the store fails ----------------------------------------------------------------------------------------------
def test_fails_closed(faulty, clock):
    cap = budget(faulty)
    faulty.down = True
    verdict = reserve(cap, "a", clock)
    assert not verdict.allowed
    assert verdict.message == "Headroom can't check the budget of $10.00 per day: injected fault"
    assert verdict.retryable
    faulty.down = False
    assert reserve(cap, "a", clock).allowed


def test_spending_is_booked_when_the_store_is_back(faulty, clock):
    cap = budget(faulty)
    for number in range(3):
        assert reserve(cap, f"r{number}", clock).allowed
    faulty.down = True
    for number in range(3):
        assert cap.settle(f"r{number}", 4.0, now=clock()) is False
    faulty.down = False
    verdict = reserve(cap, "next", clock)
    assert not verdict.allowed
    assert (verdict.status.spent_usd, verdict.status.held_usd) == (12.0, 0.0)


def test_waiting_settlements_are_bounded_and_lose_no_money(faulty, clock):
    cap = budget(faulty, limit=1e6)
    faulty.down = True
    for number in range(3 * MAX_UNBOOKED):
        cap.settle(f"r{number}", 0.5, now=clock())
    assert len(cap._unbooked) <= MAX_UNBOOKED + 1
    faulty.down = False
    assert cap.settle("last", 0.5, now=clock())
    assert cap.status(now=clock()).spent_usd == 0.5 * (3 * MAX_UNBOOKED + 1)


def test_a_settlement_that_may_be_on_record_is_never_booked_under_another_name(make_faulty, clock):
    faulty = make_faulty(fail_at=1, after=True)
    cap = budget(faulty, limit=1e6)
    assert cap.settle("unsure", 100.0, now=clock()) is False
    faulty.down = True
    for number in range(MAX_UNBOOKED):
        cap.settle(f"r{number}", 0.5, now=clock())
    faulty.down = False
    assert cap.settle("last", 0.5, now=clock())
    assert cap.status(now=clock()).spent_usd == 100.0 + 0.5 * (MAX_UNBOOKED + 1)


@pytest.mark.parametrize("after", [False, True], ids=["call had no effect", "call took effect"])
@pytest.mark.parametrize("n", range(1, 14))
def test_whatever_call_fails_the_books_are_right_in_the_end(make_faulty, clock, n, after):
    faulty = make_faulty(fail_at=n, after=after)
    cap = budget(faulty, limit=100.0)
    truth = 0.0
    for number in range(6):
        if not reserve(cap, f"r{number}", clock, output_usd=3).allowed:
            continue  # refused, so nothing was sent and nothing spent
        if number % 3 == 2:
            cap.release(f"r{number}", now=clock())
        else:
            cap.settle(f"r{number}", 2.0, now=clock.forward(1))
            truth += 2.0
    faulty.fail_at = 0
    cap.release("nobody", now=clock())
    status = cap.status(now=clock())
    assert (status.spent_usd, status.held_usd) == (truth, 0.0)


# -- a machine that restarts ---------------------------------------------------------------------------------------------
class BudgetMachine(RuleBasedStateMachine):
    """Requests, failures, restarts and crashes on SQLite, against a plain model of the books."""

    @initialize(limit=st.sampled_from([0.0, 1.0, 5.0]))
    def start(self, limit):
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.now = 1_750_000_000.0
        self.limit = limit
        self.count = 0
        self.open: dict[str, tuple[float, float]] = {}
        self.spent: list[tuple[float, float]] = []
        self._open_store()

    def _open_store(self):
        self.store = SqliteStore(Path(self.folder.name) / "headroom.db", now=lambda: self.now)
        self.cap = Budget(self.store, limit_usd=self.limit, period=Period.DAILY, tz=UTC, lease=600)

    def _today(self):
        start = self.now // 86400 * 86400
        return round(sum(amount for wall, amount in self.spent if wall >= start), 9)

    def _held(self):
        return round(sum(amount for amount, ends in self.open.values() if ends > self.now), 9)

    @rule(cents=st.integers(0, 200), output=st.integers(0, 200))
    def request(self, cents, output):
        self.count += 1
        holder = f"r{self.count}"
        before = self._today() + self._held()
        fits = before < self.limit and round(before + cents / 100, 9) <= self.limit
        verdict = self.cap.reserve(holder, input_usd=cents / 100, output_usd=output / 100, now=self.now)
        assert verdict.allowed == fits
        for name, since in self.cap._open.items():  # the call renewed what was due
            if name in self.open:
                self.open[name] = (self.open[name][0], since + 600)
        if fits:
            self.open[holder] = (round(cents / 100 + output / 100, 9), self.now + 600)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), cents=st.integers(0, 300))
    def settle(self, data, cents):
        holder = data.draw(st.sampled_from(sorted(self.open)))
        assert self.cap.settle(holder, cents / 100, now=self.now)
        del self.open[holder]
        self.spent.append((self.now, cents / 100))
        self._note_renewals()

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def fail(self, data):
        holder = data.draw(st.sampled_from(sorted(self.open)))
        assert self.cap.release(holder, now=self.now)
        del self.open[holder]
        self._note_renewals()

    def _note_renewals(self):
        for name, since in self.cap._open.items():
            if name in self.open and self.open[name][1] > self.now:
                self.open[name] = (self.open[name][0], since + 600)

    @rule(seconds=st.sampled_from([1, 150, 250, 700, 40_000]))
    def wait(self, seconds):
        self.now += seconds
        self.open = {name: hold for name, hold in self.open.items() if hold[1] > self.now}
        for name in [name for name in self.cap._open if name not in self.open]:
            del self.cap._open[name]  # its hold has ended; the model lets it go on both sides

    @rule()
    def restart(self):
        self.store.close()
        self._open_store()

    @rule()
    def crash(self):
        """As after kill -9: nothing is flushed or released; the old connections are just gone."""
        self.store._writer.close(wait=5)
        self.store._readers.close()
        self.store._file.close()
        self._open_store()

    @invariant()
    def books_agree(self):
        if hasattr(self, "store"):
            status = self.cap.status(now=self.now)
            assert status.spent_usd == self._today()
            assert status.held_usd == self._held()

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()


BudgetMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestBudgetMachine = BudgetMachine.TestCase


# -- words ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("usd", "text"), [(0, "$0.00"), (20, "$20.00"), (1234.5, "$1,234.50"), (0.0034, "$0.0034"), (1e-7, "$0.0000001")]
)
def test_money(usd, text):
    assert money(usd) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(45, "45s"), (720, "12m"), (11_520, "3h 12m"), (356_400, "4d 3h"), (3600, "1h 0m")]
)
def test_span(seconds, text):
    assert span(seconds) == text


def test_iso():
    assert iso(1_750_000_000.9) == "2025-06-15T15:06:40Z"


def test_two_workers_share_the_cap(clock):
    store = MemoryStore(now=clock)
    one, two = budget(store, limit=2.0), budget(store, limit=2.0)
    assert reserve(one, "a", clock, output_usd=2).allowed
    assert not reserve(two, "b", clock).allowed
    one.settle("a", 0.5, now=clock())
    assert reserve(two, "b", clock).allowed
