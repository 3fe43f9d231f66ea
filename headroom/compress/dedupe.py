"""Lines that stand word for word in an earlier text are cited instead of repeated: the later copy names the earlier one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from zlib import crc32

from headroom.compress.folding import SIGIL, escape

WINDOW = 3
"""Lines that must agree before a longer agreement is looked for."""
MIN_LINES = 8
MIN_CHARS = 300
"""A repeat is cited from MIN_LINES lines and MIN_CHARS characters on: a citation costs some 30 tokens."""
_CANDIDATES = 4
"""Earlier places that a run of lines is compared with."""
_LINE_COST = 60
_WINDOW_COST = 140
"""Bytes that a line and a window take beside the text."""
_ROW_BITS = 32

Citing = Callable[[bytes], str | None]
"""Key of an earlier text → what the reader knows it by, such as ``Read src/a.py``; None when the reader does not see it."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """Lines of a new text that stand word for word in an earlier one; rows are 1-based and inclusive."""

    first: int
    last: int
    key: bytes
    """Of the earlier text."""
    citation: str
    earlier_first: int
    earlier_last: int

    @property
    def marker(self) -> str:
        """The line that stands for the repeat."""
        count = self.last - self.first + 1
        return (
            f"{SIGIL}{count} lines (L{self.first}-{self.last}): the same as lines {self.earlier_first}-{self.earlier_last}"
            f" of the result of {self.citation} above]"
        )


class SeenText:
    """Texts by windows of lines. Deterministic. Only what the reader sees word for word may be added."""

    def __init__(self) -> None:
        self.size = 0
        """Rough bytes held."""
        self._texts: dict[bytes, list[str]] = {}
        self._keys: list[bytes] = []
        self._windows: dict[int, int | list[int]] = {}
        """Where windows of lines begin: the number of a text above its row. Most windows stand in one place only."""

    def add(self, key: bytes, text: str) -> None:
        """Remember a text; one of a known key is left as it is."""
        if key in self._texts:
            return
        lines = text.split("\n")
        self._texts[key] = lines
        self.size += sum(map(len, lines)) + _LINE_COST * len(lines)
        first = len(self._keys) << _ROW_BITS
        self._keys.append(key)
        for place, window in enumerate(_windows(lines), first):
            known = self._windows.setdefault(window, place)
            if isinstance(known, list):
                known.append(place)
            elif known != place:
                self._windows[window] = [known, place]
            self.size += _WINDOW_COST

    def repeats(self, text: str, citing: Citing) -> tuple[Repeat, ...]:
        """Find the runs of ``text`` that stand in an earlier text, the longest first come, in order, without overlap.

        Windows are told apart by CRC-32 and then compared line by line. Linear but for ``_CANDIDATES`` comparisons a run.
        """
        known = self._windows
        if not known:
            return ()
        lines = text.split("\n")
        windows = list(_windows(lines))
        starts = [row for row, window in enumerate(windows) if window in known]
        found: list[Repeat] = []
        places: dict[int, list[tuple[bytes, int, str]]] = {}
        citing = cache(citing)
        row = 0
        for start in starts:
            if start < row:
                continue
            row = start
            best: Repeat | None = None
            window = windows[row]
            if window not in places:
                places[window] = list(islice(self._places(window, citing), _CANDIDATES))
            for key, at, citation in places[window]:
                length = _agreement(lines, row, self._texts[key], at)
                if length >= WINDOW and (best is None or length > best.last - best.first + 1):
                    best = Repeat(row + 1, row + length, key, citation, at + 1, at + length)
            if best is not None and _worth(lines, best):
                found.append(best)
                row = best.last
            elif best is not None:
                # A run that is too short to cite is stepped over whole: looking from inside it would not be linear.
                row += max(1, best.last - best.first - WINDOW)
        return tuple(found)

    def _places(self, window: int, citing: Citing) -> Iterator[tuple[bytes, int, str]]:
        """Where the reader sees a window, the earliest first.

        Texts of other branches are passed over, however many there are: what is found must not depend on them.
        """
        known = self._windows.get(window, [])
        for place in known if isinstance(known, list) else [known]:
            key = self._keys[place >> _ROW_BITS]
            if (citation := citing(key)) is not None:
                yield key, place & ((1 << _ROW_BITS) - 1), citation


def cite(text: str, repeats: Sequence[Repeat]) -> str:
    """Write ``text`` with each repeat replaced by its marker."""
    lines = text.split("\n")
    out: list[str] = []
    row = 0
    for repeat in repeats:
        out.extend(escape(line) for line in lines[row : repeat.first - 1])
        out.append(repeat.marker)
        row = repeat.last
    out.extend(escape(line) for line in lines[row:])
    return "\n".join(out)


def _windows(lines: Sequence[str]) -> Iterator[int]:
    sums = [crc32(line.encode("utf-8", "surrogatepass")) for line in lines]
    return map(
        hash, zip(*(sums[shift:] for shift in range(WINDOW)), strict=False)
    )  # of integers: the same in every process


def _agreement(lines: Sequence[str], row: int, earlier: Sequence[str], at: int) -> int:
    length = 0
    most = min(len(lines) - row, len(earlier) - at)
    while length < most and lines[row + length] == earlier[at + length]:
        length += 1
    return length


def _worth(lines: Sequence[str], repeat: Repeat) -> bool:
    count = repeat.last - repeat.first + 1
    return count >= MIN_LINES and sum(map(len, lines[repeat.first - 1 : repeat.last])) >= MIN_CHARS
