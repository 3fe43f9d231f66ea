"""Tests whose result stands on another line than their name: below what they wrote, or below their docstring."""

import pytest

from headroom.compress.detect import detect
from headroom.compress.run_results import results_of
from headroom.compress.runners import Runners
from headroom.compress.split_results import splits_of
from tests.compress.line_samples import VAGUE, asking, keeps_the_law, shown, spelled

RUNNERS = Runners()


SUBTESTS = (
    "test_adds (pay.Tests.test_adds)\nA till adds. ... \n  test_adds (pay.Tests.test_adds) [notes] (sum=3)\nA till adds. ... FAIL\n"
    "  test_adds (pay.Tests.test_adds) (sum=5)\nA till adds. ... ERROR\n"
)


def counted(text):
    return [word for word in results_of(text) if word]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("test pay::adds ... warning: the clock is 3 ms off\nok\n", ["passed"]),
        ("test pay::adds ... \nthread 'pay::adds' panicked at src/pay.rs:3:9:\nboom\nFAILED\n", ["failed"]),
        ("test pay::adds - should panic ... ok\n", ["passed"]),
        ("test pay::adds - should panic ... \nthread 'pay::adds' panicked at src/pay.rs:3:9\nok\n", ["passed"]),
        ("test src/lib.rs - pay (line 3) ... ok\ntest pay::slow ... ignored, slow\n", ["passed", "skipped"]),
        ("test pay::adds ... half a line\ntest pay::pays ... FAILED\nok\n", ["failed", "passed"]),
        ("test pay::adds ... half a line\n\nfailures:\n\nok\n", []),
        ("test_adds (pay.Tests.test_adds) ... adding 3\nok\n", ["passed"]),
        ("test_adds (pay.Tests.test_adds) ... adding 3\nERROR\n", ["failed"]),
        ("test_adds (pay.Tests.test_adds) ... adding 3\nskipped 'no till'\n", ["skipped"]),
        ("test_adds (pay.Tests.test_adds)\nA till adds ... adding 3\nok\n", ["passed"]),
        ("test_adds (pay.Tests.test_adds)\nA till adds. ... ok\n", ["passed"]),
        ("test_adds (pay.make.<locals>.Tests.test_adds)\nA till adds ... adding 3\nok\n", ["passed"]),
        ("test_adds (pay.Tests)\nA till adds. ... skipped 'no (till) [yet]'\n", ["skipped"]),
        (f"{SUBTESTS}test_pays (pay.Tests.test_pays)\nA till pays. ... paid 3\nok\n", ["failed", "failed", "passed"]),
        ("Waiting ... \nok\n", []),
    ],
)
def test_a_result_counts_wherever_it_stands(text, words):
    assert counted(text) == words


def cargo(n):
    tests = "".join(f"test pay::adds_{i} ... ok\n" for i in range(n))
    noisy = "".join(f"test pay::noisy_{i} ... warning: the clock is {i} ms off\ndrift {i}\nok\n" for i in range(n))
    failed = "test pay::pays ... \nthread 'pay::pays' panicked at src/pay.rs:9:5:\nowes 3\nFAILED\n"
    return f"running {2 * n + 1} tests\n{noisy}{tests}{failed}\nfailures:\n    pay::pays\n\ntest result: FAILED. {2 * n} passed; 1 failed\n"


def test_a_passing_test_goes_with_all_that_it_wrote_and_a_failing_one_stays():
    rendition = keeps_the_law(RUNNERS, cargo(20), VAGUE)
    kept, view = spelled(rendition), shown(rendition)
    assert "result lines: 1 failed, 40 passed" in view
    assert "panicked at src/pay.rs:9:5:\nowes 3\nFAILED" in kept
    assert "test pay::adds_0 ... ok" in kept
    assert "drift" not in kept


def test_a_result_among_the_lines_of_another_test_is_not_left_out_with_them():
    text = cargo(20).replace("drift 7\n", "test pay::lends ... FAILED\n")
    kept = spelled(keeps_the_law(RUNNERS, text))
    assert "test pay::lends ... FAILED" in kept
    assert "drift" not in kept.replace("drift 7", "")


def test_what_a_named_test_wrote_stays_with_its_name():
    kept = spelled(keeps_the_law(RUNNERS, cargo(20), asking("What does `pay::noisy_7` write?")))
    assert "test pay::noisy_7 ... warning: the clock is 7 ms off\ndrift 7\nok" in kept
    assert "drift 8" not in kept


def test_a_name_above_its_docstring_goes_with_it():
    passing = "".join(f"test_{n} (pay.Tests.test_{n})\nA till adds {n}. ... ok\n" for n in range(30))
    text = f"{passing}test_x (pay.Tests.test_x)\nA till pays. ... FAIL\n\nRan 31 tests in 0.1s\n\nFAILED (failures=1)\n"
    assert "test_0" not in spelled(keeps_the_law(RUNNERS, text))
    kept = spelled(keeps_the_law(RUNNERS, text, VAGUE))
    assert len(splits_of(text)) == 31
    assert "test_x (pay.Tests.test_x)\nA till pays. ... FAIL" in kept
    assert "test_17" not in kept
    assert "test_0 (pay.Tests.test_0)\nA till adds 0. ... ok" in kept


def test_a_subtest_has_its_result_and_the_first_one_the_name_of_its_test():
    text = f"{SUBTESTS}test_pays (pay.Tests.test_pays) ... \n  test_pays (pay.Tests.test_pays) (sum=1) ... FAIL\nok\n"
    assert [list(split.rows) for split in splits_of(text)] == [[0, 1, 2, 3], [4, 5], [6, 7]]


DESCRIBED = "".join(
    f"test_{n} (pay.make.<locals>.Tests.test_{n})\nA till adds {n}. ... {'FAIL' if n == 9 else 'ok'}\n"
    for n in range(30)
)
FAILURE = (
    f"\n{'=' * 70}\nFAIL: test_9 (pay.make.<locals>.Tests.test_9)\nA till adds 9.\n{'-' * 70}\n"
    'Traceback (most recent call last):\n  File "pay.py", line 7, in test_9\n    self.assertEqual(total, 9)\nAssertionError: 8 != 9\n'
)


@pytest.mark.parametrize(
    "text",
    [DESCRIBED + FAILURE, DESCRIBED, DESCRIBED.partition("\n")[2], FAILURE, FAILURE.replace("FAIL", "ERROR")],
    ids=["whole", "progress", "cut", "failure", "error"],
)
def test_what_unittest_says_of_tests_with_docstrings_is_known_wherever_it_was_cut(text):
    assert detect(text, VAGUE).kinds == ("tests",)


def test_a_text_that_ends_with_some_tests_is_not_taken_for_them():
    assert "tests" not in detect("The till was opened and shut again.\n" * 60 + FAILURE, VAGUE).kinds[:1]


def test_the_failures_of_tests_with_docstrings_are_told_once():
    view = shown(keeps_the_law(RUNNERS, DESCRIBED + FAILURE, asking("Which tests fail, and why?")))
    assert "29 passed" in view
    assert view.count("test_9 (pay") == 1
    assert "AssertionError: 8 != 9" in view
    assert "A till adds 8" not in view
