"""The line that says on top what bare gaps stand for."""

import pytest

from headroom.compress import omissions


@pytest.mark.parametrize(
    ("sorts", "line"),
    [
        (("headings",), "[~ left out: headings]"),
        (("what passed", "library frames"), "[~ left out: what passed; library frames]"),
    ],
)
def test_one_line_names_all_sorts(sorts, line):
    assert omissions.note(*sorts) == line
    assert omissions.sorts_of(line) == "; ".join(sorts)


def test_a_count_says_that_all_but_what_is_shown_is_left_out():
    assert omissions.others("[~ 240 entries; 9 below docs/]") == "[~ 240 entries; 9 below docs/; others left out]"
