"""pytest's lines on failures that are shown with their source: they go, each that says more stays."""

import pytest

from headroom.compress import named_below, pytest_summary
from headroom.compress.runners import Runners
from tests.compress.line_samples import asking, keeps_the_law, shown

WHY = "Which tests fail and why?"
RULER = "=" * 20
SUMMARY = f"{RULER} short test summary info {RULER}"


def failure(title: str, message: str, file: str = "tests/test_n.py") -> list[str]:
    return [f"{'_' * 20} {title} {'_' * 20}", "", ">       run()", f"E       {message}", "", f"{file}:7: Error"]


DUE = failure("TestDay.test_due[3]", "AssertionError: due at 4, and not at 3")
OF_DUE = "FAILED tests/test_n.py::TestDay::test_due[3] - AssertionError: due at 4, and not at 3"


@pytest.mark.parametrize(
    ("lines", "gone"),
    [
        ([*DUE, SUMMARY, OF_DUE], [OF_DUE]),
        ([*DUE, SUMMARY, OF_DUE[:-12] + "..."], [OF_DUE[:-12] + "..."]),
        ([*DUE, SUMMARY, OF_DUE.partition(" - ")[0]], [OF_DUE.partition(" - ")[0]]),
        (
            [*failure("ERROR at setup of test_a", "OSError: 5"), SUMMARY, "ERROR tests/test_n.py::test_a - OSError: 5"],
            ["ERROR tests/test_n.py::test_a - OSError: 5"],
        ),
        ([*DUE, SUMMARY, OF_DUE.replace("[3]", "[4]")], []),
        ([*DUE, SUMMARY, OF_DUE.replace("test_n.py", "test_m.py")], []),
        ([*DUE, SUMMARY, OF_DUE.replace("due at 4", "due at 5")], []),
        ([*DUE, SUMMARY, f"{OF_DUE} at all"], []),
        ([*DUE, OF_DUE], []),
        ([SUMMARY, OF_DUE, *DUE], []),
        ([*DUE[:3], SUMMARY, OF_DUE], []),
        ([DUE[0], f"{RULER} warnings summary {RULER}", *DUE[1:], SUMMARY, OF_DUE], []),
    ],
    ids=[
        *(
            "told above",
            "cut",
            "no message",
            "setup",
            "another argument",
            "another file",
            "another message",
            "more of it",
        ),
        *("no summary", "told below", "cut off", "below another part"),
    ],
)
def test_lines_on_failures_told_above_go(lines: list[str], gone: list[str]):
    rows = pytest_summary.spare(lines, range(len(lines)), WHY).get(pytest_summary.NOTE, ())
    assert [lines[row] for row in sorted(rows)] == gone


@pytest.mark.parametrize(
    ("line", "goes"),
    [
        ("tests/test_n.py::TestDay::test_due[3] FAILED         [ 52%]", True),
        ("tests/test_n.py::TestDay::test_due[4] FAILED         [ 52%]", False),
        ("tests/test_m.py::TestDay::test_due[3] FAILED         [ 52%]", False),
        ("tests/test_n.py::TestDay::test_due[3] FAILED", False),
    ],
    ids=["its own", "another argument", "another file", "no progress"],
)
def test_progress_of_a_failure_goes_that_is_told_below(line: str, goes: bool):
    found = pytest_summary.spare([line, *DUE], range(7), WHY)
    assert found == ({named_below.NOTE: {0}} if goes else {})
    assert pytest_summary.spare([*DUE, line], range(7), WHY) == {}


@pytest.mark.parametrize("hidden", [0, 3, 5], ids=["title", "message", "place"])
def test_a_line_stays_where_what_tells_as_much_is_not_shown(hidden: int):
    lines = [*DUE, SUMMARY, OF_DUE]
    assert pytest_summary.spare(lines, {*range(len(lines))} - {hidden}, WHY) == {}


@pytest.mark.parametrize("question", ["Show the short test summary.", "Which node ids shall I rerun?"])
def test_who_asks_for_the_summary_gets_it(question: str):
    assert pytest_summary.spare([*DUE, SUMMARY, OF_DUE], range(8), question) == {}


@pytest.mark.parametrize("question", [WHY, f"Write a summary of the release.\n{WHY}"], ids=["alone", "in a task"])
def test_a_run_of_tests_tells_of_each_failure_once(question: str):
    passed = [f"tests/test_n.py::test_{n} PASSED    [{n:3d}%]" for n in range(1, 99)]
    late = [line.replace("[3]", "[5]") for line in DUE]
    end = f"{RULER} 3 failed, 98 passed in 0.20s {RULER}"
    other = "FAILED tests/test_m.py::TestDay::test_due[3] - AssertionError: due at 4, and not at 3"
    text = "\n".join(
        [
            *passed,
            f"{RULER} FAILURES {RULER}",
            *DUE,
            *late,
            SUMMARY,
            OF_DUE,
            OF_DUE.replace("[3]", "[5]"),
            other,
            end,
            "",
        ]
    )
    view = shown(keeps_the_law(Runners(), text, asking(question)))
    assert "; summary of failures told above; " in view
    assert [line for line in (DUE[0], late[0], other, end) if line not in view] == []
    assert "test_n.py::" not in view


@pytest.mark.parametrize("line", ["_" * 100_000, "=" * 100_000, "FAILED " + "a::" * 33_000, "E" + " " * 100_000])
def test_long_lines_are_read_once(line: str):
    assert pytest_summary.spare([*DUE, SUMMARY, line, line[:900], line[:900] + "x"], range(10), WHY) == {}
