"""The rate limiter."""

import pytest

from headroom.policy.rate import Rate
from headroom.policy.slots import Slots


def test_requests_per_minute(store, clock):
    rate = Rate(store, rpm=3, tpm=None)
    assert [rate.admit("k", 0, clock()).allowed for _ in range(4)] == [True, True, True, False]
    verdict = rate.admit("k", 0, clock())
    assert (verdict.kind, verdict.limit) == ("rpm", 3)
    assert verdict.retry_after == pytest.approx(20, abs=1e-4)
    assert verdict.message == (
        "Headroom rate limit of 3 requests per minute reached for this key. Retry in 20 s, or raise it with --rpm."
    )
    assert verdict.headers == (("retry-after", "20"),)
    assert rate.admit("k", 0, clock.forward(20)).allowed


def test_further_calls_of_a_request_count_too(store, clock):
    rate = Rate(store, rpm=4, tpm=None)
    assert rate.admit("k", 0, clock()).allowed
    assert rate.correct("k", 2, clock())
    assert [rate.admit("k", 0, clock()).allowed for _ in range(2)] == [True, False]
    assert rate.correct("k", -1, clock())
    assert rate.admit("k", 0, clock()).allowed
    assert Rate(store, rpm=None, tpm=5).correct("k", 2, clock())


def test_tokens_per_minute(store, clock):
    rate = Rate(store, rpm=None, tpm=1000)
    assert rate.admit("k", 700, clock()).allowed
    verdict = rate.admit("k", 700, clock())
    assert (verdict.kind, verdict.limit) == ("tpm", 1000)
    assert verdict.retry_after == pytest.approx(24, abs=1e-4)
    assert "1,000 input tokens per minute" in verdict.message


def test_keys_are_apart(store, clock):
    rate = Rate(store, rpm=1, tpm=None)
    assert rate.admit("one", 0, clock()).allowed
    assert rate.admit("two", 0, clock()).allowed


def test_a_refused_request_spends_from_neither_bucket(store, clock):
    rate = Rate(store, rpm=2, tpm=100)
    assert rate.admit("k", 90, clock()).allowed
    for _ in range(10):
        assert rate.admit("k", 50, clock()).kind == "tpm"
    assert rate.admit("k", 10, clock()).allowed  # the second of two requests was still there
    assert rate.admit("k", 0, clock()).kind == "rpm"


def test_when_both_refuse_the_longer_wait_is_told(store, clock):
    rate = Rate(store, rpm=1, tpm=100)
    rate.admit("k", 100, clock())
    assert rate.admit("k", 1, clock()).kind == "rpm"
    rate = Rate(store, rpm=60, tpm=1)
    for _ in range(60):
        rate.admit("j", 0, clock())
    store.give("tpm:j", -10, capacity=1, per_second=1 / 60, now=clock())
    assert rate.admit("j", 1, clock()).kind == "tpm"


def test_one_request_larger_than_the_bucket_is_never_refused_for_ever(store, clock):
    rate = Rate(store, rpm=None, tpm=100_000)
    assert rate.admit("k", 150_000, clock()).allowed
    refused = rate.admit("k", 150_000, clock())
    assert refused.retry_after == pytest.approx(90, abs=1e-3)
    assert rate.admit("k", 150_000, clock.forward(90.01)).allowed


def test_only_what_was_billed_as_new_counts_in_the_end(store, clock):
    rate = Rate(store, rpm=None, tpm=100_000)
    for _ in range(20):  # a session of 90,000 tokens, read from the provider's cache but for 2,000
        assert rate.admit("k", 90_000, clock()).allowed
        assert rate.settle("k", 90_000, 2_000, clock())
        clock.forward(1)


def test_an_underestimate_is_charged_after_the_fact(store, clock):
    rate = Rate(store, rpm=None, tpm=1000)
    assert rate.admit("k", 10, clock()).allowed
    assert rate.settle("k", 10, 1500, clock())
    assert not rate.admit("k", 1, clock()).allowed


def test_a_failed_request_gets_its_tokens_back(store, clock):
    rate = Rate(store, rpm=None, tpm=1000)
    rate.admit("k", 1000, clock())
    rate.settle("k", 1000, 0, clock())
    assert rate.admit("k", 1000, clock()).allowed


def test_no_limits_ask_nobody(faulty, clock):
    faulty.down = True
    rate = Rate(faulty, rpm=None, tpm=None)
    assert not rate.admit("k", 10**9, clock()).unchecked
    assert rate.settle("k", 10, 5, clock())
    assert faulty.calls == 0


def test_a_store_that_fails_admits_and_says_so(faulty, clock):
    rate = Rate(faulty, rpm=1, tpm=1)
    faulty.down = True
    verdict = rate.admit("k", 5, clock())
    assert (verdict.allowed, verdict.unchecked) == (True, True)
    assert rate.settle("k", 5, 1, clock()) is False


# -- slots ---------------------------------------------------------------------------------------------------------------
def test_slots_bound_requests():
    slots = Slots(most_requests=2)
    one, two = slots.take(10), slots.take(10)
    assert slots.take(10) is None
    one.release()
    one.release()
    three = slots.take(10)
    assert three is not None
    assert slots.take(10) is None
    assert (slots.in_flight, slots.bytes, slots.refused) == (2, 20, 2)
    two.release()
    three.release()
    assert (slots.in_flight, slots.bytes) == (0, 0)


def test_slots_bound_bytes():
    slots = Slots(most_bytes=100)
    one = slots.take(60)
    assert slots.take(41) is None
    two = slots.take(40)
    assert two is not None
    one.release()
    two.release()


def test_a_body_larger_than_the_bound_goes_alone():
    slots = Slots(most_bytes=100)
    large = slots.take(500)
    assert large is not None
    assert slots.take(1) is None
    large.release()
    assert slots.take(1) is not None


def test_no_bounds():
    slots = Slots()
    assert all(slots.take(10**9) for _ in range(1000))
