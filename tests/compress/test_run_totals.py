import pytest

from headroom.compress.run_totals import has_end, told_by

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
