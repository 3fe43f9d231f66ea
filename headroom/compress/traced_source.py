"""pytest: the source of each function that a traceback shows; its head and the lines that led to the failure are enough."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from headroom.compress.frames import is_library
from headroom.compress.spare_frames import GAP_CHARS

_ENTRY = re.compile(r"(?:_ ){8,}_?$|_{3,} .* _{3,}$")
"""What stands above each call of a traceback."""
_PLACE = re.compile(r"(?:[A-Za-z]:)?[^\s:]+\.py:\d+: (?!in )")
_FUNCTION = re.compile(r"[ >]   \s*(?:async )?def ")
_TITLE = re.compile(r"_{3,} .* _{3,}$")
_CONTEXT = 2
"""Lines of a library's source that stay above the one that failed."""
_OWN_CONTEXT = 12
"""So many of the program's own, but for the test itself, which stays."""
_OWN_LEAST = 20
"""Fewer lines of the program's own stay, too."""


def source_above(lines: Sequence[str]) -> list[range]:
    """Rows of source between the head of a function and the lines in it that led to the failure; of what repeats often, none.

    Of a library's function all but two lines, of a long one of the program all but twelve, of the test nothing.
    """
    found: list[range] = []
    start = -1
    own = test = False
    for row, line in enumerate(lines):
        if line[:1] == "_" and _ENTRY.match(line):
            start = row + 1
            test = _TITLE.match(line) is not None
        elif start >= 0 and line[:1] not in {" ", ">", "E", ""} and _PLACE.match(line):
            library = is_library(line)
            own = own or not library
            gone = _gone(lines, range(start, row), _CONTEXT if library else _OWN_CONTEXT)
            if gone and (library or (not test and len(gone) >= _OWN_LEAST)):
                found.append(gone)
            start = -1
    if not own:  # then it is the library that is under test
        return []
    texts = ["\n".join(lines[rows.start : rows.stop]) for rows in found]
    times = Counter(texts)
    return [rows for rows, text in zip(found, texts, strict=True) if len(text) > GAP_CHARS * times[text]]


def _gone(lines: Sequence[str], entry: range, context: int) -> range:
    """Rows of one call's source that may go."""
    failed = next((row for row in entry if lines[row][:1] == ">"), entry.start)
    head = next((row for row in range(entry.start, failed) if _FUNCTION.match(lines[row])), failed)
    return range(head + 1, failed - context)
