import pytest

from headroom.compress.runners import Runners
from tests.compress.line_samples import ASKED, VAGUE, asking, encoded, keeps_the_law, shown, spelled

RUNNERS = Runners()


def pytest_run(tests=60, failing=(), width=100):
    lines = ["============ test session starts ============", f"collected {tests} items", ""]
    for n in range(tests):
        left = f"tests/test_shop.py::TestCart::test_case_{n}[{n % 3}] {'FAILED' if n in failing else 'PASSED'}"
        lines.append(f"{left}{' ' * max(1, width - len(left) - 6)}[{(n + 1) * 100 // tests:3d}%]")
    lines += ["", "=================== FAILURES ==================="] if failing else [""]
    for n in failing:
        lines += [
            f"________ TestCart.test_case_{n}[{n % 3}] ________",
            "",
            f"    def test_case_{n}(self):",
            f">       assert total({n}) == {n + 1}",
            f"E       AssertionError: assert {n} == {n + 1}",
            "",
            f"tests/test_shop.py:{100 + n}: AssertionError",
        ]
    lines.append(f"====== {len(failing)} failed, {tests - len(failing)} passed in 1.23s ======")
    return "\n".join(lines) + "\n"


def go_run(tests=40, failing=()):
    lines = []
    for n in range(tests):
        lines.append(f"=== RUN   TestRoute{n}")
        if n in failing:
            lines.append(f"    route_test.go:{n}: expected {n}, but got nothing")
        lines.append(f"--- {'FAIL' if n in failing else 'PASS'}: TestRoute{n} (0.00s)")
    return "\n".join(
        [
            *lines,
            "FAIL" if failing else "PASS",
            "FAIL\tgithub.com/x/mux\t0.02s" if failing else "ok  \tgithub.com/x/mux\t0.02s",
            "",
        ]
    )


CARGO = (
    "running 40 tests\n"
    + "".join(f"test parse::case_{n} ... {'FAILED' if n == 21 else 'ok'}\n" for n in range(40))
    + (
        "\nfailures:\n\n---- parse::case_21 stdout ----\nthread 'parse::case_21' panicked at src/parse.rs:18:5:\nassertion failed\n\n"
        "test result: FAILED. 39 passed; 1 failed; 0 ignored\n"
    )
)
JEST = (
    "FAIL ./cart.test.js\n  cart\n"
    + "".join(f"    ✓ adds item {n} (1 ms)\n" for n in range(30))
    + "    ✕ totals the cart (4 ms)\n\n  ● cart › totals the cart\n\n    Expected: 9\n    Received: 8\n\n"
    + "      at Object.<anonymous> (cart.test.js:27:107)\n\nTests:       1 failed, 30 passed, 31 total\n"
)
TAP = (
    "TAP version 13\n"
    + "".join(f"ok {n} - step number {n}\n" for n in range(1, 40))
    + ("not ok 40 - closes the door\n  ---\n  expected: shut\n  actual: ajar\n  ...\n1..40\n")
)
UNITTEST = "".join(
    f"test_{n} (tests.test_shop.Cart.test_{n}) ... {'FAIL' if n == 9 else 'ok'}\n" for n in range(40)
) + (
    "\n======\nFAIL: test_9 (tests.test_shop.Cart.test_9)\n------\nTraceback (most recent call last):\n"
    '  File "tests/test_shop.py", line 40, in test_9\nAssertionError: 1 != 2\n\nRan 40 tests in 0.1s\n\nFAILED (failures=1)\n'
)
GRADLE = "".join(f"CartTest > adds item {n}() {'FAILED' if n == 5 else 'PASSED'}\n" for n in range(40)) + (
    "    org.opentest4j.AssertionFailedError at CartTest.java:33\n\n40 tests completed, 1 failed\n"
)
CTEST = (
    "".join(
        f"      Start {n:2d}: unit_{n}\n {n:2d}/40 Test #{n}: unit_{n} .......{'***Failed' if n == 7 else '   Passed'}    0.01 sec\n"
        for n in range(1, 41)
    )
    + "\n98% tests passed, 1 tests failed out of 40\n"
)
GTEST = (
    "[==========] Running 31 tests from 4 test suites.\n"
    + "".join(
        f"[----------] 10 tests from Suite{suite}\n"
        + "".join(f"[ RUN      ] Suite{suite}.case{n}\n[       OK ] Suite{suite}.case{n} (0 ms)\n" for n in range(10))
        + (
            "[ RUN      ] Suite1.closes\ndoor.cc:31: Failure\n  Which is: 4\n[  FAILED  ] Suite1.closes (2 ms)\n"
            if suite == 1
            else ""
        )
        + f"[----------] 10 tests from Suite{suite} (0 ms total)\n\n"
        for suite in range(4)
    )
    + "[  PASSED  ] 40 tests.\n[  FAILED  ] 1 test, listed below:\n[  FAILED  ] Suite1.closes\n"
)
ROBOT = (
    "=" * 78
    + "\nShop\n"
    + "=" * 78
    + "\n"
    + "".join(
        f"{f'Order {n} Is Paid':<70}| {'FAIL' if n == 31 else 'PASS'} |\n"
        + ("order 31 is off: 70 != 71\n" if n == 31 else "")
        + "-" * 78
        + "\n"
        for n in range(40)
    )
    + f"{'Shop':<70}| FAIL |\n40 tests, 39 passed, 1 failed\n"
    + "=" * 78
    + "\nOutput:  /ci/output.xml\n"
)
RUNS = {
    "pytest": (
        pytest_run(60, (7, 41)),
        ["assert total(7) == 8", "tests/test_shop.py:141: AssertionError", "2 failed, 58 passed"],
    ),
    "go": (go_run(40, (3, 30)), ["route_test.go:30: expected 30", "--- FAIL: TestRoute3 (0.00s)", "github.com/x/mux"]),
    "cargo": (CARGO, ["test parse::case_21 ... FAILED", "src/parse.rs:18:5", "39 passed; 1 failed"]),
    "jest": (JEST, ["✕ totals the cart", "Expected: 9", "Received: 8", "cart.test.js:27:107", "1 failed, 30 passed"]),
    "tap": (TAP, ["not ok 40 - closes the door", "expected: shut", "actual: ajar"]),
    "unittest": (
        UNITTEST,
        ["FAIL: test_9 (tests.test_shop.Cart.test_9)", "AssertionError: 1 != 2", "line 40", "FAILED (failures=1)"],
    ),
    "gradle": (GRADLE, ["adds item 5() FAILED", "CartTest.java:33", "40 tests completed, 1 failed"]),
    "gtest": (GTEST, ["door.cc:31: Failure", "Which is: 4", "tests from Suite1", "1 test, listed below"]),
    "robot": (ROBOT, ["Order 31 Is Paid", "order 31 is off: 70 != 71", "40 tests, 39 passed, 1 failed", "output.xml"]),
    "ctest": (CTEST, ["unit_7 .......***Failed", "1 tests failed out of 40"]),
}


@pytest.mark.parametrize("hints", [ASKED, VAGUE], ids=["asked", "vague"])
@pytest.mark.parametrize(("text", "facts"), RUNS.values(), ids=RUNS)
def test_failures_stay_and_passing_tests_go(text, facts, hints):
    rendition = keeps_the_law(RUNNERS, text, hints)
    kept = spelled(rendition)
    assert all(fact in kept for fact in facts)
    assert len(shown(rendition)) < 0.65 * len(text)
    assert " passed" in shown(rendition)


@pytest.mark.parametrize(("text", "facts"), RUNS.values(), ids=RUNS)
def test_runs_come_back(text, facts):
    rendition = RUNNERS.lossless(text, ASKED)
    assert rendition is None or RUNNERS.decode(rendition.text) == text


def test_suites_of_googletest_go_with_their_tests():
    kept = shown(RUNNERS.lossy(GTEST, ASKED))
    assert "Suite1 (0 ms total)" in kept
    assert "Suite2" not in kept


def test_fifty_failing_tests_are_all_told():
    text = pytest_run(120, range(10, 60))
    kept = spelled(keeps_the_law(RUNNERS, text))
    for n in range(10, 60):
        assert f"assert total({n}) == {n + 1}" in kept
        assert f"tests/test_shop.py:{100 + n}: AssertionError" in kept


def test_a_run_without_failures_says_so():
    view = shown(keeps_the_law(RUNNERS, pytest_run(80)))
    assert "0 failed, 80 passed" in view
    assert view.startswith("[~ left out: passed tests")


def test_passing_tests_stand_below_their_class():
    text = encoded(RUNNERS, pytest_run(60, (30,)))
    assert "[~ 30 PASSED in tests/test_shop.py::TestCart:::]\ntest_case_0[0]\n" in text or "test_case_0[0]\n" in text
    assert len(text) < 0.5 * len(pytest_run(60, (30,)))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: t.replace("[ 50%]", "[ 51%]"),
        lambda t: t.replace("PASSED", "PASSED ", 3),
        lambda t: t.replace("collected 60 items", "collected 61 items"),
        lambda t: t.replace("collected 60 items", ""),
        lambda t: t.replace("test_case_5[2]", "test_case_5[a::b PASSED x]"),
        lambda t: t.replace("test_case_5[2]", "[~ text:]"),
        lambda t: t.replace("TestCart::", ""),
        lambda t: t[t.index("tests/") :],
    ],
    ids=["wrong percent", "wide", "other total", "no total", "odd parameters", "sigil", "no class", "no head"],
)
def test_odd_runs_come_back(spoil):
    text = spoil(pytest_run(60))
    rendition = RUNNERS.lossless(text, ASKED)
    assert rendition is None or RUNNERS.decode(rendition.text) == text


def test_go_needs_one_line_for_each_passing_test():
    text = encoded(RUNNERS, go_run(40))
    assert "=== RUN   TestRoute" not in text
    assert len(text) < 0.66 * len(go_run(40))


def test_go_subtests_need_no_line_of_their_start():
    names = ["TestCart", "TestCart/empty", "TestCart/full", "TestCart/full/twice"]
    ends = ["", "    ", "    ", "        "]
    block = [f"=== RUN   {name}" for name in names]
    block += [f"{pad}--- PASS: {name} (0.00s)" for pad, name in zip(ends, names, strict=True)]
    logged = ["=== RUN   TestLog", "    log_test.go:7: expected 3, but got 4", "--- FAIL: TestLog (0.01s)"]
    text = "\n".join([*block, *logged, *(line.replace("Cart", "Shop") for line in block), "FAIL", ""])
    shown = encoded(RUNNERS, text)
    assert [line for line in shown.split("\n") if line.startswith("=== RUN")] == ["=== RUN   TestLog"]


def test_go_results_that_never_had_a_start_line_stay_as_they_are():
    text = "--- FAIL: TestA (0.00s)\n    a_test.go:3: no\n" + go_run(20)
    rendition = RUNNERS.lossless(text, ASKED)
    assert rendition is None or RUNNERS.decode(rendition.text) == text


@pytest.mark.parametrize(
    ("query", "stay"),
    [("Which suites are all green?", True), ("Did every test file pass?", True), ("Why is the cart wrong?", False)],
)
def test_files_that_passed_are_named_where_the_question_is_for_them(query, stay):
    suites = "".join(
        f"PASS ./part{n}.test.js\n" + "".join(f"    ✓ does {n}.{test} (1 ms)\n" for test in range(20)) for n in range(8)
    )
    text = f"{suites}FAIL ./cart.test.js\n    ✕ totals the cart (2 ms)\n\nTest Suites: 1 failed, 8 passed, 9 total\n"
    view = shown(Runners().lossy(text, asking(query)))
    assert all((f"PASS ./part{n}.test.js" in view) == stay for n in range(1, 7))
    assert "✓ does 4.7" not in view


RUST_FRAMES = (
    "   0: __rustc::rust_begin_unwind\n             at /rustc/598/library/std/src/panicking.rs:689:5\n"
    "   1: core::panicking::panic_fmt\n             at /rustc/598/library/core/src/panicking.rs:80:14\n"
)


@pytest.mark.parametrize("passing", [0, 40])
def test_library_frames_of_a_failing_test_go_also_where_no_test_passed(passing):
    text = (
        f"running {passing + 1} tests\n"
        + "".join(f"test parse::case_{n} ... ok\n" for n in range(passing))
        + "test parse::quota ... FAILED\n\nfailures:\n\n---- parse::quota stdout ----\n"
        + "thread 'parse::quota' panicked at src/parse.rs:18:5:\nquota of t-9 is 12,500\nstack backtrace:\n"
        + RUST_FRAMES
        + "   2: parse::quota\n             at ./src/parse.rs:18:5\nnote: Some details are omitted\n\n"
        + f"test result: FAILED. {passing} passed; 1 failed; 0 ignored\n"
    )
    rendition = keeps_the_law(RUNNERS, text)
    kept = spelled(rendition)
    assert all(
        fact in kept for fact in ("src/parse.rs:18:5:", "quota of t-9 is 12,500", "./src/parse.rs:18:5", "1 failed;")
    )
    assert "panicking" not in kept
    assert "2 library frames]" in shown(rendition)


def test_the_source_of_a_library_in_a_traceback_goes_and_is_told():
    text = "\n".join(
        [
            *pytest_run(8, failing=[3]).split("\n")[:-2],
            "________ test_mail ________",
            "",
            "    def test_mail():",
            '>       connect(("127.0.0.1", 2525), 0.2)',
            "",
            "tests/test_mail.py:9: ",
            "_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ ",
            "",
            "    def connect(address, timeout):",
            *(f"        step_{n} = prepare(host, port, family={n})  # of the socket" for n in range(20)),
            ">       sock.connect(sa)",
            "E       ConnectionRefusedError: [Errno 111] Connection refused",
            "",
            "/usr/lib/python3.11/socket.py:836: ConnectionRefusedError",
            "====== 2 failed, 6 passed in 1.23s ======",
        ]
    )
    rendition = keeps_the_law(RUNNERS, text)
    assert "source of 1 function above the line that failed]" in shown(rendition)
    for fact in (
        "def connect(address, timeout):",
        "step_19",
        ">       sock.connect(sa)",
        "socket.py:836",
        "test_mail.py:9",
    ):
        assert fact in spelled(rendition)
    assert "step_9 " not in spelled(rendition)


def test_frames_of_a_failure_stay_where_those_alike_go_with_a_passing_test():
    def go_test(name, result, address):
        return (
            f"=== RUN   {name}\n    recovered:\n"
            f"    github.com/acme/shop/cart.(*Cart).Add(0x{address:x}, 0x3)\n    \t/srv/cart/cart.go:18 +0x1d\n"
            f"    github.com/acme/shop/cart.Fill(0x{address:x}, 0x9)\n    \t/srv/cart/fill.go:77 +0x1d\n"
            f"--- {result}: {name} (0.00s)\n"
        )

    text = "".join(go_test(f"TestAdd{n}", "FAIL" if n == 30 else "PASS", 0xC000 + n) for n in range(40)) + "FAIL\n"
    kept = spelled(keeps_the_law(RUNNERS, text))
    assert "cart.(*Cart).Add(0xc01e, 0x3)" in kept
    assert "fill.go:77" in kept


@pytest.mark.parametrize(
    ("line", "passed", "failed"),
    [
        (" {0} cart.test.ts > drafts of the cart > sets the quantity to {1}", "✓", "×"),
        ("    {0} adds an item to the cart of customer {1} (2ms)", "✔", "✘"),
        ("--- {0}: TestCartOfCustomer/with_coupons_of_customer_{1} (0.00s)", "PASS", "FAIL"),
        ("{0} {1} - the cart keeps its coupons after a reload", "ok", "not ok"),
        ("tests/test_cart.py::TestCart::test_of_customer_{1} {0}", "PASSED", "FAILED"),
        ("test shop::cart::coupons_of_customer::kept_{1} ... {0}", "ok", "FAILED"),
        ("{0} packages/shop/tests/carts/of/customer/cart{1}.test.js", "PASS", "FAIL"),
        ("[ {0} ] CartOfCustomer.KeepsCouponsAfterReload/{1} (0 ms)", "      OK", " FAILED "),
    ],
    ids=["vitest", "mocha", "go", "tap", "pytest", "cargo", "jest", "googletest"],
)
def test_a_mark_never_hides_whether_a_test_failed(line, passed, failed):
    text = "".join(line.format(passed if n % 3 else failed, n) + "\n" for n in range(48))
    short = RUNNERS.encode(text)
    rows = [row for row in (short or text).split("\n") if row and not row.startswith(("[~", "$a=", "$b="))]
    shown = [failed if failed in row else passed if passed in row else "" for row in rows]
    known = [said for said in shown if said]
    assert known.count(failed) >= 16
    assert "" not in shown[-40:]
    assert short is None or RUNNERS.decode(short) == text
