"""jest's headings: those that each failure says again with its name and its place."""

import pytest

from headroom.compress.jest_headings import spare
from headroom.compress.runners import Runners
from tests.compress.line_samples import asking, keeps_the_law, shown

SUITE = ["FAIL ./cart.test.js", "  cart", "    when full", "      ✕ adds (4 ms)", ""]
ADDS = ["  ● cart › when full › adds", "", "    Expected: 1", "", "      at Object.toBe (cart.test.js:9:3)", ""]
MOVES = [line.replace("adds", "moves").replace(":9:", ":19:") for line in ADDS]
PASSED = ["PASS ./bill.test.js", "  bill"]


@pytest.mark.parametrize(
    ("lines", "gone"),
    [
        ([*SUITE, *ADDS], SUITE[:3]),
        ([*SUITE, *ADDS, *MOVES, *PASSED], SUITE[:3]),
        (
            [*SUITE, *ADDS, *(line.replace("cart", "bill") for line in (*SUITE, *ADDS))],
            [*SUITE[:3], "FAIL ./bill.test.js", "  bill", "    when full"],
        ),
        (
            ["FAIL unit test/cart.test.js (5.2 s)", *SUITE[1:], *ADDS[:4], "      at test/cart.test.js:9:3"],
            ["FAIL unit test/cart.test.js (5.2 s)", *SUITE[1:3]],
        ),
        ([*SUITE, *ADDS, *MOVES[:4]], SUITE[1:3]),
        ([*SUITE, *ADDS[:4], "      at add (cart.js:9:3)"], SUITE[1:3]),
        ([*SUITE, *ADDS[:4], *PASSED, ADDS[4]], SUITE[1:3]),
        ([SUITE[0], "  other", *SUITE[2:], *ADDS], []),
        ([*SUITE[:4], "      ○ skipped empties", "", *ADDS], []),
        ([*SUITE, "PASS ./bill.test.js", *ADDS], []),
        (["FAIL cart.test.js > cart > adds", *SUITE[1:], *ADDS], []),
        ([], []),
    ],
    ids=[
        *("told", "told twice", "two files", "a project", "one without a place", "another place", "a place elsewhere"),
        *("another suite", "skipped", "of another file", "another runner", "none"),
    ],
)
def test_headings_go_that_failures_say_again(lines, gone):
    rows = spare(lines, range(len(lines)))
    assert [lines[row] for row in sorted(rows)] == gone


@pytest.mark.parametrize("hidden", [5, 9], ids=["title", "place"])
def test_a_file_is_named_where_no_line_shows_as_much(hidden):
    lines = [*SUITE, *ADDS]
    assert 0 not in spare(lines, {*range(len(lines))} - {hidden})


def test_a_run_shows_each_failure_under_its_own_name():
    passed = [f"      ✓ works with {n} parcels (1 ms)" for n in range(40)]
    text = "\n".join([*SUITE[:3], *passed, *SUITE[3:], *ADDS, "Tests:       1 failed, 40 passed, 41 total", ""])
    view = shown(keeps_the_law(Runners(), text, asking("Which tests fail, and why?")))
    assert [line for line in (ADDS[0], ADDS[4]) if line not in view] == []
    assert [line for line in SUITE[:3] if f"{line}\n" in view] == []


@pytest.mark.parametrize("line", ["FAIL " + "a." * 50_000, "      at " + "a (" * 33_000, "  ● " + "› " * 50_000])
def test_long_lines_are_read_once(line):
    assert spare([SUITE[0], line, "  other", *ADDS, line], range(20)) <= {0}
