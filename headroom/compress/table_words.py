"""Columns of a table that a question means by other words than their names, and conditions that name none."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from headroom.compress.column_names import mentions
from headroom.compress.columns import ENUM, NUMBER, TIME, Column, ascending, descending
from headroom.compress.plain_words import is_plain
from headroom.compress.table_values import Named
from headroom.compress.word_forms import start_alike, stem_of, words_of_label

_LONG = r"slow\w*|fast\w*|quick\w*|long\w*|short\w*|took|takes?|lasted|wait\w*|langsam\w*|schnell\w*|lent\w*|rapid\w*"
_MEASURES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), tuple(names.split()))
    for words, names in (
        (_LONG, "elapsed duration latency took ms msec millis sec secs seconds runtime time wait queued dauer zeit"),
        (r"heav\w+|light\w+|schwer\w*|leicht\w*|lourd\w*|pesad\w*", "weight mass kg lbs gewicht"),
        (
            r"larg\w+|big\w+|small\w+|bytes?|[kmg]i?b|größ\w*|groß\w*|klein\w*|grand\w*|petit\w*|taille",
            "size bytes length area kb mb größe fläche taille",
        ),
        (r"hot\w*|warm\w*|cold\w*|cool\w*|heiß\w*|kält\w*|chaud\w*|froid\w*", "temp temperature ambient celsius"),
        (
            r"expensive|pric\w+|cheap\w*|cost\w*|pa(?:y|id)|spen[dt]\w*|euros?|eur|dollars?|usd|[€$£]|teuer\w*|billig\w*|chers?",
            "price cost amount freight total fee spent sum preis betrag kosten eur usd cents",
        ),
        (r"earn\w*|well[- ]paid|verdien\w*", "salary income wage gehalt"),
        (r"rain\w*|wet\w*", "precipitation rain"),
        (r"populous|inhabitants|einwohner\w*", "population pop einwohner"),
    )
)
"""Words for a measure, and those that are in the name of a column which holds it."""
_WORD = re.compile(r"[^\W\d_]+")
_SHORT = 3
_SAME_START = 5
_LONG_WORD = "took "
_ENTITY = re.compile(r"(.+?)(?:[_ .-]?(?:id|no|nr|num|number|code|key)|(?<=[a-z])(?:Id|ID|No|Nr|Number|Code|Key))")
_MOST_MEANT = 8
_FEW_TOLD = 2
_OF_WHAT = re.compile(r"\b(?:which|what|welche\w*|quel\w*|qué|cuál\w*)\s+[\w-]+", re.IGNORECASE)
"""What is to be told, and not by what it is the highest."""
_EXTREME = re.compile(
    r"\b(?:(?:high|low|larg|bigg?|small|great|cheap)est|max(?:imum|imal)?|min(?:imum|imal)?|(?:most|least) expensive)\b(?P<of>[^?.!;,\n]{0,40})",
    re.IGNORECASE,
)
_IN_ORDER = re.compile(
    r"(?:id|key|number|no|nr|date|day|time|year|month|stamp|at|on|rank|index|position|version)s?\b", re.IGNORECASE
)
"""A name of what numbers records, or dates them."""
_OF_TIME = re.compile(
    r"\b(?:when|last|latest|newest|recent\w*|old\w*|early|earli\w+|first|longest|shortest|dates?|times?)\b",
    re.IGNORECASE,
)
_SPARSE = 4
"""Numbers of records in a row leave fewer out than this for each of them."""
_TIME_WORDS = re.compile(r"\b(?:after|since|before|until|later|earlier)\b", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d")
_THOUSAND = re.compile(r"\d{1,3}\.\d{3}")
"""Rather 9.900 as the Germans write it than a number with three decimals."""
_UNIT = re.compile(
    r"\s*(?:(?P<seconds>s|secs?|seconds?|sekunden?|secondes?|segundos?)|(?P<minutes>min|minutes?|minuten?)"
    r"|(?P<kilo>k|kb|kib)|(?P<mega>mb|mib|megabytes?)|(?P<giga>gb|gib|gigabytes?)|(?P<money>€|eur\w*|dollars?|usd|pounds?))\b",
    re.IGNORECASE,
)
_FACTORS: dict[str, tuple[float, ...]] = {
    "seconds": (1.0, 1e3, 1e6),
    "minutes": (1.0, 60.0, 6e4),
    "kilo": (1.0, 1e3, 1024.0),
    "mega": (1.0, 1e3, 1024.0, 1e6, 1024.0**2),
    "giga": (1.0, 1e3, 1024.0, 1e6, 1024.0**2, 1e9, 1024.0**3),
    "money": (1.0, 100.0),
}
"""What a number may be written as in a column, by the unit that the question gives: 10 seconds as 10,000."""


def meant(columns: Sequence[Column], query: str) -> list[int]:
    """Columns with an order that are meant by a word for what they measure, or by another form of their name."""
    stems = {stem for words, names in _MEASURES if words.search(query) for stem in names}
    words = [word.lower() for word in _WORD.findall(query) if len(word) >= _SAME_START and not is_plain(word.lower())]
    return [
        index
        for index in with_order(columns)
        if any(
            _is_one_of(part, stems) or any(start_alike(part, word) or part.endswith(word) for word in words)
            for part in words_of_label(columns[index].name)
        )
    ]


def measured(columns: Sequence[Column], query: str, names: Collection[int]) -> list[int]:
    """Columns of which the extremes are asked for in other words than their names; all that may be where none tells."""
    query = _OF_WHAT.sub(" ", query)
    if names and any(columns[index].kind in {NUMBER, TIME} for index in mentions(columns, query)):
        return []
    found = _best_named(columns, meant(columns, query), query) or quantities(columns)
    return found if len(found) <= _MOST_MEANT else []


def told(columns: Sequence[Column], query: str) -> list[int]:
    """The few columns that "most expensive" or "highest balance" can only mean: ``UnitPrice``, ``abalance``."""
    query = _OF_WHAT.sub(" ", query)
    found = _best_named(columns, meant(columns, query), query)
    return found if len(found) <= _FEW_TOLD else []


def _best_named(columns: Sequence[Column], found: list[int], query: str) -> list[int]:
    """Of columns with a word in common those of which it has most words: ``sleep the most in total`` for ``sleep_total``."""
    words = [word.lower() for word in _WORD.findall(query) if len(word) >= _SAME_START]
    told = {
        index: sum(any(start_alike(part, word) for word in words) for part in set(words_of_label(columns[index].name)))
        for index in found
    }
    most = max(told.values(), default=0)
    return [index for index in found if told[index] == most] if most > 1 else found


def with_order(columns: Sequence[Column]) -> list[int]:
    """Columns that have a highest and a lowest at all: numbers, and days with the latest."""
    return [index for index, column in enumerate(columns) if column.kind in {NUMBER, TIME} and column.distinct > 2]


def quantities(columns: Sequence[Column]) -> list[int]:
    """Columns of which one may be meant by the highest or the lowest, if nothing tells which: none that numbers things."""
    return [
        index
        for index, column in enumerate(columns)
        if column.kind == NUMBER and column.distinct > 2 and not _numbers_things(column)
    ]


def only_quantity(columns: Sequence[Column], query: str) -> list[int]:
    """The one column that "the highest Freight" can mean in a table without names, where all others number or date the records."""
    said = [match["of"] for match in _EXTREME.finditer(query)]
    if not said or _OF_TIME.search(query) or any(_WORD.search(of) is None or _IN_ORDER.search(of) for of in said):
        return []
    found = [index for index in with_order(columns) if not _is_in_order(columns[index])]
    return found if len(found) == 1 and columns[found[0]].kind == NUMBER else []


def _is_in_order(column: Column) -> bool:
    """Whether it holds days, or numbers of records one after another; one sorted by its amounts leaves more out."""
    if column.kind == TIME:
        return all(_DATE.match(cell) is not None for cell in column.values)
    if not column.integral or column.distinct < len(column.cells) or not ascending(column.present):
        return False
    return column.present[-1] - column.present[0] < _SPARSE * column.distinct


def _numbers_things(column: Column) -> bool:
    if not column.integral or _ENTITY.fullmatch(column.name) is not None:
        return column.integral
    return column.distinct == len(column.cells) and (ascending(column.numbers) or descending(column.numbers))


def entities(columns: Sequence[Column], query: str) -> dict[int, list[int]]:
    """Columns that hold the numbers of what the question names, with the offsets behind it: ``customer 74``."""
    lowered = query.lower()
    found: dict[int, list[int]] = {}
    for index, column in enumerate(columns):
        match = _ENTITY.fullmatch(column.name)
        name = re.sub(r"[_.\s-]+", " ", match[1]).lower() if match is not None else ""
        if len(name) < _SHORT or name not in lowered:
            continue
        behind = rf"(?<![\w.]){re.escape(name)}(?:s?\s+(?:id|no\.?|number|nr\.?|#)|s)?(?:\s*#|(?=[\s:=]+[\w\"'`]))"
        ends = [found.end() for found in re.finditer(behind, lowered)]
        if ends:
            found[index] = ends
    return found


def near_values(columns: Sequence[Column], query: str) -> list[Named]:
    """Groups of records by a value of which another form is in the question: ``payment`` for ``06 Pay``."""
    words = {word.lower() for word in _WORD.findall(query)}
    stems = {stem_of(word) for word in words if len(word) > _SHORT and not is_plain(word)}
    found = []
    for index, column in enumerate(columns):
        named = {stem_of(part) for part in words_of_label(column.name)}
        for value, _ in column.counts if column.kind == ENUM else ():
            told = [word.lower() for word in _WORD.findall(value) if len(word) >= _SHORT]
            if len(told) == 1 and (stem := stem_of(told[0])) in stems and stem not in named:
                rows = frozenset(row for row, cell in enumerate(column.cells) if cell == value)
                found.append(Named(index, value, rows, 0.0))
    return found


def beyond(columns: Sequence[Column], words: str, bound: str, behind: str) -> Iterator[tuple[int, str]]:
    """Columns that a comparison may be of which names none, each with the bound as it is written there.

    ``words`` are those of the comparison, ``behind`` what follows its number.
    """
    if _DATE.match(bound):
        dated = [index for index, column in enumerate(columns) if column.kind == TIME and column.distinct > 2]
        yield from ((index, bound) for index in dated if len(dated) == 1)
        return
    if _TIME_WORDS.search(words):
        return
    unit = _UNIT.match(behind)
    factors = _FACTORS[unit.lastgroup or ""] if unit is not None else (1.0,)
    if _THOUSAND.fullmatch(bound):
        factors = (1e3,)
    told = meant(
        columns, f"{_LONG_WORD if unit and unit.lastgroup in {'seconds', 'minutes'} else ''}{unit[0] if unit else ''}"
    )
    for index in told or quantities(columns):
        for factor in factors:
            try:
                limit = float(bound) * factor
            except ValueError:
                return
            ordered = columns[index].ordered
            if columns[index].kind == NUMBER and ordered[0] < limit < ordered[-1]:
                yield index, f"{limit:.15g}"


def _is_one_of(part: str, stems: set[str]) -> bool:
    return part in stems or (len(part) > _SHORT and any(len(stem) > _SHORT and part.startswith(stem) for stem in stems))
