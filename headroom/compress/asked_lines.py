"""The line numbers that a question names: a number as short as these is no term that is looked for."""

from __future__ import annotations

import re

_ASKED = re.compile(
    r"\b(?:lines?|l\.)(?: no\.?| number)? #?(\d{1,7})(?:(?: ?[-\u2013] ?| (?:to|through|and) )(\d{1,7}))?\b",
    re.IGNORECASE,
)
_MOST = 60
"""Of a longer range only both ends count."""
_PLACE = re.compile(r"(?<![\w./\\-])((?:[A-Za-z]:(?=[\\/]))?[\w./\\@+~-]*\w\.\w+):(\d{1,7})\b(?!\.?\w)")


def asked_lines(query: str) -> frozenset[int]:
    """Return the numbers after "line" or "lines" in a question, those of a short range among them."""
    found: set[int] = set()
    for match in _ASKED.finditer(query) if "l" in query or "L" in query else ():
        first, last = int(match[1]), int(match[2] or match[1])
        found |= {first, last}
        if last - first < _MOST:
            found.update(range(first, last))
    return frozenset(found)


def asked_places(query: str) -> frozenset[tuple[str, int]]:
    """Return file, as written, and line of each ``src/app.py:12`` in a question."""
    return frozenset((match[1], int(match[2])) for match in (_PLACE.finditer(query) if ":" in query else ()))
