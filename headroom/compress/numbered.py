"""Line numbers in the margin, as ``cat -n`` and file viewers print them: taken off before a text is read, put back after."""

from __future__ import annotations

import re
from dataclasses import dataclass

from headroom.compress.folding import SIGIL

_FIRST = re.compile(r"( *)(\d{1,9})(\t|→|: | \| |\| |:|\|)")
_MIN_LINES = 8


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

    @property
    def note(self) -> str:
        """One line for the reader, with our sigil, without newline."""
        last = self.first + self.bare.count("\n") - self.bare.endswith("\n")
        return f"{SIGIL}line numbers left out: these are lines {self.first}-{last} of the file]"

    def restore(self, bare: str) -> str:
        """Put the margin back: ``restore(self.bare)`` is the source."""
        lines = bare.split("\n")
        ends = lines.pop() if bare.endswith("\n") else None
        numbered = [f"{number:>{self.width}}{self.sign}{line}" for number, line in enumerate(lines, self.first)]
        return "\n".join(numbered) + ("\n" if ends is not None else "")


def unnumber(text: str) -> Numbered | None:
    """Take the margin off, or None where the lines are not numbered one after the other. Exact or not at all."""
    match = _FIRST.match(text)
    if match is None:
        return None
    sign = match[3]
    width = len(match[1]) + len(match[2]) if match[1] else 0
    first = int(match[2])
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    if len(lines) < _MIN_LINES:
        return None
    bare: list[str] = []
    for number, line in enumerate(lines, first):
        head, found, rest = line.partition(sign)
        if not found or head != f"{number:>{width}}":
            return None
        bare.append(rest)
    if not bare[-1] and not text.endswith("\n"):  # a last line of a bare number: its margin could not be put back
        return None
    return Numbered("\n".join(bare) + ("\n" if text.endswith("\n") else ""), first, width, sign)
