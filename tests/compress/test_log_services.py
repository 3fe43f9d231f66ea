"""Logs of several services in one."""

import pytest

from headroom.compress.detect import detect
from headroom.compress.log import Log
from headroom.compress.log_services import behind_services, without_services
from headroom.compress.rendition import Hints
from tests.compress.line_samples import asking, keeps_the_law, spelled

TRACE = (
    "Traceback (most recent call last):",
    '  File "/srv/shop/pay.py", line 41, in charge',
    "    gateway.send(order)",
    '  File "/srv/shop/gateway.py", line 9, in send',
    "    raise Refused(order)",
    "shop.gateway.Refused: order {n}",
)


def composed():
    lines = []
    for n in range(400):
        name = ("web-1    ", "worker-1 ", "cache-1  ")[n // 20 % 3]
        lines.append(f"{name}| 2026-02-03 10:{n // 60:02d}:{n % 60:02d} INFO job {n} is done")
        if n % 60 == 5:
            lines.append(f"{name}| 2026-02-03 10:{n // 60:02d}:{n % 60:02d} ERROR order {n} failed")
            lines += [f"{name}| {line.format(n=n)}" for line in TRACE]
        if n == 200:
            lines.append(f"{name}| ")
    return lines


def test_such_a_log_is_no_table():
    text = "\n".join(composed()) + "\n"
    assert detect(text, Hints()).kinds[0] == "log"


def test_frames_are_found_behind_the_names():
    kept = spelled(keeps_the_law(Log(), "\n".join(composed()), asking("Which orders failed?"))).split("\n")
    assert sum("pay.py" in line for line in kept) == 1
    assert sum("ERROR order" in line for line in kept) == 7


@pytest.mark.parametrize(
    ("lines", "width"),
    [
        (composed(), 11),
        (["name  | size", *(f"file{n} | {n}" for n in range(40))], 0),
        (["a | b", "a | c"], 0),
        ([f"10:00:0{n % 10} job {n} | done" for n in range(40)], 0),
        ([f"| {n}" for n in range(40)], 0),
        ([], 0),
    ],
    ids=["services", "table", "short", "bars", "drawn", "empty"],
)
def test_what_stands_before_what_a_service_wrote(lines, width):
    assert behind_services(lines) == width
    assert [*without_services(lines)] == [line[width:] for line in lines]
