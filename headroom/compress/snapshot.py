"""What a browser tool tells of a page: its elements as an indented tree, each with a handle for the next action.

``- button "Add to cart" [ref=e12]`` (Playwright) or ``uid=1_12 button "Add to cart"`` (Chrome's developer tools). The
elements that a question names stay, with what they are part of, what is in them, and all that can be typed into.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from headroom.compress.folding import escape
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor, pack
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition

_ROLE = re.compile(r"[ \t]*(?:- )?(?:uid=\w+ )?'?([A-Za-z]{3,30})\b")
_STAYS = re.compile(
    r"[ \t]*(?:- )?(?:uid=\w+ )?(?:heading|dialog|alert|alertdialog|status|textbox|searchbox|combobox|checkbox|radio|spinbutton|slider|switch|tab)\b"
)
"""What orients a reader, and what takes input."""
_MOST_STAYING = 60
_OPENING = 12
_CLOSING = 2
_UNIT = 14
"""Lines of the smallest part of the tree that holds an element, up to which it stays whole."""
_MIN_LINES = 40
_MIN_GAP = 4
_MOST_HITS = 0.25
"""Where more of the lines are named than this share, the question is about the whole."""
_CLOSE = 0.7
_ROLES = 4


class PageSnapshot(LineCompressor):
    """Trees of a page's elements."""

    kind = "snapshot"
    layout = "legend"

    def encode(self, text: str) -> str | None:
        """Write what recurs, such as ``[cursor=pointer]``, as marks with a legend."""
        return pack(lines_of(escape(text)))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Leave out parts of the tree that the question does not name; their markers count their elements."""
        lines = lines_of(text)
        relevance = Relevance.from_hints(hints)
        if len(lines) < _MIN_LINES or not relevance.specific or "every" in relevance.asks:
            return None
        scores = relevance.score_lines(lines)
        best = max(scores)
        if best < relevance.threshold:
            return None
        hits = [row for row, score in enumerate(scores) if score >= _CLOSE * best]
        if len(hits) > _MOST_HITS * len(lines):
            return None
        ends, parents = _tree(lines)
        closing = range(len(lines) - _CLOSING - text.endswith("\n"), len(lines))
        keep = {*range(_OPENING), *closing}.union(*(_above(row, parents) for row in closing if lines[row]))
        staying = [row for row, line in enumerate(lines) if _STAYS.match(line)]
        for row in [*hits, *(staying if len(staying) <= _MOST_STAYING else ())]:
            unit = row
            for above in _above(row, parents):
                keep.add(above)
                if ends[above] - above <= _UNIT:
                    unit = above
            if row in hits or ends[row] - row <= _UNIT:
                keep.update(range(unit, min(ends[unit], unit + _UNIT)))
        return _cut(lines, sorted(row for row in keep if row < len(lines)))


def _tree(lines: list[str]) -> tuple[list[int], list[int]]:
    """Of each line, the row behind what is below it, and the row of what it is in, or -1."""
    ends, parents = [len(lines)] * len(lines), [-1] * len(lines)
    open_rows: list[tuple[int, int]] = []
    for row, line in enumerate(lines):
        indent = len(line) - len(line.lstrip(" \t"))
        while open_rows and open_rows[-1][1] >= indent:
            ends[open_rows.pop()[0]] = row
        parents[row] = open_rows[-1][0] if open_rows else -1
        open_rows.append((row, indent))
    return ends, parents


def _above(row: int, parents: list[int]) -> list[int]:
    found: list[int] = []
    while (row := parents[row]) >= 0:
        found.append(row)
    return found


def _cut(lines: list[str], keep: list[int]) -> Rendition | None:
    pieces: list[str | Gap] = []
    start = 0
    for before, behind in pairwise(keep):
        if behind - before - 1 >= _MIN_GAP:
            pieces.append("\n".join(lines[start : before + 1]) + "\n")
            gone = lines[before + 1 : behind]
            roles = Counter(match[1] for line in gone if (match := _ROLE.match(line)))
            note = ", ".join(f"{count}x {role}" for role, count in roles.most_common(_ROLES))
            indent = min((line[: len(line) - len(line.lstrip(" \t"))] for line in gone if line), key=len, default="")
            pieces.append(Gap(before + 2, behind, "lines", note, indent))
            start = behind
    if not pieces:
        return None
    pieces.append("\n".join(lines[start:]))
    return Rendition(tuple(pieces), PageSnapshot.kind, "snapshot:named", lossless=False)


COMPRESSORS = (PageSnapshot(),)
