"""What a question wants of a table in general: which columns it means, and their highest, their last or what is odd there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from headroom.compress import column_names, table_words
from headroom.compress.columns import TIME, Column
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.sides import sides
from headroom.compress.table_asked import Asked

_QUERY_CHARS = 4_000
ODD = re.compile(
    r"\b(?:unusual|odd|strange|rare|rarest|anomal\w*|outliers?|suspicious|unexpected|weird|wrong)\b", re.IGNORECASE
)
LONGEST_THERE = re.compile(
    r"\b(?:been|work\w*|serv\w+|stay\w*|liv\w+|run\w*|open|here|there)\b[^.?!,;]{0,25}\blongest\b"
    r"|\blongest[ -](?:serving|running|standing|lived|tenured|open)\b",
    re.IGNORECASE,
)
"""Since the earliest day, not the longest of anything in the table."""
_NAME_WORD = re.compile(r"[^\W_]++")
_ENDS = frozenset({"first", "last"})
EXTREMES = _ENDS | {"max", "min"}


def without_arguments(hints: Hints) -> str:
    """The end of the query, without what it only repeats of the call."""
    query = hints.query.replace(hints.arguments, " ") if hints.arguments else hints.query
    return query[-_QUERY_CHARS:]


def without_names(query: str, columns: Sequence[Column], names: dict[int, list[int]]) -> str:
    """The query without the names of several words that a column has, and without those in backticks: "Cost Total" asks for no sum."""
    said = [columns[index].name for index in names if len(_NAME_WORD.findall(columns[index].name)) > 1]
    said += [f"`{columns[index].name}`" for index in names]
    return re.sub("|".join(map(re.escape, said)), " ", query, flags=re.IGNORECASE) if said else query


def asks_of(hints: Hints, columns: Sequence[Column]) -> frozenset[str]:
    """What the question wants in general; "last" wants nothing where a column is called so."""
    return Relevance.from_hints(hints).asks - (_ENDS & {column.name.strip().lower() for column in columns})


def columns_named(columns: Sequence[Column], query: str, asks: frozenset[str]) -> dict[int, list[int]]:
    """Columns that the question means, each with the offsets behind its name where it has it."""
    names = column_names.mentions(columns, query)
    if asks & {"max", "min"} and column_names.are_unnamed(columns):
        meant = table_words.only_quantity(columns, query) or table_words.with_order(columns)
        names = names or {index: [] for index in meant}
    elif asks & {"max", "min"} and not names:
        names = {index: [] for index in table_words.told(columns, query)}
    if asks & _ENDS or LONGEST_THERE.search(query):
        dates = [index for index, column in enumerate(columns) if column.kind == TIME and column.distinct > 2]
        names |= {index: [] for index in dates if len(dates) == 1 and index not in names}
    return names


def to_the_point(asked: Asked, hints: Hints, columns: Sequence[Column]) -> Asked:
    """What is asked, without the columns of which it wants no more than what the records in sight have there."""
    if not asked.answered or asked.figures:
        return asked
    wanted: set[int] = set()
    odd: set[int] = set()
    for side in sides(hints) or (hints,):
        query = without_arguments(side)
        asks = asks_of(side, columns)
        names = columns_named(columns, query, asks)
        if asks & EXTREMES or LONGEST_THERE.search(query):
            wanted.update(names, table_words.measured(columns, query, names) if asks & {"max", "min"} else ())
        if ODD.search(query) or "failure" in asks:
            if not names:
                return asked
            odd.update(names)
    return replace(asked, columns=asked.columns & (wanted | odd), odd_in=frozenset(odd) if asked.odd else None)
