"""Records that a question shuts out: ``which pods are not running``, ``id = 117 with mode = 3``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.columns import ENUM, TEXT, Column
from headroom.compress.table_values import Named, Spellings

_NEGATED = re.compile(
    r"(?:\bnot|\b\w+n['’]t|\bother than|\bexcept(?: for)?|\bapart from|\bdiffer(?:s|ent)? from|!=|<>|≠)\s*(?:(?:yet|in|on|at|set to|equal to|the)\s+)?"
    r"[`\"']?([\w./-]+)",
    re.IGNORECASE,
)
_MOST = 16
"""Of so few values at most a column is one of states; one state is the rule there, and few records are in another."""
_FEW_SHARE = 0.5
_SENTENCE_END = re.compile(r"[?!;]|\.(?=\s|$)")
_MANY = 30
"""Of more records a condition alone names a group."""


def excluded(spellings: Spellings, columns: Sequence[Column], query: str) -> list[Named]:
    """Records of another state than the one named behind a "not", with that one as their condition's value."""
    found: list[Named] = []
    for word in {match[1].strip(".").lower() for match in _NEGATED.finditer(query)}:
        for index, column in enumerate(columns):
            if column.kind not in {ENUM, TEXT} or not 2 <= column.distinct <= _MOST or word not in spellings.of(index):
                continue
            rows = frozenset(range(len(column.cells))) - spellings.condition(index, word).rows
            if 0 < len(rows) <= _FEW_SHARE * len(column.cells):
                found.append(Named(index, word, rows))
    return found


def of_one_record(conditions: list[Named], query: str) -> list[Named]:
    """Less those that many records meet, where some record meets all: ``id = 117 with mode = 3``, ``AAPL on Nov 1 2004``.

    Those of one column are meant apart, and so are values that the question names in different sentences.
    """
    sure = [named for named in conditions if named.column >= 0 and named.sureness == 1.0]
    many = [named for named in sure if len(named.rows) > _MANY]
    if many and len({named.column for named in sure}) > 1 and len(many) < len(sure):
        both = frozenset.intersection(*(named.rows for named in sure))
        if 0 < len(both) <= _MANY:
            return [named for named in conditions if named not in many]
    for sentence in _SENTENCE_END.split(query.lower()):
        said = [named for named in conditions if named.column >= 0 and named.value.lower() in sentence]
        few = [named for named in said if len(named.rows) <= _MANY and named.sureness == 1.0]
        groups = [named for named in said if len(named.rows) > _MANY]
        if not few or not groups or not _columns_of(few).isdisjoint(_columns_of(groups)):
            continue
        both = frozenset.intersection(
            *(
                frozenset[int]().union(*(named.rows for named in said if named.column == column))
                for column in _columns_of(said)
            )
        )
        if both:
            conditions = [named for named in conditions if named not in groups]
    return conditions


def _columns_of(conditions: Sequence[Named]) -> set[int]:
    return {named.column for named in conditions}
