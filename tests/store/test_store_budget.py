"""Reservations, settlements and streams behave the same in every store."""

import math
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.store.memory import MemoryStore
from headroom.store.spending import DAY, HOUR, MINUTE, cover

HOUR_AGO = 3600


def reserve(store, holder, amount, clock, *, limit=10.0, since=0.0, **more):
    return store.reserve(holder, amount, limit_usd=limit, since=since, now=clock(), **more)


def test_holds_count_until_settled(store, clock):
    assert reserve(store, "a", 6, clock).held_usd == 6
    assert reserve(store, "b", 6, clock).held_usd == 12
    refused = reserve(store, "c", 1, clock)
    assert (refused.allowed, refused.held_usd, refused.spent_usd) == (False, 12, 0)
    store.settle("a", 1.5, now=clock())
    after = reserve(store, "c", 1, clock)
    assert (after.allowed, after.held_usd, after.spent_usd) == (True, 7, 1.5)


def test_refused_reservations_hold_nothing(store, clock):
    store.settle("x", 10, now=clock())
    for number in range(5):
        assert not reserve(store, f"r{number}", 1, clock).allowed
    assert store.held(now=clock()) == 0


def test_what_is_spent_for_certain_must_fit(store, clock):
    store.settle("x", 9, now=clock())
    assert not reserve(store, "a", 5, clock, upfront_usd=1.01).allowed
    assert reserve(store, "a", 5, clock, upfront_usd=1.0).allowed


def test_a_limit_of_nothing_refuses_everything(store, clock):
    assert not reserve(store, "a", 0, clock, limit=0).allowed


def test_reserving_again_replaces(store, clock):
    reserve(store, "a", 3, clock)
    assert reserve(store, "a", 4, clock).held_usd == 4


def test_released_holds_are_gone_and_nothing_is_booked(store, clock):
    reserve(store, "a", 3, clock)
    store.release("a")
    store.release("a")
    store.release("never held")
    assert (store.held(now=clock()), store.spent(since=0)) == (0, 0)


def test_holds_of_the_dead_expire(store, clock):
    reserve(store, "dead", 9, clock, lease=60)
    clock.forward(59)
    assert store.held(now=clock()) == 9
    clock.forward(1)
    assert store.held(now=clock()) == 0
    assert reserve(store, "b", 9, clock).held_usd == 9


def test_renewed_holds_live_on(store, clock):
    reserve(store, "a", 9, clock, lease=60)
    clock.forward(50)
    store.renew(["a", "never held"], now=clock(), lease=60)
    clock.forward(50)
    assert store.held(now=clock()) == 9
    clock.forward(20)
    store.renew(["a"], now=clock(), lease=60)
    assert store.held(now=clock()) == 0


def test_spending_without_a_hold_is_booked(store, clock):
    store.settle("late", 2.5, now=clock(), note=b'{"model":"m"}')
    assert store.spent(since=0) == 2.5


def test_settling_again_replaces(store, clock):
    store.settle("a", 2, now=clock())
    store.settle("a", 2, now=clock.forward(5))
    assert store.spent(since=0) == 2
    store.settle("a", 0, now=clock.forward(5))
    assert store.spent(since=0) == 0
    store.settle("a", 3, now=clock.forward(5))
    assert store.spent(since=0) == 3


def test_money_does_not_drift(store, clock):
    for number in range(100):
        store.settle(f"a{number}", 0.1, now=clock())
    assert store.spent(since=0) == 10.0


@pytest.mark.parametrize("amount", [-0.01, math.nan, math.inf])
def test_impossible_amounts_are_refused(store, clock, amount):
    with pytest.raises(ValueError):
        store.settle("a", amount, now=clock())
    with pytest.raises(ValueError):
        reserve(store, "a", amount, clock)


def test_only_the_period_counts(store, clock):
    start = clock.now = 1_750_000_020.0 // MINUTE * MINUTE
    store.settle("before", 1, now=start - 0.5)
    store.settle("at", 2, now=start)
    store.settle("after", 4, now=start + 3 * DAY)
    assert store.spent(since=start) == 6
    assert store.spent(since=start - MINUTE) == 7
    assert store.spent(since=start + MINUTE) == 4
    assert store.spent(since=start + 4 * DAY) == 0


@pytest.mark.parametrize(
    ("ago", "counted"),
    [(30, 1), (90, 3), (HOUR - 30, 7), (DAY - 30, 15), (3 * DAY, 31)],
    ids=["this minute", "last minute", "this hour", "this day", "days ago"],
)
def test_periods_of_every_length(store, clock, ago, counted):
    clock.now = 1_750_000_000.0 // DAY * DAY + 12 * HOUR + 59.0
    for bit, past in enumerate([20, 80, HOUR - 100, DAY - 200, 2 * DAY]):
        store.settle(f"s{bit}", 2**bit, now=clock() - past)
    assert store.spent(since=clock() - ago) == counted


@settings(max_examples=150)
@given(
    since=st.floats(min_value=0, max_value=4e9, allow_nan=False),
    offsets=st.lists(st.floats(min_value=-90 * DAY, max_value=90 * DAY), max_size=20),
)
def test_a_period_is_exact_to_the_minute(since, offsets):
    store = MemoryStore(now=lambda: since)
    first = math.floor(since / MINUTE) * MINUTE
    want = 0
    for number, offset in enumerate(offsets):
        wall = max(since + offset, 0)
        store.settle(f"h{number}", 1, now=wall)
        want += wall >= first
    assert store.spent(since=since) == want
    edge = cover(since)
    assert edge.minute <= since < edge.minute + MINUTE
    assert edge.minute <= edge.hour < edge.minute + HOUR
    assert edge.hour <= edge.day < edge.hour + DAY


def test_fifty_at_once_on_a_budget_for_three(store, clock):
    barrier = threading.Barrier(50)
    verdicts = []

    def race(number):
        barrier.wait(timeout=60)
        verdicts.append(reserve(store, f"h{number}", 1.0, clock, limit=3.0).allowed)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(verdicts) == 50
    assert sum(verdicts) == 3


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_workers_share_one_budget(open_kind, clock, kind):
    one, two = open_kind(kind), open_kind(kind)
    reserve(one, "a", 10, clock)
    assert not reserve(two, "b", 1, clock).allowed
    one.settle("a", 4, now=clock())
    assert two.spent(since=0) == 4


# -- append-only streams ---------------------------------------------------------------------------------------------
def test_rows_come_in_order(store, clock):
    for number in range(5):
        store.append("journal", str(number).encode(), now=clock.forward(1))
    rows = store.rows("journal")
    assert [row.body for row in rows] == [b"0", b"1", b"2", b"3", b"4"]
    assert [row.seq for row in rows] == sorted({row.seq for row in rows})
    assert rows[-1].wall == clock()


def test_rows_after_a_number(store, clock):
    for number in range(5):
        store.append("journal", str(number).encode(), now=clock())
    third = store.rows("journal")[2]
    assert [row.body for row in store.rows("journal", after=third.seq)] == [b"3", b"4"]
    assert [row.body for row in store.rows("journal", after=third.seq, limit=1)] == [b"3"]
    assert store.rows("journal", after=10_000) == []
    assert store.rows("other") == []


def test_only_the_newest_rows_are_kept(store, clock):
    for number in range(10):
        store.append("journal", str(number).encode(), now=clock(), keep=3)
    rows = store.rows("journal")
    assert [row.body for row in rows] == [b"7", b"8", b"9"]
    assert rows[-1].seq == 10
