import pytest

from headroom.compress.rendition import Gap
from headroom.compress.runners import Runners
from headroom.compress.spare_details import left_out
from tests.compress.line_samples import asking, keeps_the_law, shown

LONG = "a line of some length, which takes a number of tokens to tell\n"
HEAD = "[~ left out: "


def note(words):
    return f"{HEAD}{words}]"


def test_one_line_tells_of_all_sorts_that_pay():
    pieces = [LONG * 12]
    found, notes = left_out(pieces, {note("this"): {0, 1, 2}, note("that"): {5, 6, 7}, note("nothing"): set()}, set())
    assert notes == [note("this; that")]
    assert [piece for piece in found if isinstance(piece, Gap)] == [Gap(1, 3, brief=True), Gap(6, 8, brief=True)]


def test_sorts_that_share_a_gap_are_told_together():
    pieces = ["first\n", Gap(2, 9, "lines", "6 of these, 2 of those"), "last\n"]
    rows = {note("these"): set(range(1, 7)), note("those"): {7, 8}, note("others"): {0}}
    found, notes = left_out(pieces, rows, set())
    assert notes == [note("these; those")]
    assert found == ["first\n", Gap(2, 9, brief=True), "last\n"]


def test_what_is_asked_for_stays():
    found, notes = left_out([LONG * 12], {note("this"): {0, 1, 2, 3}}, {1})
    assert (found[0], found[1]) == (Gap(1, 1, brief=True), LONG)
    assert notes == [note("this")]


def test_a_gap_that_tells_its_own_stays_where_a_note_costs_more():
    pieces = [LONG, Gap(2, 9, "lines", ""), LONG]
    assert left_out(pieces, {note("w" * 150): set(range(1, 9))}, set()) == (pieces, [])


def test_headings_go_where_they_stand_beside_a_gap():
    pieces = [f"{'=' * 30} PART {'=' * 30}\n\n{LONG * 3}\n{'=' * 30} PART {'=' * 30}\n", LONG]
    found, notes = left_out(pieces, {note("this"): {2, 3, 4}}, set(), {0, 6})
    assert (found, notes) == ([Gap(1, 7, brief=True), LONG], [note("this; headings")])
    found, notes = left_out(pieces, {note("this"): {2, 3, 4}}, {0, 6}, {0, 6})
    assert [piece for piece in found if isinstance(piece, Gap)] == [Gap(3, 5, brief=True)]
    assert notes == [note("this")]


@pytest.mark.parametrize(
    ("total", "shown_letters"), [("Ran 120 tests in 0.3s\n\nFAILED (failures=1)\n", False), ("and so on\n", True)]
)
def test_letters_of_unittest_go_where_its_total_stands(total, shown_letters):
    letters = "..s" * 39 + ".F."
    text = (
        f"{letters}\n{'=' * 70}\nFAIL: test_sum (tests.test_cart.Cart.test_sum)\n{'-' * 70}\nTraceback (most recent call last):\n"
        f'  File "/srv/tests/test_cart.py", line 4, in test_sum\n    self.assertEqual(total, 7)\nAssertionError: 6 != 7\n\n'
        f"{'-' * 70}\n{total}"
    )
    rendition = keeps_the_law(Runners(), text, asking("Which tests fail, and why?"))
    kept = shown(rendition) if rendition is not None else text
    assert (letters in kept) is shown_letters
    assert ("[~ left out: a letter for each test]" in kept) is not shown_letters
    assert "AssertionError: 6 != 7" in kept
