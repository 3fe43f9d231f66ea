import pytest

from headroom.compress.detect import detect
from headroom.compress.runners import Runners
from tests.compress.line_samples import VAGUE, asking, keeps_the_law, round_trips, shown, spelled

WRONG = "expected 99 to be 100"


def mocha(failing):
    tree = "".join(
        f"\n  case {n}\n    {'1) adds up' if n == failing else f'✔ adds {n} and {n + 1}'}\n" for n in range(40)
    )
    return f"\n{tree}\n\n  39 passing (48ms)\n  1 failing\n\n  1) case {failing}\n       adds up:\n     AssertionError: {WRONG}\n      at Context.<anonymous> (t/cart.cjs:56:106)\n"


def rspec(failing):
    tree = "".join(
        f"  with {n} pallets\n    counts item P-{n}{' (FAILED - 1)' if n == failing else ''}\n" for n in range(40)
    )
    return (
        f"\nStock\n  is thread safe (PENDING: Not yet implemented)\n{tree}\nFailures:\n\n  1) Stock with {failing} pallets counts item P-{failing}\n"
        f"     Failure/Error: {WRONG}\n     # ./stock_spec.rb:3:in `block'\n\nFinished in 0.15 seconds\n41 examples, 1 failure, 1 pending\n"
    )


def tape(failing):
    return "TAP version 13\n" + "".join(
        f"# cart: case {n}\nnot ok {n + 1} adds up\n  ---\n    operator: {WRONG}\n  ...\n"
        if n == failing
        else f"# cart: case {n}\nok {n + 1} adds up\n"
        for n in range(40)
    ) + "\n1..40\n# tests 40\n# pass  39\n# fail  1\n"  # fmt: skip


def minitest(failing):
    lines = "".join(f"TestCart#test_case_{n} = 0.00 s = {'F' if n == failing else '.'}\n" for n in range(40))
    return (
        f"Run options: -v --seed 7\n\n# Running:\n\n{lines}\nFinished in 0.0102s, 3921.5 runs/s.\n\n  1) Failure:\n"
        f"TestCart#test_case_{failing} [t_min.rb:7]:\n{WRONG}\n\n40 runs, 80 assertions, 1 failures, 0 errors, 0 skips\n"
    )


TITLES = {mocha: "case {}\n", rspec: "with {} pallets\n", tape: "case {}\n", minitest: "test_case_{} "}
REPORTS = pytest.mark.parametrize("report", TITLES)


@REPORTS
@pytest.mark.parametrize("failing", [0, 17, 39], ids=["first", "middle", "last"])
def test_what_passed_goes_with_its_headings_and_what_failed_stays_below_its_own(report, failing):
    text = report(failing)
    assert detect(text, VAGUE).kinds[:1] == ("tests",)
    rendition = keeps_the_law(Runners(), text, asking("the tests are red, what is wrong?"))
    view = spelled(rendition)
    assert WRONG in view
    assert TITLES[report].format(failing) in view
    assert sum(TITLES[report].format(n) in view for n in range(40)) <= 4
    assert "passed" in shown(rendition)
    assert len(shown(rendition)) < 0.7 * len(text)
    round_trips(Runners(), text)


@REPORTS
def test_a_passing_test_that_the_question_names_stays(report):
    name = {mocha: "adds 23 and 24", rspec: "counts item P-23", tape: "case 23", minitest: "test_case_23"}[report]
    assert name in spelled(Runners().lossy(report(17), asking(f'Is "{name}" among the passing ones?')))


RA = (
    "F"
    + "." * 60
    + "                        [100%]\n=================================== FAILURES ===================================\n"
    f"__________ test_sum __________\n\n    def test_sum():\n>       assert total() == 100\nE       {WRONG}\n\nt/test_cart.py:3: AssertionError\n"
    "==================================== PASSES ====================================\n"
    + "".join(
        f"_______________ test_case_{n} _______________\n---------- Captured stdout call ----------\nbasket {n} holds\nerror: no rate for item {n}\n"
        for n in range(60)
    )
    + "=========================== short test summary info ============================\n"
    + "".join(f"PASSED t/test_cart.py::test_case_{n}\n" for n in range(60))
    + "FAILED t/test_cart.py::test_sum - assert 99 == 100\n1 failed, 60 passed in 0.46s\n"
)


def test_of_pytest_ra_what_passing_tests_wrote_goes_and_is_counted():
    rendition = keeps_the_law(Runners(), RA, asking("the tests are red, what is wrong?"))
    view = spelled(rendition)
    assert WRONG in view
    assert "FAILED t/test_cart.py::test_sum" in view
    assert "1 failed, 60 passed" in view
    assert "holds" not in view
    assert "output of 60 passed" in shown(rendition)
    assert "60 passed" in shown(rendition)
    assert len(shown(rendition)) < 0.3 * len(RA)


def test_of_pytest_ra_what_the_test_that_is_asked_for_wrote_stays():
    view = spelled(Runners().lossy(RA, asking("what does test_case_31 print?")))
    assert "basket 31 holds" in view
    assert "basket 32 holds" not in view
