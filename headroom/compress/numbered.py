"""Line numbers in the margin, as ``cat -n`` and file viewers print them: taken off before a text is read, put back after."""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import is_

from headroom.compress.folding import SIGIL
from headroom.compress.once import lines_of, note

_FIRST = re.compile(r"( *)(\d{1,9})(\t|→|: | \| |\| |:|\|)")
_MIN_LINES = 8
_MOST_ABOVE = 5
"""Lines of words that may stand above them, each of so many characters at most."""
_MOST_CHARS = 300
_MOST_AFTER = 12
"""Lines that may follow the numbered ones."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A text whose lines were numbered one by one."""

    bare: str
    """The text without its margin."""
    first: int
    width: int
    """Digits are padded with blanks to this width; 0 for not at all."""
    sign: str
    """What stands between number and line."""
    count: int
    """Lines that are numbered; what follows them, such as a viewer's closing words, has no margin."""

    @property
    def note(self) -> str:
        """One line for the reader, with our sigil, without newline."""
        last = self.first + self.count - 1
        return f"{SIGIL}lines {self.first}-{last} of the file, their numbers left out]"

    def restore(self, bare: str) -> str:
        """Put the margin back: ``restore(self.bare)`` is the source."""
        lines = bare.split("\n")
        numbered = [
            f"{number:>{self.width}}{self.sign}{line}" for number, line in enumerate(lines[: self.count], self.first)
        ]
        return "\n".join(numbered + lines[self.count :])


def unnumber(text: str) -> Numbered | None:
    """Take the margin off, or None where the lines are not numbered one after the other. Exact or not at all."""
    match = _FIRST.match(text)
    if match is None:
        return None
    sign = match[3]
    width = len(match[1]) + len(match[2]) if match[1] else 0
    first = int(match[2])
    lines = lines_of(text)
    if any(not line.startswith(f"{number:>{width}}{sign}") for number, line in enumerate(lines[:_MIN_LINES], first)):
        return None
    if _is_column(sign, padded=width > 0, first=first, lines=lines[:_MIN_LINES]):
        return None
    count = len(lines)
    heads = _heads(first, count, width, sign)
    bare = list(map(str.removeprefix, lines, heads))
    misfits = list(map(is_, bare, lines))  # a line without its head stays the same object
    count = misfits.index(True) if True in misfits else len(lines)
    if count < _MIN_LINES or len(lines) - count > _MOST_AFTER:
        return None
    bare[count:] = lines[count:]
    text = "\n".join(bare)
    note(lines_of, text, bare)
    return Numbered(text, first, width, sign, count)


def words_above(text: str) -> int | None:
    """Where numbered lines start below a few lines of words, such as what a viewer says of the file; None for nowhere."""
    start = 0
    for _ in range(_MOST_ABOVE):
        start = text.find("\n", start, start + _MOST_CHARS) + 1
        if start == 0:
            return None
        if _FIRST.match(text, start):
            return start if unnumber(text[start:]) is not None else None
    return None


def _is_column(sign: str, *, padded: bool, first: int, lines: list[str]) -> bool:
    """Whether the numbers are the first cells of a table's rows, as of a query sorted by its key: no file's line numbers."""
    cells = {line.count(sign.strip(" ")) for line in lines}
    if "|" in sign:
        return min(cells) > 1
    # Of a table in a file that is shown with line numbers, the first line is seen mostly.
    return sign == "\t" and not padded and first > 1 and len(cells) == 1 and min(cells) > 1


def _heads(first: int, count: int, width: int, sign: str) -> list[str]:
    """Margins of so many lines; ten share what stands before their last digit, as to format each takes thrice as long."""
    units = [f"{unit}{sign}" for unit in range(10)]
    tens = [(str(ten) if ten else "").rjust(width - 1) for ten in range(first // 10, (first + count - 1) // 10 + 1)]
    return [ten + unit for ten in tens for unit in units][first % 10 : first % 10 + count]
