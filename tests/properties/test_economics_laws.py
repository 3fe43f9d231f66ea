"""Law: a session never costs more than going direct; what is sent only grows, but where the gate booked a gain."""

from dataclasses import replace
from pathlib import Path

import pytest

from headroom.replay.capture import read
from headroom.replay.run import replay
from headroom.settings import Settings
from headroom.testing.tokens import Tokens
from tests.replay.generated import MODELS, Session

TRAFFIC = Path(__file__).parents[2].parent / "shared" / "traffic"
SESSIONS = 200
_COUNTED = Tokens()


def by_model(place):
    return range(place, SESSIONS, len(MODELS))


@pytest.mark.parametrize("place", range(len(MODELS)), ids=[f"{wire}-{model}" for wire, model in MODELS])
def test_no_generated_session_costs_more_than_going_direct(place):
    dearer = []
    for seed in by_model(place):
        session = Session(seed)
        report = replay(session.run(), ("off", "token"), tokens=_COUNTED)
        direct, through = report.runs["off"], report.runs["token"]
        assert not report.skipped
        if through.dollars > direct.dollars + 1e-9:
            dearer.append((seed, session.turns, direct.dollars, through.dollars))
        for turn, sent in zip(direct.turns, through.turns, strict=True):
            if sent.diverges is not None and turn.diverges is None:
                assert any(s.startswith("rewrote") for s in sent.gates), f"session {seed}, turn {sent.number}"
    assert not dearer


@pytest.mark.parametrize("seed", [9, 56, 57, 65, 86, 113, 153, 176])
def test_in_cache_mode_small_sessions_cost_no_more_than_going_direct(seed):
    runs = replay(Session(seed).run(), ("off", "cache"), tokens=_COUNTED).runs
    assert runs["cache"].dollars <= runs["off"].dollars + 1e-9


@pytest.mark.parametrize("seed", range(5, 5 + len(MODELS)))
def test_in_cache_mode_what_is_sent_only_grows(seed):
    report = replay(Session(seed, turns=20).run(), ("off", "cache"), tokens=_COUNTED)
    for direct, sent in zip(report.runs["off"].turns, report.runs["cache"].turns, strict=True):
        assert (sent.diverges is None) == (direct.diverges is None)
        assert not any(sentence.startswith("rewrote") for sentence in sent.gates)


@pytest.mark.parametrize("settings", [Settings(), Settings(read_lifecycle=False)], ids=["all passes", "no lifecycle"])
def test_a_replay_is_deterministic(settings):
    calls = Session(33, turns=30).run()
    first, second = (replay(calls, ("token",), settings=settings, tokens=_COUNTED).runs["token"] for _ in range(2))
    assert first.turns == second.turns


@pytest.mark.skipif(not TRAFFIC.is_dir(), reason="no recorded traffic beside the checkout (../shared/traffic)")
@pytest.mark.parametrize("path", sorted(TRAFFIC.glob("*.jsonl*")), ids=lambda path: path.name.split(".")[0])
def test_no_recorded_session_costs_more_than_going_direct(path):
    calls = read(path)
    report = replay(calls, ("off", "cache", "token"), tokens=_COUNTED)
    direct = report.runs["off"]
    if not direct.turns:
        pytest.skip(f"nothing to price: {report.skipped}")
    for mode in ("cache", "token"):
        assert report.runs[mode].dollars <= direct.dollars + 1e-9
    billed = [call.usage for call in calls if call.usage is not None]
    assert direct.usage.total_input == pytest.approx(sum(u.total_input for u in billed), rel=0.1)
    assert direct.usage.cache_read == pytest.approx(sum(u.cache_read for u in billed), rel=0.1, abs=2000)


def test_a_session_that_lies_idle_is_rewritten_once_and_then_stands():
    calls = [replace(call, t=call.t) for call in Session(33, turns=40).run()]
    half = len(calls) // 2
    calls = calls[:half] + [replace(call, t=call.t + 7200) for call in calls[half:]]
    turns = replay(calls, ("off", "token"), tokens=_COUNTED).runs
    assert turns["token"].dollars < turns["off"].dollars
