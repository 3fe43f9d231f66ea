"""Lines that stand with failures of tests and say nothing that their messages do not, by the note that tells of all of a sort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headroom.compress import bare_arguments, code_frames, tap_blocks
from headroom.compress.rendition import Gap
from headroom.compress.selecting import BRIEF_CHARS, without


def spare(text: str, lines: Sequence[str], query: str) -> dict[str, set[int]]:
    """Rows by their note; none that the question is for."""
    if "\r" in text:
        return {}
    found = {
        tap_blocks.NOTE: tap_blocks.spare(lines, query) if " ---\n" in text else set[int](),
        bare_arguments.NOTE: bare_arguments.spare(lines, query) if " object at 0x" in text else set[int](),
        code_frames.NOTE: code_frames.spare(lines, query) if "^\n" in text else set[int](),
    }
    return {note: rows for note, rows in found.items() if rows}


def left_out(
    pieces: Sequence[str | Gap], spare: Mapping[str, set[int]], asked: set[int]
) -> tuple[list[str | Gap], list[str]]:
    """The pieces with brief gaps in place of these rows but for those asked for, where that pays, and the notes for them."""
    found = [*pieces]
    notes: list[str] = []
    gone: set[int] = set()
    for note, rows in spare.items():
        fewer = without(pieces, gone | (rows - asked))
        if sum(map(_chars, found)) - sum(map(_chars, fewer)) > 2 * len(note):
            found, notes = fewer, [*notes, note]
            gone |= rows - asked
    return found, notes


def _chars(piece: str | Gap) -> int:
    return len(piece) if isinstance(piece, str) else BRIEF_CHARS if piece.brief else 0
