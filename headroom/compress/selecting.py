"""Build a lossy rendition from the lines that stay: gaps in place, the rest verbatim or behind a legend."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from headroom.compress import phrases
from headroom.compress.folding import escape
from headroom.compress.rendition import Gap, Rendition

MIN_LINES = 3
"""A gap of fewer lines is not worth its marker."""
MIN_CHARS = 120
"""Nor is one of fewer characters: a marker costs some 30 tokens."""

_HOLE = "\x00\n"
"""Stands for a gap while a legend is made; a text that holds it gets no legend."""


def spread(rows: Iterable[int], before: int, after: int, total: int) -> set[int]:
    """Add the neighbours of each row."""
    return {near for row in rows for near in range(max(0, row - before), min(total, row + after + 1))}


def elide(
    lines: Sequence[str],
    keep: Iterable[int],
    *,
    note: Callable[[int, int], str] | None = None,
    min_chars: int = MIN_CHARS,
) -> list[str | Gap]:
    """Leave out the lines whose 0-based index is not in ``keep``.

    ``lines`` come from ``text.split("\\n")``; the empty string behind a final newline is no line and always stays.
    ``note(first, last)`` words what went, 0-based and inclusive. Gaps that cost more than they spare are filled again.
    """
    total = len(lines) - 1 if lines and not lines[-1] else len(lines)
    pieces: list[str | Gap] = []
    at = 0  # first line not yet written
    text_from = 0
    for before, row in pairwise([-1, *sorted(set(keep)), total]):
        first, last = before + 1, row - 1
        if last - first + 1 < MIN_LINES or sum(map(len, lines[first:row])) < min_chars:
            continue
        if first > text_from:
            pieces.append(escape("\n".join(lines[text_from:first])) + "\n")
        pieces.append(Gap(first + 1, row, "lines", note(first, last) if note else ""))
        text_from = row
        at = row
    if at < total:
        pieces.append(escape("\n".join(lines[text_from:])))
    return pieces


def finish(pieces: Sequence[str | Gap], kind: str, transform: str, *, head: Sequence[str] = ()) -> Rendition | None:
    """Put the summary lines in front, share a legend over all that stays, and make it a lossy rendition.

    None where nothing was left out: that is the lossless tier's business.
    """
    if not any(isinstance(piece, Gap) for piece in pieces):
        return None
    merged: list[str | Gap] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        elif piece != "":
            merged.append(piece)
    legend, rest = _share_legend(merged)
    top = "".join(f"{line}\n" for line in [*legend, *head])
    if top and isinstance(rest[0], str):
        rest[0] = top + rest[0]
    elif top:
        rest.insert(0, top)
    return Rendition(tuple(rest), kind, transform, lossless=False)


def _share_legend(pieces: list[str | Gap]) -> tuple[list[str], list[str | Gap]]:
    texts = [piece for piece in pieces if isinstance(piece, str)]
    joined = _HOLE.join(texts)
    if len(joined) < 1200 or joined.count(_HOLE) != len(texts) - 1:
        return [], pieces
    legend, body = phrases.encode(joined)
    shorter = iter(body.split(_HOLE))
    return legend, [next(shorter) if isinstance(piece, str) else piece for piece in pieces]
