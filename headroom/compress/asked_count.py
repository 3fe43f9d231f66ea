"""How many of something a question wants: ``top 10``, ``which five cost the most``, ``the second highest``."""

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
    "fifteen": 15,
    "twenty": 20,
}
_NUMBER = rf"(\d{{1,3}}|{'|'.join(_WORDS)})"
_FEW = rf"(\d|[1-4]\d|50|{'|'.join(_WORDS)})"
"""A number of records; a greater one is rather a status or a value."""
_BY_SIZE = (
    "highest|largest|biggest|greatest|heaviest|longest|slowest|lowest|smallest|shortest|fastest|lightest|fewest"
    "|latest|newest|oldest|earliest|cheapest|costliest|priciest|hottest|coldest|tallest|deepest|strongest|busiest"
)
_MOST = rf"{_BY_SIZE}|most|least|last|first|best|worst"
_ORDINALS = {"second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5}
_TOP = re.compile(
    rf"\b(?:(?:top|first|last|best|worst|bottom)\s+{_NUMBER}|(?:{_BY_SIZE})\s+{_FEW})\b"
    rf"(?!\s+(?:release|version|lts|build|line)\b)|\b{_NUMBER}\s+(?:{_MOST})\b"
    rf"|\b({'|'.join(_ORDINALS)})[ -](?:{_MOST})\b",
    re.IGNORECASE,
)
_APART = re.compile(
    rf"\b(?:which|what|the|those|list|show(?: me)?|find|name|give me|tell me)\s+{_FEW}(?:\s+[^\W\d][\w'’-]*){{1,7}}?"
    rf"\s+(?:(?<!at )(?:most|least)|{_BY_SIZE}|best|worst)\b",
    re.IGNORECASE,
)
"""Words between the number and what there is most of: ``which three shops have the highest rent``."""
_OF_SEVERAL = re.compile(
    r"\b(?:files|folders|directories|dirs|packages|modules|ones|things)\b[^.?!]{0,40}\b(?:most|largest|biggest|heaviest|smallest|least)\b"
    r"|\b(?:largest|biggest|heaviest|smallest)\s+(?:files|folders|directories|dirs|packages|modules|ones|things)\b"
)


def asked_count(query: str) -> int | None:
    """Return the number, from 0 to 999; None where the question tells none."""
    match = _TOP.search(query) or _APART.search(query)
    if match is None:
        return None
    said = next(filter(None, match.groups())).lower()
    return _WORDS.get(said) or _ORDINALS.get(said) or int(said)


def asks_for_several(wording: str) -> bool:
    """Whether a question in lower case asks for the largest or smallest of things, and not of one thing."""
    return _OF_SEVERAL.search(wording) is not None
