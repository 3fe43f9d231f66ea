"""Batches, limits, and every way in which a model can fail its callers."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from headroom.compress.kompress.engine import Engine, Limits
from headroom.compress.kompress.errors import ModelError
from headroom.compress.kompress.status import Missed, Scores
from tests.compress.kompress.stubs import Gate, Stub, started


def until(check, seconds=60.0):
    ends = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.005)


@pytest.fixture
def engines():
    made = []

    def make(stub, **kind):
        engine = started(stub, **kind)
        made.append(engine)
        return engine

    yield make
    for engine in made:
        engine.close(0.1)


def test_scores_come_back_in_order_for_more_words_than_a_window(engines):
    engine = engines(Stub(), most_words=3)
    assert engine.wait(60).ready
    words = ["a", "bb", "ccc", "dddd", "eeeee", "ffffff", "g"]
    answer = engine.score(words, 10)
    assert isinstance(answer, Scores)
    assert answer.values == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.1)
    assert engine.score([], 1) == Scores((), 0.0)


def test_what_waits_is_run_together(engines):
    gate = Gate()
    stub = Stub(batch=4, do=gate)
    engine = engines(stub, limits=Limits(stalled=60))
    assert engine.wait(60).ready
    stub.batches.clear()
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(engine.score, ["x"], 20)
        assert gate.entered.wait(60)
        rest = [pool.submit(engine.score, ["y" * n], 20) for n in range(1, 6)]
        until(lambda: engine.status().queued == 5 * 3)
        gate.opened.set()
        assert first.result(60).values == (0.1,)
        assert sorted(job.result(60).values for job in rest) == [(n / 10,) for n in range(1, 6)]
    assert stub.batches == [1, 4, 1]


def test_before_it_is_ready_nobody_waits(engines):
    held = threading.Event()

    def load():
        held.wait(60)
        raise ModelError("the file is gone; fetch it again")

    engine = Engine(load, nice=False)
    engine.start()
    assert engine.score(["a"], 5) == Missed("loading")
    assert engine.status().state == "loading"
    held.set()
    status = engine.wait(60)
    assert (status.state, status.reason) == ("failed", "the file is gone; fetch it again")
    assert engine.score(["a"], 5) == Missed("failed")
    engine.close()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (MemoryError(), "not enough memory for the model"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), "not enough memory for the model"),
        (OSError("libcudart.so.13: cannot open"), "could not be started (OSError: libcudart"),
        (SystemExit(3), "could not be started (SystemExit"),
    ],
    ids=["no memory", "no memory on the device", "a driver", "a library that exits"],
)
def test_a_load_that_breaks_says_so_and_ends(error, sentence):
    def load():
        raise error

    told = []
    engine = Engine(load, nice=False, told=told.append)
    engine.start()
    assert sentence in engine.wait(60).reason
    until(lambda: [status.state for status in told] == ["failed"])
    engine.close()


@pytest.mark.parametrize(
    "rows", [[[float("nan")] * 5], [[2.0] * 5], [[0.5]], []], ids=["nan", "above 1", "short", "none"]
)
def test_a_model_whose_first_answer_is_no_use_never_gets_ready(rows):
    engine = started(Stub(do=lambda windows: rows))
    status = engine.wait(60)
    assert status.state == "failed"
    engine.close()


def test_a_block_is_scored_whole_or_not_at_all(engines):
    runs = []

    def second_breaks(windows):
        runs.append(len(windows))
        if len(runs) == 5:  # three to warm up, then the block's first two windows, then this
            raise ValueError("broken")

    engine = engines(Stub(batch=1, do=second_breaks), most_words=2)
    assert engine.wait(60).ready
    assert engine.score(["a", "b", "c", "d", "e"], 10) == Missed("error:ValueError")
    assert isinstance(engine.score(["a"], 10), Scores), "one failure closes nothing"


def test_a_hung_run_costs_the_first_callers_their_limit_and_later_ones_nothing(engines):
    gate = Gate()
    engine = engines(Stub(do=gate), limits=Limits(stalled=0.05))
    assert engine.wait(60).ready
    missed = {Missed("deadline"), Missed("stalled")}
    until(lambda: engine.score(["a"], 0.15) in missed and gate.entered.is_set())  # a busy machine may not get to run it
    until(lambda: engine.status().state == "stalled")
    before = time.monotonic()
    assert engine.score(["b"], 30) == Missed("stalled")
    assert time.monotonic() - before < 15, "it must not wait for what hangs"
    gate.opened.set()
    until(lambda: engine.status().ready)
    assert isinstance(engine.score(["c"], 20), Scores)


@pytest.mark.parametrize("way", ["raise", "nan", "short"])
def test_broken_runs_close_the_engine_for_a_while(engines, way):
    sick = threading.Event()
    now = [0.0]

    def do(windows):
        if not sick.is_set():
            return None
        if way == "raise":
            raise RuntimeError("device-side assert")
        return [[float("nan")] * len(w) for w in windows] if way == "nan" else []

    stub = Stub(do=do)
    engine = engines(stub, limits=Limits(failures=2, pause=60), clock=lambda: now[0] + time.monotonic())
    assert engine.wait(60).ready
    sick.set()
    kind = "RuntimeError" if way == "raise" else "BadScores"
    assert engine.score(["a"], 20) == Missed(f"error:{kind}")
    assert engine.score(["a"], 20) == Missed(f"error:{kind}")
    until(lambda: engine.status().state == "failed")
    assert kind in engine.status().reason
    runs = len(stub.batches)
    assert engine.score(["a"], 20) == Missed("failed")
    assert len(stub.batches) == runs
    sick.clear()
    now[0] += 61
    assert isinstance(engine.score(["a"], 20), Scores)
    until(lambda: engine.status().ready)


def test_what_can_not_be_done_in_time_is_refused_at_once(engines):
    stub = Stub(batch=1, do=lambda windows: time.sleep(0.05))
    engine = engines(stub)
    assert engine.wait(60).ready
    runs = len(stub.batches)
    assert engine.score(["a"] * 350 * 200, 1.0) == Missed("too_slow")
    assert len(stub.batches) == runs


def test_the_queue_is_bounded(engines):
    gate = Gate()
    engine = engines(Stub(do=gate), limits=Limits(queued_tokens=20, stalled=60))
    assert engine.wait(60).ready
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(engine.score, ["a"] * 10, 30)
        assert gate.entered.wait(60)
        second = pool.submit(engine.score, ["b"] * 10, 30)
        until(lambda: engine.status().queued == 12)
        assert engine.score(["c"] * 10, 30) == Missed("busy")
        gate.opened.set()
        assert isinstance(first.result(60), Scores)
        assert isinstance(second.result(60), Scores)


def test_nobody_is_served_whose_time_is_up(engines):
    gate = Gate()
    stub = Stub(batch=1, do=gate)
    engine = engines(stub, limits=Limits(stalled=60))
    assert engine.wait(60).ready
    stub.batches.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(engine.score, ["a"], 30)
        assert gate.entered.wait(60)
        until(lambda: engine.score(["late"], 0.05) == Missed("deadline"))  # "busy" where a busy machine takes the time
        gate.opened.set()
        assert isinstance(first.result(60), Scores)
    until(lambda: engine.status().queued == 0)
    assert isinstance(engine.score(["b"], 20), Scores)
    assert stub.batches == [1, 1], "the late one was not run"


def test_closing_lets_everybody_go(engines):
    gate = Gate()
    stub = Stub(do=gate)
    engine = engines(stub, limits=Limits(stalled=60))
    assert engine.wait(60).ready
    with ThreadPoolExecutor(2) as pool:
        pool.submit(engine.score, ["a"], 30)
        assert gate.entered.wait(60)
        waiting = pool.submit(engine.score, ["b"], 30)
        until(lambda: engine.status().queued)
        engine.close(0.05)
        assert waiting.result(60) == Missed("closed")
        gate.opened.set()
    until(lambda: stub.closed)
    assert engine.score(["c"], 5) == Missed("closed")


def test_a_thread_that_dies_is_told(engines):
    def die(_windows):
        if dying.is_set():
            raise SystemExit("the library gave up")

    dying = threading.Event()
    engine = engines(Stub(do=die))
    assert engine.wait(60).ready
    dying.set()
    before = time.monotonic()
    assert engine.score(["a"], 30) == Missed("failed")
    assert time.monotonic() - before < 15, "who waits is told at once"
    until(lambda: engine.status().state == "failed")
    assert "restart" in engine.status().reason
    assert engine.score(["a"], 5) == Missed("failed")
