"""A short log, or a window of a long one, is shown by what is rare in it: what its lines mostly are is told by two of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from headroom.compress.log import Log
from headroom.compress.rendition import Gap
from tests.compress.line_samples import asking, keeps_the_law, shown, spelled

PLACE = "org.example.shop.transport.http.RequestDispatcher"
EVENTS = ("accepted a request for order {n}", "wrote the answer for order {n}", "released connection {n} to the pool")


def _stamp(n: int) -> str:
    return f"2026-03-04 10:{n // 60:02d}:{n % 60:02d},{n * 37 % 1000:03d}"


def _log(lines: int, **other: str) -> list[str]:
    """A log of three events in turns; ``at_7="..."`` says something else on that row."""
    said = {int(key.removeprefix("at_")): text for key, text in other.items()}
    return [f"{_stamp(n)} {said.get(n) or f'INFO [{PLACE}] ' + EVENTS[n % 3].format(n=n * 31)}" for n in range(lines)]


def _kept(lines: list[str], question: str) -> list[int]:
    rendition = keeps_the_law(Log(), "\n".join(lines) + "\n", asking(question))
    assert rendition is not None
    text = set(spelled(rendition).split("\n"))
    return [row for row, line in enumerate(lines) if line in text]


ASKED = "Anything wrong in this shop log? And trace order-77: I need every line about it."
RARE = (
    "feature flag checkout turned on by the deploy bot", "configuration read again from disk",
    "became leader of the western shard after election", "migration drops an index nobody uses",
    "pool grew to its largest size", "credentials of billing rotated", "node drained as its operator asked",
    "system clock stepped back", "full collection paused all threads", "snapshot shipped to the archive",
)  # fmt: skip
LOGIN = f"WARN [{PLACE}] authentication failure from 10.0.0.{{n}} port {{n}}"


def test_of_failures_alike_that_a_short_log_is_full_of_the_first_and_the_last_stay():
    often = {f"at_{n}": LOGIN.format(n=n) for n in range(6, 54, 4)}
    kept = _kept(_log(60, **often, at_33=f"ERROR [{PLACE}] disk is full"), ASKED)
    assert {6, 33, 50} <= {*kept}
    assert {*kept} & {*range(10, 50, 4)} <= {34}  # beside the rare failure


@pytest.mark.parametrize(
    ("places", "stay"),
    [
        (("R00-M0-NA", "R01-M1-NB", "R02-M0-NC", "R03-M1-ND", "R04-M0-NE"), {6, 50}),
        (("db1", "ns2", "db3", "ns4", "db5"), {6, 10, 46, 50}),
        (("billing1", "search2", "cart3", "mail4", "media5"), {6, 10, 14, 18, 22, 38, 42, 46, 50}),
    ],
    ids=["codes", "a few short names", "names"],
)
def test_failures_alike_that_differ_in_codes_are_shown_as_those_that_differ_in_numbers(places, stay):
    rows = [*range(6, 26, 4), *range(34, 54, 4)]
    failed = {f"at_{n}": f"ERROR [{PLACE}] {places[i % 5]} does not answer" for i, n in enumerate(rows)}
    kept = {*_kept(_log(60, **failed), ASKED)}
    assert stay <= kept
    if len(stay) == 2:
        assert kept & {*rows} == stay


@pytest.mark.parametrize("lines", [60, 400])
def test_few_failures_alike_all_stay(lines):
    kept = _kept(_log(lines, at_10=LOGIN.format(n=1), at_20=LOGIN.format(n=2), at_40=LOGIN.format(n=3)), ASKED)
    assert {10, 20, 40} <= {*kept}


@pytest.mark.parametrize(("lines", "stay"), [(60, [15]), (400, [15, 25, 45])])
def test_what_three_lines_say_is_rare_in_a_long_log_alone(lines, stay):
    again = {f"at_{n}": f"INFO [{PLACE}] renewed lease {n} of the leader" for n in (15, 25, 45)}
    assert [row for row in _kept(_log(lines, **again), ASKED) if row in {15, 25, 45}] == stay


@pytest.mark.parametrize(
    ("question", "most"),
    [
        ("Which pool leaks?\nStep 3. When was order 1860 answered? I'll look.", 12),
        ("Who changed the shop at night?\nStep 3. Which pool leaks? I'll look.", 32),
    ],
    ids=["a word of the task", "a word of the question"],
)
def test_lines_with_a_word_of_the_task_stay_where_they_are_few(question, most):
    lines = _log(60)
    lines[-1] = f"{_stamp(60)} INFO [{PLACE}] wrote the answer for order 1860"
    pooled = {row for row, line in enumerate(lines) if line.endswith("pool")}
    kept = {*_kept(lines, question)}
    assert 59 in kept
    assert len(kept) <= most
    assert (pooled <= kept) == (most > 12)


def test_a_word_on_all_lines_of_a_short_log_points_at_none():
    lines = [f"{_stamp(n)}|Step_Counter|onStep {EVENTS[n % 3].format(n=n)}" for n in range(50)]
    assert len(_kept(lines, "Step 4. Anything wrong in this health log?")) < 20


@pytest.mark.parametrize(("place", "gone"), [("shop.Http", False), (PLACE, True)])
def test_one_long_line_is_worth_a_gap(place, gone):
    lines = _log(60, **{f"at_{n}": f"INFO [{PLACE}] {RARE[n - 20]}" for n in range(20, 30)})
    lines[24] = f"{lines[1]}{'0' * 30}"
    lines = [line.replace(PLACE, place) for line in lines]
    rendition = keeps_the_law(Log(), "\n".join(lines) + "\n", asking(ASKED))
    gaps = [(piece.first, piece.last) for piece in rendition.pieces if isinstance(piece, Gap)]
    assert ((25, 25) in gaps) == gone


def test_what_lines_of_a_short_log_share_is_said_once():
    lines = _log(60, **{f"at_{n}": f"INFO [{PLACE}] {RARE[n - 20]}" for n in range(20, 30)})
    view = shown(keeps_the_law(Log(), "\n".join(lines) + "\n", asking(ASKED)))
    assert view.count(PLACE) < 5


@pytest.mark.parametrize(("question", "stay"), [(ASKED, []), ("What led up to the failure?", [*range(44, 50)])])
def test_beside_a_failure_a_short_log_leaves_out_what_it_says_all_over(question, stay):
    lines = [f"{_stamp(n)} INFO [{PLACE}] fans turn at {3000 + n}" for n in range(110)]
    lines[50] = f"{_stamp(50)} ERROR [{PLACE}] disk is full"
    lines[51] = f"{_stamp(51)} INFO [{PLACE}] disk was swapped"
    kept = _kept(lines, question)
    assert {0, 50, 51, 109} <= {*kept}
    assert [row for row in kept if 3 <= row < 50] == stay


@pytest.mark.parametrize(
    ("last", "stay"),
    [("wrote the answer for order 7", [0, 399]), ("shut down the {n} listeners", [0, 397, 398, 399])],
    ids=["alike but for numbers", "unlike"],
)
def test_lines_at_either_end_stay_where_no_other_line_shown_is_like_them(last, stay):
    lines = [f"{_stamp(n)} INFO [{PLACE}] wrote the answer for order {n * 31}" for n in range(400)]
    for n, place in enumerate((397, 398, 399)):
        lines[place] = f"{_stamp(place)} INFO [{PLACE}] " + last.format(n=("old", "new", "last")[n])
    kept = _kept(lines, ASKED)
    assert [row for row in kept if row < 3 or row > 390] == stay


@pytest.mark.parametrize("dated", [False, True], ids=["seconds", "dates"])
@pytest.mark.parametrize(
    ("last", "stays"),
    [(40_000, False), (90_000, True), (-5_000, True), (86_370, True)],
    ids=["amid the others", "latest", "earliest", "latest but for jitter"],
)
def test_a_last_line_that_is_amid_the_others_by_its_time_does_not_stay(last, stays, dated):
    def line(row: int, seconds: int, said: str) -> str:
        stamp = 1_700_000_000 + seconds
        time = datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d %H:%M:%S") if dated else stamp
        return f"{7000 + row} cabinet-3 {time} {said}"

    lines = [line(row, row * 1_800, f"disk_unit error: volume {row * 31} is full") for row in range(49)]
    lines.append(line(49, last, "disk_unit error: volume 7 is full"))
    lines += [line(row, (row - 50) * 1_700, f"fan_unit speeds ( {3000 + row} 3534 )") for row in range(50, 100)]
    kept = _kept(lines, ASKED)
    assert 0 in kept
    assert (49 in kept) == stays


@pytest.mark.parametrize(
    ("clock", "fan", "stays"),
    [
        ("10:15:32", "fan_unit 1700000007", True),
        ("cabinet", "fan_unit", True),
        ("cabinet", "fan_unit 1700000007", False),
    ],
    ids=["beside a clock", "on some lines", "on all lines"],
)
def test_numbers_are_times_where_all_lines_have_one_and_none_a_clock(clock, fan, stays):
    lines = [f"{clock} disk_unit error: {1_700_000_000 + row * 500} volume {row} is full" for row in range(49)]
    lines.append(f"{clock} disk_unit error: 1700009000 volume 7 is full")
    lines += [f"{clock} {fan} speeds ( {3000 + row} 3534 )" for row in range(50)]
    assert (49 in _kept(lines, ASKED)) == stays
