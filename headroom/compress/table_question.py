"""What a question asks of a table: rows with a value, extremes of a column, or more than a part of the table can tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from headroom.compress.columns import NUMBER, TIME, Column
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints

_WORD = re.compile(r"\S+")
_EDGE = " \t.,;:!?\"'`()[]{}<>*“”‘’="
_LINK = re.compile(
    r"[\s`\"'*]*(?:(?:==?|:)[\s`\"'*]*|(?:is|are|was|were|equals?|equal to|of|named|called|has|have|the|value)\b[\s`\"'*:]+){0,3}",
    re.IGNORECASE,
)
_LONGEST_VALUE = 8
"""Words of a value looked for."""
_QUERY_CHARS = 4_000
_BROAD = re.compile(
    r"\b(?:compare|comparison|versus|trends?|over time|evol\w+|correlat\w*|distribution|distributed|plot|chart|graph"
    r"|histogram|group(?:ed)? by|pivot|breakdown|summar\w+|overview|analy[sz]e|analysis|cluster|regression|moving average"
    r"|duplicates?|sort(?:ed)?|order(?:ed)? by|convert|translate|reformat|import|migrate|clean ?up)\b",
    re.IGNORECASE,
)
_EACH = re.compile(r"(?<![\w`])(?:every|all|each|per|by)\b", re.IGNORECASE)
_ODD = re.compile(
    r"\b(?:unusual|odd|strange|rare|rarest|anomal\w*|outliers?|suspicious|unexpected|weird|wrong)\b", re.IGNORECASE
)
_AGGREGATE = re.compile(
    r"\b(?:average|mean|median|sum|total|range|how many|number of|count|percentile)\b", re.IGNORECASE
)
_TOP = re.compile(
    r"\b(?:top|first|last|best|worst|bottom)\s+(\d{1,3})\b|\b(\d{1,3})\s+(?:highest|largest|biggest|lowest|smallest|longest|shortest|slowest|fastest|most|least|latest|newest|oldest)\b",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"\b(above|over|exceed\w*|(?:greater|more|higher|larger|bigger|longer|later) than|at least|after|since"
    r"|below|under|(?:less|fewer|lower|smaller|shorter|earlier) than|at most|before|until)\s+\$?(-?\d[\d,]*(?:\.\d+)?[\d:T-]*)|(>=?|<=?)\s*\$?(-?\d[\d,]*(?:\.\d+)?[\d:T-]*)",
    re.IGNORECASE,
)
_UP = (
    "above",
    "over",
    "exceed",
    "greater",
    "more",
    "higher",
    "larger",
    "bigger",
    "longer",
    "later",
    "at least",
    "after",
    "since",
    ">",
)
_GROUP_SHARE = 0.4
"""A question for more than this part of the rows gets the whole table."""
_FEW = 30
_TELLING = 0.3
"""Weight of a word that may name a value by itself."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What must stay in sight."""

    rows: frozenset[int]
    """Records that the question names by a value, or compares with a number; 0-based."""
    columns: frozenset[int]
    """Columns it names."""
    highest: bool
    lowest: bool
    top: int
    """How many of the highest or lowest."""
    odd: bool
    """It asks for what is unusual, or has failed."""
    first: bool
    last: bool


def read_question(columns: Sequence[Column], rows: Sequence[str], hints: Hints) -> Asked | None:
    """Find what is asked; None if it is nothing, or more than a few rows and the statistics can tell.

    ``rows`` are the records' text, one line each.
    """
    relevance = Relevance.from_hints(hints)
    if not relevance.specific or not columns:
        return None
    query = hints.query.replace(hints.arguments, " ") if hints.arguments else hints.query
    query = query[-_QUERY_CHARS:]
    mentions = dict(_mentions(columns, query))
    found = _named_rows(columns, rows, query, mentions, relevance)
    if found is None:
        return None
    numbered = _compared_rows(columns, query, mentions)
    if numbered is None:
        return None
    found |= numbered
    asks = relevance.asks
    top = _TOP.search(query)
    wants = bool(asks & {"max", "min"} or _ODD.search(query) or _AGGREGATE.search(query) or asks & {"first", "last"})
    if not found and not (mentions and wants) and "count" not in asks:
        return None
    if _BROAD.search(query) and not found:
        return None
    if _asks_for_each(query, mentions, columns) and not found:
        return None
    return Asked(
        rows=frozenset(found),
        columns=frozenset(mentions),
        highest="max" in asks or "last" in asks,
        lowest="min" in asks or "first" in asks,
        top=min(50, int(top[1] or top[2])) if top else 1,
        odd=_ODD.search(query) is not None or "failure" in asks,
        first="first" in asks,
        last="last" in asks,
    )


def _mentions(columns: Sequence[Column], query: str) -> Iterator[tuple[int, list[int]]]:
    """Yield each named column with the offsets behind its name."""
    lowered = query.lower()
    for index, column in enumerate(columns):
        name = column.name.lower().strip('"')
        spellings = {name, name.replace("_", " "), name.rpartition(".")[2]}
        ends: list[int] = []
        for spelling in sorted(spellings):
            if len(spelling) < 2:
                continue
            ends += [found.end() for found in re.finditer(rf"(?<![\w.]){re.escape(spelling)}(?:s\b|(?!\w))", lowered)]
        if ends:
            yield index, sorted(ends)


def _named_rows(
    columns: Sequence[Column],
    rows: Sequence[str],
    query: str,
    mentions: dict[int, list[int]],
    relevance: Relevance,
) -> set[int] | None:
    """Rows with a value that the question names; None if there are too many."""
    direct: set[int] = set()
    limit = _GROUP_SHARE * len(rows)
    for index, ends in mentions.items():
        values = frozenset("\n".join(columns[index].values).lower().split("\n")) - {""}
        for end in ends:
            link = _LINK.match(query, end)
            start = link.end() if link else end
            value = next((run for run in _runs(query[start : start + 300]) if run in values), None)
            if value is None or (len(value) < 3 and link and not re.search(r"=|\bis\b|:|equal", link[0])):
                continue
            hits = _rows_with(columns[index], value)
            if len(hits) == len(rows):
                continue
            if len(hits) > limit:
                return None
            direct |= hits
    if direct:
        return direct if len(direct) <= limit else None
    whole = _whole_cells(columns, query, relevance)
    if whole:
        rarest = min(map(len, whole))
        if any(limit < len(hits) < 0.98 * len(rows) for hits in whole) and rarest > _FEW:
            return None
        kept = set().union(*(hits for hits in whole if len(hits) <= limit))
        return kept if len(kept) <= limit else None
    return _rows_with_terms(columns, rows, relevance, limit)


def _rows_with(column: Column, value: str) -> set[int]:
    """Rows whose cell is ``value``, given in lower case."""
    spellings = {spelling for spelling in column.values if spelling.lower() == value}
    return {row for row, cell in enumerate(column.cells) if cell in spellings}


def _runs(text: str) -> Iterator[str]:
    """Beginnings of ``text`` of whole words, longest first, in lower case, without punctuation at the edges."""
    ends = [word.end() for _, word in zip(range(_LONGEST_VALUE), _WORD.finditer(text), strict=False)]
    for end in reversed(ends):
        run = text[:end].strip(_EDGE).lower()
        if run:
            yield run


def _whole_cells(columns: Sequence[Column], query: str, relevance: Relevance) -> list[set[int]]:
    """Rows for each cell value that stands in the question word for word."""
    weights = {term.text: term.weight for term in relevance.terms}
    names = {column.name.lower() for column in columns}
    words = list(_WORD.finditer(query))
    runs: set[str] = set()
    for at, word in enumerate(words):
        for last in words[at : at + _LONGEST_VALUE]:
            run = query[word.start() : last.end()].strip(_EDGE).lower()
            if run in names:
                continue
            told = any(part.strip(_EDGE) in weights for part in run.split()) and len(run) > 4
            if weights.get(run, 0.0) >= _TELLING or (last is not word and told):
                runs.add(run)
    found: list[set[int]] = []
    for column in columns:
        named = runs.intersection("\n".join(column.values).lower().split("\n"))
        found += [_rows_with(column, value) for value in sorted(named)]
    return found


def _rows_with_terms(
    columns: Sequence[Column], rows: Sequence[str], relevance: Relevance, limit: float
) -> set[int] | None:
    """Rows that hold a word of the question which few rows hold."""
    names = {part for column in columns for part in re.split(r"[\W_]+", column.name.lower())}
    names |= {column.name.lower() for column in columns}
    lowered = [row.lower() for row in rows]
    best: dict[int, float] = {}
    for term in relevance.terms:
        if term.weight < _TELLING or term.text in names or len(term.text) < 3:
            continue
        pattern = re.compile(rf"(?<!\w){re.escape(term.text)}(?!\w)")
        hits = [row for row, line in enumerate(lowered) if term.text in line and pattern.search(line)]
        if not hits or len(hits) > 0.98 * len(rows):
            continue
        if len(hits) > max(_FEW, 0.05 * len(rows)):
            if term.weight >= 0.8:  # an identifier or a year: the question is about this group
                if len(hits) > limit:
                    return None
            else:
                continue
        for row in hits:
            best[row] = max(best.get(row, 0.0), term.weight)
    if not best:
        return set()
    highest = max(best.values())
    kept = {row for row, weight in best.items() if weight >= 0.6 * highest}
    return kept if len(kept) <= limit else None


def _compared_rows(columns: Sequence[Column], query: str, mentions: dict[int, list[int]]) -> set[int] | None:
    """Rows on the asked side of a number or a date: ``Freight over 500``; None if too many, or unclear."""
    found: set[int] = set()
    for match in _COMPARED.finditer(query):
        word = (match[1] or match[3]).lower()
        bound = (match[2] or match[4]).replace(",", "").rstrip("-:T")
        up = word.startswith(_UP)
        before = [
            (max((end for end in ends if end <= match.start()), default=-1), index) for index, ends in mentions.items()
        ]
        _, index = max(before, default=(-1, -1))
        if index < 0:
            continue
        column = columns[index]
        if column.kind == NUMBER:
            try:
                limit = float(bound)
            except ValueError:
                return None
            hits = {
                row
                for row, number in enumerate(column.numbers)
                if number is not None and ((number >= limit) if up else (number <= limit))
            }
        elif column.kind == TIME:
            hits = {
                row
                for row, cell in enumerate(column.cells)
                if cell and ((cell[: len(bound)] >= bound) == up or cell.startswith(bound))
            }
        else:
            return None
        found |= hits
    return found if len(found) <= _GROUP_SHARE * len(columns[0].cells) else None


def _asks_for_each(query: str, mentions: dict[int, list[int]], columns: Sequence[Column]) -> bool:
    """Whether it wants something of every row, or of every value of a column."""
    for match in _EACH.finditer(query):
        behind = query[match.end() : match.end() + 40].lower()
        if match[0].lower() == "by" and _TOP.search(query):
            continue
        if match[0].lower() in {"every", "all", "each"} and not re.match(r"\s*(?:right|done|set|good)\b", behind):
            return True
        if any(name in behind for name in (columns[index].name.lower() for index in mentions)):
            return True
    return False


def ranges(rows: Iterable[int]) -> list[tuple[int, int]]:
    """Runs of consecutive numbers, first and last included."""
    out = []
    for _, run in groupby(enumerate(sorted(rows)), key=lambda item: item[1] - item[0]):
        found = [row for _, row in run]
        out.append((found[0], found[-1]))
    return out
