"""Tables drawn with bars (psql, mysql, sqlite3 -box, Markdown) taken apart, and what those padded with blanks share with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import repeat

from headroom.compress import delimited
from headroom.compress.table_frame import Frame, pad

_BARS = "│┃║|"
_RULE = re.compile(r"[-=+|:─━═│┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬╪╞╡╤╧╒╕╘╛┏┓┗┛┣┫┳┻╋┡╇┩╭╮╰╯╶╴ ]{3,}")
MAX_COLUMNS = 120
SAMPLE = 3_000
MOST_OUTSIDE = 6
"""Lines before or after the table: a query's echo, ``(77 rows)``, timings."""
_ALIGNS = {"l": "lrcC", "r": "rlcC", "u": "lrcC"}
"""How a title may stand above cells that stand so, the likeliest first."""
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

    @property
    def comes_back(self) -> bool:
        """Whether the frame tells what was left out, too."""
        return not self.places or self.frame.pages is not None


def bar_of(lines: Sequence[str]) -> str:
    """The bar between cells; empty where there is none."""
    sample = [line for line in lines[:SAMPLE] if not _RULE.fullmatch(line)]
    joined = "\n".join(sample)
    for bar in _BARS:
        if bar in joined and sum([bar in line for line in sample]) >= 0.8 * len(sample) and len(sample) >= 2:
            return bar
    return ""


def take_apart(lines: Sequence[str], bar: str) -> Drawn | None:
    """Find what seem to be frame and cells of the one table in ``lines``: it is sure once the frame draws the same lines."""
    inside = [i for i, line in enumerate(lines) if bar in line or _RULE.fullmatch(line)]
    first, last = inside[0], inside[-1]
    if first > MOST_OUTSIDE or len(lines) - 1 - last > MOST_OUTSIDE or len(inside) != last - first + 1:
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
    if not 2 <= width <= MAX_COLUMNS or set(map(len, parts)) != {width}:
        return None
    inner = [[name, *cells] for name, cells in zip(titles, zip(*parts, strict=True), strict=True)]
    sides = (left, right, right_of_title)
    found = frame_of(inner, sides, (join,) * (width - 1), (top, middle, bottom), start, first, len(lines) - 1 - last)
    return tell_heading(found) if found is not None and not middle else found


def tell_heading(table: Drawn) -> Drawn:
    """Find out whether a first line without a rule below it names the columns."""
    columns = [[name.strip(), *cells] for name, cells in zip(table.header, table.columns, strict=True)]
    return replace(table, headed=delimited.is_headed(columns, _ALIKE))


def frame_of(
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
        title_letter = next(
            (x for x in _ALIGNS[letter] if len(title) == width and pad([name], width, x)[0] == title), "u"
        )
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
