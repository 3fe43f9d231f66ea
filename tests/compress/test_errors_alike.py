"""Errors that are raised again and again at one place: the first stays, of the others the messages are told."""

import pytest

from headroom.compress.errors_alike import alike, listed, told
from headroom.compress.trace import Trace
from tests.compress.line_samples import VAGUE, asking, keeps_the_law, shown, spelled

TRACE = Trace()


def node(n, line=2, said="unreadable"):
    return (
        f"Error: shard {n} {said}\n    at load (/src/sync.js:{line}:93)\n    at async Promise.allSettled (index {n})\n"
        f"    at async /src/sync.js:4:21 {{\n  [cause]: Error: ENOENT: no such file, open '/srv/{n}'\n"
        f"      at async load (/src/sync.js:2:31) {{\n    path: '/srv/{n}'\n  }}\n}}\n"
    )


def java(n):
    return (
        f"shop.OrderError: order A-{n} has no lines\n\tat shop.Orders.check(Orders.java:41)\n\tat shop.Main.main(Main.java:9)\n"
        f"Caused by: java.io.IOException: no {n}.xml\n\tat shop.Files.open(Files.java:7)\n\t... 2 more\n"
    )


def python(n):
    return (
        'Traceback (most recent call last):\n  File "/src/sync.py", line 3, in load\n    return json.loads(text)\n'
        f"ValueError: bad letter at {n}\n\nThe above exception was the direct cause of the following exception:\n\n"
        'Traceback (most recent call last):\n  File "/src/sync.py", line 9, in main\n    load(text)\n'
        f"KeyError: 'order-{n}'\n"
    )


def held(numbers):
    """Errors that were printed, told once more by one that holds them."""
    errors = [node(n).replace("\n", "\n    ").rstrip() for n in numbers]
    told = "    " + ",\n    ".join(errors)
    return f"AggregateError: sync stopped\n    at stop (/src/sync.js:9:3) {{\n  [errors]: [\n{told}\n  ]\n}}\n"


@pytest.mark.parametrize(
    ("text", "said", "messages"),
    [
        (
            "".join(map(node, range(9))),
            ["7 errors like L1"],
            ["Error: " + " | ".join(f"shard {n} unreadable" for n in range(1, 8))],
        ),
        (
            "".join(map(node, range(4))),
            ["3 errors like L1"],
            [
                "errors like L1: Error: shard 1 unreadable; [cause]: Error: ENOENT: no such file, open '/srv/1' | shard 2 unreadable;",
            ],
        ),
        (
            "".join(map(java, range(4))),
            ["3 errors like L1"],
            [
                "errors like L1: shop.OrderError: order A-1 has no lines; Caused by: java.io.IOException: no 1.xml | order A-2 has no lines"
            ],
        ),
        (
            "".join(map(python, range(4))),
            ["3 errors like L1"],
            ["KeyError: 'order-1'; ValueError: bad letter at 1 | 'order-2'; ValueError: bad letter at 2 |"],
        ),
        (
            "".join(node(n) + java(n) for n in range(4)),
            ["3 errors like L1; 3 errors like L10"],
            ["errors like L1: Error: shard 1 unreadable;", "errors like L10: shop.OrderError: order A-1 has no lines;"],
        ),
        ("".join(map(node, range(100))), ["98 errors like L1"], ["shard 80 unreadable | and 18 other messages"]),
        (
            "".join(node(n, said="lost" if n % 2 else "locked") for n in range(6)),
            ["2 errors like L1; 2 errors like L10"],
            ["L1: Error: shard 2 locked;", "L10: Error: shard 3 lost;"],
        ),
        (held([3, 4, 5]), ["2 errors like L4"], ["L4: Error: shard 4 unreadable;"]),
        (
            node(3) + node(4) + held([3, 4]),
            ["2 errors like L1; L1 again"],
            ["2 errors like L1: Error: shard 4 unreadable;"],
        ),
        (node(3) * 2 + held([3]), [], []),
        (node(3) + held([3, 3]), ["L1 again"], []),
        ("".join(map(node, range(2))), [], []),
        ("".join(node(7) for n in range(9)), [], []),
        ("".join(node(n, line=n) for n in range(9)), [], []),
        ("".join(f"item {n}:\n    a line\n    of text\n" for n in range(9)), [], []),
    ],
)
def test_errors_of_one_place_are_told_by_their_messages(text, said, messages):
    lines = text.split("\n")
    found = alike(lines)
    assert told(found, 0, len(lines)) == said
    assert all(message in line for message, line in zip(messages, listed(found), strict=True))


@pytest.mark.parametrize("error", [node, java, python])
def test_of_many_the_first_and_the_last_stay_whole(error):
    text = "".join(map(error, range(30))) + "gave up\n"
    rendition = keeps_the_law(TRACE, text, VAGUE)
    kept = spelled(rendition)
    assert kept.startswith(error(0))
    assert kept.endswith(f"{error(29)}gave up\n")
    assert error(17) not in kept
    assert "28 errors like L1]" in shown(rendition)
    assert "17" in shown(rendition).split("\n")[0]


@pytest.mark.parametrize("error", [node, java, python])
def test_of_a_few_the_first_stays_and_what_the_others_differ_in_is_told(error):
    text = "".join(map(error, range(100, 104))) + "gave up\n"
    rendition = keeps_the_law(TRACE, text, VAGUE)
    assert spelled(rendition).endswith(f"{error(100)}gave up\n")
    values = {
        word
        for n in (101, 102, 103)
        for line in error(n).split("\n")
        if str(n) in line and "index" not in line
        for word in line.split()
        if str(n) in word
    }
    assert values
    assert all(value.strip(",'") in shown(rendition) for value in values)


def test_one_that_a_question_names_stays():
    text = "".join(map(java, range(30)))
    rendition = keeps_the_law(TRACE, text, asking("What is wrong with order A-17?"))
    kept = spelled(rendition)
    assert java(17) in kept
    assert java(18) not in kept
    assert "order A-18 has no lines" in shown(rendition)


def test_all_stay_where_each_is_asked_for():
    text = "".join(map(java, range(30)))
    rendition = TRACE.lossy(text, asking("List every order that failed"))
    kept = text if rendition is None else spelled(rendition)
    assert all(f"order A-{n} has no lines" in kept for n in range(30))


def logged(n, said="WARN upload skipped"):
    return f"{said}\n{java(n)}"


@pytest.mark.parametrize(
    ("text", "rows", "like"),
    [
        ("start\n" + "".join(map(logged, range(4))), [range(8, 15), range(15, 22), range(22, 29)], 1),
        ("start\n" + "".join(logged(n, f"WARN upload {n}") for n in range(4)), [range(9, 15), range(16, 22), range(23, 29)], 2),
        ("start\n" + "".join(logged(n, "\nWARN") for n in range(4)), [range(9, 17), range(17, 25), range(25, 33)], 1),
        ("start\n" + logged(0) + "".join(logged(n, "WARN" if n == 2 else "WARN upload skipped") for n in (1, 2, 3)), [range(9, 15), range(16, 22), range(23, 29)], 2),
        ("".join(map(java, range(4))), [range(6, 12), range(12, 18), range(18, 24)], 0),
    ],
    ids=["the same line", "another line each time", "two lines", "another line once", "nothing"],
)  # fmt: skip
def test_lines_above_go_where_they_stand_above_each_error_word_for_word(text, rows, like):
    found = alike(text.split("\n"))
    assert [error.rows for error in found] == rows
    assert {error.first for error in found} == {like}
