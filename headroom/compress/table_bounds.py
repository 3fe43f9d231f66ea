"""Comparisons with numbers and dates in a question about a table, and the records that meet them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress import table_words
from headroom.compress.asks import asks_when
from headroom.compress.column_names import are_unnamed
from headroom.compress.columns import NUMBER, TIME, Column
from headroom.compress.table_values import Named

_FEW = 30
_BOUND = r"[$€£]?(-?(?:\d[\d,]*(?:\.\d+)?|\.\d+)[\d:T-]*)"
_REACHING = r"reach\w*|hits?|cross\w*|pass(?:es|ed)|(?:got|get|gets|climb\w*|rose|rises?) to"
_REACHES = re.compile(_REACHING, re.IGNORECASE)
"""A bound that is reached once: the first record beyond it tells when."""
_SIGNED = re.compile(
    r"\b(?:(?:turn\w*|g[eo]t?|goes|went|becom\w+|became|is|are|was|were|f[ae]ll\w*)\s+(negative)"
    r"|(?:turn\w*|g[eo]t?|goes|went|becom\w+|became|is|are|was|were)\s+positive|(below|under) zero|(?:above|over) zero)\b",
    re.IGNORECASE,
)
"""On either side of zero; the groups are of what is less."""
_UNNAMED_SURENESS = 0.5
"""Of a comparison whose column the question does not name."""
_COMPARED = re.compile(
    r"(?:\b(no (?:less|fewer|lower|smaller) than|above|over|exceed\w*|tops|topping|beyond|at least|after|since"
    rf"|{_REACHING}|(?:mehr|größer|höher|länger) als|plus de|más de"
    r"|(?<!no )(?<!not )(?:greater|more|higher|larger|bigger|longer|later) than|(?:min(?:imum)?|least) of"
    r"|no[t]? (?:greater|more|higher|larger|bigger|longer|later) than|below|under|at most|up to|before|until"
    r"|(?:less|fewer|lower|smaller|shorter|earlier) than|(?:max(?:imum)?|most) of"
    r"|(?:weniger|kleiner|kürzer) als|moins de|menos de)"
    rf"|(>=?|<=?|≥|≤))(?:\s+or\s+equal\s+to)?\s*(?:a|an|the)?\s*{_BOUND}",
    re.IGNORECASE,
)
_NUMBER = r"[$€£]?(-?(?:\d[\d,]*(?:\.\d+)?|\.\d+))"
_BETWEEN = re.compile(
    rf"\b(?:between|from|ranges?|within|in)(?:\s+(?:of|from|between))?\s+"
    rf"(?:{_BOUND}\s*(?:and|to|until|\.\.+|…)\s*{_BOUND}|{_NUMBER}\s*[-–]\s*{_NUMBER}(?![\d-]))",
    re.IGNORECASE,
)
_RIGHT_BEHIND = r"\s+(?:(?:in|of|for|on|at)\s+)?(?:(?:the|its|their)\s+)?[`\"']?"
_UP = (
    *("above", "over", "exceed", "top", "beyond", "past", "greater", "more", "higher", "larger", "bigger", "longer"),
    *("later", "after", "since", "min", "least", ">", "≥", "no less", "no fewer", "no lower", "no smaller", "at least"),
    *("reach", "hit", "cross", "pass", "got", "get", "climb", "rose", "rise", "mehr", "größer", "höher", "länger"),
    *("plus", "más"),
)


def compared(columns: Sequence[Column], query: str, named: dict[int, list[int]]) -> list[Named]:
    """Records on the asked side of a number or date, or between two: ``Freight over 500``, ``date before 2024-02``."""
    bounds: list[tuple[re.Match[str], str, str]] = []
    for match in _BETWEEN.finditer(query):
        low, high = filter(None, match.groups())
        bounds.append((match, _bare_bound(low), _bare_bound(high)))
    for match in _COMPARED.finditer(query):
        if _REACHES.match(match[0]) and not asks_when(query):
            continue
        up = (match[1] or match[2]).lower().startswith(_UP)
        bound = _bare_bound(match[3])
        bounds.append((match, bound, "") if up else (match, "", bound))
    for match in _SIGNED.finditer(query):
        low, high = ("", "0") if match[1] or match[2] else ("0", "")
        bounds.append((match, low, high))
    found: list[Named] = []
    for match, low, high in bounds:
        index = _column_meant(columns, query, named, match)
        if index is not None:
            indexes = [index]
        elif are_unnamed(columns):
            indexes = [i for i, column in enumerate(columns) if _reaches_over(column, low or high)]
        else:
            found += _compared_unnamed(columns, query, match, low, high)
            continue
        for i in indexes:
            rows = _rows_between(columns[i], low, high)
            if rows and low and not high and _REACHES.match(match[0]):
                first = min(rows)
                rows = frozenset((max(0, first - 1), first))
            found.append(Named(i, match[0], rows))
    return found


def _compared_unnamed(columns: Sequence[Column], query: str, match: re.Match[str], low: str, high: str) -> list[Named]:
    """The few records beyond a bound in a column that the question does not name."""
    behind = query[match.end() : match.end() + 20]
    bounds = table_words.beyond(columns, match[0], low or high, behind)
    uppers = list(table_words.beyond(columns, match[0], high, behind)) if low and high else []
    found: dict[int, Named] = {}
    for index, bound in bounds:
        upper = next((to for other, to in uppers if other == index), "")
        if low and high and not upper:
            continue
        rows = _rows_between(columns[index], bound if low else "", upper if low else bound)
        if rows and not 0 < len(found[index].rows if index in found else ()) <= _FEW:
            found[index] = Named(index, match[0], rows, _UNNAMED_SURENESS)
    # Where many records meet it in one column, it may well be that which is meant.
    return list(found.values()) if all(len(named.rows) <= _FEW for named in found.values()) else []


def _rows_between(column: Column, low: str, high: str) -> frozenset[int]:
    rows = _rows_beyond(column, low, up=True) if low else None
    if high:
        below = _rows_beyond(column, high, up=False)
        rows = below if rows is None else rows & below
    return rows or frozenset()


def _bare_bound(text: str) -> str:
    return text.replace(",", "").rstrip("-:T")


def _column_meant(
    columns: Sequence[Column], query: str, named: dict[int, list[int]], match: re.Match[str]
) -> int | None:
    """The column right behind a comparison, else the last one before it, else the next one: ``more than 5 children``."""
    behind = query[match.end() : match.end() + 120].lower()
    right = [i for i in named if re.match(rf"{_RIGHT_BEHIND}{re.escape(columns[i].name.lower())}", behind)]
    if right:
        return max(right, key=lambda i: len(columns[i].name))
    before = [(end, i) for i, ends in named.items() for end in ends if end <= match.start()]
    if before:
        return max(before)[1]
    return min(((end, i) for i, ends in named.items() for end in ends if end > match.end()), default=(0, None))[1]


def _reaches_over(column: Column, bound: str) -> bool:
    """Whether some numbers are on either side of a bound."""
    try:
        return column.kind == NUMBER and column.ordered[0] < float(bound) < column.ordered[-1]
    except ValueError:
        return False


def _rows_beyond(column: Column, bound: str, *, up: bool) -> frozenset[int]:
    if column.kind == TIME:
        size = len(bound)
        cells = enumerate(column.cells)
        return frozenset(
            row for row, cell in cells if cell and ((cell[:size] >= bound) if up else (cell[:size] <= bound))
        )
    try:
        limit = float(bound)
    except ValueError:
        limit = None
    if column.kind != NUMBER or limit is None:
        return frozenset(range(len(column.cells)))
    numbers = enumerate(column.numbers)
    return frozenset(row for row, n in numbers if n is not None and ((n >= limit) if up else (n <= limit)))
