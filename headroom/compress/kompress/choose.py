"""Which sentences stay, from the scores of their words.

The sentence is the smallest piece that goes: every gap has to be marked in place, and a marker takes more tokens than the
words that a model would drop out of a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.kompress.scores import THRESHOLD

LEAST_SAVED = 0.15
"""Share of the text that must go, or the reader is better served with all of it."""
_MUST = re.compile(
    r"""
    \b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b   # UUID
    | \b(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,64}\b                    # hash
    | \b0x[0-9A-Fa-f]+\b
    | \b[A-Z]{2,10}-\d+(?:-\d+)*\b                                    # ticket, CVE
    | \b[\w.+-]+@[\w-]+\.[\w.]+\b                                     # mail
    | \b[a-z][a-z0-9+.-]*://\S+                                       # URL
    | \b\d{1,3}(?:\.\d{1,3}){3}\b                                     # IPv4
    | \bv?\d+\.\d+\.\d+\b                                             # version
    | (?<!\w)(?:~|\.{1,2})?/[\w.-]+/[\w./-]+                           # path
    | (?<![\w-])--?[a-z][\w-]+\b                                      # flag
    | [$€£¥]\s?\d | \b\d+(?:[.,]\d+)?\s?%                             # money, share
    | `[^`]+`                                                         # code
    | \b(?:must|never|only\s+if|unless|do\s+not|don't|shall)\b        # directive
    """,
    re.VERBOSE,
)


def must_stay(sentence: str) -> bool:
    """Whether a sentence names something that can't be guessed from the rest, or tells the reader what to do."""
    return _MUST.search(sentence) is not None


def value(scores: Sequence[float]) -> float:
    """What a sentence is worth: the share of its words that are kept; the mean breaks ties."""
    if not scores:
        return 0.0
    kept = sum(score >= THRESHOLD for score in scores) / len(scores)
    return 0.8 * kept + 0.2 * sum(scores) / len(scores)


def by_threshold(rows: Sequence[Sequence[float]]) -> set[int]:
    """The sentences of which the model keeps at least half of the words; ``rows`` are the scores of each sentence's words."""
    return {
        index for index, row in enumerate(rows) if not row or 2 * sum(score >= THRESHOLD for score in row) >= len(row)
    }
