"""Days that a question tells in words, as tools write them: "20 May" stands as ``2026-05-20`` or ``20/May/2026``."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_TOLD = re.compile(
    rf"\b(?:{_DAY}\s+(?:of\s+)?{_MONTH}|{_MONTH}\s+{_DAY})(?![\w:])(?:,?\s+((?:19|20)\d\d)(?!\w))?", re.IGNORECASE
)
_LAST_DAY = 31


def days_told(query: str) -> Iterator[str]:
    """Each day of the query in the ways that tools write it, in lower case; with its year where that is told."""
    for match in _TOLD.finditer(query):
        day = int(match[1] or match[4])
        name = (match[2] or match[3]).lower()[:3]
        if not 1 <= day <= _LAST_DAY:
            continue
        month = f"{_MONTHS.index(name) + 1:02}"
        year = match[5]
        yield f"{year}-{month}-{day:02}" if year else f"-{month}-{day:02}"
        yield f"{day:02}/{name}/{year}" if year else f"{day:02}/{name}/"
        yield f"{name} {day:2}"
