import json

import pytest

from headroom.compress.json_table import JsonTable
from tests.compress.line_samples import asking, spelled

FAILED = (
    ("=== RUN   TestRing\n", "    ring_test.go:3: cap 13: 2 slots left\n", "--- FAIL: TestRing (0.01s)\n"),
    "fail",
)
PANICKED = (("=== RUN   TestRing\n", "panic: index out of range\n", "goroutine 7 [running]:\n"), "fail")
ENDLESS = (("=== RUN   TestRing\n", "    ring_test.go:9: waits for the lock\n"), "")
SKIPPED = (("=== RUN   TestRing\n", "    ring_test.go:5: ticket RING-88\n", "--- SKIP: TestRing (0.00s)\n"), "skip")


def event(**values):
    return json.dumps({"Time": "2026-01-02T03:04:05.6Z", **values}, separators=(",", ":"))


def stream(said, action):
    """200 passing tests, and between them one that wrote something and ended in its own way."""
    lines = []
    for number in range(200):
        name = f"TestHop{number}"
        outputs = (f"=== RUN   {name}\n", f"    hop_test.go:8: hop {number} took {number} us\n", f"--- PASS: {name}\n")
        ended = "pass"
        if number == 77:
            name, outputs, ended = "TestRing", said, action
        lines.append(event(Action="run", Package="example.org/ring", Test=name))
        lines += [event(Action="output", Package="example.org/ring", Test=name, Output=line) for line in outputs]
        if ended:
            lines.append(event(Action=ended, Package="example.org/ring", Test=name, Elapsed=0))
    lines.append(event(Action="output", Package="example.org/ring", Output="FAIL\texample.org/ring\t0.011s\n"))
    lines.append(event(Action="fail", Package="example.org/ring", Elapsed=0.011))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "query",
    ["the tests are red, what is wrong?", "Which tests fail?", "why is CI broken?", "did TestHop5 pass?"],
)
@pytest.mark.parametrize(
    ("said", "action"),
    [FAILED, PANICKED, ENDLESS, SKIPPED],
    ids=["failed", "panicked", "never ended", "skipped"],
)
def test_what_a_test_that_did_not_pass_wrote_stays_whatever_is_asked(said, action, query):
    text = stream(said, action)
    rendition = JsonTable().lossy(text, asking(query))
    view = spelled(rendition)
    assert all(line.strip() in view for line in said[1:])
    assert "example.org/ring\\t0.011s" in view
    assert len(view) < 0.2 * len(text)


@pytest.mark.parametrize(
    ("first", "behind", "counts"),
    [(20, 80, "12 passed"), (370, 400, "1 failed, 5 passed"), (20, 77, "11 passed, 1 without a result here")],
    ids=["all passed", "one failed", "the last goes on behind"],
)
def test_of_a_part_of_a_run_the_results_are_counted_and_what_failed_or_did_not_end_stays(first, behind, counts):
    text = "".join(stream(*FAILED).splitlines(keepends=True)[first:behind])
    rows = [json.loads(line) for line in text.splitlines()]
    passed = {row["Test"] for row in rows if row["Action"] == "pass"}
    rendition = JsonTable().lossy(text, asking("Which tests fail, and why?"))
    view = spelled(rendition)
    assert f"[~ tests: {counts}]\n" in "".join(piece for piece in rendition.pieces if isinstance(piece, str))
    assert all(row["Test"] in view for row in rows if row["Test"] not in passed)
    assert len(view) < 0.5 * len(text)


@pytest.mark.parametrize("query", ["Which test took longest?", "How long did TestHop5 take?"])
def test_who_asks_for_times_does_not_get_the_results_alone(query):
    rendition = JsonTable().lossy(stream(*FAILED), asking(query))
    assert rendition is None or rendition.transform != "json:events"
