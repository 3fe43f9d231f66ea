"""pytest runs in which one fault fails many tests: the first ones tell it whole, of the others the names and the number."""

import pytest

from headroom.compress.runners import Runners
from headroom.compress.same_cause import repeated
from tests.compress.line_samples import ASKED, VAGUE, asking, keeps_the_law, shown, spelled

RUNNERS = Runners()


def failure(name, n, error="NameError: name 'tabs' is not defined", line=88, captured=""):
    return (
        f"____________ {name} ____________\ntests/test_part{n % 3}.py:{100 + n}: in {name.split('.')[-1]}\n"
        f"    assert shop.total({n}) == {n}\n           ^^^^^^^^^^^\nshop/cart.py:{line}: in total\n    return tabs\n           ^^^^\n"
        f"E   {error}\n{captured}"
    )


def run(failures, names, summary=True):
    listed = "".join(f"FAILED tests/test_part.py::{name.replace('.', '::')} - NameError: na...\n" for name in names)
    return (
        f"======= test session starts =======\ncollected 90 items\n\ntests/test_part.py {'F' * len(names)} [100%]\n\n"
        f"========= FAILURES =========\n{''.join(failures)}"
        + ("======= short test summary info =======\n" + listed if summary else "")
        + f"====== {len(names)} failed, 2 passed in 1.2s ======\n"
    )


NAMES = [f"TestCart.test_{n}[a-{n}]" for n in range(30)]
ALIKE = [failure(name, n) for n, name in enumerate(NAMES)]


@pytest.mark.parametrize("hints", [VAGUE, asking("What is the common cause?")], ids=["vague", "asked"])
def test_of_failures_with_one_cause_the_first_stay_whole_and_all_names(hints):
    text = run(ALIKE, NAMES)
    view = shown(keeps_the_law(RUNNERS, text, hints))
    kept = spelled(keeps_the_law(RUNNERS, text, hints))
    assert "assert shop.total(0) == 0" in kept
    assert "assert shop.total(1) == 1" in kept
    assert "assert shop.total(9) == 9" not in kept
    assert "28 failed as TestCart.test_0[a-0] did, on the same line" in view
    assert all(name.replace(".", "::") in kept for name in NAMES)
    assert "result lines: 30 failed" in view


@pytest.mark.parametrize(
    "odd",
    [
        failure("test_odd", 7, error="NameError: name 'spaces' is not defined"),
        failure("test_odd", 7, line=91),
        failure("test_odd", 7, captured="--------- Captured stdout call ---------\nalmost there\n"),
        "____________ test_odd ____________\nsomething else about total(7)\n",
    ],
    ids=["another error", "another line", "other output", "no error"],
)
def test_one_that_differs_is_never_left_out(odd):
    text = run([*ALIKE[:15], odd, *ALIKE[15:]], [*NAMES, "test_odd"])
    kept = spelled(keeps_the_law(RUNNERS, text))
    assert odd in kept
    assert "total(9) == 9" not in kept


@pytest.mark.parametrize(
    ("text", "hints"),
    [(run(ALIKE, NAMES, summary=False), VAGUE), (run(ALIKE, NAMES), ASKED)],
    ids=["no summary", "asked for all"],
)
def test_each_title_and_place_stay_where_no_summary_says_them_or_all_are_asked_for(text, hints):
    kept = spelled(keeps_the_law(RUNNERS, text, hints))
    for n, name in enumerate(NAMES):
        assert f"___ {name} ___" in kept
        assert f"tests/test_part{n % 3}.py:{100 + n}: in" in kept
    assert "total(9) == 9" not in kept


def test_a_failure_that_is_named_stays_whole():
    kept = spelled(keeps_the_law(RUNNERS, run(ALIKE, NAMES), asking("Why does TestCart.test_17[a-17] fail?")))
    assert ALIKE[17] in kept
    assert ALIKE[9] not in kept


def test_a_few_of_one_cause_all_stay():
    assert repeated(run(ALIKE[:4], NAMES[:4]).split("\n")) == []


@pytest.mark.timeout(30)
@pytest.mark.parametrize("line", ["_ x _", "E   x", "a.py:1: x", "_" * 50_000, "_ " * 50_000])
def test_hostile_runs_are_read_in_linear_time(line):
    assert len(repeated(["==== FAILURES ====", *[line] * 20, "==== x ===="])) <= 20


def unittest_failure(n, error="AttributeError: no tabs", line=88):
    rule, dashes = "=" * 70, "-" * 70
    return (
        f"{rule}\nERROR: test_{n} (shop.Tests.test_{n})\nAdds {n}.\n{dashes}\nTraceback (most recent call last):\n"
        f'  File "/src/tests/test_shop.py", line {100 + n}, in test_{n}\n    shop.total({n})\n'
        f'  File "/src/shop/cart.py", line {line}, in total\n    return tabs\n{error}\n\n'
    )


def unittest_run(failures, verbose=True):
    told = "".join(f"test_{n} (shop.Tests.test_{n}) ... ERROR\n" for n in range(30)) if verbose else "E" * 30 + "\n"
    end = f"{'-' * 70}\nRan 30 tests in 0.1s\n\nFAILED (errors=30)\n"
    return f"{told}\n{''.join(failures)}{end}"


OF_UNITTEST = [unittest_failure(n) for n in range(30)]


@pytest.mark.parametrize("verbose", [True, False])
def test_of_unittests_failures_with_one_cause_the_first_stay_whole_and_all_names(verbose):
    rendition = keeps_the_law(RUNNERS, unittest_run(OF_UNITTEST, verbose=verbose))
    kept, view = spelled(rendition), shown(rendition)
    assert OF_UNITTEST[0] in kept
    assert "shop.total(1)" in kept
    assert "shop.total(9)" not in kept
    assert "failed as test_0 (shop.Tests.test_0) did, on the same line" in view
    assert all(f"test_{n} (shop.Tests.test_{n})" in kept for n in range(30))
    assert "Ran 30 tests in 0.1s\n\nFAILED (errors=30)" in kept


@pytest.mark.parametrize(
    "odd", [unittest_failure(7, error="AttributeError: no spaces"), unittest_failure(7, line=91)], ids=["error", "line"]
)
def test_one_of_unittests_that_differs_is_never_left_out(odd):
    kept = spelled(keeps_the_law(RUNNERS, unittest_run([*OF_UNITTEST[:7], odd, *OF_UNITTEST[8:]])))
    assert odd in kept
    assert "shop.total(9)" not in kept


def test_each_place_of_unittests_stays_where_all_are_asked_for():
    kept = spelled(keeps_the_law(RUNNERS, unittest_run(OF_UNITTEST), ASKED))
    assert all(f"line {100 + n}, in test_{n}" in kept for n in range(30))
