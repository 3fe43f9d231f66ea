"""Records that meet the conditions of a question: one by one, all of them, or the extremes of each group."""

from __future__ import annotations

from collections.abc import Sequence

from headroom.compress.columns import NUMBER, TIME, Column
from headroom.compress.table_values import Named

_GROUP_SHARE = 0.4
"""A question for more than this part of the records gets the whole table."""
_FEW = 30
_TIES = 3


def together(conditions: Sequence[Named], count: int) -> frozenset[int] | None:
    """Records to show for all conditions; None if they are too many.

    Conditions on different columns may be meant together or apart, so each one's records are shown, as far as they are
    few; where one has many, those that meet all conditions will do.
    """
    limit = _GROUP_SHARE * count
    either: frozenset[int] = frozenset().union(*(named.rows for named in conditions))
    if len(either) <= limit:
        return either
    few = [named for named in conditions if len(named.rows) <= limit]
    if not few:
        both = frozenset(range(count)).intersection(*(named.rows for named in conditions))
        return both if 0 < len(both) <= limit and len(conditions) > 1 else None
    either = frozenset().union(*(named.rows for named in few))
    if min(len(named.rows) for named in few) > _FEW and len(few) < len(conditions):
        return None
    return either if len(either) <= limit else None


def meant(conditions: Sequence[Named], found: frozenset[int]) -> frozenset[int]:
    """The records that meet all conditions, where there are such; else all that were found."""
    both = found.intersection(*(named.rows for named in conditions)) if conditions else found
    return both or found


def extremes_of_groups(
    conditions: Sequence[Named],
    columns: Sequence[Column],
    names: Sequence[int],
    asks: frozenset[str],
    top: int,
) -> frozenset[int] | None:
    """The highest or lowest records of each group, by the columns named; None where no column with an order is."""
    ordered = [columns[index] for index in names if columns[index].kind in {NUMBER, TIME}]
    groups = [named.rows for named in conditions]
    if len(groups) > 1:
        groups.append(frozenset.intersection(*groups))
    found = [
        row
        for column in ordered
        for group in groups
        for ask, highest in (("max", True), ("min", False))
        if ask in asks
        for row in column.extremes(max(_TIES, top), highest=highest, among=group)
    ]
    return frozenset(found) or None
