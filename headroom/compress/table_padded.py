"""Tables padded with blanks taken apart (sqlite3 -column, sqlplus, kubectl, df), and pieces of such without their titles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from itertools import pairwise
from operator import or_

from headroom.compress.table_drawing import MAX_COLUMNS, MOST_OUTSIDE, SAMPLE, Drawn, frame_of, tell_heading

_WIDE_BLANK = re.compile(r"[^\S\x00-\x7f]")
_INK = bytes(ord(sign) if sign == "\n" else not sign.isspace() for sign in map(chr, range(256)))
_INKED = re.compile(rb"\x01+")
_WIDE_GAP = re.compile(r"\S {2,}(?=\S)")
_UNDERLINE = re.compile(r"[-=+]{8,}(?: +[-=+]+)* *|[-=]+(?: +[-=]+)+ *")
_LEAST_PIECE = 8
"""Rows from which the columns of a table without titles are told."""
_MOST_SAID = 8
"""Lines below a table, behind a blank one, that are said of it."""
_TOP = 3
"""Rows among which titles may stand."""
_COLUMNS = 3
_FILLED = 0.9
"""So many columns have this part of their cells filled, else words stand below each other by chance."""

type _Spans = list[tuple[int, int]]
"""Where columns begin and end."""


def take_apart(lines: Sequence[str]) -> Drawn | None:
    """Find what seem to be frame and cells of the table in ``lines``, as `table_drawing.take_apart` does for bars."""
    whole = _with_last_blanks(lines)
    found = _whole_or_piece(whole) if whole is not None else None
    if found is not None and found.columns[-1][-1]:
        return replace(found, frame=replace(found.frame, ended=True))
    return _whole_or_piece(lines)


def _with_last_blanks(lines: Sequence[str]) -> list[str] | None:
    """The lines with the blanks that the last one alone has lost: a tool took them for the end of its output."""
    end = len(lines)
    while end > 2 and not lines[end - 1]:
        end -= 1
    above, last = lines[: end - 1], lines[end - 1]
    width = max(map(len, above))
    if len(last) >= width or not any(line.endswith(" ") for line in above):
        return None
    return [*above, last.ljust(width), *lines[end:]]


def _whole_or_piece(lines: Sequence[str]) -> Drawn | None:
    found = _below(lines)
    return found if found is not None and found.headed else _piece(lines) or found


def _below(lines: Sequence[str]) -> Drawn | None:
    """Find a padded table that starts at the first line, or below a few lines of another shape."""
    for before in range(min(MOST_OUTSIDE, len(lines) - 4) + 1):
        ruled = _UNDERLINE.fullmatch(lines[before + 1]) is not None
        if not ruled and ((before and not _looks_like_titles(lines[before])) or _holds_values(lines[before])):
            continue
        drawn = _padded(lines[before:])
        if drawn is not None and (drawn.headed or not before):
            return replace(drawn, first=drawn.first + before, before=before)
    return None


def _looks_like_titles(line: str) -> bool:
    return len(_WIDE_GAP.findall(line)) >= 2 or (line.isupper() and line.count(" ") >= 2)


def _holds_values(line: str) -> bool:
    words = line.split()
    return 3 * sum(any(map(str.isdigit, word)) for word in words) > len(words)


def _padded(lines: Sequence[str]) -> Drawn | None:
    end = len(lines)
    rule = len(lines) > 1 and _UNDERLINE.fullmatch(lines[1]) is not None
    if rule:  # what stands behind a blank line is said of the table, and so are totals below another rule
        end = next((row for row in range(max(3, end - MOST_OUTSIDE), end) if lines[row] in {"", lines[1]}), end)
    elif "" in (below := lines[max(_LEAST_PIECE, end - _MOST_SAID) : end]):  # as systemctl explains its titles
        end = max(_LEAST_PIECE, end - _MOST_SAID) + below.index("")
    while end > 1 and not lines[end - 1]:
        end -= 1
    body = lines[:end]
    trim = not any(line.endswith(" ") for line in body)
    width = max(map(len, body))
    if "\t" in body[0] or not body[0]:
        return None
    ragged = not trim and any(len(line) != width for line in body)
    if ragged and not rule and not _looks_like_titles(body[0]):
        return None
    solid = rule and " " not in body[1].strip()  # says nothing of the columns
    spans = _spans([body[0], *body[2:]] if solid else body, width)
    if spans is None or not 2 + (not rule) <= len(spans) <= MAX_COLUMNS:
        return None
    spans[0] = (0, spans[0][1])  # numbers stand to the right
    full = [line.ljust(width) for line in body]
    inner = [[line[a:b] for line in full] for a, b in spans]
    found = spans
    if not rule or solid:
        # A gutter between the words of one title, or between words that happen to stand below each other.
        spans = _merged(spans, inner)
    if ragged:  # the last column has its own blanks behind it, or none
        shortest = min(map(len, body))
        while spans and spans[-1][0] > shortest:
            spans.pop()
        if len(spans) < 2:
            return None
        spans[-1] = (spans[-1][0], width)
        full = list(body)
    if ragged or spans != found:
        inner = [[line[a:b] for line in full] for a, b in spans]
    if len(spans) < 2 + (not rule) or any(not column[0].strip() for column in inner):
        return None
    middle = body[1] if rule else ""
    inner = [[column[0], *column[1 + rule :]] for column in inner]
    joins = tuple(" " * (b[0] - a[1]) for a, b in pairwise(spans))
    drawn = frame_of(inner, ("", "", ""), joins, ("", middle, ""), 1 + rule, 0, len(lines) - end, trim=trim)
    return tell_heading(drawn) if drawn is not None and not rule else drawn


def _piece(lines: Sequence[str]) -> Drawn | None:
    """Find the columns of rows that stand below no titles; the first and the last line may be cut and are then outside."""
    end = len(lines)
    while end > 1 and not lines[end - 1]:
        end -= 1
    best: Drawn | None = None
    for before, behind in ((0, 0), (1, 0), (0, 1), (1, 1)):
        rows = lines[before : end - behind]
        if (before or behind) and (not rows or len(lines[0 if before else end - 1]) >= max(map(len, rows))):
            continue  # a whole line
        drawn = _rows(rows)
        if drawn is None or (best is not None and len(drawn.columns) <= len(best.columns)):
            continue
        ends = (() if before else (drawn.header[-1],)) + (() if behind else (drawn.columns[-1][-1],))
        if "" in ends and all(drawn.columns[-1][:-1]):
            continue  # it alone breaks off
        best = replace(drawn, first=before + 1, before=before, after=len(lines) - end + behind)
    return best


def _rows(rows: Sequence[str]) -> Drawn | None:
    """Take rows apart of which each is a record."""
    if len(rows) < _LEAST_PIECE or not all(rows) or any("\t" in row for row in rows):
        return None
    width = max(map(len, rows))
    trim = not any(row.endswith(" ") for row in rows)
    if not trim and any(len(row) != width for row in rows):
        return None
    spans = _spans(rows, width)
    if spans is None or not _COLUMNS <= len(spans) <= MAX_COLUMNS:
        return None
    spans[0] = (0, spans[0][1])
    full = rows if not trim else [row.ljust(width) for row in rows]
    spans = _without_chance(spans, full)
    if len(spans) < _COLUMNS:
        return None
    spans = _widened(spans, full, width)
    inner = [[row[a:b] for row in full] for a, b in spans]
    filled = [sum(1 for cell in column if not cell.isspace()) >= _FILLED * len(rows) for column in inner]
    if sum(filled) < _COLUMNS:
        return None
    joins = tuple(" " * (b[0] - a[1]) for a, b in pairwise(spans))
    drawn = frame_of(inner, ("", "", ""), joins, ("", "", ""), 1, 0, 0, trim=trim)
    drawn = tell_heading(drawn) if drawn is not None else None
    return drawn if drawn is not None and (drawn.headed or not _is_titled(drawn)) else None


def _is_titled(table: Drawn) -> bool:
    """Whether words stand at the top where all rows below have figures: titles that are not above their columns."""
    return any(
        any(word and not any(map(str.isdigit, word)) for word in (title, *cells[: _TOP - 1]))
        and all(any(map(str.isdigit, cell)) for cell in cells[_TOP - 1 :])
        for title, cells in zip(table.header, table.columns, strict=True)
    )


def _without_chance(spans: _Spans, rows: Sequence[str]) -> _Spans:
    """The columns without gutters of one blank between words: what is right of it never begins but where the left one ends.

    Left of it no cell begins with blanks: numbers that end below each other are a column.
    """
    out = [spans[0]]
    for a, b in spans[1:]:
        first, end = out[-1]
        below = [row for row in rows if not row[a:b].isspace()] if a - end == 1 else []
        if below and all(row[a - 2] != " " != row[a] and row[first] != " " for row in below):
            out[-1] = (out[-1][0], b)
        else:
            out.append((a, b))
    return out


def _widened(spans: _Spans, rows: Sequence[str], width: int) -> _Spans:
    """The columns with what is between them beyond the narrowest gutter as the left one's blanks, where its words begin it."""
    least = min(b[0] - a[1] for a, b in pairwise(spans))
    ends = [b[0] - least for b in spans[1:]]
    out = [(a, end) if all(row[a] != " " for row in rows) else (a, b) for (a, b), end in zip(spans, ends, strict=False)]
    return [*out, (spans[-1][0], width)]


def _spans(lines: Sequence[str], width: int) -> _Spans | None:
    """Columns that hold a character on some line, as (start, end), with all-blank gutters between."""
    step = max(1, len(lines) // SAMPLE)
    joined = "\n".join((*lines[:2], *lines[2::step]))
    if not joined.isascii():
        joined = _WIDE_BLANK.sub(" ", joined)
    inked = (
        joined.encode("ascii", "replace").translate(_INK).split(b"\n")
    )  # a byte for each character: 1 where it is none
    together = reduce(or_, [int.from_bytes(line, "little") for line in inked]).to_bytes(width, "little")
    return [match.span() for match in _INKED.finditer(together)] or None


def _merged(spans: Sequence[tuple[int, int]], inner: Sequence[Sequence[str]]) -> _Spans:
    out = [spans[0]]
    for (a, b), column, previous in zip(spans[1:], inner[1:], inner, strict=False):
        lone = not column[0].strip() or not any(map(str.strip, column[1:])) or not any(map(str.strip, previous[1:]))
        # A sign before some of the names, under no title, as of units that have failed.
        sign = len(out) == 1 and out[0][1] == 1 and not previous[0].strip() and column[0].strip() != ""
        if (lone or sign) and a - out[-1][1] == 1:
            out[-1] = (out[-1][0], b)
        else:
            out.append((a, b))
    return out
