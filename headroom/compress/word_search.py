"""Rows of a text that hold a term, as a word of its own or inside a longer one, found at the speed of ``str.find``."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress

from headroom.compress.once import once

_EDGE = "\1"
"""Stands for every character that is part of no word, so that a term between two of them is found without looking at each."""
_SURE_EDGES = frozenset(chr(code) for code in range(128) if not (chr(code).isalnum() or chr(code) == "_"))
_EDGES = bytes(ord(_EDGE) if chr(code) in _SURE_EDGES else code for code in range(256))
_ZEROS = str.maketrans("123456789", "000000000")
_DIGIT = re.compile("[0-9]")
_FAR_SHORTER = 0.5
_FEW_PLACES = 64
"""Places that are looked at one by one before the whole text is read for its edges."""


class WordSearch:
    """A text in lower case that is searched for many terms. Linear; lines are counted, not cut."""

    __slots__ = ("_alike", "_different", "_edged", "_edged_lines", "_lines", "_places", "_short", "text")

    def __init__(self, lowered: str, places: int = _FEW_PLACES) -> None:
        self.text = lowered
        self._short: WordSearch | None = None
        self._alike: Sequence[str] = ()
        self._different: Sequence[str] = ()
        self._places = places
        self._edged: str | None = None
        self._lines: list[str] | None = None
        self._edged_lines: dict[int, str] = {}

    def shorten(self, alike: str, lines: Sequence[str] = (), different: Sequence[str] = ()) -> None:
        """Take a text that holds all that this one does, its ASCII digits made 0: what is not there need not be looked for.

        ``lines`` are this text's, made alike in the same way; the ``different`` ones, in lower case, make up ``alike``.
        """
        if len(alike) < _FAR_SHORTER * len(self.text):
            self._short = WordSearch(alike)
            self._alike, self._different = lines, different

    def has(self, term: str) -> bool:
        """Whether the term stands anywhere."""
        if self._short is None:
            return term in self.text
        alike = term.translate(_ZEROS)
        return alike in self._short.text and ("0" not in alike or term in self.text)

    def short_for(self, term: str) -> WordSearch | None:
        """The text of the different lines alone, where lines that differ in digits only have the term alike."""
        return self._short if self._alike and _DIGIT.search(term) is None else None

    def rows_of(self, short_rows: Iterable[int]) -> list[int]:
        """Rows of the text whose lines are one of these of the different lines."""
        held = {self._different[row] for row in short_rows}
        return list(compress(range(len(self._alike)), map(held.__contains__, self._alike)))

    def last_row(self, term: str) -> int:
        """The last row that holds the term in any way."""
        at = self.text.rfind(term)
        if self._alike:
            return len(self._alike) - 1 - self.text.count("\n", at)  # mostly few lines
        return self.text.count("\n", 0, at)

    def words(self, term: str) -> Iterator[tuple[int, int]]:
        """Yield (row, offset) of the term's first place as a word of its own in each row that has one."""
        text = self.text
        row = counted = 0
        alone, behind = self._looks(term)
        at = text.find(term)
        while at >= 0:
            if not alone(at):
                at = behind(at, len(text))
                if at < 0:
                    return
            row += text.count("\n", counted, at)
            counted = at
            yield row, at
            line_end = text.find("\n", at)
            at = text.find(term, line_end) if line_end >= 0 else -1

    def rows(self, term: str) -> Iterator[tuple[int, bool]]:
        """Yield each row that holds the term in any way, and whether it does as a word of its own."""
        text = self.text
        row = counted = 0
        alone, behind = self._looks(term)
        at = text.find(term)
        while at >= 0:
            row += text.count("\n", counted, at)
            counted = at
            line_end = text.find("\n", at)
            yield row, alone(at) or behind(at, line_end if line_end >= 0 else len(text)) >= 0
            at = text.find(term, line_end) if line_end >= 0 else -1

    def lines(self) -> list[str]:
        """Return the text's lines."""
        if self._lines is None:
            self._lines = self.text.split("\n")
        return self._lines

    def plain_rows(self, term: str) -> list[tuple[int, bool]]:
        """Do as `rows` does, sooner where lines are few and long, for a term of letters, digits and low lines in ASCII."""
        needle = f"{_EDGE}{term}{_EDGE}"
        edged = self._edged_lines
        found = []
        for row, line in enumerate(self.lines()):
            if term in line:
                if (bounded := edged.get(row)) is None:
                    bounded = edged[row] = f"{_EDGE}{_edged(line)}{_EDGE}"
                # Other letters pass for edges.
                found.append((row, needle in bounded and (line.isascii() or stands(line, term))))
        return found

    def _looks(self, term: str) -> tuple[Callable[[int], bool], Callable[[int, int], int]]:
        """Return two functions: whether a place of the term is a word of its own, and the first such place behind another.

        The second takes that other place and the end of where to look, and says -1 where there is none.
        """
        text = self.text
        opens, closes = in_word(term[0]), in_word(term[-1])
        stand_in = _edged(term)
        needle = f"{_EDGE if opens else ''}{stand_in}{_EDGE if closes else ''}"
        shift = 0 if opens else 1  # the edged text begins with an edge
        sure = stand_in == term and text.isascii()

        def alone(at: int) -> bool:
            # Most neighbours are edges, and in a set that is seen faster.
            if opens and at and (before := text[at - 1]) not in _SURE_EDGES and in_word(before):
                return False
            end = at + len(term)
            return not (closes and end < len(text) and (after := text[end]) not in _SURE_EDGES and in_word(after))

        def behind(at: int, end: int) -> int:
            # Inside a longer word, where it may be many times more: soon only places between edges are looked at.
            while self._places and self._edged is None:
                self._places -= 1
                at = text.find(term, at + 1, end)
                if at < 0 or alone(at):
                    return at
            edged = self._edges()
            at = edged.find(needle, at + 1 + shift, end + 2)
            while not sure and at >= 0 and not (text.startswith(term, at - shift) and alone(at - shift)):
                at = edged.find(needle, at + 1, end + 2)
            return at - shift if at >= 0 else -1

        return alone, behind

    def _edges(self) -> str:
        if self._edged is None:
            self._edged = f"{_EDGE}{_edged(self.text)}{_EDGE}"
        return self._edged


@once
def searching(text: str) -> WordSearch:
    """A text to be searched for terms in lower case; where it is of ASCII, its rows and places are those of the text."""
    return WordSearch(text.lower())


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
    if text.isalnum() and text.isascii():
        return text
    # One for one, and other letters pass for signs: such a place is looked at closely.
    return text.encode("ascii", "replace").translate(_EDGES).decode("ascii")
