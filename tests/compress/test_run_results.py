"""What the line on top says of a run's tests: as the runner itself counts them, or nothing."""

import pytest

from headroom.compress.run_results import results_of, tally
from headroom.compress.runners import Runners
from tests.compress.line_samples import ASKED, VAGUE, asking, encoded, keeps_the_law, shown, spelled

RUNNERS = Runners()
MOCHA = """  Queue
    ✔ accepts an item
    1) returns the oldest first
    #drain
      2) calls back
      - persists across restarts

  1 passing (73ms)
  1 pending
  2 failing

  1) Queue
       returns the oldest first:
     AssertionError: 1 != 2
  2) Queue
       #drain
         calls back:
     Error: Timeout
"""
GO = """=== RUN   TestSum
=== RUN   TestSum/n=0
=== RUN   TestSum/n=1
    sum_test.go:7: want 1
--- FAIL: TestSum (0.00s)
    --- PASS: TestSum/n=0 (0.00s)
    --- FAIL: TestSum/n=1 (0.00s)
=== RUN   TestLater
    sum_test.go:9: see LEDGER-88
--- SKIP: TestLater (0.00s)
FAIL
"""
TAP = r"""TAP version 13
ok 1 - opens
ok 2 - leap second # SKIP no tz data
not ok 3 - negative offsets # TODO TIME-31
not ok 4 - closes
ok 5 - escapes \# TODO in names
# tests 5
"""
JEST = """PASS src/a.test.ts
PASS server src/b.test.js (5.12 s)
FAIL src/c.test.ts (4.1 s)
  ● c › adds
Summary of all failing tests
FAIL src/c.test.ts (4.1 s)
Test Suites: 1 failed, 2 passed, 3 total
"""
VITEST = """ ✓ src/a.test.ts (12 tests) 9ms
 ❯ src/b.test.ts (5 tests | 2 failed) 20ms
   × b > adds 4ms
   × b > takes off 4ms
 FAIL  src/b.test.ts > b > adds
"""
SHORT = """tests/test_a.py ..F.F [100%]
==================== short test summary info ====================
SKIPPED [3] tests/test_a.py:12: needs a network
XFAIL tests/test_a.py::test_x - bug
FAILED tests/test_a.py::test_y - assert 1 == 2
FAILED tests/test_a.py::test_z[FAILED] - assert 1 == 2
ERROR tests/test_b.py - ImportError
======== 2 failed, 3 skipped, 1 xfailed, 1 error in 0.1s ========
"""
VERBOSE = """tests/test_a.py::test_w PASSED [ 20%]
tests/test_a.py::test_x SKIPPED (needs a network) [ 40%]
tests/test_a.py::test_y FAILED [ 60%]
tests/test_a.py::test_v XFAIL (bug) [ 80%]
tests/test_a.py::test_u XPASS [100%]
==================== short test summary info ====================
FAILED tests/test_a.py::test_y - assert 1 == 2
"""
XDIST = """[gw0] [ 50%] PASSED tests/test_a.py::test_x
[gw1] [100%] FAILED tests/test_a.py::test_y
"""
UNITTEST = f"""..F.E
{"=" * 70}
FAIL: test_x (test_a.Cart.test_x)
{"-" * 70}
AssertionError
{"=" * 70}
ERROR: test_y (test_a.Cart.test_y)
{"-" * 70}
Ran 5 tests in 0.1s
"""
UNITTEST_VERBOSE = """test_a (m.A.test_a) ... ok
test_b (m.A.test_b) ... skipped 'no network'
test_c (m.A.test_c) ... expected failure
test_d (m.A.test_d) ... unexpected success
"""
CARGO = """test a::b ... ok
test a::c ... ignored, needs a server
test a::d ... FAILED
failures:
    a::d
"""
NEXTEST = """        PASS [   0.005s] shop cart::adds
        FAIL [   0.009s] shop cart::totals
     Summary [   0.020s] 2 tests run: 1 passed, 1 failed, 0 skipped
        FAIL [   0.009s] shop cart::totals
"""
NODE = """✔ opens (0.5ms)
✖ closes (0.2ms)
﹣ waits (0.1ms) # SKIP

✖ failing tests:

✖ closes (0.2ms)
"""
CTEST = """ 1/4 Test #1: a .......   Passed    0.01 sec
 2/4 Test #2: b .......***Failed    0.01 sec
 3/4 Test #3: c .......***Skipped   0.01 sec
 4/4 Test #4: d .......***Not Run (Disabled)   0.00 sec
"""
GTEST = """[ RUN      ] Cart.Adds
[       OK ] Cart.Adds (0 ms)
[  SKIPPED ] Cart.Waits (0 ms)
[  FAILED  ] Cart.Totals (1 ms)
[  FAILED  ] 1 test, listed below:
[  FAILED  ] Cart.Totals
"""
PROVE = """t/00-load.t .. ok
t/01-x.t ..... ok
t/02-net.t ... skipped: no network
t/03-y.t ..... Dubious, test returned 1 (wstat 256, 0x100)
"""
PROVE_BELOW = """t/00-load.t .. ok

#   Failed test 'trim'
#   at t/01-x.t line 7.
t/01-x.t .....\x20
Dubious, test returned 1 (wstat 256, 0x100)
Failed 1/32 subtests\x20
t/02-net.t ...\x20
Failed 2/5 subtests\x20
t/03-y.t ..... ok

Test Summary Report
-------------------
t/01-x.t   (Wstat: 256 (exited 1) Tests: 32 Failed: 1)
"""
ROBOT = """==============================================================================
Shop :: Orders and vouchers
==============================================================================
Order 7 Is Paid                                                       | PASS |
------------------------------------------------------------------------------
Basket Keeps The Voucher                                              | FAIL |
Dictionary does not contain key 'coupon'.
------------------------------------------------------------------------------
Retired Flow                                                          | SKIP |
------------------------------------------------------------------------------
Shop :: Orders and vouchers                                           | FAIL |
3 tests, 1 passed, 1 failed, 1 skipped
==============================================================================
"""
RUNS = {
    "phpunit --testdox": (
        "Line Formatter (Monolog\\Formatter)\n ✔ Default format\n ✔ With context\n ✘ Format short\n   │\n   │ Failed asserting\n ↩ Getters\n",
        "result lines: 1 failed, 2 passed, 1 skipped",
    ),
    "mocha": (MOCHA, "result lines: 2 failed, 1 passed, 1 skipped"),
    "go": (
        GO,
        "result lines: 2 failed, 1 passed, 1 skipped; without subtests: 1 failed, 1 skipped",
    ),
    "tap": (TAP, "result lines: 1 failed, 2 passed, 1 skipped, 1 todo"),
    "jest": (JEST, "result lines of files: 1 failed, 2 passed"),
    "vitest": (VITEST, "result lines: 2 failed; of files: 1 failed, 1 passed"),
    "pytest -ra": (SHORT, "result lines: 3 failed, 3 skipped, 1 xfailed"),
    "pytest -v": (VERBOSE, "result lines: 1 failed, 1 passed, 1 skipped, 1 xfailed, 1 xpassed"),
    "pytest -n": (XDIST, "result lines: 1 failed, 1 passed"),
    "unittest": (UNITTEST, "result lines: 2 failed"),
    "unittest -v": (UNITTEST_VERBOSE, "result lines: 1 failed, 1 passed, 1 skipped, 1 xfailed"),
    "cargo": (CARGO, "result lines: 1 failed, 1 passed, 1 skipped"),
    "nextest": (NEXTEST, "result lines: 1 failed, 1 passed"),
    "node": (NODE, "result lines: 1 failed, 1 passed, 1 skipped"),
    "ctest": (CTEST, "result lines: 1 failed, 1 passed, 2 skipped"),
    "robot": (ROBOT, "result lines: 1 failed, 1 passed, 1 skipped"),
    "gtest": (GTEST, "result lines: 1 failed, 1 passed, 1 skipped"),
    "prove": (PROVE, "result lines of files: 1 failed, 2 passed, 1 skipped"),
    "prove, what failed below": (PROVE_BELOW, "result lines of files: 2 failed, 2 passed"),
}


@pytest.mark.parametrize(("text", "line"), RUNS.values(), ids=RUNS)
def test_results_are_counted_as_the_runner_counts_them(text, line):
    assert tally(text, results_of(text)) == [f"[~ {line}]"]


@pytest.mark.parametrize(
    "text", ["", "collected 3 items\n\ntests/test_a.py ... [100%]\n", "  1) first\n  2) second\n  - third\n"]
)
def test_nothing_is_said_where_no_line_tells_of_a_test(text):
    assert tally(text, results_of(text)) == []


def test_a_run_that_names_no_test_has_no_line_of_results():
    text = "\n".join([f"tests/test_{n}.py ....... [{n:3d}%]" for n in range(1, 101)]) + "\n100 passed in 1.2s\n"
    assert "result lines" not in encoded(RUNNERS, text)


def unittest_run(results):
    """``unittest -v`` cut off below its lines of progress, as the first lines of a longer output."""
    return "".join(f"test_case_{n} (tests.test_cart.Cart.test_case_{n}) ... {word}\n" for n, word in enumerate(results))


def cargo_run():
    """``cargo test`` cut off above its totals."""
    names = [f"parcels::of_a_courier_that_is_{word}_on_its_way" for word in ("late", "lost")]
    tests = "".join(f"test parcels::case_{n} ... ok\n" for n in range(30))
    tests += "".join(f"test {name} ... FAILED\n" for name in names)
    told = "".join(f"---- {name} stdout ----\n\nthread '{name}' (2) panicked at src/a.rs:3:4:\n\n" for name in names)
    again = "".join(f"    {name}\n" for name in names)
    return f"running 32 tests\n{tests}\nfailures:\n\n{told}\nfailures:\n{again}"


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        (cargo_run(), ["[~ left out: failures named again, backtrace hints; 30 passed tests]"]),
        (unittest_run(["ok"] * 30), ["[~ left out: 29 passed tests]"]),
        (unittest_run(["ok"] * 12 + ["FAIL"] + ["ok"] * 12), ["[~ left out: 24 passed tests]"]),
        (
            unittest_run(["ok"] * 12 + ["FAIL"] + ["skipped 'no host'"] * 12 + ["ok"] * 3),
            ["[~ left out: 15 passed, 12 skipped tests]"],
        ),
        (
            unittest_run(["ok"] * 12 + ["FAIL"] * 4 + ["ok"] * 12),
            ["[~ result lines: 4 failed, 24 passed]", "[~ left out: passed tests]"],
        ),
    ],
    ids=["cargo", "all passed", "one failed", "some skipped", "failures to count"],
)
def test_tests_left_out_are_counted_once(text, heads):
    view = shown(keeps_the_law(RUNNERS, text, asking("Which tests fail?")))
    assert view.split("\n")[: len(heads)] == heads
    assert view.count("passed") == len(heads)


SKIPS = {
    "go": (
        "".join(f"=== RUN   TestN{n}\n    a_test.go:{n}: note {n}\n--- PASS: TestN{n} (0.00s)\n" for n in range(40))
        + "=== RUN   TestZero\n    a_test.go:46: waits for LEDGER-88\n--- SKIP: TestZero (0.00s)\n"
        + "".join(f"=== RUN   TestM{n}\n    a_test.go:{n}: note {n}\n--- PASS: TestM{n} (0.00s)\n" for n in range(40))
        + "=== RUN   TestOne\n    a_test.go:47: waits for LEDGER-99\n--- SKIP: TestOne (0.00s)\nPASS\n",
        ["waits for LEDGER-88", "--- SKIP: TestZero", "waits for LEDGER-99", "--- SKIP: TestOne"],
    ),
    "go, in parallel": (
        "=== RUN   TestA\n=== PAUSE TestA\n=== RUN   TestB\n=== PAUSE TestB\n=== CONT  TestA\n=== CONT  TestB\n"
        "    b_test.go:1: lost a cent\n=== NAME  TestA\n"
        + "".join(f"    a_test.go:{n}: note {n}\n" for n in range(9))
        + "--- PASS: TestA (0.00s)\n--- FAIL: TestB (0.00s)\n"
        + "".join(f"=== RUN   TestM{n}\n    a_test.go:{n}: note {n}\n--- PASS: TestM{n} (0.00s)\n" for n in range(40)),
        ["lost a cent", "--- FAIL: TestB"],
    ),
    "go, a subtest before one that passes": (
        "".join(f"=== RUN   TestM{n}\n--- PASS: TestM{n} (0.00s)\n" for n in range(40))
        + "=== RUN   TestS\n=== RUN   TestS/a\n    s_test.go:1: lost a cent\n=== RUN   TestS/b\n"
        + "--- FAIL: TestS (0.00s)\n    --- FAIL: TestS/a (0.00s)\n    --- PASS: TestS/b (0.00s)\n",
        ["lost a cent", "    --- FAIL: TestS/a (0.00s)"],
    ),
    "pytest": (
        "".join(
            f"tests/test_a.py::test_{n} {f'SKIPPED (needs host {n})' if n in (9, 60) else 'PASSED'} [{n:3d}%]\n"
            for n in range(1, 101)
        ),
        ["SKIPPED (needs host 9)", "SKIPPED (needs host 60)"],
    ),
    "tap": (
        "TAP version 13\n"
        + "".join(f"ok {n} - step {n}{f' # SKIP no tz {n}' if n in (9, 60) else ''}\n" for n in range(1, 101)),
        ["# SKIP no tz 9", "# SKIP no tz 60"],
    ),
}


@pytest.mark.parametrize("hints", [ASKED, VAGUE], ids=["asked", "vague"])
@pytest.mark.parametrize(("text", "facts"), SKIPS.values(), ids=SKIPS)
def test_a_reason_stays_with_its_test(text, facts, hints):
    rendition = keeps_the_law(RUNNERS, text, hints)
    assert all(fact in spelled(rendition) for fact in facts)
    assert len(shown(rendition)) < 0.5 * len(text)
    assert "note 7" not in shown(rendition)


def test_files_that_passed_go_and_are_counted():
    text = "".join(f"{'FAIL' if n == 50 else 'PASS'} src/mod{n:03d}/index.test.ts ({n}.1 s)\n" for n in range(100))
    view = shown(keeps_the_law(RUNNERS, text + "  ● mod050 › refunds\n    Expected: 4150\n"))
    assert "FAIL src/mod050/index.test.ts" in view
    assert "Expected: 4150" in view
    assert "of files: 1 failed, 99 passed" in view
    assert "mod030" not in view


@pytest.mark.parametrize(
    "line",
    [
        "npm http fetch GET 200 https://registry.example/pkg-{n} {n}ms (cache miss)",
        "Get:{n} http://deb.example/debian stable/main amd64 lib{n} amd64 1.{n} [12 kB]",
        "Requirement already satisfied: pack{n} in /usr/lib/python3/dist-packages (1.{n})",
        "   Compiling part{n} v1.{n}.0",
        "[INFO] Downloaded from central: https://repo.example/lib{n}.jar (12 kB)",
        "Setting up lib{n}:amd64 (1.{n}) ...",
    ],
    ids=["npm", "apt", "pip", "cargo", "maven", "dpkg"],
)
def test_what_was_fetched_before_the_tests_goes(line):
    text = "".join(f"{line.format(n=n)}\n" for n in range(40)).replace("pkg-20 ", "pkg-20 failed: timeout ") + JEST
    view = shown(keeps_the_law(RUNNERS, text + "PASS src/d.test.ts\nPASS src/e.test.ts\n"))
    assert line.format(n=0) in view
    assert line.format(n=30) not in view
    assert "of what was fetched or installed" in view
    assert ("failed: timeout" in view) == ("failed: timeout" in text)
    assert "● c › adds" in view


def test_a_few_lines_of_what_was_fetched_stay():
    text = "".join(f"Setting up lib{n} (1.{n}) ...\n" for n in range(9)) + JEST + 40 * "PASS src/d.test.ts\n"
    assert "lib5 (1.5)" in shown(keeps_the_law(RUNNERS, text))
