"""What Node's TAP says below a result: place, message, expected and actual value stay, what says nothing goes."""

import pytest

from headroom.compress import tap_blocks
from headroom.compress.runners import Runners
from tests.compress.line_samples import asking, keeps_the_law, shown, spelled

WHY = "Which tests failed, with expected and actual value and location?"


def passed(number, depth=4):
    blank = " " * depth
    return f"{blank}# Subtest: keeps item {number}\n{blank}ok {number} - keeps item {number}\n{blank}  ---\n{blank}  duration_ms: 0.{number}1\n{blank}  ...\n"


def failed(number, name, depth=4, more=""):
    lines = [
        f"# Subtest: {name}",
        f"not ok {number} - {name}",
        "  ---",
        f"  duration_ms: 1.{number}",
        f"  location: '/srv/shop/cart.test.mjs:{number}:3'",
        "  failureType: 'testCodeFailure'",
        "  error: |-",
        "    Expected values to be strictly equal:",
        "    ",
        f"    {number} !== 99",
        "    ",
        "  code: 'ERR_ASSERTION'",
        "  name: 'AssertionError'",
        "  expected: 99",
        f"  actual: {number}",
        "  operator: 'strictEqual'",
        "  stack: |-",
        f"    TestContext.<anonymous> (file:///srv/shop/cart.test.mjs:{number}:75)",
        *(f"    Test.{call} (node:internal/test_runner/test:{call}1:{number})" for call in ("run", "start", "post")),
        "  ...",
    ]
    return "".join(f"{' ' * depth}{line}\n" for line in lines) + more


SUITE = (
    "not ok 1 - cart\n  ---\n  duration_ms: 9.5\n  type: 'suite'\n  location: '/srv/shop/cart.test.mjs:2:1'\n"
    "  failureType: 'subtestsFailed'\n  error: '2 subtests failed'\n  code: 'ERR_TEST_FAILURE'\n  ...\n"
)
LATE = (
    "# Subtest: slow lookup\nnot ok 2 - slow lookup\n  ---\n  duration_ms: 303.7\n  location: '/srv/shop/cart.test.mjs:40:1'\n"
    "  failureType: 'testTimeoutFailure'\n  error: 'test timed out after 300ms'\n  code: 'ERR_TEST_FAILURE'\n  ...\n"
)
TAP = (
    "TAP version 13\n# Subtest: cart\n"
    + "".join(map(passed, range(1, 9)))
    + failed(9, "splits into parts")
    + failed(10, "rounds up")
    + "    1..10\n"
    + SUITE
    + LATE
    + "1..2\n# tests 12\n# pass 8\n# fail 3\n# cancelled 1\n# duration_ms 412.1\n"
)


def test_of_a_failure_stays_what_tells_why_and_where():
    rendition = keeps_the_law(Runners(), TAP, asking(WHY))
    assert tap_blocks.NOTE.removesuffix("]") in shown(rendition)
    found = spelled(rendition)
    for number, name in ((9, "splits into parts"), (10, "rounds up")):
        assert f"    not ok {number} - {name}\n" in found
        assert (
            f"        Expected values to be strictly equal:\n        \n        {number} !== 99\n        \n"
            f"      expected: 99\n      actual: {number}\n"
        ) in found
        assert f"      location: '/srv/shop/cart.test.mjs:{number}:3'\n" in found
        assert f"        TestContext.<anonymous> (file:///srv/shop/cart.test.mjs:{number}:75)\n" in found
    assert "not ok 1 - cart\n" in found
    assert "'subtestsFailed'" not in found
    assert "not ok 2 - slow lookup\n" in found
    assert "  failureType: 'testTimeoutFailure'\n  error: 'test timed out after 300ms'\n" in found
    assert "# duration_ms 412.1" in found
    assert "test_runner" not in found


def test_of_failures_alone_the_same_goes():
    text = "".join(failed(n, f"rounds {n} up") for n in range(9))
    rendition = keeps_the_law(Runners(), text, asking(WHY))
    assert all(gap.brief for gap in rendition.gaps)
    assert spelled(rendition).count("location: ") == 9
    assert "ERR_ASSERTION" not in spelled(rendition)


@pytest.mark.parametrize(
    "question", ["Which tests are slowest?", "With which code did it fail?", "Show the full stack of each failure."]
)
def test_who_asks_for_what_would_go_gets_it(question):
    assert not tap_blocks.spare(TAP.split("\n"), question)


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("code: 'ERR_ASSERTION'", "code: 'ENOENT'"),
        ("name: 'AssertionError'", "name: 'TypeError'"),
        ("failureType: 'testCodeFailure'", "failureType: 'uncaughtException'"),
    ],
)
def test_values_that_are_not_the_usual_ones_stay(line, other):
    assert other in spelled(Runners().lossy(TAP.replace(line, other), asking(WHY)))
    gone = tap_blocks.spare(TAP.split("\n"), WHY)
    assert gone.issuperset(row for row, written in enumerate(TAP.split("\n")) if written.strip() == line)


def test_where_no_frame_is_the_programs_own_all_stay():
    text = TAP.replace("    TestContext.<anonymous> (file:///srv/shop/cart.test.mjs:9:75)\n", "")
    rows = tap_blocks.spare(text.split("\n"), WHY)
    assert not [line for row, line in enumerate(text.split("\n")) if row in rows and line.endswith(":9)")]


def test_blocks_without_an_end_are_not_looked_for_again_and_again():
    lines = ["not ok 1 - a", "---"] * 20_000
    assert tap_blocks.spare(lines, WHY) == set()
