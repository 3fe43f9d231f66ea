"""Build a lossy rendition from the lines that stay: gaps in place, the rest verbatim or behind a legend."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, groupby

from headroom.compress.folding import escape, last_state
from headroom.compress.legends import estimate
from headroom.compress.packing import pack_lines
from headroom.compress.rendition import Gap, Rendition
from headroom.compress.stamp_starts import HOLE, is_short

MIN_LINES = 3
"""A gap of fewer lines is not worth its marker."""
MIN_CHARS = 120
"""Nor is one of fewer characters: a marker costs some 30 tokens."""
BRIEF_CHARS = 40
"""Nor is one of fewer characters worth its range alone, some 7 tokens."""
_NEARLY_ALL = 0.95
_GONE = re.compile(rb"\0{%d,}+" % MIN_LINES)
"""Lines in a row that go, where a byte stands for each line."""
_ANY_GONE = re.compile(rb"\0++")
"""The same, however few."""

_MIN_SAMPLED = 20
"""Of fewer records both ends are enough to see."""
_IN_SIGHT = 2
_MANY = 60
"""Where more lines stay, they show what the records look like."""

_PROGRESS_CHARS = 240
_PROGRESS_STATES = 4
"""From this many carriage returns a long line is a progress bar that was drawn over and over."""


def spread(rows: Iterable[int], before: int, after: int, total: int) -> set[int]:
    """Add the neighbours of each row."""
    return {near for row in rows for near in range(max(0, row - before), min(total, row + after + 1))}


def between_ends(keep: Collection[int], rows: Sequence[int], ends: int = 3) -> list[int]:
    """Rows to add so that at least two records between the ends are in sight: what the others look like.

    ``rows`` are those of the records, ascending. Next to one that stays another one costs no marker of its own.
    """
    count = len(rows)
    if count < _MIN_SAMPLED or len(keep) > _MANY:
        return []
    seen = [place for place in range(ends, count - ends) if rows[place] in keep]
    if len(seen) >= _IN_SIGHT:
        return []
    middle = seen[0] if seen else count // 2
    return [rows[middle], rows[middle + 1 if middle + 1 < count - ends else middle - 1]]


def elide(
    lines: Sequence[str],
    keep: Iterable[int],
    *,
    note: Callable[[int, int], str] | None = None,
    min_chars: int = MIN_CHARS,
    few_chars: int | None = None,
    redrawn: bool = True,
) -> list[str | Gap]:
    r"""Leave out the lines whose 0-based index is not in ``keep``.

    ``lines`` come from ``text.split("\n")``; the empty string behind a final newline is no line and always stays.
    ``note(first, last)`` words what went, 0-based and inclusive. Gaps that cost more than they spare are filled again:
    those of few characters, and of fewer lines than `MIN_LINES` all, or all but those of ``few_chars`` at least.
    ``redrawn`` is False where no line can be a progress line, as none has a carriage return.
    """
    total = len(lines) - 1 if lines and not lines[-1] else len(lines)
    pieces: list[str | Gap] = []
    at = 0  # first line not yet written
    drawn = _redrawn(lines) if redrawn else {}
    text_from = 0
    kept = keep if isinstance(keep, set) else set(keep)
    runs = _GONE if few_chars is None else _ANY_GONE
    for gone in runs.finditer(bytes(map(kept.__contains__, range(total)))):
        first, row = gone.span()
        last = row - 1
        if row - first < MIN_LINES and sum(map(len, lines[first:row])) < (few_chars or 0):
            continue
        # The first lines of a long gap are mostly enough.
        if (
            sum(map(len, lines[first : min(row, first + 8)])) < min_chars
            and sum(map(len, lines[first:row])) < min_chars
        ):
            continue
        pieces += _text(lines, text_from, first, drawn)
        pieces.append(Gap(first + 1, row, "lines", note(first, last) if note else ""))
        text_from = row
        at = row
    if at < total:
        pieces += _text(lines, text_from, len(lines), drawn)
    return pieces


def brief(pieces: Sequence[str | Gap]) -> list[str | Gap]:
    """What `elide` returned, with the range alone for each gap in lines; a line above says what they stand for."""
    return [
        replace(piece, brief=True) if isinstance(piece, Gap) and piece.unit == "lines" else piece for piece in pieces
    ]


def without(pieces: Sequence[str | Gap], rows: Collection[int], least: int = BRIEF_CHARS) -> list[str | Gap]:
    """What `elide` returned, with brief gaps in place of these lines, too; a line above says what they stand for.

    A gap of nothing but these becomes brief, one that they touch grows. What has fewer characters than ``least`` stays. For
    gaps in lines, ascending; ``rows`` are 0-based.
    """
    found: list[str | Gap] = []
    row = 0
    for piece in pieces:
        if isinstance(piece, Gap) and piece.unit != "lines":  # states of a line that stays
            found.append(piece)
            continue
        if isinstance(piece, Gap):
            whole = all(row in rows for row in range(piece.first - 1, piece.last))
            _join(found, replace(piece, note="", brief=True) if whole else piece)
            row = piece.last
            continue
        lines = piece.removesuffix("\n").split("\n")
        places = range(row, row + len(lines))
        start = row  # of the text that is not yet written
        for gone, run in groupby(places, rows.__contains__):
            block = [*run] if gone else []
            if gone and len("\n".join(lines[block[0] - row : block[-1] - row + 1])) >= least:
                if start < block[0]:
                    _join(found, "\n".join(lines[start - row : block[0] - row]) + "\n")
                _join(found, Gap(block[0] + 1, block[-1] + 1, brief=True))
                start = block[-1] + 1
        if start < places.stop:
            _join(found, "\n".join(lines[start - row :]) + "\n" * piece.endswith("\n"))
        row = places.stop
    return found


def widened(pieces: Sequence[str | Gap], rows: Collection[int]) -> list[str | Gap]:
    """What `without` returned, where each brief gap takes in the lines of these rows that stand beside it, with empty ones between.

    Two gaps with nothing but such lines and empty ones between become one. Empty lines alone cost no more than the longer
    range. A gap that tells its own takes in none, as a line above does not speak of that.
    """
    beside: set[int] = set()
    row = 0
    for place, piece in enumerate(pieces):
        if isinstance(piece, Gap):
            row = piece.last if piece.unit == "lines" else row
            continue
        lines = piece.removesuffix("\n").split("\n")
        idle = [row + at in rows or not line for at, line in enumerate(lines)]
        above, below = (_is_brief(pieces, at) for at in (place - 1, place + 1))
        if all(idle) and 0 < place < len(pieces) - 1:
            beside.update(range(row, row + len(lines)) if above and below else ())
        else:
            first, last = ([*side, False].index(False) for side in (idle, reversed(idle)))
            found = [at for at in range(len(lines)) if row + at in rows]
            top = max((at + 1 for at in found if above and at < first), default=0)
            bottom = min((at for at in found if below and at >= len(lines) - last), default=len(lines))
            beside.update(range(row, row + top), range(row + bottom, row + len(lines)))
        row += len(lines)
    return without(pieces, beside, 0) if beside else [*pieces]


def _is_brief(pieces: Sequence[str | Gap], place: int) -> bool:
    piece = pieces[place] if 0 <= place < len(pieces) else ""
    return isinstance(piece, Gap) and piece.brief


def _join(found: list[str | Gap], piece: str | Gap) -> None:
    """Append a piece; text joins text, and a gap the one right above it."""
    above = found[-1] if found else None
    if isinstance(piece, str) and isinstance(above, str):
        found[-1] = above + piece
    elif (
        isinstance(piece, Gap) and isinstance(above, Gap) and (above.unit, above.last + 1) == (piece.unit, piece.first)
    ):
        note = above.note or piece.note
        found[-1] = Gap(above.first, piece.last, note=note, brief=above.brief and piece.brief)
    else:
        found.append(piece)


def _redrawn(lines: Sequence[str]) -> dict[int, int]:
    """Map each progress line that was drawn over and over to the offset where it starts in the text."""
    if max(map(len, lines), default=0) < _PROGRESS_CHARS:
        return {}
    rows = [
        row for row, line in enumerate(lines) if len(line) >= _PROGRESS_CHARS and line.count("\r") >= _PROGRESS_STATES
    ]
    if not rows:
        return {}
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    return {row: starts[row] for row in rows}


def _text(lines: Sequence[str], first: int, end: int, redrawn: dict[int, int]) -> Iterator[str | Gap]:
    """Yield a run of lines that stay; of a redrawn one only its last state."""
    start = first
    for row in range(first, end) if redrawn else ():
        if row not in redrawn:
            continue
        line = lines[row]
        if row > start:
            yield escape("\n".join(lines[start:row])) + "\n"
        gone = len(line) - len(last_state(line))
        offset = redrawn[row]
        yield Gap(offset + 1, offset + gone, "chars", f"{line.count('\r')} states of a progress line")
        yield escape(last_state(line)) + ("\n" if row + 1 < len(lines) else "")
        start = row + 1
    rest = "\n".join(lines[start:end])
    if start < end and (rest or end < len(lines)):
        yield escape(rest) + ("\n" if end < len(lines) else "")


def keeps_nearly_all(pieces: Sequence[str | Gap], text: str) -> bool:
    """Whether so little is left out that the loss can't pay: less than what any re-encoding must gain to be sent."""
    return sum([len(piece) for piece in pieces if isinstance(piece, str)]) >= _NEARLY_ALL * len(text)


def finish(
    pieces: Sequence[str | Gap],
    kind: str,
    transform: str,
    *,
    head: Sequence[str] = (),
    margin: bool = True,
    packed: bool = True,
    apart: re.Pattern[str] | None = None,
    shorter: Callable[[list[str]], tuple[str, list[str]] | None] | None = None,
) -> Rendition | None:
    """Put the summary lines in front, pack all that stays without loss, and make it a lossy rendition.

    None where nothing was left out: that is the lossless tier's business. ``margin`` and ``apart`` are as in
    `packing.pack`; with ``packed`` False what stays is not packed. ``shorter`` gives as many lines for those that stay, each
    gap one that begins with `HOLE`, and a note for them.
    """
    gaps = [piece for piece in pieces if isinstance(piece, Gap)]
    if not gaps:
        return None
    lines: list[str] = []
    number = 0
    for piece in pieces:
        if isinstance(piece, Gap):
            lines.append(f"{HOLE}{number}")  # each its own, so that no two are taken for a repeat
            number += 1
        else:
            lines += piece.removesuffix("\n").split("\n")
    last = pieces[-1]
    if isinstance(last, str) and last.endswith("\n"):
        lines.append("")
    if not packed or sum(line.startswith(HOLE) for line in lines) > len(gaps):
        above = ("".join(f"{line}\n" for line in head),) if head else ()
        return Rendition((*above, *pieces), kind, transform, lossless=False)
    found = shorter(lines) if shorter is not None else None
    shown = pack_lines(lines, head, margin=margin, apart=apart) if found is None or is_short(lines) else None
    if found is not None:
        note, rest = found
        without = pack_lines(rest, [*head, note], margin=margin, apart=apart)
        if shown is None or estimate("\n".join(without)) < estimate("\n".join(shown)):
            shown = without
    return Rendition(tuple(_pieces(shown or [], gaps)), kind, transform, lossless=False)


def _pieces(lines: Sequence[str], gaps: Sequence[Gap]) -> Iterator[str | Gap]:
    """Cut packed lines into runs of text and gaps."""
    start = 0
    for row, line in enumerate(lines):
        if line.startswith(HOLE):
            if row > start:
                yield "\n".join(lines[start:row]) + "\n"
            yield gaps[int(line[1:])]
            start = row + 1
    if start < len(lines):
        yield "\n".join(lines[start:])
