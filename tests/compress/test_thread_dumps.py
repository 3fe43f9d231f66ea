"""Dumps of many threads: what one of a kind does is told once, of the others their number and names."""

import pytest

from headroom.compress.detect import detect
from headroom.compress.rendition import Hints
from headroom.compress.runners import Runners
from headroom.compress.thread_dumps import addresses, alike, told
from headroom.compress.trace import Trace
from tests.compress.line_samples import VAGUE, asking, keeps_the_law, shown, spelled

TRACE = Trace()


def goroutine(number, state="chan receive", line=18, arg=0):
    return (
        f"goroutine {number} [{state}]:\nmain.(*Pool).worker(0xc0000b2000, {arg:#x})\n\t/src/pool.go:{line} +0x97\n"
        "created by main.main in goroutine 1\n\t/src/main.go:33 +0x12b\n\n"
    )


CRASHED = "goroutine 1 [running]:\nmain.main()\n\t/src/main.go:39 +0x38c\n\n"


def java(name, number, lock="0x000000069dc01218", line=435):
    return (
        f'"{name}" #{number} prio=5 os_prio=0 cpu=0.11ms elapsed=3.34s tid=0x00007f20ac127360 nid=0x3a81 waiting on condition  [0x00007f208919d000]\n'
        "   java.lang.Thread.State: WAITING (parking)\n\tat jdk.internal.misc.Unsafe.park(java.base@17/Native Method)\n"
        f"\t- parking to wait for  <{lock}> (a shop.Queue)\n\tat shop.Queue.take(Queue.java:{line})\n\tat shop.Till.run(Till.java:12)\n\n"
        "   Locked ownable synchronizers:\n\t- None\n\n"
    )


def blocked(name, number, lock):
    return (
        f'"{name}" #{number} prio=5 os_prio=0 tid=0x00007f20ac119120 nid=0x3a7e waiting for monitor entry  [0x00007f208949d000]\n'
        f"   java.lang.Thread.State: BLOCKED (on object monitor)\n\tat shop.Ledger.write(Ledger.java:4)\n\t- waiting to lock <{lock}> (a java.lang.Object)\n\n"
    )


def python(number, line=4):
    return (
        f"Thread {0x7F8A34FF96C0 + number:#x} (most recent call first):\n"
        f'  File "/usr/lib/python3.12/queue.py", line 171 in get\n  File "/src/till.py", line {line} in work\n\n'
    )


def gdb(number):
    return f"Thread {number} (Thread 0x7f8a34ff{number:04x} (LWP {900 + number})):\n#0  0x00007f8a in __poll ()\n#1  0x0000{number:04x} in wait_for (n=2) at till.c:9\n\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CRASHED + "".join(map(goroutine, range(5, 45))), ["39 goroutines like 5: 6-44, 40 in main.(*Pool).worker"]),
        (
            CRASHED + "".join(goroutine(n, arg=n) for n in (5, 9, 7)),
            ["2 goroutines like 5 but for addresses: 7, 9, 3 in main.(*Pool).worker"],
        ),
        (
            "".join(goroutine(n) + goroutine(n + 100, state="select, 5 minutes") for n in range(3)),
            [
                "2 goroutines like 0: 1-2, 3 in main.(*Pool).worker; 2 goroutines like 100: 101-102, 3 in main.(*Pool).worker"
            ],
        ),
        ("".join(goroutine(n, line=n) for n in range(9)), []),
        ("".join(goroutine(n, state=state) for n, state in enumerate(("select", "chan send", "IO wait"))), []),
        (
            "".join(java(f"pool-1-thread-{n}", n) for n in range(1, 13)),
            ['11 threads like "pool-1-thread-1": "pool-1-thread-" 2-12, 12 in shop.Queue.take'],
        ),
        (
            "".join(java(name, n, lock=f"0x{n:016x}") for n, name in enumerate(("till", "safe", "door"))),
            ['2 threads like "till" but for addresses: "safe"; "door", 3 in shop.Queue.take'],
        ),
        ("".join(blocked(f"w-{n}", n, f"0x{n:016x}") for n in range(9)), []),
        (
            "".join(blocked(f"w-{n}", n, "0x000000069dc00d10") for n in range(9)),
            ['8 threads like "w-0": "w-" 1-8, 9 in shop.Ledger.write'],
        ),
        ("".join(map(python, range(9))), ["8 threads like 0x7f8a34ff96c0"]),
        ("".join(map(gdb, range(1, 9))), ["7 threads like 1 but for addresses: 2-8"]),
        (goroutine(1) + goroutine(2).rstrip("\n") + "\nFAIL\tshop\t2.0s\n", ["1 goroutine like 1: 2"]),
    ],
)
def test_threads_at_one_place_are_told_by_the_first_of_them(text, said):
    lines = text.split("\n")
    assert told(alike(lines), 0, len(lines)) == said
    assert all("FAIL" not in lines[row] for thread in alike(lines) for row in thread.rows)


def test_a_name_without_number_and_many_ranges_are_cut_short():
    lines = "".join(java(f"till-{n * n}", n) for n in range(60)).split("\n")
    (said,) = told(alike(lines), 0, len(lines))
    assert said.startswith('59 threads like "till-0": "till-" 1, 4, 9')
    assert said.endswith("and 47 more, 60 in shop.Queue.take")
    assert len(said) < 200


DUMP = (
    "Full thread dump OpenJDK 64-Bit Server VM (17.0.15+6 mixed mode, sharing):\n\nThreads class SMR info:\n"
    "_java_thread_list=0x00007f201c003f60, length=66, elements={\n"
    + "0x00007f20ac017ea0, 0x00007f20ac0f85d0, 0x00007f20ac0f99b0, 0x00007f20ac101410,\n" * 16
    + "0x00007f20ac167bf0, 0x00007f201c002be0\n}\n\n"
    + "".join(java(f"pool-1-thread-{n}", n) for n in range(1, 40))
    + blocked("writer", 90, "0x000000069dc00d10")
    + "Found 1 deadlock.\n"
)


def test_a_dump_of_a_jvm_keeps_one_thread_of_a_kind_and_all_that_is_no_thread():
    rendition = keeps_the_law(TRACE, DUMP, VAGUE)
    kept, view = spelled(rendition), shown(rendition)
    assert '38 threads like "pool-1-thread-1": "pool-1-thread-" 2-39' in view
    assert "waiting to lock <0x000000069dc00d10>" in kept
    assert "Found 1 deadlock." in kept
    assert kept.count("0x00007f20ac0f85d0") == 0
    assert len(addresses(DUMP.split("\n"))) == 17


@pytest.mark.parametrize(
    ("question", "there"),
    [
        ("What does `pool-1-thread-17` wait for?", True),
        ("Show me the full stack trace of each thread", True),
        ("What hangs?", False),
    ],
)
def test_a_thread_that_is_named_stays(question, there):
    rendition = TRACE.lossy(DUMP, asking(question))
    kept = DUMP if rendition is None else spelled(rendition)
    assert ('"pool-1-thread-17" #17' in kept) == there


@pytest.mark.parametrize(
    "text",
    [
        DUMP,
        CRASHED + "".join(map(goroutine, range(5, 45))),
        "".join(map(python, range(9))),
        "".join(map(gdb, range(1, 30))),
    ],
    ids=["java", "go", "python", "gdb"],
)
def test_a_dump_is_known_for_one(text):
    assert detect("\n" + text, Hints()).kinds[0] == "trace"


def test_a_run_of_tests_that_hangs_tells_of_goroutines_alike_once():
    passed = "".join(f"=== RUN   Test{n}\n--- PASS: Test{n} (0.00s)\n" for n in range(30))
    hung = "=== RUN   TestHang\npanic: test timed out after 2s\n\n" + "".join(map(goroutine, range(5, 45)))
    rendition = keeps_the_law(Runners(), f"{passed}{hung}FAIL\tshop\t2.009s\nFAIL\n")
    kept, view = spelled(rendition), shown(rendition)
    assert "39 goroutines like 5: 6-44" in view
    assert "panic: test timed out after 2s\n\ngoroutine 5 [chan receive]:" in kept
    assert kept.endswith("FAIL\tshop\t2.009s\nFAIL\n")
