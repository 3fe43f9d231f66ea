"""A number that is the same on all the lines a label counts is told; one that differs, or may, stays a sign."""

from __future__ import annotations

import pytest

from headroom.compress.label_numbers import spelled
from headroom.compress.log import Log
from tests.compress.line_samples import asking, encoded, keeps_the_law, shown


@pytest.mark.parametrize(
    ("label", "lines", "told"),
    [
        ("switch value #", ["12:00:01 switch value 2", "12:00:02 switch value 2"], "switch value 2"),
        ("switch value #", ["12:00:01 switch value 2", "12:00:02 switch value 25"], "switch value #"),
        ("Accepted #.#.#.#:#", ["Accepted 127.0.0.1:80", "Accepted 127.0.0.1:91"], "Accepted 127.0.0.1:#"),
        (
            '"GET /v#/items/# HTTP/#.#" #',
            ['"GET /v2/items/7 HTTP/1.1" 200', '"GET /v2/items/71 HTTP/1.1" 200'],
            '"GET /v2/items/# HTTP/1.1" 200',
        ),
        ("port #", ["port 00ff1234", "port 00ff1234"], "port #"),
        ("took #ms", ["took   12ms", "took\t12ms"], "took 12ms"),
        ("value #", ["value 2", "a word that says something else", "value 2"], "value 2"),
        ("value #", ["value 2", "values 2"], "value #"),
        ("size # of # allo…", ["size 5 of 9 allocated", "size 5 of 9 allotted"], "size 5 of 9 allo…"),
        ("size # of #…", ["size 5 of 17", "size 5 of 18"], "size 5 of #…"),
        ("#### done", ["#### done", "#### done"], "#### done"),
        ("no number", ["no number", "no number"], "no number"),
    ],
    ids=[
        "one for all", "begins alike", "a part of a word", "several", "too long", "other white space", "lines of another kind",
        "not on all", "before a cut", "in a cut word", "signs of the log's own", "none",
    ],
)  # fmt: skip
def test_numbers_that_all_lines_have_alike_are_told(label, lines, told):
    assert spelled(label, lines, 2) == told


def test_a_log_tells_them_with_loss_and_without():
    lines = [
        f"Jul  2 10:{n // 60:02d}:{n % 60:02d} host app[{n}]: "
        + (f"unexpected switch value 2 for unit {n}" if n % 3 else f"GET /v1/items/{n} 200 in {n % 17} ms")
        for n in range(600)
    ]
    text = "\n".join(lines) + "\n"
    wanted = ("400× host app[#]: unexpected switch value 2 for unit #", "200× host app[#]: GET /v1/items/# 200 in # ms")
    for view in (encoded(Log(), text), shown(keeps_the_law(Log(), text, asking("Any errors of app[77]?")))):
        assert [label for label in wanted if label not in view] == []


def test_where_the_line_of_a_module_stands_is_left_out_of_a_label():
    text = "\n".join(
        f"2026-03-04T10:{n // 60:02d}:{n % 60:02d} DEBUG    [worker-{n % 4}] shop.cache:20 - miss key=order:{n * 7} of {n}"
        for n in range(300)
    )
    assert "[~ 300× DEBUG … miss key=order:# of #]" in encoded(Log(), text)
