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
