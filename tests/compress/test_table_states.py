"""Records that are not as they should be, and those that a plain word calls by their key."""

from __future__ import annotations

import pytest

from headroom.compress.column_names import unnamed
from headroom.compress.columns import describe
from headroom.compress.rendition import Hints
from headroom.compress.table_question import read_question
from headroom.compress.table_states import not_well

PODS = {
    "NAME": [f"{'billing' if n in {7, 8} else 'worker'}-{n:05x}" for n in range(30)],
    "READY": ["0/1" if n in {4, 19} else "1/1" for n in range(30)],
    "STATUS": ["CrashLoopBackOff" if n == 4 else "ImagePullBackOff" if n == 19 else "Running" for n in range(30)],
    "RESTARTS": ["14 (4m ago)" if n == 4 else "0" for n in range(30)],
    "IP": [f"10.8.0.{n}" for n in range(30)],
}
CONTAINERS = {
    "IMAGE": [f"shop/part-{n}:1" for n in range(12)],
    "STATUS": ["Exited (137) 2 hours ago", "Exited (0) 3 days ago", "Up 2 hours (unhealthy)", "Created"]
    + ["Up 3 weeks"] * 8,
    "NAMES": [f"shop-{n}" for n in range(12)],
}
EVENTS = {
    "LAST SEEN": [f"{n}m" for n in range(24)],
    "TYPE": ["Warning" if n in {3, 17} else "Normal" for n in range(24)],
    "REASON": ["Unhealthy" if n in {3, 17} else "Scheduled" for n in range(24)],
}
ROOMS = {"type": ["warning" if n == 3 else "suite" for n in range(24)], "floor": [str(n) for n in range(24)]}
PACKAGES = {"Package": ["fastapi", "pydantic", "requests", *(f"part{n}" for n in range(40))], "Version": [f"1.{n}" for n in range(43)]}  # fmt: skip


def described(table):
    return [describe(name, cells) for name, cells in table.items()]


def asked(query, table):
    rows = [",".join(cells) for cells in zip(*table.values(), strict=True)]
    return read_question(described(table), rows, Hints(query=query))


@pytest.mark.parametrize(
    ("query", "table", "wanted"),
    [
        ("Which pods are not healthy, and with which IP?", PODS, {4, 19}),
        ("Is any pod unhealthy?", PODS, {4, 19}),
        ("which pods aren't ready", PODS, {4, 19}),
        ("Which pods are not running?", PODS, {4, 19}),
        ("Which containers are not running?", CONTAINERS, {0, 1, 3}),
        ("Which containers are stopped?", CONTAINERS, {0, 1, 3}),
        ("Which containers are not healthy?", CONTAINERS, {0, 2, 3}),
        ("Which containers are running?", CONTAINERS, set()),
        ("How long does the running worker take?", PODS, set()),
        ("What went wrong in this namespace?", EVENTS, {3, 17}),
        ("Why do pods not start?", EVENTS, {3, 17}),
        ("Why do pods not start?", dict(zip(map(unnamed, range(3)), EVENTS.values(), strict=True)), {3, 17}),
        ("Which pods were scheduled?", EVENTS, set()),
        ("What went wrong on the third floor?", ROOMS, set()),
    ],
)
def test_what_is_not_well_is_found_by_its_state(query, table, wanted):
    assert {row for named in not_well(described(table), query) for row in named.rows} == wanted


@pytest.mark.parametrize(
    "cells",
    [["red"] * 20 + ["blue"] * 10, ["200"] * 29 + ["500"], ["Failed"] * 28 + ["Running"] * 2],
    ids=["no states", "numbers", "most are not well"],
)
def test_where_no_column_tells_states_or_most_are_bad_nothing_is_found(cells):
    assert not_well(described({"NAME": PODS["NAME"], "STATUS": cells}), "which are not healthy?") == []


@pytest.mark.parametrize(
    ("query", "table", "rows", "answered"),
    [
        ("Which versions of fastapi and pydantic are installed?", PACKAGES, {0, 1}, True),
        ("Which version of requests is it?", PACKAGES, {2}, True),
        ("How often did billing restart?", PODS, {7, 8}, True),
        ("Tell me of fastapi", PACKAGES, {0}, False),
    ],
)
def test_a_plain_word_means_the_key_where_the_question_names_another_column(query, table, rows, answered):
    found = asked(query, table)
    assert found is not None
    assert found.rows == rows
    assert found.answered == answered
