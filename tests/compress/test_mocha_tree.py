"""mocha's tree of results: failures that the list below it names go, and suites of nothing else."""

import pytest

from headroom.compress import mocha_tree
from headroom.compress.runners import Runners
from tests.compress.line_samples import asking, keeps_the_law, shown

TREE = ["", "  cart", "    full", "      1) adds", "    - moves", "", "  2) stands alone", ""]
TOTALS = ["  4 passing (8ms)", "  1 pending", "  2 failing", ""]
FIRST = ["  1) cart", "       full", "         adds:", "     Error: full", "      at cart.js:9:3", ""]
SECOND = ["  2) stands alone:", "     Error: alone", ""]


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ([*TREE, *TOTALS, *FIRST, *SECOND], [3, 6]),
        ([*TREE, *TOTALS, *SECOND], [6]),
        ([*TREE, *TOTALS, FIRST[0], "", *FIRST[1:]], []),
        ([*TREE, *TOTALS, *(line.replace("1)", "3)") for line in FIRST)], []),
        ([*TREE, *TOTALS, *(line.replace("adds", "moves") for line in FIRST)], []),
        ([*TREE, *TOTALS, FIRST[0], "     adds:"], []),
        ([*FIRST, *TOTALS, *TREE], []),
        ([*TREE, *FIRST], []),
        (TREE, []),
    ],
    ids=[
        *("both", "one", "a blank between", "another number", "another test", "a message", "above the totals"),
        *("no totals", "cut off"),
    ],
)
def test_failures_that_the_list_below_names(lines, named):
    failed = [row for row, line in enumerate(lines) if ") " in line]
    assert sorted(mocha_tree.named_below("\n".join(lines), lines, failed)) == named


@pytest.mark.parametrize(
    ("gone", "named", "found"),
    [
        ({4}, {3, 6}, {1, 2}),
        (set(), {3, 6}, {2}),
        ({4}, {6}, set()),
        ({4}, set(), set()),
    ],
    ids=["all", "a test stays", "a failure stays", "none named"],
)
def test_suites_above_nothing_else_are_headings(gone, named, found):
    lines = [*TREE, *TOTALS, *FIRST, *SECOND]
    results = ["failed" if ") " in line else "skipped" if "- " in line else "" for line in lines]
    headings = mocha_tree.headings(lines, results, {*range(len(lines))} - gone, named)
    assert {row for row in headings if lines[row]} == found


def test_a_failure_is_named_once():
    names = [f"weighs parcel {n} of the settlement" for n in range(1, 7)]
    passed = [f"    ✔ sorts parcel {n}" for n in range(30)]
    tree = ["", "  parcels on the way", *passed, *(f"    {n}) {name}" for n, name in enumerate(names, 1)), ""]
    totals = ["", "  30 passing (9ms)", "  6 failing", ""]
    told = [
        line
        for n, name in enumerate(names, 1)
        for line in (f"  {n}) parcels on the way", f"       {name}:", "     Error: late", "      at parcel.js:5:3", "")
    ]
    text = "\n".join([*tree, *totals, *told, ""])
    view = shown(keeps_the_law(Runners(), text, asking("Which tests fail, and why?")))
    assert "results of failures named below" in view
    assert [name for name in names if view.count(name) != 1] == []
    assert "\n  parcels on the way\n" not in view


@pytest.mark.parametrize("line", ["  1) " + "a" * 100_000, "       " + "a:" * 50_000, "  1) " * 25_000])
def test_long_lines_are_left_alone(line):
    lines = [*TREE, line, *TOTALS, *FIRST, line, *SECOND]
    assert mocha_tree.named_below("\n".join(lines), lines, [3, 8]) == {3}
