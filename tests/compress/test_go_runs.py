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
