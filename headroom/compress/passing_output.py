"""pytest -rA: what tests wrote that passed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_PASSES = re.compile(r"={4,} PASSES ={4,}")
_PART = re.compile(r"={4,} .* ={4,}")
_TITLE = re.compile(r"_{3,} .* _{3,}")


def blocks(lines: Sequence[str]) -> list[range]:
    """What each passing test wrote, as ``pytest -rA`` shows it below PASSES: rows from the test's title on."""
    first = next((row for row, line in enumerate(lines) if _PASSES.fullmatch(line)), None)
    if first is None:
        return []
    end = next((row for row in range(first + 1, len(lines)) if _PART.fullmatch(lines[row])), len(lines))
    titles = [row for row in range(first + 1, end) if _TITLE.fullmatch(lines[row])]
    return [range(row, behind) for row, behind in pairwise([*titles, end])] if titles else []
