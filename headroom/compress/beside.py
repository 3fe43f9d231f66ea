"""Questions about what stands next to something: "which commit came right after X", "the row before that one"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from headroom.compress.asks import asking
from headroom.compress.rendition import Hints

_BESIDE = re.compile(
    r"\b(?:before|after|previous(?:ly)?|preced\w+|follow(?:s|ed|ing)|next|prior|neighbou?r(?:s|ing)?|adjacent|adjoining)\b",
    re.IGNORECASE,
)
_FEW = 8
"""So many records may be the one whose neighbours are asked for."""


def with_neighbours(hints: Hints, named: Collection[int], rows: Sequence[int]) -> set[int]:
    """The named records, and where the question asks for their neighbours those at either side: the newest may stand first.

    ``rows`` are those of all records, ascending.
    """
    found = set(named)
    if not 0 < len(found) <= _FEW or not _BESIDE.search(asking(hints.query)):
        return found
    places = [place for place, row in enumerate(rows) if row in found]
    return found | {rows[near] for place in places for near in (place - 1, place + 1) if 0 <= near < len(rows)}
