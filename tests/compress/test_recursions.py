"""Frames with the values of each call: of a recursion one round stays, whatever counts up in it, and the ends."""

import pytest

from headroom.compress.detect import detect
from headroom.compress.frames import stacks_of
from headroom.compress.recursions import recursions
from headroom.compress.rendition import Hints
from headroom.compress.trace import Trace
from tests.compress.line_samples import asking, keeps_the_law, shown, spelled

TRACE = Trace()
QUESTION = asking("Which units are in the loop, and what ended the program?")
DEPTH = 60


def carp(unit, depth, line=6):
    return f'\tStock::Tree::weight(Stock::Tree=HASH(0x55d0c8), "{unit}", {depth}) called at weigh.pl line {line}\n'


LOOP = "".join(carp(("U7", "U21")[depth % 2], depth) for depth in range(DEPTH, 1, -1))
PERL = (
    "weighing of U2 failed: tree deeper than 60 at U9 at weigh.pl line 6.\n"
    + carp("U9", DEPTH + 1)
    + LOOP
    + carp("U2", 1, 9)
    + "\teval {...} called at weigh.pl line 9\n\tStock::Tree::all(Stock::Tree=HASH(0x55d0c8)) called at weigh.pl line 14\n"
    + "2 units not weighed\n"
)
PHP = (
    "Fatal error: Uncaught LengthException: too deep in /srv/weigh.php:4\nStack trace:\n"
    + "".join(f"#{n} /srv/weigh.php(6): Tree->weight('{('U7', 'U21')[n % 2]}', {DEPTH - n})\n" for n in range(DEPTH))
    + f"#{DEPTH} /srv/weigh.php(9): Tree->all()\n#{DEPTH + 1} {{main}}\n  thrown in /srv/weigh.php on line 4\n"
)


@pytest.mark.parametrize("text", [PERL, PHP, LOOP], ids=["perl", "php", "window"])
def test_calls_with_their_values_are_a_trace(text):
    assert detect(text, Hints()).kinds[0] == "trace"


@pytest.mark.parametrize("text", [PERL, PHP], ids=["perl", "php"])
def test_of_a_loop_one_round_and_the_ends_stay(text):
    rendition = keeps_the_law(TRACE, text, QUESTION)
    kept = spelled(rendition)
    lines = text.split("\n")
    assert all(line in kept for line in (*lines[:4], *lines[-5:]))
    assert "U7" in kept
    assert "U21" in kept
    assert len(kept) < 0.3 * len(text)
    assert "frames like L" in shown(rendition)


def test_a_walk_through_different_values_stays():
    walk = "".join(carp(f"W{depth * 7919 % 1009}", depth) for depth in range(DEPTH, 0, -1))
    assert TRACE.lossy(f"failed at weigh.pl line 6.\n{walk}", QUESTION) is None


@pytest.mark.parametrize(
    ("frames", "gone"),
    [
        ([carp("U7", depth) for depth in range(20, 0, -1)], 18),
        ([carp("U7", 3)] * 20, 18),
        ([carp("U7", depth) for depth in (5, 4, 3, 2)], 0),
        ([carp("U7", depth * depth) for depth in range(20)], 0),
        ([carp(("U7", "U8", "U9")[n % 3], 40 - n) for n in range(20)], 16),
        ([carp("U7", 40 - n, 6 + n % 2) for n in range(20)], 0),
    ],
    ids=["a counter", "nothing", "few", "no counter", "a cycle of three", "two places"],
)
def test_frames_that_tell_nothing_more(frames, gone):
    lines = "".join(frames).split("\n")
    (stack,) = stacks_of(lines)
    assert sum(len(part) for part, _ in recursions(lines, stack, set())) == gone


def test_a_gap_that_begins_within_a_recursion_counts_what_is_in_it():
    text = LOOP + "done\n"
    view = shown(keeps_the_law(TRACE, text, asking(f"Which call has the depth {DEPTH - 2}, and how does it go on?")))
    assert "frames like L1-2" in view


def test_errors_with_the_values_of_their_calls_are_told_by_their_messages():
    def warned(unit):
        return f"unit {unit} has no weight, taken as 0 at weigh.pl line 5.\n" + "".join(
            f'\tStock::Tree::part(Stock::Tree=HASH(0x55d0c8), "{unit}{n}", {n}) called at weigh.pl line {n}\n'
            for n in range(8)
        )

    rendition = keeps_the_law(TRACE, "".join(map(warned, ("U3", "U44", "U5"))) + "2 units done\n", QUESTION)
    assert "[~ 2 errors like L1: unit U44 has no weight, taken as 0 at weigh.pl line 5. | unit U5 has" in shown(
        rendition
    )
    other = warned("U6").replace("line 3\n", "line 33\n")
    kept = spelled(keeps_the_law(TRACE, "".join([*map(warned, ("U3", "U44")), other]) + "2 units done\n", QUESTION))
    assert "line 33" in kept  # at another place it is another error


RACE = (
    "==================\nWARNING: DATA RACE\nWrite at 0x00c0000a6038 by goroutine 7:\n  main.(*Depot).put()\n"
    "      /srv/depot/main.go:5 +0x1e5\n\nGoroutine 7 (running) created at:\n  main.main()\n      /srv/depot/main.go:10 +0x30c\n"
    "==================\n"
)


def test_a_report_of_a_race_is_a_trace():
    assert detect(f"partial 0\n{RACE}{RACE}", Hints()).kinds == ("trace",)


@pytest.mark.parametrize("sign", ["a::", "(", ") called at ", "#1 x(1): ", "\t", '", '])
def test_long_lines_are_read_in_linear_time(sign):
    line = f"\t{sign * (100_000 // len(sign))}"
    lines = [line, f"\tA::b({line}) called at x line 1"] * 4
    for stack in stacks_of(lines):
        assert sum(1 for _ in recursions(lines, stack, set())) <= len(lines)
