import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.accounts.pricing import Rates
from headroom.pipeline.economics import Candidate, Market, alive, best_cut, further_calls, judge, life

A5 = Market(Rates(1.0, 5.0, 0.1, 1.25, 2.0, "table"))
A1H = Market(Rates(1.0, 5.0, 0.1, 1.25, 2.0, "table"), one_hour=True)
HALF = Market(Rates(1.0, 5.0, 0.5, 1.0, 1.0, "table"))
QUARTER = Market(Rates(1.0, 5.0, 0.25, 1.0, 1.0, "table"))
TENTH = Market(Rates(1.0, 5.0, 0.1, 1.0, 1.0, "table"))


def break_even(market, removed, tokens, suffix):
    """Smallest number of calls at which the gate opens."""
    low, high = 0.0, 10_000.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        gate = judge(
            "x",
            removed=removed,
            rewritten=tokens - removed + suffix,
            calls=middle,
            alive_chance=1.0,
            market=market,
            margin=0.0,
        )
        low, high = (low, middle) if gate.verdict == "gain" else (middle, high)
    return high


@pytest.mark.parametrize(
    ("market", "removed", "tokens", "suffix", "calls"),
    [
        (A5, 2000, 4000, 50_000, 299),
        (A1H, 2000, 4000, 50_000, 494),
        (HALF, 2000, 4000, 50_000, 26),
        (QUARTER, 2000, 4000, 50_000, 78),
        (TENTH, 2000, 4000, 50_000, 234),
        (A5, 8000, 10_000, 20_000, 32),
        (A1H, 8000, 10_000, 20_000, 52),
        (HALF, 8000, 10_000, 20_000, 2.8),
        (A5, 45_000, 50_000, 10_000, 3.8),
        (HALF, 45_000, 50_000, 10_000, 0.33),
        (A5, 20_000, 25_000, 5000, 5.8),
    ],
)
def test_break_even_is_that_of_the_published_table(market, removed, tokens, suffix, calls):
    assert break_even(market, removed, tokens, suffix) == pytest.approx(calls, rel=0.02)


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.floats(1, 30))
def test_a_dead_cache_makes_every_cut_a_gain(removed, rewritten, calls):
    gate = judge("x", removed=removed, rewritten=rewritten, calls=calls, alive_chance=0.0, market=A5, margin=0.0)
    assert gate.verdict == "gain"
    assert gate.costs_usd == 0


@given(
    st.lists(st.tuples(st.integers(1, 20_000), st.floats(0, 1)), min_size=1, max_size=12),
    st.floats(1, 30),
    st.sampled_from([A5, A1H, HALF, TENTH]),
)
def test_the_best_cut_is_the_best_of_all_cuts(parts, calls, market):
    tokens = [size for size, _ in parts]
    removed = [int(size * share) for size, share in parts]
    candidates = [Candidate(i, tokens[i], removed[i], sum(tokens[i + 1 :])) for i in range(len(parts))]
    best = best_cut("x", candidates, calls=calls, alive_chance=1.0, market=market)
    gains = []
    for start in range(len(parts)):
        gone = sum(removed[start:])
        gate = judge(
            "x", removed=gone, rewritten=sum(tokens[start:]) - gone, calls=calls, alive_chance=1.0, market=market
        )
        gains.append(gate.gain_usd)
    assert best.gate.gain_usd == pytest.approx(max(gains))


def test_no_candidates_no_cut():
    assert best_cut("x", [], calls=3, alive_chance=1.0, market=A5) is None


@pytest.mark.parametrize(
    ("idle", "lives", "chance"),
    [(None, 300, 1), (0, 300, 1), (300, 300, 1), (359, 300, 1), (361, 300, 0), (3000, 3600, 1)],
)
def test_alive(idle, lives, chance):
    assert alive(idle, lives) == chance


@pytest.mark.parametrize(
    ("provider", "one_hour", "long", "seconds"),
    [
        ("anthropic", False, False, 300),
        ("anthropic", True, False, 3600),
        ("openai", False, False, 3600),
        ("openai", False, True, 86_400),
        ("gemini", False, False, 3600),
    ],
)
def test_life(provider, one_hour, long, seconds):
    assert life(provider=provider, one_hour=one_hour, long_retention=long) == seconds


def test_further_calls_is_bounded():
    assert [further_calls(n) for n in (0, 1, 10, 500)] == [1, 1, 10, 30]


def test_the_sentence_names_both_sides():
    gate = judge("a stale read", removed=100, rewritten=50_000, calls=3, alive_chance=1.0, market=A5)
    assert gate.verdict == "refused"
    assert gate.sentence() == "refused a stale read: would cost $0.0575, save $0.0000"


@pytest.mark.parametrize(
    ("rewritten", "added", "alive_chance", "stake"),
    [
        (50, 0, 1.0, 0.0),
        (5_000, 0, 1.0, 5_000 * 1.15e-6 - 1_000 * 0.1e-6),
        (5_000, 100, 1.0, 5_000 * 1.15e-6 + 100 * 1.25e-6 - 1_000 * 0.1e-6),
        (5_000, 0, 0.0, 0.0),
        (0, 2_000, 0.0, 1_000 * 1.25e-6),
    ],
    ids=["next to nothing is written anew", "much is", "a tool comes in, too", "a dead cache", "and more comes in than goes"],
)  # fmt: skip
def test_the_stake_is_what_is_lost_when_the_next_call_is_the_last(rewritten, added, alive_chance, stake):
    gate = judge(
        "x", removed=1_000, rewritten=rewritten, calls=9, alive_chance=alive_chance, market=A5, margin=0.0, added=added
    )
    assert gate.stake_usd == pytest.approx(stake)


def test_where_the_best_cut_is_not_bearable_a_smaller_one_is_taken():
    parts = [Candidate(0, 20_000, 19_900, 30_000), Candidate(1, 10_000, 9_900, 10)]
    free = best_cut("x", parts, calls=30, alive_chance=1.0, market=A5)
    assert free.order == 0
    held = best_cut(
        "x",
        parts,
        calls=30,
        alive_chance=1.0,
        market=A5,
        bearable=lambda gate, order: gate.stake_usd == 0 and order > 0,
    )
    assert (held.order, held.gate.verdict) == (1, "gain")
    none = best_cut("x", parts, calls=30, alive_chance=1.0, market=A5, bearable=lambda gate, order: False)
    assert (none.order, none.gate.verdict) == (0, "refused")
