import pytest

from headroom.upstream.retry import RetryPolicy, after_error, after_status, backoff, retry_after

WALL = 1_800_000_000.0
POLICY = RetryPolicy(attempts=3, limit=300)


def middle(_low, _high):
    return 1.0


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 1.0), (2, 2.0), (3, 4.0), (5, 16.0), (6, 30.0), (60, 30.0)],
    ids=str,
)
def test_back_off_doubles_up_to_half_a_minute(failures, seconds):
    assert backoff(failures, middle) == seconds


@pytest.mark.parametrize(("pick", "factor"), [(min, 0.5), (max, 1.5)], ids=["lowest", "highest"])
def test_back_off_is_spread_by_half_either_way(pick, factor):
    assert backoff(1, pick) == factor


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([], None),
        ([(b"Retry-After", b"7")], 7.0),
        ([(b"retry-after", b"0.5")], 0.5),
        ([(b"Retry-After", b"Fri, 15 Jan 2027 08:01:00 GMT")], 60.0),
        ([(b"Retry-After", b"Fri, 15 Jan 2027 07:00:00 GMT")], 0.0),
        ([(b"Retry-After", b"soon")], None),
        ([(b"Retry-After", b"-3")], None),
        ([(b"Retry-After", b"nan")], None),
        ([(b"Retry-After", b"9"), (b"retry-after-ms", b"250")], 0.25),
    ],
    ids=["absent", "seconds", "fraction", "date", "past date", "words", "negative", "not a number", "milliseconds"],
)
def test_reads_what_the_provider_asks_for(headers, seconds):
    assert retry_after(headers, WALL) == seconds


@pytest.mark.parametrize(
    ("status", "headers", "failures", "remaining", "wait"),
    [
        (500, [], 1, 300, 1.0),
        (502, [], 2, 300, 2.0),
        (503, [(b"retry-after", b"9")], 1, 300, 9.0),
        (503, [(b"retry-after", b"400")], 1, 300, None),
        (500, [], 3, 300, None),
        (500, [], 1, 0.5, None),
        (501, [], 1, 300, None),
        (429, [(b"retry-after", b"5")], 1, 300, 5.0),
        (429, [(b"retry-after", b"400")], 1, 300, None),
        (429, [], 1, 300, None),
        (529, [(b"retry-after", b"2")], 1, 300, 2.0),
        (529, [], 1, 300, None),
        (500, [(b"x-should-retry", b"false")], 1, 300, None),
        *[(status, [(b"retry-after", b"1")], 1, 300, None) for status in (200, 301, 400, 401, 404, 408, 409, 413, 422)],
    ],
)
def test_which_answers_are_tried_again_and_when(status, headers, failures, remaining, wait):
    got = after_status(
        status, headers, failures=failures, remaining=remaining, policy=POLICY, uniform=middle, wall=WALL
    )
    assert got == wait


@pytest.mark.parametrize(
    ("failures", "remaining", "wait"), [(1, 300, 1.0), (2, 300, 2.0), (3, 300, None), (1, 0.9, None)]
)
def test_connection_failures_are_tried_again_within_the_limit(failures, remaining, wait):
    assert after_error(failures=failures, remaining=remaining, policy=POLICY, uniform=middle) == wait


def test_one_attempt_means_no_second():
    once = RetryPolicy(attempts=1, limit=300)
    assert after_error(failures=1, remaining=300, policy=once, uniform=middle) is None
