"""Counts that are made in a thread, beside other work on the same text."""

import threading

from headroom.pipeline.counts import Counts

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
    count.threads[0].join(30)
    assert not counts._under_way
    assert counts.text(KEY, never, None) == 4
