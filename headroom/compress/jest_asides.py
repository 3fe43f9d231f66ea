"""npm and jest: what is said of the user's own settings, and below the totals of a run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from headroom.compress import omissions

NOTE: Final = omissions.note("npm config notes, run time")
_OF_CONFIG = re.compile(r"npm (?:warn|WARN) (?:config )?Unknown \w+ config \"[^\"]{1,200}\"")
_TOTALS = "Tests: "
_BELOW = re.compile(r"Snapshots: +0 total|Time: +[\d.]+ m?s(?:, estimated [\d.]+ m?s)?|Ran all test suites\.")
_LINE_CHARS = 400
_ASKED = re.compile(
    r"\b(?:npm\w*|warn\w*|config\w*|settings?|snapshots?|times?|long|slow\w*|fast\w*|seconds?|durations?)\b",
    re.IGNORECASE,
)


def spare(text: str, lines: Sequence[str], question: str) -> set[int]:
    """Rows of both, where the question is for nothing of the kind."""
    if ("npm " not in text and _TOTALS not in text) or _ASKED.search(question) is not None:
        return set()
    rows: set[int] = set()
    below = False  # the totals of a run
    for row, line in enumerate(lines):
        if line.startswith(_TOTALS):
            below = True
        elif len(line) <= _LINE_CHARS and (_BELOW.fullmatch(line) if below else _OF_CONFIG.match(line)):
            rows.add(row)
        elif below:
            below = not line
    return rows
