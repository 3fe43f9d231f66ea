"""Law: replacing the pages of a browser session never costs more than leaving them, on any call at which it may end."""

from itertools import accumulate

import pytest

from headroom.replay.run import replay
from headroom.settings import Settings
from headroom.testing.tokens import Tokens
from tests.replay.browsing import MODELS, Browsing

SESSIONS = 25
_COUNTED = Tokens()


def totals(run):
    return list(accumulate(turn.dollars for turn in run.turns))


@pytest.mark.parametrize("place", range(len(MODELS)), ids=[f"{wire}-{model}" for wire, model in MODELS])
def test_no_browser_session_costs_more_with_its_pages_replaced(place):
    spent = left = 0.0
    for seed in range(100 + place, 100 + SESSIONS, len(MODELS)):
        calls = Browsing(seed).run()
        through = replay(calls, ("token",), tokens=_COUNTED).runs["token"]
        without = replay(calls, ("token",), tokens=_COUNTED, settings=Settings(read_lifecycle=False)).runs["token"]
        for number, (with_it, without_it) in enumerate(zip(totals(through), totals(without), strict=True)):
            assert with_it <= without_it + 1e-9, f"session {seed}, ended after call {number}"
        for turn, plain in zip(through.turns, without.turns, strict=True):
            if turn.diverges is not None and plain.diverges is None:
                assert any(sentence.startswith("rewrote") for sentence in turn.gates), f"session {seed}, {turn.number}"
        spent += through.dollars
        left += without.dollars
    assert spent < 0.95 * left
