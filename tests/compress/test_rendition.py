import pytest

from headroom.compress.rendition import Gap, joined_pieces

GAP = Gap(2, 3)


@pytest.mark.parametrize(
    ("pieces", "joined"),
    [
        ([], []),
        (["a\n", "b\n"], ["a\nb\n"]),
        (["a\n", "b\n", GAP, "c\n"], ["a\nb\n", GAP, "c\n"]),
        ([GAP, "c\n", "", "d\n"], [GAP, "c\nd\n"]),
        (["", GAP, "", GAP, ""], [GAP, GAP]),
    ],
    ids=["nothing", "texts alone", "texts around a gap", "a gap first", "empty texts"],
)
def test_texts_side_by_side_are_one(pieces: list[str | Gap], joined: list[str | Gap]):
    assert joined_pieces(pieces) == joined


@pytest.mark.timeout(10)
def test_many_pieces_are_joined_in_linear_time():
    assert len(joined_pieces(["x" * 500] * 60_000)) == 1
