import pytest

from headroom.compress.detect import detect
from headroom.compress.rendition import Hints
from headroom.compress.trace import Trace
from tests.compress.line_samples import ASKED, asking, encoded, keeps_the_law, shown, spelled, without_legend

TRACE = Trace()
RECURSION = (
    'Traceback (most recent call last):\n  File "/srv/app.py", line 15, in main\n    build()\n'
    + (
        '  File "/srv/app.py", line 6, in path\n    return self.resolve(self.parent)\n           ^^^^^^^^^^^^^\n'
        '  File "/srv/app.py", line 9, in resolve\n    return Node(n.name).path()\n           ^^^^^^^^^\n'
    )
    * 490
    + "RecursionError: maximum recursion depth exceeded\n\nThe above exception was the direct cause of the following exception:\n\n"
    + 'Traceback (most recent call last):\n  File "/srv/app.py", line 18, in <module>\n    main()\nSystemError: export failed\n'
)
NODE = (
    "".join(
        f"Error: sync batch b-{900 + n} aborted\n    at run (/srv/deep.cjs:6:68)\n    at async /srv/deep.cjs:8:40 {{\n"
        "  [cause]: QuotaError: tenant exceeded 250000 rows\n      at step (/srv/deep.cjs:5:45)\n    code: 'E_QUOTA',\n  }\n}\n"
        for n in range(15)
    )
    + "TypeError: Cannot read properties of undefined (reading 'map')\n    at /srv/deep.cjs:10:10\n"
)
JAVA = (
    'Exception in thread "main" com.example.OrderException: order 17 rejected\n'
    "\tat com.example.Orders.place(Orders.java:41)\n"
    + "".join(f"\tat org.springframework.web.Filter{n}.doFilter(Filter{n}.java:{n})\n" for n in range(40))
    + "\tat com.example.Main.main(Main.java:9)\nCaused by: java.sql.SQLException: connection refused\n"
    "\tat com.example.Db.connect(Db.java:77)\n\t... 42 more\n"
)
GO = "panic: runtime error: index out of range [7] with length 3\n\n" + "".join(
    f"goroutine {n} [running]:\nmain.(*Server).handle{n}(0xc0000a{n:02d}, 0x1)\n\t/srv/app/server.go:{n} +0x1d\n"
    "runtime.gopanic(0x4a)\n\t/usr/local/go/src/runtime/panic.go:884 +0x212\n"
    for n in range(6)
)


RUST = (
    "thread 'settle-3' panicked at src/ledger.rs:6:59:\nno rate for XDR\nstack backtrace:\n"
    + "".join(
        f"  {n:2d}:     0x557fea29{n * 7919 % 65536:04x} - std[e28293b1aa0f68bd]::panicking::part_{n}::<core::Args{n}>\n"
        f"                               at /rustc/598076/library/std/src/panicking.rs:{n + 90}:17\n"
        for n in range(16)
    )
    + "  16:     0x557fea262513 - main::ledger::convert::<core::iter::Map<Rows>>\n"
    "                               at /srv/app/src/ledger.rs:6:59\n"
    + "".join(f"  {n}:     0x557fea26{n:04x}  - __libc_start_{n}\n".replace("  -", " -") for n in range(17, 40))
)


def test_a_frame_of_rust_is_its_whose_file_it_is_in():
    kept = spelled(keeps_the_law(TRACE, RUST))
    assert "no rate for XDR" in kept
    assert "main::ledger::convert::<core::iter::Map<Rows>>\n" in kept
    assert "at /srv/app/src/ledger.rs:6:59" in kept
    assert "library/std/src/panicking.rs:91:17" not in kept  # both lines of a frame, or none
    assert "part_1::" not in kept
    assert "part_13::" not in kept
    assert "__libc_start_25" not in kept


def test_a_recursion_stands_once_with_its_count():
    text = encoded(TRACE, RECURSION)
    assert len(text) < 0.03 * len(RECURSION)
    assert "the 6 lines above: 489x more" in text
    for fact in ("line 6, in path", "line 9, in resolve", "RecursionError", "SystemError: export failed", "build()"):
        assert fact in without_legend(text)


def test_every_message_of_traces_alike_stays():
    text = encoded(TRACE, NODE)
    assert all(f"sync batch b-{900 + n} aborted" in without_legend(text) for n in range(15))
    assert len(text) < 0.4 * len(NODE)


def test_frames_of_libraries_are_counted():
    rendition = keeps_the_law(TRACE, JAVA)
    kept = spelled(rendition)
    for fact in (
        "order 17 rejected",
        "Orders.java:41",
        "Main.java:9",
        "Caused by: java.sql.SQLException",
        "Db.java:77",
        "... 42 more",
    ):
        assert fact in kept
    assert "38 library frames" in shown(rendition)
    assert len(shown(rendition)) < 0.5 * len(JAVA)


@pytest.mark.parametrize("text", [RECURSION, NODE, JAVA, GO], ids=["python", "node", "java", "go"])
def test_traces_come_back(text):
    encoded(TRACE, text)
    keeps_the_law(TRACE, text)


def test_frames_of_the_program_are_not_dropped():
    assert TRACE.lossy(GO, ASKED) is None or "main.(*Server).handle5" in spelled(TRACE.lossy(GO, ASKED))


GROUP = (
    "  + Exception Group Traceback (most recent call last):\n"
    '  |   File "/srv/shop/sync.py", line 20, in <module>\n  |     asyncio.run(main())\n'
    "  | ExceptionGroup: sync failed (9 sub-exceptions)\n"
) + "".join(
    f"  +-+---------------- {n} ----------------\n    | Traceback (most recent call last):\n"
    f"    |   File \"/srv/shop/sync.py\", line {n}, in part_{n}\n    |     load({n})\n    | KeyError: 'part {n}'\n"
    for n in range(1, 10)
)


@pytest.mark.parametrize("indent", ["", "    "])
def test_exception_groups_are_a_trace(indent):
    text = "".join(indent + line for line in GROUP.splitlines(keepends=True))
    assert detect(text, Hints()).kinds[0] == "trace"


def test_the_loss_of_threads_alike_is_told_from_that_of_frames():
    waiting = "".join(
        f"goroutine {n} [chan receive]:\nmain.reader(0x0?)\n\t/srv/pool.go:8 +0xa8\ncreated by main.main\n\t/srv/pool.go:10 +0xe5\n\n"
        for n in range(18, 30)
    )
    text = f"fatal error: all goroutines are asleep - deadlock!\n\n{waiting}"
    assert Trace().lossy(text, asking("How many readers wait?")).transform == "trace:alike"
    library = "".join(f"\tat java.base/java.util.concurrent.Task{n}.run(Task{n}.java:{n})\n" for n in range(20))
    text = f"java.lang.IllegalStateException: late\n\tat shop.Till.add(Till.java:9)\n{library}\tat shop.Main.main(Main.java:3)\n"
    assert Trace().lossy(text, asking("Why is it late?")).transform == "trace:frames"
