"""Lines in the reports of failed tests that say nothing that the messages do not, and the one note on all that went."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from headroom.compress import bare_arguments, cargo_suites, code_frames, node_spec, omissions, tap_blocks
from headroom.compress.rendition import Gap
from headroom.compress.selecting import BRIEF_CHARS, widened, without

_OF_RULES = omissions.note("rules between frames")
_OF_LETTERS = omissions.note("a letter for each test")
_LETTERS = re.compile(r"[.sFExu]{40,}+")
_TOTAL = re.compile(r"\nRan \d+ tests? in \d")
"""How unittest ends, and says how many went how: the letters above tell no more."""
_OF_HEADINGS = "headings"
_GAP_CHARS = 80
"""What the marker of a gap takes besides its note, where `BRIEF_CHARS` stands for that of a brief one."""

_HASH_CHARS = 50
_MARGIN = 20
"""Characters by which a note must pay."""
_FEW = 4
"""The same for a word more in it."""


def spare(text: str, lines: Sequence[str], query: str) -> dict[str, set[int]]:
    """Rows by their note; none that the question is for."""
    if "\r" in text:
        return {}
    found = {
        tap_blocks.NOTE: tap_blocks.spare(lines, query) if " ---\n" in text else set[int](),
        bare_arguments.NOTE: bare_arguments.spare(lines, query) if " = <" in text or "\n>  " in text else set[int](),
        code_frames.NOTE: code_frames.spare(lines, query) if "^\n" in text else set[int](),
    }
    if node_spec.OPENS in text:
        found[node_spec.NOTE] = node_spec.spare(lines, query)
    if " stdout ----\n" in text or "RUST_BACKTRACE=" in text:
        found[cargo_suites.NOTE] = cargo_suites.told_twice(text, lines, query)
    if "\n_ _ _ " in text:
        found[_OF_RULES] = {row for row, line in enumerate(lines) if line[:6] == "_ _ _ " and not line.strip("_ ")}
    if _TOTAL.search(text):
        found[_OF_LETTERS] = {row for row, line in enumerate(lines) if _LETTERS.fullmatch(line)}
    return {note: rows for note, rows in found.items() if rows}


def left_out(
    pieces: Sequence[str | Gap], spare: Mapping[str, set[int]], asked: set[int], headings: Collection[int] = ()
) -> tuple[list[str | Gap], list[str]]:
    """The pieces with brief gaps in place of these rows but for those asked for, where that pays, and one note for all of them.

    ``headings`` go where they stand beside such a gap.
    """
    found = [*pieces]
    said: list[str] = []
    gone: set[int] = set()

    def gain(notes: Collection[str]) -> tuple[int, list[str | Gap], set[int]]:
        rows = gone.union(*(left[note] for note in notes))
        fewer = without(pieces, rows)
        cost = len("; ".join(map(omissions.sorts_of, notes))) + (0 if said else len(omissions.HEAD))
        return _chars(found) - _chars(fewer) - cost, fewer, rows

    left = {note: rows - asked for note, rows in spare.items() if rows}
    for note in [*left]:
        more, fewer, rows = gain([note])
        if more > _MARGIN:
            found, gone = fewer, rows
            said.append(omissions.sorts_of(note))
            del left[note]
    # Some gaps stand for rows of several sorts, and a sort may pay only below a line that others need.
    together = [*left]
    most = gain(together)[0] if together else 0
    for note in left if most > _MARGIN else ():
        fewer_notes = [other for other in together if other != note]
        if (without_it := gain(fewer_notes)[0]) >= most:
            together, most = fewer_notes, without_it
    if most > _MARGIN:
        _, found, gone = gain(together)
        said += map(omissions.sorts_of, together)
    if not said:
        return found, []
    found, wider = widened(found, gone), widened(found, gone.union(headings) - asked)
    if _chars(found) - _chars(wider) > len(_OF_HEADINGS) + _FEW:
        found = wider
        said.append(_OF_HEADINGS)
    return found, [omissions.note(*said)]


def _chars(pieces: Sequence[str | Gap]) -> int:
    """Characters that pieces take, or as many as take the tokens of a marker; the first with a note has the hash."""
    gaps = [piece for piece in pieces if isinstance(piece, Gap)]
    told = [gap for gap in gaps if not gap.brief]
    return (
        sum(len(piece) for piece in pieces if isinstance(piece, str))
        + BRIEF_CHARS * (len(gaps) - len(told))
        + sum(_GAP_CHARS + len(gap.note) for gap in told)
        + _HASH_CHARS * (told != [])
    )
