"""Values of a table that a question names, and the records that have them."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, count, repeat

from headroom.compress import http_status
from headroom.compress.columns import ENUM, NUMBER, TEXT, Column
from headroom.compress.near_words import misspelt, near_rows
from headroom.compress.plain_words import is_plain
from headroom.compress.query import Relevance

_WORD = re.compile(r"\S+")
_EDGE = " \t.,;:!?\"'`()[]{}<>*“”‘’="
_LINK = re.compile(
    r"[\s`\"'*]*(?:(?:==?|:)[\s`\"'*]*|(?:is|are|was|were|equals?|equal to|of|named|called|has|have|the|value)\b[\s`\"'*:]+){0,3}",
    re.IGNORECASE,
)
_SURE_LINK = re.compile(r"=|\bis\b|:|equal", re.IGNORECASE)
_LONGEST_VALUE = 8
"""Words of a value looked for."""
_TELLING = 0.3
"""Weight of a word that may name a value by itself."""
_CERTAIN = 0.8
"""Weight of an identifier, a number of four digits or more, something quoted."""
_CLOSE = 0.6
_A_NAME = 0.5
"""Weight of a word with a capital."""
_FEW = 30
_KEYS = 2
_FEW_SHARE = 0.05
_NUMBERED = re.compile(
    r"\b(?:rows?|records?|entr(?:y|ies)|items?|lines?|ids?|no\.|numbers?)\s*(?:(?:no\.?|number)\s*)?#?"
    r"(\d+(?:(?:\s*(?:,|-|–)\s*|\s*(?:,\s*)?(?:and|or|to|through|vs\.?|versus|with)\s+)#?\d+)*)\b(?![.,]\d)",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d{1,9})\s*(?:-|–|\bto\b|\bthrough\b)\s*#?(\d{1,9})")
_GROUP = re.compile(
    r"\b(among|amongst|amid|within)\s+(?:the\s+)?|\b(?:for|in|of|which|from|by|with|only|are|is|has|have|where|the|all|between|and|or|vs\.?)\s+(?:the\s+)?(?=[`\"']?[A-Z0-9]{1,3}\b)",
    re.IGNORECASE,
)
"""Words before the name of a group; where it may be another word as well, capitals and figures only are one."""


@dataclass(frozen=True, slots=True)
class Named:
    """A condition that the question puts on a column."""

    column: int
    """-1: on the whole record."""
    value: str
    rows: frozenset[int]
    sureness: float = 1.0
    """0..1: how likely the question means the value, and not just the word."""


class Spellings:
    """The values of each column as a question may spell them: lower case, no punctuation at the edges."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._found: dict[int, tuple[list[str], frozenset[str]]] = {}

    def any_in(self, index: int, runs: Sequence[str]) -> bool:
        """Whether some run may be a value of the column: a search for each of a few is sooner done than to spell all."""
        if not runs:
            return False
        lowered = "\n".join(self._columns[index].values).lower()
        return any(run in lowered for run in runs)

    def of(self, index: int) -> frozenset[str]:
        """All spellings of a column's values."""
        return self._spelled(index)[1]

    def condition(self, index: int, spelling: str, sureness: float = 1.0) -> Named:
        """The records whose cell is spelled so."""
        column = self._columns[index]
        spelled = zip(self._spelled(index)[0], column.values, strict=True)
        cells = frozenset([value for other, value in spelled if other == spelling])
        rows = frozenset(compress(count(), map(cells.__contains__, column.cells)))
        return Named(index, spelling, rows, sureness)

    def _spelled(self, index: int) -> tuple[list[str], frozenset[str]]:
        """The spelling of each of a column's values, in their order; none where a value has several lines."""
        found = self._found.get(index)
        if found is None:
            values = self._columns[index].values
            lowered = "\n".join(values).lower().split("\n")
            spelled = list(map(str.strip, lowered, repeat(_EDGE))) if len(lowered) == len(values) else []
            found = self._found[index] = (spelled, frozenset(spelled))
        return found


def behind_names(spellings: Spellings, query: str, named: dict[int, list[int]]) -> list[Named]:
    """Values right behind their column's name: ``OrderID = 10846``, ``whose `name` is datsun 810``."""
    found: list[Named] = []
    for index, ends in named.items():
        for end in ends:
            link = _LINK.match(query, end)
            start = link.end() if link else end
            values = spellings.of(index)
            value = next((run for run in _runs(query[start : start + 300]) if run in values), None)
            if value is None:
                continue
            between = link[0] if link else ""
            if (
                len(value) < 3
                and _SURE_LINK.search(between) is None
                and not (between.isspace() and not is_plain(value))
            ):
                continue
            found.append(spellings.condition(index, value))
    return found


def numbered(columns: Sequence[Column], query: str) -> list[Named]:
    """Records by their number, or by that of a column in which each number is there once: ``row 68 and row 116``."""
    wanted: dict[str, None] = {}
    for match in _NUMBERED.finditer(query):
        wanted.update(dict.fromkeys(re.findall(r"\d+", match[1])))
        for first, last in _RANGE.findall(match[1]):
            wanted.update(dict.fromkeys(map(str, range(int(first), min(int(last) + 1, int(first) + _FEW)))))
    if not wanted:
        return []
    keys = [column for column in columns if column.distinct == len(column.cells) and column.integral][:_KEYS]
    found: list[Named] = []
    for number in list(wanted)[: 2 * _FEW]:
        rows = {column.cells.index(number) for column in keys if number in column.values}
        if not rows and 0 < int(number[:12]) <= len(columns[0].cells):
            rows = {int(number) - 1}
        if rows:
            found.append(Named(-1, f"row {number}", frozenset(rows)))
    return found


def of_groups(spellings: Spellings, columns: Sequence[Column], query: str) -> list[Named]:
    """Short values behind a word for a group: ``among C``, ``lowest price in US``."""
    found: list[Named] = []
    for match in _GROUP.finditer(query):
        behind = query[match.end() : match.end() + 120]
        if match[1]:
            runs = [run for run in _runs(behind) if not run.isdigit()]
            for index, column in enumerate(columns):
                value = next((run for run in runs if run in spellings.of(index)), None) if column.kind == ENUM else None
                if value is not None:
                    found.append(spellings.condition(index, value))
            continue
        word = _WORD.match(behind)
        value = word[0].strip(_EDGE) if word is not None else ""
        if value and not value.isdigit():
            held = [
                index for index, column in enumerate(columns) if column.kind in {ENUM, TEXT} and value in column.values
            ]
            found += [spellings.condition(index, value.lower()) for index in held]
    return found


def statuses(columns: Sequence[Column], query: str) -> list[Named]:
    """Records of requests whose status the question names in words: ``bad gateway``, ``server errors``."""
    found: list[Named] = []
    for index, column in enumerate(columns):
        if column.kind == NUMBER and column.values and http_status.KNOWN.issuperset(column.values):
            codes = http_status.codes_meant(query, column.values)
            rows = frozenset(row for row, cell in enumerate(column.cells) if cell in codes)
            if rows:
                found.append(Named(index, ", ".join(sorted(codes)), rows))
    return found


def whole_cells(spellings: Spellings, columns: Sequence[Column], query: str, relevance: Relevance) -> list[Named]:
    """Cells that stand in the question word for word."""
    weights = {term.text: term.weight for term in relevance.terms}
    names = {column.name.lower() for column in columns}
    words = [(match.start(), match.end(), match[0].lower().strip(_EDGE) in weights) for match in _WORD.finditer(query)]
    lowered = query.lower()
    runs: set[str] = set()
    for at, (start, _, _) in enumerate(words):
        told = False
        for _, end, telling in words[at : at + _LONGEST_VALUE]:
            told = told or telling
            run = (lowered[start:end] if len(lowered) == len(query) else query[start:end].lower()).strip(_EDGE)
            if run in names:
                continue
            if weights.get(run, 0.0) >= _TELLING or (told and end > words[at][1] and len(run) > 4):
                runs.add(run)
    figures = [run for run in runs if any(map(str.isdigit, run))]
    return [
        spellings.condition(index, value, 1.0 if " " in value else weights.get(value, 0.0))
        for index, column in enumerate(columns)
        if not column.has_figures or spellings.any_in(index, figures)
        for value in sorted(runs & spellings.of(index))
    ]


def rows_with_terms(
    columns: Sequence[Column], rows: Sequence[str], relevance: Relevance, only: Container[str] | None = None
) -> list[Named]:
    """Records that hold a word of the question which few records hold, or an identifier that many do.

    ``only`` names the words that count; all do where it is None.
    """
    names = {part for column in columns for part in re.split(r"[\W_]+", column.name.lower())}
    names |= {column.name.lower() for column in columns}
    joined = "\n".join(rows).lower()
    lowered = joined.split("\n")
    if len(lowered) != len(rows):
        lowered = [row.lower() for row in rows]
    found: list[tuple[float, Named]] = []
    for term in relevance.terms:
        if only is not None and term.text not in only:
            continue
        if term.weight < _TELLING or term.text in names or len(term.text) < 3:
            continue
        if term.text not in joined:
            continue
        pattern = re.compile(rf"(?<!\w){re.escape(term.text)}(?!\w)")
        hits = frozenset(row for row, line in enumerate(lowered) if term.text in line and pattern.search(line))
        if hits and (term.weight >= _CERTAIN or len(hits) <= max(_FEW, _FEW_SHARE * len(rows))):
            found.append((term.weight, Named(-1, term.text, hits, term.weight)))
    best = max((weight for weight, _ in found), default=0.0)
    return [named for weight, named in found if weight >= _CLOSE * best]


def rows_nearly(columns: Sequence[Column], rows: Sequence[str], relevance: Relevance) -> frozenset[int]:
    """Records with another form of a word that none holds, where they are few, or with the name it seems to be misspelt for."""
    joined = "\n".join(rows).lower()
    if joined.count("\n") >= len(rows):
        return frozenset()
    names = " ".join(column.name for column in columns).lower()
    found: set[int] = set()
    for term in relevance.named:
        word = term.text
        if term.weight >= _CERTAIN or word in names or re.search(rf"(?<!\w){re.escape(word)}(?!\w)", joined):
            continue
        near = near_rows(joined, word, _FEW)
        if not near and term.weight >= _A_NAME:
            near = [row for name in misspelt(joined, word) for row in near_rows(joined, name, _FEW)]
        found.update(near if len(near) <= _FEW else ())
    return frozenset(found)


def _runs(text: str) -> Iterator[str]:
    """Beginnings of ``text`` of whole words, longest first, in lower case, without punctuation at the edges."""
    ends = [word.end() for _, word in zip(range(_LONGEST_VALUE), _WORD.finditer(text), strict=False)]
    for end in reversed(ends):
        run = text[:end].strip(_EDGE).lower()
        if run:
            yield run
