"""Text that was sent before in the conversation, cited instead of repeated: the later copy names the earlier one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.numbered import unnumber

WINDOW = 3
"""Lines that must agree before a longer agreement is looked for."""
MIN_LINES = 8
MIN_CHARS = 300
"""A repeat is cited from MIN_LINES lines and MIN_CHARS characters on: a citation costs some 25 tokens."""
MAX_BYTES = 16_000_000
"""Text that an index remembers; the oldest block goes first."""
_CANDIDATES = 4


@dataclass(frozen=True, slots=True)
class Repeat:
    """Lines of a new block that stand word for word in an earlier one; rows are 1-based and inclusive."""

    first: int
    last: int
    citation: str
    """What the reader knows the earlier block by, such as ``Read src/a.py``."""
    earlier_first: int
    earlier_last: int

    @property
    def marker(self) -> str:
        """The line that stands for the repeat."""
        count = self.last - self.first + 1
        return (
            f"{SIGIL}{count} lines (L{self.first}-{self.last}) are the same as lines {self.earlier_first}-{self.earlier_last}"
            f" of {self.citation} above, unchanged]"
        )


class SeenText:
    """What a conversation has been sent so far, by windows of lines. Bounded in bytes; deterministic.

    Only text that the reader sees word for word may be added: what was left out of a block cannot be cited.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._blocks: OrderedDict[str, list[str]] = OrderedDict()
        self._windows: dict[tuple[int, ...], list[tuple[str, int]]] = {}

    def add(self, citation: str, text: str) -> None:
        """Remember a block; a block of the same citation is replaced, since the citation now means the newer one."""
        self.forget(citation)
        if len(text) > self._max_bytes:
            return
        lines = _bare(text)
        self._blocks[citation] = lines
        self._bytes += sum(map(len, lines)) + len(lines)
        for row, key in enumerate(_keys(lines)):
            places = self._windows.setdefault(key, [])
            if len(places) < _CANDIDATES:
                places.append((citation, row))
        while self._bytes > self._max_bytes:
            self.forget(next(iter(self._blocks)))

    def forget(self, citation: str) -> None:
        """Drop a block, as when the file it shows was edited since."""
        lines = self._blocks.pop(citation, None)
        if lines is None:
            return
        self._bytes -= sum(map(len, lines)) + len(lines)
        for key in set(_keys(lines)):
            places = [place for place in self._windows.get(key, ()) if place[0] != citation]
            if places:
                self._windows[key] = places
            else:
                self._windows.pop(key, None)

    def repeats(self, text: str) -> tuple[Repeat, ...]:
        """Find the runs of ``text`` that stand in an earlier block, the longest first come, in order, without overlap.

        Windows are told apart by CRC-32 and then compared line by line. Linear but for ``_CANDIDATES`` comparisons a run.
        """
        lines = _bare(text)
        keys = list(_keys(lines))
        found: list[Repeat] = []
        row = 0
        while row < len(keys):
            best: Repeat | None = None
            for citation, at in self._windows.get(keys[row], ()):
                length = _agreement(lines, row, self._blocks[citation], at)
                if best is None or length > best.last - best.first + 1:
                    best = Repeat(row + 1, row + length, citation, at + 1, at + length)
            if best is not None and _worth(lines, best):
                found.append(best)
                row = best.last
            else:
                # A run that is too short to cite is stepped over whole: looking from inside it would not be linear.
                row += max(1, best.last - best.first - WINDOW) if best is not None else 1
        return tuple(found)

    def cite(self, text: str) -> str | None:
        """Write ``text`` with each repeat replaced by its marker, or None where nothing repeats."""
        repeats = self.repeats(text)
        if not repeats:
            return None
        lines = text.split("\n")
        out: list[str] = []
        row = 0
        for repeat in repeats:
            out.extend(escape(line) for line in lines[row : repeat.first - 1])
            out.append(repeat.marker)
            row = repeat.last
        out.extend(escape(line) for line in lines[row:])
        return "\n".join(out)

    def restore(self, cited: str, repeats: Sequence[Repeat]) -> str:
        """Invert ``cite`` for a text without margin numbers."""
        by_marker = {repeat.marker: repeat for repeat in repeats}
        out: list[str] = []
        for line in cited.split("\n"):
            repeat = by_marker.get(line)
            if repeat is None:
                out.append(unescape(line))
            else:
                out.extend(self._blocks[repeat.citation][repeat.earlier_first - 1 : repeat.earlier_last])
        return "\n".join(out)


def _bare(text: str) -> list[str]:
    """Lines without a margin of numbers: a file read from another line on is still the same text."""
    numbered = unnumber(text)
    return (numbered.bare if numbered else text).split("\n")


def _keys(lines: Sequence[str]) -> list[tuple[int, ...]]:
    sums = [crc32(line.encode("utf-8", "surrogatepass")) for line in lines]
    return [tuple(sums[row : row + WINDOW]) for row in range(len(sums) - WINDOW + 1)]


def _agreement(lines: Sequence[str], row: int, earlier: Sequence[str], at: int) -> int:
    length = 0
    most = min(len(lines) - row, len(earlier) - at)
    while length < most and lines[row + length] == earlier[at + length]:
        length += 1
    return length


def _worth(lines: Sequence[str], repeat: Repeat) -> bool:
    count = repeat.last - repeat.first + 1
    return count >= MIN_LINES and sum(map(len, lines[repeat.first - 1 : repeat.last])) >= MIN_CHARS
