"""Values that a question shuts out: ``which pods are not running``, ``orders other than paid``."""

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
