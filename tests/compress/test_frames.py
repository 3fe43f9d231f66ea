import pytest

from headroom.compress.frames import FRAME, is_library, stacks_of
from headroom.compress.spare_frames import NOTE, cut
from headroom.compress.trace import Trace
from tests.compress.line_samples import asking, keeps_the_law, shown, spelled


def cut_of(text):
    lines = text.split("\n")
    found = cut(lines, stacks_of(lines))
    gone = set(found.rows())
    return [line for row, line in enumerate(lines) if row not in gone], found


PYTHON = (
    'Traceback (most recent call last):\n  File "/usr/lib/python3.11/threading.py", line 1045, in _bootstrap_inner\n    self.run()\n'
    '  File "/usr/lib/python3.11/threading.py", line 982, in run\n    self._target(*self._args)\n'
    '  File "/srv/shop/worker.py", line 31, in poll\n    fetch(queue)\n    ^^^^^^^^^^^^\n'
    '  File "/srv/.venv/lib/python3.11/site-packages/httpx/_api.py", line 193, in get\n    return request(\n           ^^^^^^^^\n'
    '  File "/srv/.venv/lib/python3.11/site-packages/httpx/_client.py", line 840, in send\n    response = self._send()\n'
    '  File "/srv/.venv/lib/python3.11/site-packages/httpx/_transports.py", line 86, in map\n    raise mapped(message)\n'
    "httpx.ConnectError: [Errno 111] Connection refused"
)
WITHIN = (
    'Traceback (most recent call last):\n  File "/srv/shop/worker.py", line 50, in <module>\n    asyncio.run(poll())\n'
    '  File "/usr/lib/python3.11/asyncio/runners.py", line 190, in run\n    return runner.run(main)\n'
    '  File "/usr/lib/python3.11/asyncio/runners.py", line 118, in run\n    return self._loop.run_until_complete(task)\n'
    '  File "/usr/lib/python3.11/asyncio/base_events.py", line 653, in run_until_complete\n    return future.result()\n'
    '  File "/srv/shop/worker.py", line 31, in poll\n    await fetch(queue)\n'
    '  File "/srv/.venv/lib/python3.11/site-packages/httpx/_api.py", line 193, in get\n    raise mapped(message)\n'
    "httpx.ConnectError: [Errno 111] Connection refused"
)
NODE = (
    "      at Command._exit (../node_modules/commander/lib/command.js:461:26)\n"
    "      at Command.error (../node_modules/commander/lib/command.js:1604:10)\n"
    "      at Array.forEach (<anonymous>)\n"
    "      at Command.parse (../node_modules/commander/lib/command.js:910:10)\n"
    "      at cmd.test.cjs:20:20\n"
    "      at Object.throwingMatcher (../node_modules/expect/build/index.js:320:21)\n"
    "      at process.processTicksAndRejections (node:internal/process/task_queues:95:5) {\n"
    "  code: 'E_OPTION'\n}"
)
RUST = (
    "   0: __rustc::rust_begin_unwind\n             at /rustc/598/library/std/src/panicking.rs:689:5\n"
    "   1: core::panicking::panic_fmt\n             at /rustc/598/library/core/src/panicking.rs:80:14\n"
    "   2: core::result::unwrap_failed\n             at /rustc/598/library/core/src/result.rs:1867:5\n"
    "   3: core::result::Result<T,E>::unwrap\n             at /rustc/598/library/core/src/result.rs:1233:23\n"
    "   4: ledger::tests::parses\n             at ./src/lib.rs:134:33\n"
    "   5: core::ops::function::FnOnce::call_once\n             at /rustc/598/library/core/src/ops/function.rs:250:5\n"
    "note: Some details are omitted"
)
GO = (
    "goroutine 21 [running]:\ntesting.tRunner.func1.2({0x5a1, 0x6b2})\n\t/opt/go1.22.1/src/testing/testing.go:1631 +0x24a\n"
    "panic({0x5a1?, 0x6b2?})\n\t/opt/go1.22.1/src/runtime/panic.go:770 +0x132\n"
    "github.com/acme/shop/cart.(*Cart).Add(0x0, 0x3)\n\t/srv/cart/cart.go:18 +0x1d\n"
    "github.com/stretchr/testify/assert.Panics(0xc0001)\n\t/root/go/pkg/mod/github.com/stretchr/testify@v1.9.0/assert/a.go:1 +0x2\n"
    "main.TestAdd(0xc0000)\n\t/usr/local/go/src/app/cart_test.go:9 +0x2b\n"
    "testing.tRunner(0xc0001, 0x5f8)\n\t/opt/go1.22.1/src/testing/testing.go:1689 +0xfb\n"
    "created by testing.(*T).Run in goroutine 1\n\t/opt/go1.22.1/src/testing/testing.go:1742 +0x390"
)


@pytest.mark.parametrize(
    ("text", "stay", "go"),
    [
        pytest.param(PYTHON, ("worker.py", "fetch(queue)", "_api.py", "return request(", "raise mapped"), ("threading", "_client"), id="python"),
        pytest.param(NODE, ("_exit", "parse", "cmd.test.cjs", "throwingMatcher", "task_queues", "E_OPTION"), ("error", "forEach"), id="node"),
        pytest.param(RUST, ("::unwrap\n", "result.rs:1233", "lib.rs:134", "note:"), ("begin_unwind", "unwrap_failed", "call_once", "function.rs"), id="rust"),
        pytest.param(GO, ("cart.(*Cart).Add", "cart.go:18", "assert.Panics", "main.TestAdd", "cart_test.go"), ("panic({", "testing.go", "created by"), id="go"),
        pytest.param(WITHIN, ("worker.py", "asyncio.run(poll())", "await fetch(queue)", "_api.py"), ("runners.py", "base_events.py"), id="python, called back"),
    ],
)  # fmt: skip
def test_where_it_was_raised_and_what_the_program_called_stay(text, stay, go):
    kept = "\n".join(cut_of(text)[0])
    assert all(frame in kept for frame in stay)
    assert not any(frame in kept for frame in go)


def test_where_all_is_a_librarys_three_frames_stay_at_either_end():
    lines = [f"\tat org.junit.Part{n}.run(Part{n}.java:{n})" for n in range(20)]
    assert cut_of("\n".join(lines))[0] == [*lines[:3], *lines[-3:]]


@pytest.mark.parametrize(("times", "stays"), [(1, False), (12, True)])
def test_library_frames_that_repeat_again_and_again_cost_less_as_a_block(times, stays):
    text = "\n".join(NODE.replace("cmd.test.cjs:20", f"cmd.test.cjs:{n}") for n in range(times))
    assert ("forEach" in "\n".join(cut_of(text)[0])) == stays


def goroutine(number, address, line=41):
    return (
        f"goroutine {number} [select]:\nnet/http.(*conn).serve(0xc000{address:x}, {{0x{address:x}, 0xc00}})\n"
        f"\t/usr/local/go/src/net/http/server.go:2009 +0x5f4\ngithub.com/acme/api.(*Server).loop(0xc000{address:x})\n"
        f"\t/srv/api/server.go:{line} +0x1d\n\n"
    )


def test_of_stacks_alike_but_for_addresses_the_first_is_told():
    text = "".join(goroutine(n, 7919 * n, line=88 if n == 5 else 41) for n in range(1, 9))
    rendition = keeps_the_law(Trace(), text)
    kept = spelled(rendition)
    assert kept.count("server.go:41") == 1
    assert kept.count("server.go:88") == 1
    assert "3 goroutines like 1 but for addresses: 2-4, 7 in net/http.(*conn).serve]" in shown(rendition)
    assert "3 goroutines like 1 but for addresses: 6-8, 7 in net/http.(*conn).serve]" in shown(rendition)
    assert f"loop(0xc000{7919 * 3:x})" in spelled(Trace().lossy(text, asking(f"Who holds 0xc000{7919 * 3:x}?")))


def test_numbered_lists_of_hexadecimal_values_are_no_stacks_alike():
    text = "\n".join(
        ["expected:", *(f"  {n}: 0x{n:040x}" for n in range(6)), "got:", *(f"  {n}: 0x{n + 1:040x}" for n in range(6))]
    )
    assert cut_of(text)[0] == text.split("\n")


@pytest.mark.parametrize(
    ("line", "library"),
    [
        ("\tat app//org.junit.Assert.fail(Assert.java:89)", True),
        ("\tat java.base/java.util.Optional.get(Optional.java:143)", True),
        ("\tat com.acme.Shop$$SpringCGLIB$$0.pay(<generated>)", True),
        ("\tat com.acme.java.Shop.pay(Shop.java:3)", False),
        ("    # /usr/lib/ruby/gems/3.1.0/gems/rspec-core-3.12/lib/runner.rb:12:in `run'", True),
        ("    # ./spec/ledger_spec.rb:15:in `block'", False),
        ("#3 /srv/vendor/phpunit/phpunit/src/TestCase.php(1608): run()", True),
        ("#3 /srv/src/Cart.php(16): add()", False),
        ("    at new Promise (<anonymous>)", True),
        ("    at Object.<anonymous> (test/a.js:1:2)", False),
        (" ❯ run ../node_modules/zod/lib/types.js:42:3", True),
        ("    at System.update (/srv/game/system.js:3:1)", False),
        ("    at Module._compile (internal/modules/cjs/loader.js:999:30)", True),
        ("\t/srv/app/internal/process/run.go:12 +0x1d", False),
        ("\t/srv/app/vendor/github.com/lib/pq/conn.go:12 +0x1d", True),
        ("runtime.gopanic(0x4a)", True),
        ('  File "/srv/app/runtime/exec.py", line 3, in f', False),
        ('  File "/srv/app/vendor/models.py", line 3, in f', False),
        ("    # ./gems/ledger/lib/ledger.rb:15:in `block'", False),
        (" ❯ money.test.ts:8:23", False),
    ],
)
def test_whose_a_frame_is(line, library):
    assert is_library(line) == library
    assert FRAME.match(line)


@pytest.mark.parametrize("text", ["", "\n", "at", '  File "x", line 1', "   0: a", "a.go:1", "panic({0x1"])
def test_odd_beginnings_of_frames_are_no_trouble(text):
    for lines in ([text], [text] * 3, [text, "", text], [text, " " * 9 + text]):
        assert set(cut(lines, stacks_of(lines)).rows()) <= set(range(len(lines)))


PANIC = f"thread 'main' panicked at src/lib.rs:134:33:\nbad amount\n{RUST}\n{PYTHON}"


@pytest.mark.parametrize(
    ("question", "stay", "go"),
    [
        pytest.param("Which tests fail and where do they panic?", (), ("panicking", "unwrap_failed"), id="raising"),
        pytest.param("Who calls FnOnce::call_once?", ("FnOnce::call_once\n", "function.rs:250"), ("panicking",), id="a name"),
        pytest.param("Is a closure of ours run through function.rs?", ("call_once", "function.rs:250"), (), id="a file"),
    ],
)  # fmt: skip
def test_a_frame_that_the_question_names_stays_with_both_lines(question, stay, go):
    kept = spelled(Trace().lossy(PANIC, asking(question)))
    assert all(frame in kept for frame in ("lib.rs:134", *stay))
    assert not any(frame in kept for frame in go)


@pytest.mark.parametrize("question", ["Show me the full backtrace.", "List all frames of the stack."])
def test_all_frames_stay_where_the_question_is_for_them(question):
    assert Trace().lossy(PANIC, asking(question)) is None


def go_panic(calls):
    frames = "".join(f"main.compact({args})\n\t/srv/app/main.go:{line} +0x96\n" for args, line in calls)
    return f"panic: boom\n\ngoroutine 1 [running]:\n{frames}main.main()\n\t/srv/app/main.go:13 +0x1f5\nexit status 2\n"


POINTERS = [f"0xc0000{n * 7919 % 99991:05d}?, 0x{n:x}?" for n in range(40)]


@pytest.mark.parametrize(
    ("calls", "told"),
    [
        ([(args, 6) for args in POINTERS], "38 frames like L4-5"),
        ([(POINTERS[0], 9), *[(args, 6) for args in POINTERS[1:]]], "37 frames like L6-7"),
        ([(f"{args}, {n}", 6) for n, args in enumerate(POINTERS)], ""),
        ([(args, 6) for args in POINTERS[:8]], ""),
        ([(args, 6 + n % 2) for n, args in enumerate(POINTERS)], ""),
    ],
    ids=["pointers", "from another line", "numbers, too", "few", "in turns"],
)
def test_of_a_recursion_that_differs_in_addresses_only_both_ends_stay(calls, told):
    text = go_panic(calls)
    lines = text.split("\n")
    found = cut(lines, stacks_of(lines))
    assert found.told(0, len(lines)) == ([told] if told else [])
    if told:
        view = shown(keeps_the_law(Trace(), text, asking("What panicked?")))
        for args in (calls[0][0], calls[-1][0]):
            assert f"main.compact({args})\n" in view
        assert "main.main()\n\t/srv/app/main.go:13 +0x1f5\n" in view
        assert calls[20][0] not in view


def test_all_of_a_recursion_stays_where_the_question_is_for_every_frame():
    text = go_panic([(args, 6) for args in POINTERS])
    assert Trace().lossy(text, asking("Show me every frame of the stack.")) is None


def test_frames_of_phpunit_are_places_alone():
    base = "/srv/shop/vendor/phpunit/phpunit/src"
    lines = [
        "1) Acme\\Shop\\Tests\\CartTest::testTotalOfEmptyCart",
        "TypeError: Acme\\Shop\\Cart::total(): Return value must be of type int, null returned",
        "",
        "/srv/shop/src/Cart.php:41",
        "/srv/shop/tests/CartTest.php:88",
        *(
            f"{base}/{file}.php:{place}"
            for place, file in enumerate(("Framework/TestCase", "Framework/TestSuite", "TextUI/Run"))
        ),
        "",
        "see /srv/shop/src/Cart.php:41",
    ]
    stacks = stacks_of(lines)
    assert [[frame.rows.start for frame in stack] for stack in stacks] == [[3, 4, 5, 6, 7]]
    assert [frame.library for frame in stacks[0]] == [False, False, True, True, True]


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("question", ["Why does it fail?", "Why does `Command.error` fail?", "Show the whole stack."])
def test_one_note_tells_of_library_frames_in_several_places(times, question):
    text = "".join(
        NODE.replace("20:20", f"2{n}:20").replace("E_OPTION", f"E_{n}") + f"\nError: no option {n}\n"
        for n in range(times)
    )
    rendition = Trace().lossy(text, asking(question))
    if "whole" in question:
        assert rendition is None or "Array.forEach" in spelled(rendition)
        return
    assert f"{NOTE}\n" in shown(rendition)
    assert rendition.gaps
    assert all(gap.brief for gap in rendition.gaps)
    found = spelled(rendition)
    assert all(f"at cmd.test.cjs:2{n}:20" in found for n in range(times))
    assert ("Command.error (" in found) is ("Command.error" in question)
    assert ("Array.forEach" in found) is ("Command.error" in question)  # shorter than a marker, where it stands alone
