"""Excerpts of source that a test runner shows below a failure: the line that failed says it, those around it are in the file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from headroom.compress import omissions

_ASKED = re.compile(
    r"\b(?:code|sources?|context|snippets?|excerpts?|frames?|around|full|whole|entire|fix\w*|repair\w*|debug\w*|lines? of)\b",
    re.IGNORECASE,
)
"""Words of a question for more than what failed, with which values, and where."""
_LINE = re.compile(r"[ \t]{2,}+(?:> )?[ \t]*+\d{1,6} ?\|")
_CARET = re.compile(r"[ \t]{2,}\|[ \t]*+\^++[ \t]*+$")
_MOST = 12
"""Lines of an excerpt on either side of the one that failed."""
NOTE: Final = omissions.note("source around each failed line")


def spare(lines: Sequence[str], query: str) -> set[int]:
    """Rows of an excerpt but for the line above its caret."""
    if _ASKED.search(query) is not None:
        return set()
    rows: set[int] = set()
    for row, line in enumerate(lines):
        if "^" not in line or row == 0 or not _CARET.match(line) or not _LINE.match(lines[row - 1]):
            continue
        first = row - 1
        while first > max(0, row - _MOST) and _LINE.match(lines[first - 1]):
            first -= 1
        behind = row + 1
        while behind < min(len(lines), row + _MOST) and _LINE.match(lines[behind]):
            behind += 1
        rows.update(range(first, row - 1), range(row, behind))
    return rows
