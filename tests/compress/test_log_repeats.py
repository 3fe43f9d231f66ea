"""What a log says over and over is shown at its first times and its last, unless every line is asked for."""

import pytest

from headroom.compress.log import Log
from headroom.compress.log_repeats import without_repeats
from tests.compress.line_samples import asking, keeps_the_law, spelled

STAMPS = {
    "iso": "ts=2026-03-04T10:{m:02d}:{s:02d}.{f:03d}Z level=warn",
    "blank": "2026-03-04 10:{m:02d}:{s:02d},{f:03d} WARN",
    "syslog": "Mar  4 10:{m:02d}:{s:02d} web-1 app:",
    "epoch": "1772618{m:01d}{s:02d} W",
}


def stamped(stamp, row, words):
    return f"{STAMPS[stamp].format(m=row // 60, s=row % 60, f=row)} {words}"


@pytest.mark.parametrize("stamp", STAMPS)
def test_lines_alike_but_for_their_time_are_shown_at_both_ends(stamp):
    lines = [
        stamped(stamp, row, "Evaluating rule failed" if row % 9 == 4 else f"round {row} done") for row in range(400)
    ]
    rows = set(range(4, 400, 9))
    assert without_repeats(rows, lines) == {4, 13, 22, max(rows)}
    text = "\n".join(lines) + "\n"
    view = spelled(keeps_the_law(Log(), text, asking("Since when does the rule fail?")))
    assert view.count("Evaluating rule failed") <= 8
    assert lines[4] in view
    assert lines[max(rows)] in view


def test_where_every_line_is_asked_for_each_stays():
    lines = [
        stamped("iso", row, "Evaluating rule failed" if row % 9 == 4 else f"round {row} done") for row in range(400)
    ]
    view = spelled(keeps_the_law(Log(), "\n".join(lines) + "\n", asking("Show every line where the rule fails.")))
    assert all(lines[row] in view for row in range(4, 400, 9))


@pytest.mark.parametrize(
    ("words", "count"),
    [
        pytest.param([f"login of user{n} failed" for n in range(20)], 20, id="who differs"),
        pytest.param([f"disk full, {n} blocks left" for n in range(20)], 20, id="a number differs"),
        pytest.param(["disk full"] * 6, 6, id="not often"),
        pytest.param(["disk full"] * 7, 4, id="often"),
        pytest.param(["disk full"] * 7 + ["net down"] * 8, 8, id="two of them"),
    ],
)
def test_what_differs_in_more_than_its_time_stays(words, count):
    lines = [stamped("blank", row, said) for row, said in enumerate(words)]
    assert len(without_repeats(set(range(len(lines))), lines)) == count
