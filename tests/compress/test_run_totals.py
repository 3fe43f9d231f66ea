import pytest

from headroom.compress.run_totals import has_end, told_by
from headroom.compress.runners import Runners
from tests.compress.line_samples import asking, keeps_the_law, shown

TALLY = ["[~ result lines: 2 failed, 113 passed, 1 skipped]"]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["===== 2 failed, 113 passed, 1 skipped in 1.2s ====="], True),
        (["Tests:       2 failed, 1 skipped, 113 passed, 116 total"], True),
        (["  113 passing (81ms)", "  1 pending", "  2 failing"], True),
        (["# pass 113", "# fail 2", "# skipped 1"], True),
        (["ℹ pass 113", "ℹ fail 2", "ℹ skipped 1"], True),
        (["test result: FAILED. 113 passed; 2 failed; 1 ignored"], True),
        (["===== 2 failed, 12 passed, 1 skipped in 1.2s ====="], False),
        (["===== 2 failed, 113 passed in 1.2s ====="], False),
        (["I saw 2 failed, 113 passed, 1 skipped"], False),
        ([], False),
    ],
)
def test_a_tally_is_needless_where_the_runner_tells_all_of_it(lines, told):
    assert told_by(lines, TALLY) is told


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["===== 2 failed, 40 passed in 1.2s ====="], True),
        (["1 failed, 1 error in 1.2s"], True),
        (["test result: FAILED. 7 passed; 1 failed;", "test result: FAILED. 9 passed; 1 failed;"], True),
        (["Tests:       2 failed, 120 passed, 122 total"], True),
        (["      Tests  2 failed | 4 passed (6)"], True),
        (["  12 passing (81ms)", "  2 failing"], True),
        (["FAILED (failures=1, errors=1, skipped=64)"], True),
        (["91% tests passed, 2 tests failed out of 22"], True),
        (["# pass 12", "# fail 1"], True),
        (["test result: FAILED. 7 passed; 1 failed;"], False),
        (["Test Suites: 2 failed, 3 passed, 5 total"], False),
        (["# pass 12"], False),
        (["  12 passing (81ms)"], False),
        (["2 failed attempts in all"], False),
        ([], False),
    ],
)
def test_a_tally_of_failures_is_needless_where_totals_count_as_many(lines, told):
    assert told_by(lines, TALLY, of_failures=True) is told


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Which tests fail?", False),
        ("Which tests fail, and how many pass?", True),
        ("How many tests failed in each suite?", True),
    ],
)
def test_of_a_run_in_several_suites_results_are_counted_for_those_who_ask(question, told):
    suites = [
        "running 9 tests",
        *(f"test one_{n} ... ok" for n in range(9)),
        "",
        "test result: ok. 9 passed; 0 failed; 0 ignored",
        "",
        "running 9 tests",
        *(f"test two_{n} ... ok" for n in range(8)),
        "test two_8 ... FAILED",
        "",
        "test result: FAILED. 8 passed; 1 failed; 0 ignored",
        "",
    ]
    view = shown(keeps_the_law(Runners(), "\n".join(suites), asking(question)))
    assert ("17 passed tests" in view) is told


@pytest.mark.parametrize(
    ("lines", "ends"),
    [
        (["...", "===== 4 passed, 1 skipped in 0.03s =====", ""], True),
        (["4 failed, 211 passed in 0.35s (0:00:01)"], True),
        (["...", "collected 4 items"], False),
        (["4 passed in 0.1s", *["more"] * 9], False),
    ],
)
def test_the_last_line_of_a_run(lines, ends):
    assert has_end(lines) is ends


def test_no_tally_is_told_by_anything():
    assert told_by(["===== 2 passed ====="], []) is False
