"""Errors that are raised again and again at one place: the first and the last stay, of the others the messages are told."""

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


@pytest.mark.parametrize(
    ("text", "said", "messages"),
    [
        (
            "".join(map(node, range(9))),
            ["7 errors like L1"],
            ["Error: " + " | ".join(f"shard {n} unreadable" for n in range(1, 8))],
        ),
        (
            "".join(map(java, range(4))),
            ["2 errors like L1"],
            ["shop.OrderError: order A-1 has no lines | order A-2 has no lines"],
        ),
        ("".join(map(python, range(4))), ["2 errors like L1"], ["KeyError: 'order-1' | 'order-2'"]),
        (
            "".join(node(n) + java(n) for n in range(4)),
            ["2 errors like L1; 2 errors like L10"],
            ["Error: shard 1 unreadable | shard 2", "order A-1 has no lines | order A-2"],
        ),
        ("".join(map(node, range(100))), ["98 errors like L1"], ["| shard 80 unreadable | and 18 other messages"]),
        ("".join(map(node, range(3))), [], []),
        ("".join(node(7) for n in range(9)), [], []),
        ("".join(node(n, line=n) for n in range(9)), [], []),
        ("".join(node(n, said="lost" if n % 2 else "locked") for n in range(6)), [], []),
        ("".join(f"item {n}:\n    a line\n    of text\n" for n in range(9)), [], []),
    ],
)
def test_errors_of_one_place_are_told_by_their_messages(text, said, messages):
    lines = text.split("\n")
    found = alike(lines)
    assert told(found, 0, len(lines)) == said
    assert all(message in line for message, line in zip(messages, listed(found), strict=True))


@pytest.mark.parametrize("error", [node, java, python])
def test_the_first_and_the_last_stay_whole(error):
    text = "".join(map(error, range(30))) + "gave up\n"
    rendition = keeps_the_law(TRACE, text, VAGUE)
    kept = spelled(rendition)
    assert kept.startswith(error(0))
    assert kept.endswith(f"{error(29)}gave up\n")
    assert error(17) not in kept
    assert "28 errors like L1]" in shown(rendition)
    assert "17" in shown(rendition).split("\n")[0]


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
