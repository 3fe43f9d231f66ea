"""pytest: the source of a library's function in a traceback; the line that failed and its head tell what it was."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from headroom.compress.frames import GAP_CHARS, is_library

_ENTRY = re.compile(r"(?:_ ){8,}_?$|_{3,} .* _{3,}$")
"""What stands above each call of a traceback."""
_PLACE = re.compile(r"(?:[A-Za-z]:)?[^\s:]+\.py:\d+: (?!in )")
_FUNCTION = re.compile(r"[ >]   \s*(?:async )?def ")
_CONTEXT = 2
"""Lines of source that stay above the one that failed."""


def source_of_libraries(lines: Sequence[str]) -> list[range]:
    """Rows of source between the head of a library's function and the line in it that failed; of what repeats often, none."""
    found: list[range] = []
    start = -1
    own = False
    for row, line in enumerate(lines):
        if line[:1] == "_" and _ENTRY.match(line):
            start = row + 1
        elif start >= 0 and line[:1] not in {" ", ">", "E", ""} and _PLACE.match(line):
            library = is_library(line)
            own = own or not library
            if library and (gone := _gone(lines, range(start, row))):
                found.append(gone)
            start = -1
    if not own:  # then it is the library that is under test
        return []
    texts = ["\n".join(lines[rows.start : rows.stop]) for rows in found]
    times = Counter(texts)
    return [rows for rows, text in zip(found, texts, strict=True) if len(text) > GAP_CHARS * times[text]]


def _gone(lines: Sequence[str], entry: range) -> range:
    """Rows of one call's source that may go."""
    failed = next((row for row in entry if lines[row][:1] == ">"), entry.start)
    head = next((row for row in range(entry.start, failed) if _FUNCTION.match(lines[row])), failed)
    return range(head + 1, failed - _CONTEXT)
