"""The judge of tables: how surely a sample of a text is one, by the looks of its lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import repeat

from headroom.compress.delimited import opens_with_broken_cells, opens_with_names
from headroom.compress.log_services import behind_services
from headroom.compress.raw_cells import split_cells
from headroom.compress.sample import LINE_CHARS, Sample

_BOX_SIGNS = (*"│┃║+", " | ")
_BOX_HINT = re.compile(r"[│┃║]|\+[-=]{3,}\+| \| ")
_BOX = re.compile(r"[│┃║](?!  |\xa0| [│├└])|^[┌├└╔╠╚][─═┬┼┴╤╪╧]{2}|^\s*\+[-=+]{3,}\+\s*$|\S \| +\S|^\|.*\|$")
_BOX_SIGN = re.compile(r"[│┃║┌├└╔╠╚+|]")
_CHANGES = re.compile(r" \S.* \| +(?:\d+ [+-]+|Bin .*)$")
"""A file and its changes, as git counts them: drawn with bars, but no table, as no title says what the cells are."""
_MOSTLY_CHANGES = 0.6
_WIDE = re.compile(r"\S {2,}\S")
_RECORD = re.compile(r"^(?:-\[ RECORD \d+ \]|\*{5,} \d+\. row \*{5,})", re.MULTILINE)
_TUPLE = re.compile(r"INSERT INTO \S+ |\s*\(.*\)[,;]$")
_INSERT_WITHIN = 8_000
_HEAD_CHARS = 2_400
_ALIKE = 0.93
_CUT = 8
"""A line cut short may have lost so many blanks at its end, too."""
_WIDE_LINES = 40
_ODD_AT_FIRST = 0.1
_GAP = re.compile(r"(?<=\S) {2,}(?=\S)")
_COLUMNS = 3
_MIN_PADDED = 6
_MOST_ABOVE = 2
"""Lines of words above the titles."""
_RULE = re.compile(r"\s*[-=]{2,}(?:[ +|]+[-=]{2,})+\s*$")


def table(sample: Sample) -> float:
    """How surely a sample is a table: drawn, of records, delimited or of fixed widths; 0..1."""
    lines = sample.lines
    if len(lines) < 3:
        return 0.0
    total = len(lines)
    if " | " in sample.head and sample.share(_CHANGES) >= _MOSTLY_CHANGES:
        return 0.0
    if "| " in sample.head and behind_services(lines):
        return 0.0
    if _RECORD.search(sample.head, 0, _HEAD_CHARS):
        return 0.99
    if "INSERT INTO " in sample.text[1 : _INSERT_WITHIN + 1] and sample.share(_TUPLE) >= 0.5:
        return 0.99
    if (
        any(sign in sample.head for sign in _BOX_SIGNS)
        and _BOX_HINT.search(sample.head)
        and _boxed(lines) / total >= 0.8
    ):
        return 0.99
    if opens_with_broken_cells(sample.head):
        return 0.99
    top = sample.head[:_HEAD_CHARS].split("\n")[:-1]
    if any(_in_columns(top[above:]) for above in range(_MOST_ABOVE + 1)):
        return 0.985
    best = 0.0
    if len(max(lines, key=len)) >= LINE_CHARS - _CUT:  # of lines cut short nobody can count the cells
        lines = tuple(filter(None, sample.text.split("\n")[:_WIDE_LINES]))
        total = len(lines)
    for delimiter in ("\t", ",", ";", "|"):
        usual = _commas(lines[0], delimiter)
        if usual:
            same = _alike(lines, delimiter, usual) / total
            if same >= _ALIKE:  # each of the first lines, too, and not only those of the sample
                same = min(same, _alike(top, delimiter, usual) / max(1, len(top)) + _ODD_AT_FIRST)
            headed = not any(char.isdigit() for char in lines[0].partition(delimiter)[0])
            if same < _ALIKE and opens_with_names(top, delimiter):
                return 0.985
            best = max(best, (0.985 if headed else 0.9) * same if same >= _ALIKE else 0.5 * same)
    if any(_RULE.match(line) for line in sample.head[:_HEAD_CHARS].split("\n")[:7]):
        return 0.92
    wide = sum(map(_is_wide, lines)) / total if best < 0.9 else 0.0
    return max(best, 0.7 * wide)


def _in_columns(lines: list[str]) -> bool:
    """Whether words begin below titles that wide gaps part, three at least and in nearly all lines, as tools pad their tables."""
    if len(lines) < _MIN_PADDED or len(_WIDE.findall(lines[0])) < _COLUMNS - 1:
        return False
    title = lines[0]
    starts = [match.end() for match in _GAP.finditer(title)]
    below = [line for line in lines[1:] if line]
    if title[0] != " ":
        starts.append(0)
    wanted = _ALIKE * len(below)
    held = sum(
        1
        for at in starts
        if sum(1 for line in below if line[at : at + 1].strip() and (at == 0 or line[at - 1] == " ")) >= wanted
    )
    return held >= _COLUMNS and not any(map(str.isdigit, title))


def _alike(lines: Sequence[str], delimiter: str, usual: int) -> int:
    """How many lines have the usual number of delimiters."""
    if any('"' in line for line in lines):
        return sum([_commas(line, delimiter) == usual for line in lines])
    return list(map(str.count, lines, repeat(delimiter))).count(usual)


def _commas(line: str, delimiter: str) -> int:
    """How many delimiters part a line; those in quotes do not."""
    count = line.count(delimiter)
    return max(0, len(split_cells(line, delimiter)) - 1) if count and '"' in line else count


def _boxed(lines: tuple[str, ...]) -> int:
    """How many lines are drawn with rules; a look for any sign of one spares most lines the search."""
    return sum(1 for line in lines if _BOX_SIGN.search(line) and _BOX.search(line))


def _is_wide(line: str) -> bool:
    """Whether blanks part a line in three columns at least; an indent, which most lines have, is none."""
    return "  " in line and line.strip().count("  ") >= 2 and len(_WIDE.findall(line)) >= 2
