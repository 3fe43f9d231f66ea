"""The line numbers that a question names: a number as short as these is no term that is looked for."""

from __future__ import annotations

import re

from headroom.compress.query_terms import MAX_QUERY_CHARS

_ASKED = re.compile(
    r"\b(?:lines?|l\.)(?: no\.?| number)? #?(\d{1,7})(?:(?: ?[-\u2013] ?| (?:to|through|and) )(\d{1,7}))?\b",
    re.IGNORECASE,
)
_MOST = 60
"""Of a longer range only both ends count."""
_LINE = re.compile(r"(?<=\w):(\d{1,7})\b(?!\.?\w)")
_NO_FILE = re.compile(r"[^\w./\\@+~-]")
_FILE = re.compile(r".*\w\.\w+")
_DRIVE = re.compile(r"(?<!\w)[A-Za-z]:")
_FILE_CHARS = 300
"""Characters before a line's number among which its file's name is."""


def asked_lines(query: str) -> frozenset[int]:
    """Return the numbers after "line" or "lines" in a question, those of a short range among them."""
    query = query[-MAX_QUERY_CHARS:]
    found: set[int] = set()
    for match in _ASKED.finditer(query) if "l" in query or "L" in query else ():
        first, last = int(match[1]), int(match[2] or match[1])
        found |= {first, last}
        if last - first < _MOST:
            found.update(range(first, last))
    return frozenset(found)


def asked_places(query: str) -> frozenset[tuple[str, int]]:
    """Return file, as written, and line of each ``src/app.py:12`` in a question. Linear."""
    query = query[-MAX_QUERY_CHARS:]
    return frozenset(
        (file, int(match[1])) for match in _LINE.finditer(query) if (file := _file_before(query, match.start()))
    )


def _file_before(query: str, end: int) -> str:
    """The file's name that ends at a place, or the empty string."""
    start = max(0, end - _FILE_CHARS)
    file = _NO_FILE.split(query[start:end])[-1]
    if _FILE.fullmatch(file) is None:
        return ""
    drive = query[max(0, end - len(file) - 2) : end - len(file)]
    return drive + file if file[0] in "/\\" and _DRIVE.fullmatch(drive) else file
