"""Rows of a text that hold a term, as a word of its own or inside a longer one, found at the speed of ``str.find``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

_EDGE = "\1"
"""Stands for every character that is part of no word, so that a term between two of them is found without looking at each."""
_EDGES = {code: _EDGE for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}


class WordSearch:
    """A text in lower case that is searched for many terms. Linear; lines are counted, not cut."""

    __slots__ = ("_edged", "text")

    def __init__(self, lowered: str) -> None:
        self.text = lowered
        self._edged = f"{_EDGE}{_edged(lowered)}{_EDGE}"

    def words(self, term: str) -> Iterator[tuple[int, int]]:
        """Yield (row, offset) of the term's first place as a word of its own in each row that has one."""
        text, edged = self.text, self._edged
        opens, closes = in_word(term[0]), in_word(term[-1])
        stand_in = _edged(term)
        needle = f"{_EDGE if opens else ''}{stand_in}{_EDGE if closes else ''}"
        shift = 0 if opens else 1  # the edged text begins with an edge
        sure = stand_in == term and text.isascii()
        row = counted = 0
        at = edged.find(needle, shift)
        while at >= 0:
            if not sure and not self._stands(term, at - shift, opens=opens, closes=closes):
                at = edged.find(needle, at + 1)
                continue
            at -= shift
            row += text.count("\n", counted, at)
            counted = at
            yield row, at
            at = text.find("\n", at)
            if at >= 0:
                at = edged.find(needle, at + shift)

    def rows(self, term: str) -> list[int]:
        """Rows that hold the term in any way, ascending."""
        rows: list[int] = []
        row = counted = 0
        at = self.text.find(term)
        while at >= 0:
            row += self.text.count("\n", counted, at)
            counted = at
            rows.append(row)
            at = self.text.find("\n", at)
            at = self.text.find(term, at) if at >= 0 else -1
        return rows

    def _stands(self, term: str, at: int, *, opens: bool, closes: bool) -> bool:
        """Look closely where a character is not what its stand-in says."""
        text, end = self.text, at + len(term)
        return (
            text.startswith(term, at)
            and not (opens and at and in_word(text[at - 1]))
            and not (closes and end < len(text) and in_word(text[end]))
        )


def in_word(char: str) -> bool:
    """Whether a character is part of a word."""
    return char.isalnum() or char == "_"


def stands(line: str, term: str, tries: int = sys.maxsize) -> bool:
    """Whether the term is a word of its own at one of its first places, counted from the left without overlap."""
    opens, closes = in_word(term[0]), in_word(term[-1])
    at = line.find(term)
    for _ in range(tries):
        if at < 0:
            return False
        end = at + len(term)
        if not (opens and at and in_word(line[at - 1])) and not (closes and end < len(line) and in_word(line[end])):
            return True
        at = line.find(term, end)
    return False


def overlaps_itself(term: str) -> bool:
    """Whether two places of the term may overlap, the second of them as a word of its own: then see `stands`, too."""
    return _edged(term) != term and any(term.startswith(term[at:]) for at in range(1, len(term)))


def _edged(text: str) -> str:
    if not text.isascii():  # one for one, and some letters pass for signs: such a place is looked at closely
        text = text.encode("ascii", "replace").decode("ascii")
    return text.translate(_EDGES)
