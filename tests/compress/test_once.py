"""What a call remembers of a text, and that it remembers nothing longer than the call."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from headroom.compress.once import note, once, remembering


class Counted:
    """A function of a text that counts its runs."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.length = once(self._length)

    def _length(self, text: str) -> int:
        self.runs.append(text)
        if not text:
            raise ValueError("empty")
        return len(text)


def test_within_a_call_each_text_is_worked_out_once() -> None:
    counted = Counted()
    with remembering():
        assert [counted.length("ab"), counted.length("abc"), counted.length("ab")] == [2, 3, 2]
    assert counted.runs == ["ab", "abc"]


def test_outside_a_call_nothing_is_remembered() -> None:
    counted = Counted()
    assert [counted.length("ab"), counted.length("ab")] == [2, 2]
    assert counted.runs == ["ab", "ab"]


def test_the_next_call_starts_with_nothing_even_after_an_error() -> None:
    counted = Counted()

    def fail() -> None:
        with remembering():
            counted.length("ab")
            counted.length("")

    with pytest.raises(ValueError, match="empty"):
        fail()
    counted.length("ab")
    with remembering():
        counted.length("ab")
    assert counted.runs == ["ab", "", "ab", "ab"]


def test_an_error_is_not_remembered() -> None:
    counted = Counted()
    with remembering():
        for _ in range(2):
            with pytest.raises(ValueError, match="empty"):
                counted.length("")
    assert counted.runs == ["", ""]


def test_two_functions_of_one_text_are_told_apart() -> None:
    upper, lower = once(str.upper), once(str.lower)
    with remembering():
        assert (upper("Ab"), lower("Ab"), upper("Ab")) == ("AB", "ab", "AB")


def test_another_thread_has_its_own_call() -> None:
    counted = Counted()
    with remembering(), ThreadPoolExecutor(1) as threads:
        counted.length("ab")
        assert threads.submit(counted.length, "ab").result(10) == 2
    assert counted.runs == ["ab", "ab"]


def test_what_is_noted_is_not_worked_out() -> None:
    counted = Counted()
    note(counted.length, "abc", 3)
    with remembering():
        note(counted.length, "ab", 2)
        assert [counted.length("ab"), counted.length("abc")] == [2, 3]
    assert counted.runs == ["abc"]
