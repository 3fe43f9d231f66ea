"""Tables drawn with characters taken apart: between bars (psql, mysql, sqlite3 -box, Markdown) or padded with blanks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise, repeat
from operator import or_

from headroom.compress import delimited
from headroom.compress.table_frame import Frame, pad

_BARS = "│┃║|"
_RULE = re.compile(r"[-=+|:─━═│┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬╪╞╡╤╧╒╕╘╛┏┓┗┛┣┫┳┻╋┡╇┩╭╮╰╯╶╴ ]{3,}")
_WIDE_BLANK = re.compile(r"[^\S\x00-\x7f]")
_INK = bytes(ord(sign) if sign == "\n" else not sign.isspace() for sign in map(chr, range(256)))
_INKED = re.compile(rb"\x01+")
_WIDE_GAP = re.compile(r"\S {2,}(?=\S)")
_UNDERLINE = re.compile(r"[-=+]{8,}(?: +[-=+]+)* *|[-=]+(?: +[-=]+)+ *")
_MAX_COLUMNS = 120
_MAX_WIDTH = 4_000
_SAMPLE = 3_000
_MOST_OUTSIDE = 6
"""Lines before or after the table: a query's echo, ``(77 rows)``, timings."""
_ALIKE = 1
"""Columns whose title may be a value too: top's ``S`` for a state that may be ``S``."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A table taken apart."""

    frame: Frame
    header: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    first: int
    """Index of the first line of data in the text's lines."""
    before: int
    """Lines before the table."""
    after: int
    """Lines after it."""
    height: int = 1
    """Lines of one record."""
    places: tuple[int, ...] = ()
    """Where each line stands in the text, if some were left out before the table was read."""
    said: str = ""
    """What these say."""
    headed: bool = True
    """Whether ``header`` names the columns; the first record stands there where a table's heading was cut off."""


def take_apart(lines: Sequence[str]) -> Drawn | None:
    """Find what seem to be frame and cells of the one table in ``lines``: it is sure once the frame draws the same lines."""
    if len(lines) < 4 or max(map(len, lines)) > _MAX_WIDTH:
        return None
    bar = _bar(lines)
    return _ruled(lines, bar) if bar else _padded_below(lines)


def _bar(lines: Sequence[str]) -> str:
    sample = [line for line in lines[:_SAMPLE] if not _RULE.fullmatch(line)]
    joined = "\n".join(sample)
    for bar in _BARS:
        if bar in joined and sum([bar in line for line in sample]) >= 0.8 * len(sample) and len(sample) >= 2:
            return bar
    return ""


def _ruled(lines: Sequence[str], bar: str) -> Drawn | None:
    inside = [i for i, line in enumerate(lines) if bar in line or _RULE.fullmatch(line)]
    first, last = inside[0], inside[-1]
    if first > _MOST_OUTSIDE or len(lines) - 1 - last > _MOST_OUTSIDE or len(inside) != last - first + 1:
        return None
    rules = [i for i in inside if _RULE.fullmatch(lines[i])]
    head = next((i for i in inside if i not in set(rules[:4])), None)
    if head is None:
        return None
    top = lines[first] if head == first + 1 else ""
    middle = lines[head + 1] if head + 1 in rules else ""
    start = head + 1 + bool(middle)
    bottom = lines[last] if last in rules and last >= start else ""
    data = lines[start : last + (not bottom)]
    if head > first + 1 or len(data) < 2 or len(rules) != bool(top) + bool(middle) + bool(bottom):
        return None
    # Blanks and bars are cut off unseen: the table is drawn again and compared.
    title = lines[head]
    closed = title.startswith(bar)
    pad = " " if title[closed : closed + 1] == " " else ""
    join = pad + bar + pad
    left = bar + pad if closed else pad
    right = pad + bar if closed else ""
    right_of_title = pad if not closed and title.endswith(pad) else right
    start_at, end_at = len(left), -len(right) or None
    parts = [line[start_at:end_at].split(join) for line in data]
    titles = title[len(left) : len(title) - len(right_of_title)].split(join)
    width = len(titles)
    if not 2 <= width <= _MAX_COLUMNS or set(map(len, parts)) != {width}:
        return None
    inner = [[name, *cells] for name, cells in zip(titles, zip(*parts, strict=True), strict=True)]
    sides = (left, right, right_of_title)
    found = _frame(inner, sides, (join,) * (width - 1), (top, middle, bottom), start, first, len(lines) - 1 - last)
    return _tell_heading(found) if found is not None and not middle else found


def _padded_below(lines: Sequence[str]) -> Drawn | None:
    """Find a padded table that starts at the first line, or below a few lines of another shape."""
    for before in range(min(_MOST_OUTSIDE, len(lines) - 4) + 1):
        ruled = _UNDERLINE.fullmatch(lines[before + 1]) is not None
        if not ruled and ((before and not _looks_like_titles(lines[before])) or _holds_values(lines[before])):
            continue
        drawn = _padded(lines[before:])
        if drawn is not None:
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
    if rule:  # what stands behind a blank line is said of the table
        end = next((row for row in range(max(3, end - _MOST_OUTSIDE), end) if not lines[row]), end)
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
    if spans is None or not 2 + (not rule) <= len(spans) <= _MAX_COLUMNS:
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
    drawn = _frame(inner, ("", "", ""), joins, ("", middle, ""), 1 + rule, 0, len(lines) - end, trim=trim)
    return _tell_heading(drawn) if drawn is not None and not rule else drawn


def _tell_heading(table: Drawn) -> Drawn:
    """Find out whether a first line without a rule below it names the columns."""
    columns = [[name.strip(), *cells] for name, cells in zip(table.header, table.columns, strict=True)]
    return replace(table, headed=delimited.is_headed(columns, _ALIKE))


def _spans(lines: Sequence[str], width: int) -> list[tuple[int, int]] | None:
    """Columns that hold a character on some line, as (start, end), with all-blank gutters between."""
    step = max(1, len(lines) // _SAMPLE)
    joined = "\n".join((*lines[:2], *lines[2::step]))
    if not joined.isascii():
        joined = _WIDE_BLANK.sub(" ", joined)
    inked = (
        joined.encode("ascii", "replace").translate(_INK).split(b"\n")
    )  # a byte for each character: 1 where it is none
    together = reduce(or_, [int.from_bytes(line, "little") for line in inked]).to_bytes(width, "little")
    return [match.span() for match in _INKED.finditer(together)] or None


def _merged(spans: Sequence[tuple[int, int]], inner: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    out = [spans[0]]
    for (a, b), column, previous in zip(spans[1:], inner[1:], inner, strict=False):
        lone = not column[0].strip() or not any(map(str.strip, column[1:])) or not any(map(str.strip, previous[1:]))
        if lone and a - out[-1][1] == 1:
            out[-1] = (out[-1][0], b)
        else:
            out.append((a, b))
    return out


def _frame(
    inner: Sequence[Sequence[str]],
    sides: tuple[str, str, str],
    joins: tuple[str, ...],
    rules: tuple[str, str, str],
    first: int,
    before: int,
    after: int,
    *,
    trim: bool = False,
) -> Drawn | None:
    """Find out how the cells are padded, from ``inner``: each column's title and cells with their blanks; None without rows."""
    if len(inner[0]) < 2:
        return None
    align, header_align = "", ""
    widths: list[int] = []
    actual: list[int] = []
    header: list[str] = []
    columns: list[tuple[str, ...]] = []
    for number, (title, *cells) in enumerate(inner, 1):
        width = len(cells[0])
        if set(map(len, cells)) == {width}:
            letter, bare = _unpad(cells)
        else:
            letter, bare, width = "u", cells, len(title)
        name = title.strip(" ")
        title_letter = next((x for x in "lrcC" if len(title) == width and pad([name], width, x)[0] == title), "u")
        if title_letter == "u":
            name = title.rstrip(" ") if trim and number == len(inner) else title
        longest = max(len(name), *map(len, bare))
        widths.append(0 if width == longest or letter == title_letter == "u" else width)
        actual.append(widths[-1] or longest)
        align += letter
        header_align += title_letter
        header.append(name)
        columns.append(tuple(bare))
    named = [_name_rule(line, actual, sides, joins) for line in rules]
    return Drawn(
        Frame(
            sides[0],
            joins,
            sides[1],
            sides[2],
            align,
            header_align,
            tuple(widths),
            (named[0], named[1], named[2]),
            trim,
        ),
        tuple(header),
        tuple(columns),
        first,
        before,
        after,
    )


def _name_rule(line: str, widths: Sequence[int], sides: tuple[str, str, str], joins: tuple[str, ...]) -> str:
    """The few characters from which a rule can be drawn, or the line itself."""
    if not line:
        return ""
    frame = Frame(sides[0], joins, sides[1], sides[2], "", "", (), ("", "", ""), trim=False)
    # Left, fill, joint, right; a table with open sides has fill and joint only.
    four = line[0] + line[1] + line[widths[0] + 3 : widths[0] + 4] + line[-1]
    two = line[0] + line[widths[0] + 2 : widths[0] + 3]
    for name in (four, two, line[0]):
        if frame.rule(name, widths) == [line]:
            return name
    return line if len(line) > 4 else ""


def _unpad(cells: Sequence[str]) -> tuple[str, list[str]]:
    """How cells of one width are padded, and the cells without it."""
    left = list(map(str.rstrip, cells, repeat(" ")))
    if left != cells and any(
        bare != cell and not bare.isspace() for bare, cell in zip(left, cells, strict=True) if bare
    ):
        return "l", left
    right = list(map(str.lstrip, cells, repeat(" ")))
    indented = right != cells and any(
        bare != cell and not bare.isspace() for bare, cell in zip(right, cells, strict=True) if bare
    )
    return ("r", right) if indented else ("l", left)
