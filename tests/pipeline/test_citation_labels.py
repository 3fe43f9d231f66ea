"""What an earlier result is called where a later one cites it: short, and enough to find it again."""

import pytest

from headroom.compress.rendition import Hints
from headroom.pipeline.seen import label


@pytest.mark.parametrize(
    ("hints", "called"),
    [
        (Hints(tool="bash", command="git  status\n"), "bash git status (message 7)"),
        (Hints(tool="read", path="src/cart.py"), "read src/cart.py (message 7)"),
        (Hints(), "tool (message 7)"),
        (Hints(tool="bash", command="make " + "x" * 200), "bash make " + "x" * 56 + "... (message 7)"),
        (Hints(tool="read", path="/srv/" + "x" * 200 + "/cart.py"), "read ..." + "x" * 53 + "/cart.py (message 7)"),
    ],
    ids=["command", "path", "neither", "the beginning of a long command", "the end of a long path"],
)
def test_a_result_is_called_by_its_tool_and_what_it_was_asked_for(hints: Hints, called: str):
    assert label(hints, 7) == called


@pytest.mark.parametrize(
    ("hints", "called"),
    [
        (Hints(tool="bash", command="git status"), "bash git status (message 7)"),
        (Hints(tool="bash", command="make -C build " + "x" * 90), "bash make -C build " + "x" * 19 + "... (message 7)"),
        (Hints(tool="bash", command="make " + "x" * 27 + " yy"), "bash make " + "x" * 27 + " yy (message 7)"),
        (Hints(tool="bash", command="make " + "x" * 27 + " yy zz"), "bash make " + "x" * 27 + "... (message 7)"),
        (Hints(tool="read", path="/srv/" + "x" * 90 + "/cart.py"), "read ..." + "x" * 25 + "/cart.py (message 7)"),
    ],
    ids=["short", "a long command", "just short enough", "cut at a blank", "a long path"],
)
def test_the_only_result_of_its_message_is_called_by_fewer_words(hints: Hints, called: str):
    assert label(hints, 7, alone=True) == called


def test_results_of_one_message_that_begin_alike_are_told_apart():
    first, second = (Hints(tool="bash", command=f"git --no-pager -c color.ui=never log {name}") for name in "ab")
    assert label(first, 7) != label(second, 7)
