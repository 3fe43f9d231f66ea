import pytest

from headroom.compress.run_headings import spare
from headroom.compress.runners import Runners
from tests.compress.line_samples import asking, keeps_the_law, shown

RULER = "=" * 20
FAILURES = f"{RULER} FAILURES {RULER}"
SUMMARY = f"{RULER} short test summary info {RULER}"
TITLE = f"{'_' * 20} {{}} {'_' * 20}"
EVEN = [TITLE.format("TestEven.test_even"), "", "    def test_even(self):", ">       assert 1 == 2"]
ODD = [TITLE.format("test_odd[3]"), "tests/test_n.py:9: in test_odd", "    assert 3 == 4"]
OF_EVEN = "FAILED tests/test_n.py::TestEven::test_even - assert 1 == 2"
OF_ODD = "FAILED tests/test_n.py::test_odd[3] - assert 3 == 4"


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        ([FAILURES, *EVEN, SUMMARY, OF_EVEN], [0, 1, 5]),
        ([FAILURES, *EVEN], [0]),
        ([*EVEN, OF_EVEN.replace("Even::", "Odd::")], []),
        ([*EVEN, *ODD, OF_EVEN, OF_ODD], [0, 4]),
        ([*EVEN, *ODD, OF_EVEN, OF_ODD.replace("[3]", "[4]")], [0]),
        ([*EVEN, *EVEN, OF_EVEN, OF_EVEN], []),
        ([EVEN[0], EVEN[3], OF_EVEN], []),
        ([f"{RULER} ERRORS {RULER}", "E"], []),
        (["running 2 tests", "test a ... FAILED", "test result: FAILED. 1 passed; 1 failed"], [0]),
        (["running 2 tests", "test a ... FAILED"], []),
        (["failures:", "", "---- a stdout ----", "failures:", "    a"], [0]),
    ],
    ids=[
        *("told below", "no summary", "of another class", "another form", "another argument", "two alike", "no source"),
        *("errors", "counted", "not counted", "the first list"),
    ],
)
def test_headings_that_say_nothing_of_their_own(lines, rows):
    assert spare(lines, range(len(lines))) == set(rows)


def test_a_heading_stays_where_what_tells_as_much_is_not_shown():
    lines = [*EVEN, OF_EVEN]
    assert spare(lines, {0, 1, 2, 3}) == spare(lines, {0, 1, 3, 4}) == set()


def test_a_run_of_tests_is_shown_without_headings():
    passed = "".join(f"tests/test_n.py::test_{n} PASSED    [{n:3d}%]\n" for n in range(1, 99))
    failed = "tests/test_n.py::TestEven::test_even FAILED    [100%]\n"
    end = f"{RULER} 1 failed, 98 passed in 0.20s {RULER}"
    text = "\n".join([passed + failed, FAILURES, *EVEN, SUMMARY, OF_EVEN, end, ""])
    view = shown(keeps_the_law(Runners(), text, asking("Which tests fail, and why?")))
    assert "; headings]" in view
    assert [part for part in (OF_EVEN, EVEN[2], end) if part not in view] == []
    assert [part for part in (FAILURES, EVEN[0], SUMMARY) if part in view] == [SUMMARY]
