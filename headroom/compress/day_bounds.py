"""Stretches of days that a question tells: ``since 2024-09-01``, "in October 2024", "between 3 May and 10 May"."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
"""With a capital: "may" and "march" are verbs, too."""
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d\d"
_DAY = (
    rf"(?:{_YEAR}-\d\d(?:-\d\d)?|{_NTH} (?:of )?{_MONTH}(?:,? {_YEAR})?|{_MONTH} {_NTH}(?!\d)(?:,? {_YEAR})?"
    rf"|{_MONTH}(?:,? {_YEAR})?|{_YEAR})(?![\w/-]|[.:]\d)"
)
_TOLD = re.compile(
    r"\b(?P<word>[Ss]ince|[Aa]fter|[Ff]rom|[Ss]tarting(?: on| in| from)?|[Bb]efore|[Uu]ntil|[Tt]ill|[Uu]p to|[Tt]hrough|[Oo]n|[Ii]n"
    rf"|[Dd]uring|[Bb]etween) (?:the )?(?P<day>{_DAY})(?: (?:and|to|until|till|through|-|–) (?P<end>{_DAY}))?"
)
_ISO = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")
_PARTS = re.compile(rf"(?P<year>{_YEAR})|(?P<month>{_MONTH})|(?P<number>\d{{1,2}})")
_NEXT = timedelta(days=1)


class Days(NamedTuple):
    """From the first day to the last, both included."""

    first: date = date.min
    last: date = date.max

    def __str__(self) -> str:
        """Word it as ``since``, ``until``, ``on`` or from the one to the other."""
        if self.last == date.max:
            return f"since {self.first}"
        if self.first == date.min:
            return f"until {self.last}"
        return f"on {self.first}" if self.first == self.last else f"from {self.first} to {self.last}"


def days_bounded(query: str, latest: date) -> list[Days]:
    """Read each stretch that a question tells; a month without a year is the last one begun by the day ``latest``."""
    found = []
    for match in _TOLD.finditer(query):
        try:
            span = _span(match["day"], latest)
            end = _span(match["end"], latest) if match["end"] else None
            found.append(_bounded(match["word"].lower(), span, end))
        except (ValueError, OverflowError):
            continue  # no such day
    return found


def without_days(query: str) -> str:
    """The query without these stretches."""
    return _TOLD.sub(" ", query)


def _bounded(word: str, span: Days, end: Days | None) -> Days:
    if end is not None:
        return Days(span.first, end.last)
    if word == "after":
        return Days(first=span.last + _NEXT)
    if word == "before":
        return Days(last=span.first - _NEXT)
    if word in {"since", "from"} or word.startswith("starting"):
        return Days(first=span.first)
    if word in {"until", "till", "up to", "through"}:
        return Days(last=span.last)
    return span


def _span(told: str, latest: date) -> Days:
    """First and last day of a day, a month or a year; ValueError where there is no such day."""
    if (iso := _ISO.fullmatch(told)) is not None:
        return _days(int(iso[1]), int(iso[2]), int(iso[3] or 0))
    year = month = day = 0
    for part in _PARTS.finditer(told):
        if part["year"]:
            year = int(part["year"])
        elif part["month"]:
            month = _MONTHS.index(part["month"][:3].lower()) + 1
        else:
            day = int(part["number"])
    return _days(year or latest.year - ((month, day or 1) > (latest.month, latest.day)), month, day)


def _days(year: int, month: int, day: int) -> Days:
    if day:
        return Days(date(year, month, day), date(year, month, day))
    if month:
        return Days(date(year, month, 1), date(year, month, monthrange(year, month)[1]))
    return Days(date(year, 1, 1), date(year, 12, 31))
