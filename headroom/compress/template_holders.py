"""Which templates have lines that a label may stand in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress, repeat
from operator import contains

_SIGNS = frozenset("*#")


class Holders(dict[str, list[int]]):
    """The templates that hold each word asked for."""

    def __init__(self, skeletons: Sequence[str]) -> None:
        self.skeletons = skeletons
        self._all = range(len(skeletons))

    def __missing__(self, word: str) -> list[int]:
        self[word] = found = list(compress(self._all, map(contains, self.skeletons, repeat(word))))
        return found


def near(text: str, skeleton: str, holders: Holders) -> list[int]:
    """Templates whose lines may have a label of this skeleton, those with a slot aside."""
    tokens = set(skeleton.split())
    words = text.split(" ")
    # A word that holds no value is the same in the skeleton of each line that it stands in, unless a slot took it.
    plain = [
        word
        for word in words[: -1 if text.endswith("…") else None]
        if word in tokens and word != "…" and _SIGNS.isdisjoint(word)
    ]
    plain.sort(key=len, reverse=True)
    known = [holders[word] for word in plain if word in holders]
    found = min(known, key=len) if known else holders[plain[0] if plain else ""]
    skeletons = holders.skeletons
    for word in plain:
        if len(found) < 2:  # its own
            break
        found = [template for template in found if word in skeletons[template]]
    return found
