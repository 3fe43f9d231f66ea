import pytest

from headroom.compress import go_runs
from headroom.compress.run_results import results_of
from headroom.compress.runners import Runners
from tests.compress.line_samples import asking, keeps_the_law, shown

BEGUN = "".join(f"=== RUN   TestRoutes/with_a_long_name_{n}\n" for n in range(12))
TEXT = (
    "=== RUN   TestLogs\n2026/01/02 GET /cart 200\n2026/01/02 GET /cart 404\n--- PASS: TestLogs (0.00s)\n"
    "=== RUN   TestTotal\n    cart_test.go:9: got 4, want 5\n--- FAIL: TestTotal (0.00s)\n"
    f"=== RUN   TestMoves\n=== PAUSE TestMoves\n{BEGUN}"
)


def test_what_only_began_goes_but_for_the_last():
    view = shown(keeps_the_law(Runners(), TEXT * 3, asking("Which tests fail, and where?")))
    assert "RUN, PAUSE and CONT lines" in view
    assert "cart_test.go:9: got 4, want 5" in view
    assert "with_a_long_name_3" not in view
    assert view.rstrip("\n").endswith("with_a_long_name_11")


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("=== RUN   TestA\nplain\n--- PASS: TestA (0.00s)\n", {0, 1}),
        ("=== RUN   TestA\nplain\n--- FAIL: TestA (0.00s)\n=== RUN   TestB\n--- PASS: TestB (0.00s)\n", {3}),
        ("=== RUN   TestA\n=== CONT  TestB\nplain\n--- PASS: TestA (0.00s)\n", {0}),
        ("=== RUN   TestA\n    a_test.go:1: said\n--- PASS: TestA (0.00s)\n", {0, 1}),
    ],
    ids=["its own", "of one that failed", "of which one", "by its margin"],
)
def test_what_a_passing_test_wrote_goes_where_it_is_surely_its(text, gone):
    assert go_runs.of_passing(text.split("\n"), results_of(text), set()) == gone


def test_a_line_above_what_a_test_wrote_stays():
    lines = TEXT.split("\n")
    assert {lines[row] for row in go_runs.spare(TEXT, lines)} >= {"=== RUN   TestMoves", "=== PAUSE TestMoves"}
    assert lines.index("=== RUN   TestTotal") not in go_runs.spare(TEXT, lines)


SAID = "    cart_test.go:9: got 4, want 5"
OF_INNER = "    --- FAIL: TestCart/adds_2 (0.00s)"


@pytest.mark.parametrize(
    ("lines", "gone"),
    [
        (["=== RUN   TestCart", "=== RUN   TestCart/adds_2", SAID, "--- FAIL: TestCart (0.00s)", OF_INNER], [OF_INNER]),
        (["=== RUN   TestCart/adds_2", "=== CONT  TestCart/adds_2", SAID, "=== RUN   TestB", OF_INNER], [OF_INNER]),
        (["=== RUN   TestCart/adds_2", "", SAID, OF_INNER], []),
        (["=== RUN   TestCart/adds_2", OF_INNER, SAID, OF_INNER], []),
        (["=== RUN   TestCart/adds_3", SAID, OF_INNER], []),
        (["=== RUN   TestCart", SAID, "--- FAIL: TestCart (0.00s)", OF_INNER], []),
        (["", OF_INNER, "=== RUN   TestCart/adds_2", SAID], []),
    ],
    ids=["told", "goes on", "nothing told", "a result below", "another", "of a test", "told below"],
)
def test_the_result_of_a_subtest_goes_that_is_told_of_above(lines, gone):
    rows = go_runs.told_above("\n".join(lines), lines, range(len(lines)))
    assert [lines[row] for row in sorted(rows)] == gone


@pytest.mark.parametrize("hidden", [1, 2], ids=["its name", "what it wrote"])
def test_the_result_of_a_subtest_stays_where_no_line_shows_as_much(hidden):
    lines = ["", "=== RUN   TestCart/adds_2", SAID, "--- FAIL: TestCart (0.00s)", OF_INNER]
    assert go_runs.told_above("\n".join(lines), lines, {*range(5)} - {hidden}) == set()


def test_subtests_that_failed_are_named_once():
    inner = "".join(f"=== RUN   TestCart/adds_{n}\n    cart_test.go:9: got 4, want {n}\n" for n in range(9))
    results = "".join(f"    --- FAIL: TestCart/adds_{n} (0.00s)\n" for n in range(9))
    text = f"=== RUN   TestCart\n{inner}--- FAIL: TestCart (0.00s)\n{results}FAIL\n"
    view = shown(keeps_the_law(Runners(), text, asking("Which tests fail, and where?")))
    assert " results of subtests named above" in view
    assert [f"TestCart/adds_{n}" for n in range(9) if view.count(f"TestCart/adds_{n}") != 1] == []
    assert "--- FAIL: TestCart (0.00s)" in view
