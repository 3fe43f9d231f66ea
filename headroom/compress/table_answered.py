"""Whether what is kept of a table answers its question: each record surely meant is there, and what is not there is named nowhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from headroom.compress.column_names import mentions
from headroom.compress.columns import Column
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.table_values import Named

SURE = 0.8
LIKELY = 0.5
_STEM = 4
_EDGE = " \t.,;:!?\"'`()[]{}<>*“”‘’="
_TOLD_BY = re.compile(
    r"(?:[\w`\"')\]]\s*={1,2}|\bwhose\s+[`\"']?[\w.]+[`\"']?\s+(?:is|was|equals)\s)\s*[`\"']?([^?;,\n`\"]{1,100})",
    re.IGNORECASE,
)
"""What a record is told by: ``title = Heat``, ``whose `name` is datsun 810``."""
_SUPERLATIVE = re.compile(
    r"\bthe (?!(?:(?:unit|doc|py|vi)?t|requ|r|w|n|gu|for|inter|manif|dig|lat|qu|harv|prot|cont|ing|ch|j)est\b)[a-z]+est\b",
    re.IGNORECASE,
)
"""The most of something, whatever it is called."""


def is_elsewhere(side: Hints, columns: Sequence[Column], rows: Sequence[str]) -> bool:
    """Whether no record holds a name that one of several questions tells, or its stem: of a piece of a table, the rest may.

    A question for a column of this table is one for its records, unless it tells one by a key that none of them has.
    """
    if _SUPERLATIVE.search(side.query):
        return False
    if mentions(columns, side.query) and not missed(rows, side.query):
        return False
    names = " ".join(column.name for column in columns).lower()
    seen = "\n".join(rows).lower()
    told = [term.text for term in Relevance.from_hints(side).named if term.text not in names]
    return not any(_stem(text) in seen for text in told)


def _stem(text: str) -> str:
    return text[: max(_STEM, len(text) - 2)] if text.isalpha() else text


def are_found(conditions: Sequence[Named], found: Collection[int]) -> bool:
    """Whether the question surely means each of the conditions, and each has records among those found."""
    surest: dict[tuple[int, str], Named] = {}
    for named in sorted(conditions, key=lambda named: named.sureness):
        surest[named.column, named.value] = named
    return all(
        named.sureness >= (LIKELY if named.column >= 0 else SURE) and not named.rows.isdisjoint(found)
        for named in surest.values()
    )


def missed(rows: Sequence[str], query: str) -> list[str]:
    """The values by which the question tells a record, in lower case, that stand nowhere in these: it is in another piece."""
    told = [match[1].lower().strip(_EDGE) for match in _TOLD_BY.finditer(query)]
    if not told:
        return []
    seen = "\n".join(rows).lower()
    return [value for value in told if value and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", seen) is None]
