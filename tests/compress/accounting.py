"""Every row of a source is either shown or lies in a marked gap, in order: checked the long way round."""

from __future__ import annotations

from headroom.compress.rendition import Gap, Rendition


def assert_every_row_is_shown_or_marked(
    rendition: Rendition, rows: list[str], *, unit: str, first_number: int = 1
) -> None:
    """``rows`` are the lines that stand for the source's rows, as they are shown; other shown lines are ignored."""
    at = 0
    for piece in rendition.pieces:
        if isinstance(piece, Gap):
            assert piece.unit == unit
            assert piece.first == at + first_number, "a gap must start right behind what is shown"
            at = piece.last - first_number + 1
            continue
        assert piece.endswith("\n")
        for line in piece[:-1].split("\n"):
            if at < len(rows) and line == rows[at]:
                at += 1
            else:
                assert line not in rows[at:], "a row was left out without a mark"
    assert at == len(rows), "rows at the end were left out without a mark"


def shown_text(rendition: Rendition) -> str:
    return "".join(piece for piece in rendition.pieces if isinstance(piece, str))
