"""pytest -rA: one block for what each test wrote that passed."""

import pytest

from headroom.compress.passing_output import blocks

RULER = "=" * 12
PASSES = f"{RULER} PASSES {RULER}"
ONE, TWO = (f"{'_' * 12} test_{name} {'_' * 12}" for name in ("one", "two"))


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([PASSES, ONE, "said", TWO, "said", "more", f"{RULER} 2 passed {RULER}"], [range(1, 3), range(3, 6)]),
        (["", PASSES, ONE, "said"], [range(2, 4)]),
        ([PASSES, "said", f"{RULER} 2 passed {RULER}"], []),
        ([f"{RULER} FAILURES {RULER}", ONE, "said"], []),
        ([], []),
    ],
    ids=["two", "cut off", "no title", "another part", "none"],
)
def test_blocks_go_from_title_to_title(lines, found):
    assert blocks(lines) == found
