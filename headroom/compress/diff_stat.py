"""What ``git diff --stat``, ``git pull`` and ``git merge`` print: a line a file with how many of its lines changed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.once import lines_of
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints, Rendition
from headroom.compress.tabular import DrawnTable

_FILE = re.compile(r" \S.* \| +(\d+|Bin)(?: .*)?")
_EXTREMES = 3
"""Files that stay where a question is about those with the most or the fewest changes."""
_NAME = 0.9
"""Weight of a file's name in a question."""
_ABOVE = 6
"""Lines among which the first file must be: some words may stand above."""
_SHARE = 0.6
"""Part of the lines that must be files."""


class DiffStat:
    """Files and their changes without the padding between; what a question asks of them is `Vcs`'s to keep."""

    kind = "stat"

    def __init__(self) -> None:
        self._table = DrawnTable()

    def lossless(self, text: str, hints: Hints) -> Rendition | None:
        """Write the columns as bare cells."""
        lines = lines_of(text)
        if not changes(lines[:_ABOVE]) or len(changes(lines)) < _SHARE * len(lines):
            return None
        return self._table.lossless(text, hints)

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``; raises ValueError on other text."""
        return self._table.decode(encoded)

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """None: that is `Vcs`'s to say."""
        del text, hints
        return None


def changes(lines: Sequence[str]) -> dict[int, int]:
    """Map the rows of files to how many lines of each changed; a binary file counts none."""
    found: dict[int, int] = {}
    for row, line in enumerate(lines):
        match = _FILE.fullmatch(line) if " | " in line else None
        if match is not None:
            found[row] = 0 if match[1] == "Bin" else int(match[1])
    return found


def answers(said: Sequence[str], relevance: Relevance) -> bool:
    """Whether these lines hold each name of a question, or it names none and is for the most or the fewest changes."""
    names = [term.text for term in relevance.named if term.weight >= _NAME]
    joined = "\n".join(said).lower()
    return all(name in joined for name in names) and (bool(names) or not relevance.asks.isdisjoint({"max", "min"}))


def extremes(found: dict[int, int], relevance: Relevance) -> set[int]:
    """Rows of the files with the most changes, or the fewest, if that is asked."""
    by_size = sorted(found, key=found.__getitem__)
    rows: set[int] = set()
    if "max" in relevance.asks:
        rows.update(by_size[-_EXTREMES:])
    if "min" in relevance.asks:
        rows.update(by_size[:_EXTREMES])
    return rows
