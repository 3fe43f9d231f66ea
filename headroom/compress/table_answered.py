"""Whether what is kept of a table answers its question: each record surely meant is there, and what is not there is named nowhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from headroom.compress.columns import Column
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.table_values import Named

SURE = 0.8
LIKELY = 0.5
_STEM = 4


def is_elsewhere(side: Hints, columns: Sequence[Column], rows: Sequence[str]) -> bool:
    """Whether no record holds a name that one of several questions tells, or its stem: of a piece of a table, the rest may."""
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
