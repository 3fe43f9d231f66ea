"""What ``grep -c``, ``rg -c`` and search tools that only count print: a line a file with a number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from headroom.compress import any_lines
from headroom.compress.asked_count import asked_count
from headroom.compress.folding import SIGIL
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor, told_above
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.selecting import between_ends, elide, finish

_COUNTED = re.compile(r"(?=[^:\n]*[./\\])(?:[A-Za-z]:\\)?[^:\n]{1,300}:(\d{1,9})")
_LEAST = 30
_SHARE = 0.9
_ENDS = 3
_EXTREMES = 3
_NAMED = 40
_COMMON = 2
_ALIKE = 10
"""Files with the same count from which these are counted."""
_NAME = 0.9
"""Weight of a file's name in a question."""
_ZEROS = 0.4
_ZERO_CHARS = 80
_OF_ZEROS = re.compile(
    r"\b(?:no|none|not|n't|without|zero|0|never|lack\w*|miss\w*|least|fewest|kein\w*|ohne|aucun\w*|sans|sin|ningun\w*)\b|n[’']t\b"
)
_ASKED = 0.5
"""A question for more than this part of the files gets all of them."""


class FileCounts(LineCompressor):
    """Files with how many hits each has."""

    kind = "counts"
    layout = "legend"

    def encode(self, text: str) -> str | None:
        """Write the folders that recur as marks with a legend; say how many files have each of the commonest counts."""
        counts = read(lines_of(text))
        encoded = any_lines.encode(text) if len(counts) >= _LEAST else None
        if encoded is None:
            return None
        common = [(hits, files) for hits, files in Counter(counts.values()).most_common(_COMMON) if files >= _ALIKE]
        listed = ", ".join(f"{files} with {hits}" for hits, files in common)
        return told_above(encoded, [f"{SIGIL}{len(counts)} files{': ' if listed else ''}{listed}]"])

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        return any_lines.decode(encoded)

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep the files that the question names, those with the most or the fewest, and the ends; tell sum and range."""
        lines = lines_of(text)
        counts = read(lines)
        relevance = Relevance.from_hints(hints)
        if len(counts) < max(_LEAST, _SHARE * len(lines)) or not relevance.specific:
            return None
        rows = list(counts)
        if "every" in relevance.asks:
            return self._without_zeros(lines, counts, relevance)
        top = max(_EXTREMES, asked_count(hints.query) or 0)
        asked = counts.keys() & named_rows(relevance, lines, strong_lines=_NAMED)
        by_count = sorted(rows, key=lambda row: (counts[row], row))
        asked |= {*by_count[-top:]} if "max" in relevance.asks else set()
        asked |= {*by_count[:top]} if "min" in relevance.asks else set()
        if not asked or len(asked) > _ASKED * len(rows):
            return self._without_zeros(lines, counts, relevance)
        keep = {row for row in range(len(lines)) if row not in counts} | asked | {*rows[:_ENDS], *rows[-_ENDS:]}
        keep.add(by_count[-1])
        keep.update(between_ends(keep, rows, _ENDS))

        def note(first: int, last: int) -> str:
            gone = [counts[row] for row in rows if first <= row <= last]
            return f"{len(gone)} files with {min(gone)} to {max(gone)}, {sum(gone)} in all" if gone else ""

        names = [term.text for term in relevance.named if term.weight >= _NAME]
        found = all(any(name in lines[row].lower() for row in asked) for name in names)
        sure = found and (bool(names) or bool(relevance.asks & {"max", "min"}))
        told = "counts:asked" if sure else "counts:named"
        return finish(elide(lines, keep, note=note), self.kind, told, head=[_head(counts)])

    def _without_zeros(self, lines: Sequence[str], counts: dict[int, int], relevance: Relevance) -> Rendition | None:
        """Leave out files without a hit, where these are many and the question is not after them."""
        zeros = {row for row, hits in counts.items() if not hits}
        if len(zeros) < max(_ALIKE, _ZEROS * len(counts)) or _OF_ZEROS.search(relevance.wording):
            return None

        keep = set(range(len(lines))) - zeros
        pieces = elide(lines, keep, note=lambda *_: "all 0", min_chars=_ZERO_CHARS)
        return finish(pieces, self.kind, "counts:zeros", head=[_head(counts)])


def _head(counts: dict[int, int]) -> str:
    values = counts.values()
    zeros = sum(not hits for hits in values)
    none = f", {len(counts) - zeros} of them with any" if zeros else ""
    return f"{SIGIL}{len(counts)} files with {min(values)} to {max(values)}, {sum(values)} in all{none}]"


def read(lines: Sequence[str]) -> dict[int, int]:
    """Map the rows of files to their counts; other lines are none."""
    found: dict[int, int] = {}
    for row, line in enumerate(lines):
        match = _COUNTED.fullmatch(line)
        if match is not None:
            found[row] = int(match[1])
        elif line and len(found) < row // 2:  # something else: most texts are seen by their first lines
            return {}
    return found


COMPRESSORS: tuple[Compressor, ...] = (FileCounts(),)
