"""What stays and what goes of some lines: runs that are worth a marker go, and nothing else."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.rendition import Gap
from headroom.compress.selecting import MIN_CHARS, MIN_LINES, elide, finish, widened, without

BRIEF = Gap(3, 4, brief=True)


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([0, 1, 30, 60, 200])), max_size=40),
    st.booleans(),
    st.sampled_from([None, 150, 300]),
)
def test_runs_of_lines_that_nobody_keeps_go_where_they_are_worth_a_marker(lines, ended, few_chars):
    texts = [f"{row:03d}{'x' * size}" for row, (_, size) in enumerate(lines)]
    total = len(texts)
    gone = []
    first = 0
    for row in range(total + 1):
        if row == total or lines[row][0]:
            size = sum(map(len, texts[first:row]))
            if size >= MIN_CHARS and (row - first >= MIN_LINES or (few_chars is not None and size >= few_chars)):
                gone.append(range(first, row))
            first = row + 1
    pieces = elide([*texts, *[""] * ended], [row for row in range(total) if lines[row][0]], few_chars=few_chars)
    gaps = [piece for piece in pieces if isinstance(piece, Gap)]
    assert [(gap.first, gap.last, gap.unit) for gap in gaps] == [(rows[0] + 1, rows[-1] + 1, "lines") for rows in gone]
    left = "".join(f"{text}\n" for row, text in enumerate(texts) if not any(row in rows for rows in gone))
    assert "".join(piece for piece in pieces if isinstance(piece, str)).rstrip("\n") == left.rstrip("\n")


@given(
    st.lists(st.sampled_from(["", "a\u2028b", "x" * 60, "y" * 200]), min_size=1, max_size=30),
    st.sets(st.integers(0, 30)),
    st.sets(st.integers(0, 30)),
    st.booleans(),
)
def test_lines_of_one_sort_become_brief_gaps(lines, keep, rows, ended):
    texts = [f"{row:03d}{line}" for row, line in enumerate(lines)]
    pieces = without(elide([*texts, *[""] * ended], keep), rows)
    at = 0
    for piece in pieces:
        if isinstance(piece, Gap):
            assert piece.first == at + 1
            assert not piece.brief or rows.issuperset(range(at, piece.last))
            at = piece.last
            continue
        for line in piece.removesuffix("\n").split("\n"):
            assert line == texts[at]
            at += 1
    assert at == len(texts)
    assert all(not (isinstance(one, Gap) and isinstance(other, Gap)) for one, other in pairwise(pieces))


def test_what_is_shorter_than_a_brief_gap_stays():
    long = "x" * 60
    assert without([f"a\n{long}\nb\nno\nc\n"], {1, 3}) == ["a\n", Gap(2, 2, brief=True), "b\nno\nc\n"]
    assert without([f"a\n{long}\n", Gap(3, 9, note="6 passed"), f"{long}\n"], {1, 9}) == [
        "a\n",
        Gap(2, 10, note="6 passed"),
    ]
    states = Gap(3, 900, "chars", "states")  # counts no lines
    assert without(["a\n", states, f"{long}\n{long}\n"], {2}) == ["a\n", states, f"{long}\n", Gap(3, 3, brief=True)]
    assert without(["a\n", Gap(2, 9), "b"], {*range(1, 9)}) == ["a\n", Gap(2, 9, brief=True), "b"]


@pytest.mark.parametrize(
    ("pieces", "rows", "wider"),
    [
        (["a\n\n", BRIEF, "\n\nb\n"], (), ["a\n\n", BRIEF, "\n\nb\n"]),
        (["a\n\n", BRIEF, "\n== X ==\n\nb\n"], (5,), ["a\n\n", Gap(3, 6, brief=True), "\nb\n"]),
        (["a\n== X ==\n\n", Gap(4, 9, brief=True), "b"], (1,), ["a\n", Gap(2, 9, brief=True), "b"]),
        (["a\n\nb\n", Gap(4, 9), "\n"], (), ["a\n\nb\n", Gap(4, 9), "\n"]),
        (["a\n\n", BRIEF, "\n", Gap(6, 9), "b\n"], (4,), ["a\n\n", BRIEF, "\n", Gap(6, 9), "b\n"]),
        (["\n", Gap(2, 4, brief=True), "\n", Gap(6, 9, brief=True), "\n"], (), ["\n", Gap(2, 9, brief=True), "\n"]),
        (["a\n", Gap(2, 4, brief=True), "\nb"], (4,), ["a\n", Gap(2, 5, brief=True), "b"]),
        (["a\n", Gap(2, 4, brief=True), "\nb"], (4, 5), ["a\n", Gap(2, 6, brief=True)]),
        (["a\n\nb\n"], (1,), ["a\n\nb\n"]),
    ],
    ids=[
        "empty lines",
        "a heading",
        "one of the rows",
        "a gap with a note",
        "between",
        "two in one",
        "before the last",
        "to the end",
        "no gap",
    ],
)
def test_brief_gaps_take_in_what_says_nothing_beside_them(pieces, rows, wider):
    assert widened(pieces, rows) == wider


@pytest.mark.parametrize("head", [(), ("[~ 3 lines]",)], ids=["nothing above", "a line above"])
@pytest.mark.parametrize("line", ["\x00", "till"], ids=["the sign of a gap", "words"])
def test_no_piece_is_empty(line, head):
    rendition = finish([f"{line}\n", Gap(2, 9), "shut\n"], "tests", "tests:passed", head=head)
    assert all(rendition.pieces)
    assert [piece for piece in rendition.pieces if isinstance(piece, Gap)] == [Gap(2, 9)]
