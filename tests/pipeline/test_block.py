"""One block: the first marker gets the hash under which the original is kept."""

from __future__ import annotations

import pytest

from headroom.compress.rendition import Gap
from headroom.compress.router import Outcome
from headroom.pipeline.block import _sign


@pytest.mark.parametrize(
    ("shown", "signed"),
    [
        pytest.param(
            "[~ 4 lines omitted (L1-4); hr:^]\nend\n", "[~ 4 lines omitted (L1-4); hr:HASH]\nend\n", id="first"
        ),
        pytest.param(
            "a\n  [~ 4 lines; hr:^]\nb\n[~ 5 lines; hr:^]\n",
            "a\n  [~ 4 lines; hr:HASH]\nb\n[~ 5 lines; hr:^]\n",
            id="the first of two, indented",
        ),
        pytest.param(
            "says [~ x; hr:^] here\n[~ 4 lines; hr:^] too\n[~ 5 lines; hr:^]\n",
            "says [~ x; hr:^] here\n[~ 4 lines; hr:^] too\n[~ 5 lines; hr:HASH]\n",
            id="below lines that hold such words",
        ),
        pytest.param("no marker\n", "no marker\n", id="none"),
    ],
)
def test_the_first_marker_gets_the_hash(shown, signed):
    outcome = Outcome(shown, "code", "code:definitions", False, (Gap(1, 4),), 100, 50, "")
    assert (_sign(outcome, "line\n" * 100, "HASH").text or "").startswith(signed)
