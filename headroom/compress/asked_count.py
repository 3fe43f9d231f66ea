"""How many of something a question wants: ``top 10``, ``the three largest``, ``the second highest``."""

from __future__ import annotations

import re

_WORDS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
}
_NUMBER = rf"(\d{{1,3}}|{'|'.join(_WORDS)})"
_MOST = (
    "highest|largest|biggest|greatest|heaviest|longest|slowest|lowest|smallest|shortest|fastest|lightest|most|least|fewest"
    "|latest|newest|oldest|earliest|last|first|best|worst"
)
_ORDINALS = {"second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5}
_TOP = re.compile(
    rf"\b(?:top|first|last|best|worst|bottom)\s+{_NUMBER}\b(?!\s+(?:release|version|lts|build|line)\b)|\b{_NUMBER}\s+(?:{_MOST})\b"
    rf"|\b({'|'.join(_ORDINALS)})[ -](?:{_MOST})\b",
    re.IGNORECASE,
)


def asked_count(query: str) -> int | None:
    """Return the number, from 0 to 999; None where the question tells none."""
    match = _TOP.search(query)
    if match is None:
        return None
    said = (match[1] or match[2] or match[3]).lower()
    return _WORDS.get(said) or _ORDINALS.get(said) or int(said)
