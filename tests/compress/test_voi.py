import pytest

from headroom.compress.voi import PRIORS, allow_lossy, break_even


def test_break_even_rises_with_the_saving_and_falls_with_the_context():
    assert break_even(8_000, 60_000, 10) > break_even(1_500, 60_000, 10) > break_even(1_500, 150_000, 10)


@pytest.mark.parametrize(
    ("kind", "before", "after", "context", "allowed"),
    [
        pytest.param("log", 10_000, 1_000, 60_000, True, id="a log that shrinks much"),
        pytest.param("log", 1_000, 900, 60_000, False, id="a log that shrinks little"),
        pytest.param("code", 4_000, 2_000, 60_000, False, id="code that shrinks little"),
        pytest.param("code", 20_000, 2_000, 60_000, True, id="code that shrinks much"),
        pytest.param("json", 2_000, 1_000, 400_000, False, id="a retrieval would read a huge context again"),
        pytest.param("log", 1_000, 1_000, 60_000, False, id="no saving"),
        pytest.param("log", 1_000, 1_200, 60_000, False, id="a loss"),
    ],
)
def test_what_pays(kind, before, after, context, allowed):
    assert allow_lossy(kind, before, after, context=context) is allowed


def test_a_measured_rate_overrides_the_prior():
    assert allow_lossy("log", 5_000, 1_000)
    assert not allow_lossy("log", 5_000, 1_000, prior=0.9)


def test_every_prior_is_a_chance():
    assert all(0 < chance < 1 for chance in PRIORS.values())
