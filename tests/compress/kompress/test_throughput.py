import pytest

from headroom.compress.kompress.throughput import Throughput


def throughput() -> Throughput:
    return Throughput(smoothing=0.5, stalled=1.0, seconds_a_token=0.01, tokens_a_word=2.0)


def test_words_a_second_are_unknown_before_a_run_was_measured():
    assert Throughput(0.5, 1.0).words_per_second is None
    assert throughput().words_per_second == pytest.approx(50)


def test_a_run_moves_the_average_and_one_that_failed_does_not():
    pace = throughput()
    pace.begin(100, now=0.0)
    pace.end(3.0)
    assert pace.seconds_a_token == pytest.approx(0.02)
    pace.begin(100, now=4.0)
    pace.end(None)
    assert pace.seconds_a_token == pytest.approx(0.02)


def test_a_text_moves_the_tokens_a_word():
    pace = throughput()
    pace.see_text(words=10, tokens=40)
    assert pace.tokens_a_word == pytest.approx(3.0)


def test_what_is_asked_waits_for_the_run_under_way():
    pace = throughput()
    assert pace.time_for(100) == pytest.approx(1.0)
    pace.begin(50, now=0.0)
    assert pace.is_running
    assert pace.time_for(100) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("tokens", "now", "stalled"),
    [(10, 0.9, False), (10, 1.1, True), (100, 3.9, False), (100, 4.1, True)],
    ids=["a short run, soon", "a short run, late", "a long run, soon", "a long run, late"],
)
def test_a_run_is_stalled_after_four_times_what_was_expected_but_not_within_the_least(tokens, now, stalled):
    pace = throughput()
    assert not pace.is_stalled(now)
    pace.begin(tokens, now=0.0)
    assert pace.is_stalled(now) is stalled
