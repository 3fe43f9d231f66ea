"""Token buckets behave the same in every store."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.store import Charge
from headroom.store.gcra import MAX_BUCKETS, Buckets

RATE = {"capacity": 60.0, "per_second": 1.0}


def take(store, cost, now, bucket="b"):
    return store.take(bucket, cost, now=now, **RATE)


def test_a_bucket_starts_full_and_runs_dry(store, clock):
    assert all(take(store, 1, clock()).allowed for _ in range(60))
    refused = take(store, 1, clock())
    assert not refused.allowed
    assert refused.retry_after == pytest.approx(1, abs=1e-5)


def test_it_refills_at_its_rate(store, clock):
    take(store, 60, clock())
    assert not take(store, 10, clock.forward(9.99)).allowed
    assert take(store, 10, clock.forward(0.01)).allowed
    assert not take(store, 1, clock()).allowed


def test_it_never_holds_more_than_full(store, clock):
    take(store, 1, clock())
    clock.forward(100_000)
    assert take(store, 60, clock()).allowed
    assert not take(store, 1, clock()).allowed


def test_refused_requests_spend_nothing(store, clock):
    take(store, 50, clock())
    for _ in range(20):
        assert not take(store, 11, clock()).allowed
    assert take(store, 10, clock()).allowed


def test_waiting_as_long_as_told_is_enough(store, clock):
    take(store, 47, clock())
    refused = take(store, 31, clock())
    assert take(store, 31, clock.forward(refused.retry_after)).allowed


def test_an_oversize_request_borrows_from_a_full_bucket(store, clock):
    assert take(store, 200, clock()).allowed
    refused = take(store, 1, clock())
    assert not refused.allowed
    assert refused.retry_after == pytest.approx(141, abs=1e-3)
    assert take(store, 1, clock.forward(141.001)).allowed


def test_an_oversize_request_waits_for_a_full_bucket(store, clock):
    take(store, 1, clock())
    refused = take(store, 200, clock())
    assert not refused.allowed
    assert refused.retry_after == pytest.approx(1, abs=1e-3)
    assert take(store, 200, clock.forward(1.001)).allowed


def test_what_is_given_back_can_be_taken_again(store, clock):
    take(store, 60, clock())
    store.give("b", 5, now=clock(), **RATE)
    assert take(store, 5, clock()).allowed
    assert not take(store, 1, clock()).allowed


def test_giving_never_overfills(store, clock):
    take(store, 1, clock())
    store.give("b", 1000, now=clock(), **RATE)
    assert take(store, 60, clock()).allowed
    assert not take(store, 1, clock()).allowed


def test_a_charge_after_the_fact_may_drive_it_negative(store, clock):
    take(store, 1, clock())
    store.give("b", -100, now=clock(), **RATE)
    assert take(store, 1, clock()).retry_after == pytest.approx(42, abs=1e-3)


def test_a_charge_after_the_fact_on_an_unknown_bucket_counts(store, clock):
    store.give("b", -60, now=clock(), **RATE)
    assert not take(store, 1, clock()).allowed


def test_all_or_none(store, clock):
    charges = [Charge("small", 1, 2, 1), Charge("large", 10, 15, 1)]
    assert [taken.allowed for taken in store.take_all(charges, now=clock())] == [True, True]
    assert [taken.allowed for taken in store.take_all(charges, now=clock())] == [True, False]
    assert store.take("small", 1, capacity=2, per_second=1, now=clock()).allowed
    assert not store.take("small", 1, capacity=2, per_second=1, now=clock()).allowed


def test_buckets_are_apart(store, clock):
    take(store, 60, clock(), bucket="one")
    assert take(store, 60, clock(), bucket="two").allowed


def test_a_clock_set_back_does_not_lock_a_bucket(store, clock):
    take(store, 60, clock())
    clock.forward(-7200)
    refused = take(store, 1, clock())
    assert refused.retry_after == pytest.approx(1, abs=1e-3)


def test_a_clock_that_lags_a_little_gives_no_tokens_away(store, clock):
    admitted = sum(take(store, 1, clock() - (step % 2)).allowed for step in range(90))
    assert 59 <= admitted <= 60


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_workers_share_their_buckets(open_kind, clock, kind):
    one, two = open_kind(kind), open_kind(kind)
    assert take(one, 60, clock()).allowed
    assert not take(two, 1, clock()).allowed


def test_a_flood_of_keys_stays_bounded(open_kind, clock):
    buckets = Buckets()
    for number in range(3 * MAX_BUCKETS):
        buckets.take_all([Charge(f"b{number}", 1, 60, 1)], clock())
    assert len(buckets) == MAX_BUCKETS
    store = open_kind("sqlite")
    store._writer.call(
        lambda db: db.executemany(
            "INSERT INTO buckets VALUES (?, ?, ?)", [(f"b{n}", clock(), clock()) for n in range(MAX_BUCKETS)]
        ),
        wait=10,
    )
    take(store, 1, clock.forward(1), bucket="newest")
    with store._reading() as connection:
        assert connection.execute("SELECT count(*) FROM buckets").fetchone()[0] == MAX_BUCKETS
    assert not take(store, 60, clock(), bucket="newest").allowed


def test_idle_buckets_are_dropped(clock):
    buckets = Buckets()
    buckets.take_all([Charge("idle", 1, 60, 1)], clock())
    buckets.take_all([Charge("busy", 1, 60, 1)], clock.forward(601))
    assert len(buckets) == 1


steps = st.lists(
    st.tuples(
        st.sampled_from(["take", "give"]),
        st.floats(min_value=0.5, max_value=150),
        st.floats(min_value=0, max_value=40),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(steps=steps)
def test_never_more_than_capacity_plus_refill_plus_one_oversize(steps):
    """Over any run, what was admitted is bounded by what the bucket could hold and gain, one borrowed request aside."""
    buckets, start = Buckets(), 1e9
    now, admitted, largest = start, 0.0, 0.0
    for _, cost, pause in steps:
        now += pause
        if buckets.take_all([Charge("b", cost, 60, 1)], now)[0].allowed:
            admitted += cost
            largest = max(largest, cost)
    assert admitted <= 60 + (now - start) + max(largest - 60, 0) + 1e-3


@settings(max_examples=25, deadline=None)
@given(steps=steps)
def test_redis_decides_like_memory(redis_server, steps):
    from headroom.store.redis import RedisStore

    remote = RedisStore(f"{redis_server.url}?prefix={{like-memory}}", now=lambda: 0.0, timeout=5)
    local = Buckets()
    now = 1e9
    try:
        remote._server.client.delete("{like-memory}:t:b")
        for action, amount, pause in steps:
            now += pause
            if action == "take":
                want = local.take_all([Charge("b", amount, 60, 1)], now)[0]
                got = remote.take("b", amount, now=now, **RATE)
                assert got.allowed == want.allowed
                assert got.retry_after == pytest.approx(want.retry_after, abs=1e-6)
                assert got.remaining == pytest.approx(want.remaining, abs=1e-6)
            else:
                local.give("b", amount, 1, now)
                remote.give("b", amount, now=now, **RATE)
    finally:
        remote.close()
