"""Lines that differ in numbers only: one pattern, all numbers, exact back."""

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
