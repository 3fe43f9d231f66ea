"""Lines that differ in numbers only: one pattern, all numbers, exact back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress import number_runs

FILES = [f"?? build/tmp_{n:03d}/out_{n * 7919}.o" for n in range(8)]


def untracked(line):
    return line.startswith("?? ")


def test_a_run_is_written_as_its_pattern_and_numbers():
    folded = number_runs.fold([" M a1.py", *FILES, "?? notes.txt"], untracked)
    assert folded == [
        " M a1.py",
        "[~ 8 lines: ?? build/tmp_#/out_#.o with # = 000 0, 001 7919, 002 15838, 003 23757, 004 31676, 005 39595, 006 47514, 007 55433]",
        "?? notes.txt",
    ]
    assert number_runs.unfold(folded) == [" M a1.py", *FILES, "?? notes.txt"]


def test_short_runs_signs_in_use_and_other_lines_stay():
    assert number_runs.fold(FILES[:5], untracked) is None
    assert number_runs.fold([f"?? a#{n}" for n in range(9)], untracked) is None
    assert number_runs.fold([f" M a{n}" for n in range(9)], untracked) is None


@pytest.mark.parametrize(
    ("name", "numbers", "written"),
    [
        ("a{}.bin", [f"{n:03}" for n in range(40)], "000 to 039"),
        ("a{}.bin", ["98", "99", "100", "101", "102", "103"], "98 to 103"),
        ("a{}.bin", sorted(map(str, range(1, 45))), "1 to 44, sorted by name"),
        # The sign behind the number decides: "a10_x" stands in front of "a1_x".
        ("a{}_x", sorted(map(str, range(1, 45)), key=lambda n: f"a{n}_x"), "1 to 44, sorted by name"),
        ("a{}", ["1", "2", "3", "7", "9", "10", "30", "31", "32"], "1 to 3, 7, 9, 10, 30 to 32"),
        ("a{}", ["3", "2", "1", "1", "2", "3"], "3, 2, 1, 1 to 3"),
        ("a{}", ["8", "09", "10", "11", "012", "13"], "8, 09 to 11, 012, 13"),
        ("a{}", ["9" * 30] * 6, ", ".join(["9" * 30] * 6)),
    ],
    ids=["padded", "longer", "by name", "by name with a sign", "gaps", "down and up", "mixed padding", "long"],
)
def test_numbers_that_follow_one_another_are_written_as_spans(name: str, numbers: list[str], written: str):
    rows = [f"?? {name.format(number)}" for number in numbers]

    folded = number_runs.fold(rows, untracked)

    assert folded == [f"[~ {len(rows)} lines: ?? {name.format('#')} with # = {written}]"]
    assert number_runs.unfold(folded) == rows


@settings(max_examples=150)
@given(
    st.lists(st.integers(0, 130).map(str) | st.integers(0, 30).map("{:03}".format), min_size=6, max_size=40),
    st.booleans(),
)
def test_any_numbers_come_back(numbers: list[str], by_name: bool):
    rows = [f"?? out-{number}" for number in (sorted(numbers) if by_name else numbers)]
    folded = number_runs.fold(rows, untracked)
    assert folded is not None
    assert number_runs.unfold(folded) == rows


lines = st.lists(
    st.sampled_from(
        ["?? a1", "?? a22", "?? a1b2", "?? b-3-4-5", "?? b-3-4-5-6", "?? x", "", "?? with # = 1]", "?? 7]"]
    ),
    max_size=60,
)


@settings(max_examples=150)
@given(lines, st.integers(1, 7))
def test_any_lines_come_back(some, times):
    rows = [line for line in some for _ in range(times)]
    folded = number_runs.fold(rows, untracked)
    assert folded is None or number_runs.unfold(folded) == rows
