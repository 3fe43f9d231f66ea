"""One order of keys for records that each have some of them."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import chain, pairwise


def merge_orders(shapes: Sequence[tuple[str, ...]], limit: int) -> list[str] | None:
    """One order of all keys that every record's own order fits; a key comes twice where records contradict each other.

    None for more than ``limit`` keys. Topological sort (Kahn 1962), first seen first; failing that a common supersequence,
    grown greedily.
    """
    if len(shapes) == 1:
        return list(shapes[0])
    order = list(dict.fromkeys(chain.from_iterable(shapes)))
    if len(order) > limit:
        return None
    after: dict[str, dict[str, None]] = {name: {} for name in order}
    waiting = dict.fromkeys(order, 0)
    for shape in shapes:
        for before, behind in pairwise(shape):
            if behind not in after[before]:
                after[before][behind] = None
                waiting[behind] += 1
    ready = [i for i, name in enumerate(order) if not waiting[name]]
    place = {name: i for i, name in enumerate(order)}
    out: list[str] = []
    while ready:
        name = order[heappop(ready)]
        out.append(name)
        for behind in after[name]:
            waiting[behind] -= 1
            if not waiting[behind]:
                heappush(ready, place[behind])
    return out if len(out) == len(order) else _supersequence(shapes, 2 * len(order))


def _supersequence(shapes: Sequence[tuple[str, ...]], limit: int) -> list[str] | None:
    merged: list[str] = []
    for shape in shapes:
        at = 0
        for name in shape:
            try:
                at = merged.index(name, at) + 1
            except ValueError:
                merged.insert(at, name)
                at += 1
        if len(merged) > limit:
            return None
    return merged
