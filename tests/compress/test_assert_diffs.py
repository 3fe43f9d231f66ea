"""Diffs of two values in failures: what is equal on both sides, far from all that differs, is left out."""

import difflib

import pytest

from headroom.compress.assert_diffs import summed_up, unchanged
from headroom.compress.runners import Runners
from tests.compress.line_samples import VAGUE, asking, keeps_the_law, shown, spelled

RUNNERS = Runners()
LEFT = [f"row {n:03d}: account {n * 7} is settled" for n in range(60)]
RIGHT = [line.replace("settled", "open") if n in {20, 45} else line for n, line in enumerate(LEFT)]
DIFF = [line.rstrip("\n") for line in difflib.ndiff(LEFT, RIGHT)]
CHANGED = [line for line in DIFF if line[:2] != "  "]


def of_pytest(diff=DIFF, depth=5, above=(), summary=()):
    told = "".join(f"E{' ' * depth}{line}\n" for line in (*above, *diff))
    return (
        "======= test session starts =======\ncollected 1 item\n\ntest_till.py F   [100%]\n\n======= FAILURES =======\n"
        f"_______ test_report _______\n\n    def test_report():\n>       assert report() == REPORT\nE   AssertionError: assert 'row' == 'row'\n"
        f"{told}\ntest_till.py:9: AssertionError\n======= short test summary info =======\n"
        f"FAILED test_till.py::test_report - AssertionError: assert 'row' == 'row'\n{''.join(f'{line}{chr(10)}' for line in summary)}"
        "======= 1 failed in 0.05s =======\n"
    )


def of_unittest(diff=DIFF):
    told = "".join(f"{line}\n" for line in diff)
    return (
        f"F\n{'=' * 70}\nFAIL: test_report (till.Tests.test_report)\n{'-' * 70}\nTraceback (most recent call last):\n"
        f'  File "/src/till.py", line 9, in test_report\n    self.assertEqual(report(), REPORT)\n'
        f"AssertionError: 'row' != 'row'\n{told}\n{'-' * 70}\nRan 1 test in 0.002s\n\nFAILED (failures=1)\n"
    )


@pytest.mark.parametrize(
    "text",
    [of_pytest(), of_pytest(depth=9), of_unittest(), of_unittest([*DIFF[:22], "", *DIFF[22:]])],
    ids=["pytest", "deeper", "unittest", "blank lines"],
)
def test_what_differs_stays_with_two_lines_on_either_side(text):
    rendition = keeps_the_law(RUNNERS, text, VAGUE)
    kept, view = spelled(rendition), shown(rendition)
    assert all(line in kept for line in CHANGED)
    assert all(LEFT[n] in kept for n in (18, 19, 21, 22, 43, 44, 46, 47))
    assert all(LEFT[n] not in kept for n in (0, 17, 23, 42, 48, 59))
    assert "18 lines that are equal on both sides" in view


def test_equal_items_of_pytest_go():
    items = ["Common items:", *(f"{{'key_{n}': {n}}}" for n in range(40)), "Differing items:", "{'a': 1} != {'a': 2}"]
    rendition = keeps_the_law(RUNNERS, of_pytest(above=items))
    assert "key_17" not in spelled(rendition)
    assert "{'a': 1} != {'a': 2}" in spelled(rendition)
    assert "40 lines that are equal on both sides" in shown(rendition)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (of_pytest(["- one point", *(f"    of {n}" for n in range(40)), "- another one"]), ""),
        (of_pytest([f"  line {n}" for n in range(40)]), ""),
        (of_unittest([f"  line {n}" for n in range(40)]), ""),
        (of_pytest(DIFF[17:24]), ""),
        (of_pytest(), "Show me the full diff"),
    ],
    ids=["a list of points", "nothing differs", "nothing differs for unittest", "short", "asked for"],
)
def test_what_is_left_alone(text, asked):
    assert unchanged(text, text.split("\n"), asked) == []


def test_what_a_question_names_stays():
    kept = spelled(keeps_the_law(RUNNERS, of_pytest(), asking("Is `account 210` right?")))
    assert LEFT[30] in kept
    assert LEFT[33] not in kept


def test_a_message_that_the_summary_tells_again_goes():
    text = of_pytest(summary=[*DIFF, "one more line"])
    lines = text.split("\n")
    assert len(summed_up(text, lines)) == len(DIFF)
    kept = spelled(keeps_the_law(RUNNERS, text))
    assert kept.count(CHANGED[0]) == 1
    assert "one more line" in kept
    assert kept.endswith("======= 1 failed in 0.05s =======\n")
