"""Many messages that one test wrote at one place: the first ones and the last stay, of the others the number and the place."""

import pytest

from headroom.compress.runners import Runners
from headroom.compress.same_place import repeated
from tests.compress.line_samples import ASKED, VAGUE, asking, keeps_the_law, shown, spelled

RUNNERS = Runners()
WHY = asking("Which tests fail, with which messages and where?")


def go_run(messages, passing=6):
    lines = [f"=== RUN   TestOk{n}\n--- PASS: TestOk{n} (0.00s)" for n in range(passing)]
    return "\n".join(
        [*lines, "=== RUN   TestScan", *messages, "--- FAIL: TestScan (0.00s)", "FAIL", "FAIL\tscan\t0.1s", ""]
    )


def gtest_run(messages):
    lines = [f"[ RUN      ] Scan.Ok{n}\n[       OK ] Scan.Ok{n} (0 ms)" for n in range(6)]
    return "\n".join([*lines, "[ RUN      ] Scan.Words", *messages, "[  FAILED  ] Scan.Words (1 ms)", ""])


GO = [f'    scan_test.go:328: column = {n}, want 5 for "word {n}"' for n in range(40)]
TESTIFY = [
    f"    scan_test.go:31: \n        \tError Trace:\tscan_test.go:31\n        \tError:      \tNot equal: \n"
    f"        \t            \texpected: {n}\n        \t            \tactual  : {n * 2}"
    for n in range(40)
]
GTEST = [
    f"scan_test.cc:31: Failure\nExpected equality of these values:\n  width({n})\n    Which is: {n}\n  {n * 2}\n"
    for n in range(40)
]
XCTEST = [
    f'/src/ScanTests.swift:12: error: -[ScanTests testWords] : XCTAssertEqual failed: ("{n}") is not equal to ("5")'
    for n in range(40)
]


@pytest.mark.parametrize(
    ("text", "place", "messages"),
    [
        (go_run(GO), "scan_test.go:328", GO),
        (go_run(TESTIFY), "scan_test.go:31", TESTIFY),
        (gtest_run(GTEST), "scan_test.cc:31", GTEST),
        ("\n".join([*XCTEST, "Executed 40 tests, with 40 failures", ""]), "/src/ScanTests.swift:12", XCTEST),
    ],
    ids=["go", "testify", "googletest", "xctest"],
)
def test_of_many_messages_from_one_place_three_stay(text, place, messages):
    view, kept = (tell(keeps_the_law(RUNNERS, text, VAGUE)) for tell in (shown, spelled))
    assert f"37 more messages of {place}" in view
    assert [message in kept for message in messages] == [True, True, *[False] * 37, True]


def test_places_that_take_turns_are_named_together():
    turns = [f"    scan_test.go:{8 + n % 3}: got {n}, want 5" for n in range(60)]
    view = shown(keeps_the_law(RUNNERS, go_run(turns), WHY))
    assert "51 more messages of scan_test.go:8, :9, :10" in view


@pytest.mark.parametrize(
    "odd",
    [
        "    scan_test.go:328: no column",
        "    scan_test.go:329: column = 7, want 5",
        "--- FAIL: TestOther (0.00s)\n    scan_test.go:328: column = 3, want 5",
        '    scan_test.go:328: column = 6, want 5 for "x"\n        beside it',
    ],
    ids=["other words", "another place", "another test", "another line"],
)
def test_a_message_that_differs_stays(odd):
    kept = spelled(keeps_the_law(RUNNERS, go_run([*GO[:20], odd, *GO[20:]]), WHY))
    assert odd in kept


@pytest.mark.parametrize(
    "messages", [GO[:5], [f"    scan_test.go:{n}: column = 3" for n in range(40)]], ids=["few", "places"]
)
def test_messages_that_are_few_or_of_different_places_all_stay(messages):
    text = go_run(messages)
    assert not repeated(text, text.split("\n"))


def test_asked_for_every_failure_all_messages_stay():
    kept = spelled(keeps_the_law(RUNNERS, go_run(GO, passing=30), ASKED))
    assert all(message in kept for message in GO)


def test_a_message_that_the_question_names_stays():
    kept = spelled(keeps_the_law(RUNNERS, go_run(GO), asking('Why does it fail for "word 23"?')))
    assert GO[23] in kept
