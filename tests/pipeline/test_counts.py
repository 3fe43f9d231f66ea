"""Counts that are made in a thread, beside other work on the same text."""

import random
import threading

import pytest

from headroom.exchange import Wire
from headroom.pipeline.conversation import Conversations
from headroom.pipeline.counts import AHEAD_BYTES, Counts
from headroom.pipeline.ledger import Ledger
from headroom.pipeline.pipeline import Pipeline
from headroom.pipeline.workers import Workers
from headroom.retrieval.originals import Originals
from headroom.settings import Settings
from tests.pipeline.test_pipeline import body, exchange, memory, results

KEY = b"0123456789abcdef"


class Slow:
    """Counts letters, once it may."""

    def __init__(self, *, fails: bool = False) -> None:
        self.begun = threading.Event()
        self.may = threading.Event()
        self.fails = fails
        self.threads: list[threading.Thread] = []

    def __call__(self, text: str, model: str | None) -> int:
        self.threads.append(threading.current_thread())
        self.begun.set()
        if threading.current_thread() is not threading.main_thread():
            assert self.may.wait(30)
            if self.fails:
                raise OSError("no memory")
        return len(text)


def never() -> str:
    raise AssertionError("the text is not needed again")


def test_who_asks_waits_for_the_count_under_way():
    count = Slow()
    counts = Counts(count)
    counts.ahead(KEY, "four", "claude-x")
    counts.ahead(KEY, "four", "claude-x")
    threading.Timer(0.05, count.may.set).start()
    assert counts.text(KEY, never, "claude-x") == 4
    assert counts.text(KEY, never, "claude-x") == 4
    assert len(count.threads) == 1
    assert count.threads[0] is not threading.main_thread()


def test_another_tokenizer_counts_anew():
    count = Slow()
    count.may.set()
    counts = Counts(count)
    counts.ahead(KEY, "four", "gpt-4")
    assert counts.text(KEY, lambda: "fifth", "gpt-4o") == 5


def test_a_count_that_failed_is_made_by_who_asks():
    count = Slow(fails=True)
    count.may.set()
    counts = Counts(count)
    counts.ahead(KEY, "four", None)
    assert counts.text(KEY, lambda: "four", None) == 4


def test_few_are_under_way_at_once():
    count = Slow()
    counts = Counts(count)
    keys = [bytes([number]) * 16 for number in range(40)]
    for key in keys:
        counts.ahead(key, "four", None)
    try:
        assert len(count.threads) <= 4
        assert counts.text(keys[-1], lambda: "four", None) == 4, "counted here, nothing to wait for"
    finally:
        count.may.set()
    assert [counts.text(key, lambda: "four", None) for key in keys] == [4] * 40


def test_nothing_stays_behind_when_nobody_asks():
    count = Slow()
    counts = Counts(count)
    counts.ahead(KEY, "four", None)
    assert count.begun.wait(30)
    count.may.set()
    counts._threads.shutdown()
    assert not counts._under_way
    assert counts.text(KEY, never, None) == 4


def test_a_process_that_ends_counts_where_the_count_is_needed():
    count = Slow()
    counts = Counts(count)
    counts._threads.shutdown()
    counts.ahead(KEY, "four", None)
    assert not counts._under_way
    assert counts.text(KEY, lambda: "four", None) == 4
    assert count.threads == [threading.main_thread()]


def rows(number: int) -> str:
    rng = random.Random(number)
    return "".join(
        f"2026-05-06T07:08:{i % 60:02d}Z INFO worker-{i % 7} stored object {rng.randbytes(8).hex()}\n"
        for i in range(3000)
    )


@pytest.mark.parametrize("waiting", [True, False], ids=["somebody waits", "beside the provider"])
def test_a_long_result_and_what_is_sent_of_it_are_counted_beside_other_work(waiting):
    counted: dict[str, bool] = {}

    def count(text: str, _model: str | None) -> int:
        counted[text] = threading.current_thread() is not threading.main_thread()
        return len(text)

    store, settings = memory(), Settings(lossless=True)
    pipeline = Pipeline(
        settings,
        ledger=Ledger(store),
        originals=Originals(store, key=b"k" * 32, ttl=1e6, max_bytes=1 << 28, now=0.0),
        conversations=Conversations(settings, store),
        workers=Workers(),
        counts=Counts(count),
    )
    text = rows(1)
    ex = exchange(Wire.ANTHROPIC, body(Wire.ANTHROPIC, [("Bash", {"command": "cat app.log"}, text, False)]))
    plan = pipeline.plan(ex, now=1.0, redeemable=waiting)
    pipeline.work(plan, seconds=30.0)
    pipeline.finish(plan)
    pipeline.count(plan)
    [sent] = results(Wire.ANTHROPIC, ex.body_out)
    assert AHEAD_BYTES < len(sent) < len(text)
    assert (counted[text], counted[sent]) == (waiting, waiting)
    assert ex.tokens_before - ex.tokens_after == len(text) - len(sent)


def test_a_long_text_is_counted_after_the_end_of_counting_ahead():
    counts = Counts(lambda text, _model: len(text))
    counts.close()
    counts.ahead(b"k", "long text", None)
    assert counts.text(b"k", lambda: "long text", None) == 9
