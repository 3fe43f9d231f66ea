"""When a log's lines are shown without what their time stamps begin with, and which of them keep it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress import stamp_starts
from headroom.compress.asks import asking, asks_when
from headroom.compress.dates import days_told
from headroom.compress.margins import asks_for_times
from headroom.compress.naming import named_rows
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints

_NAME = 0.8
_LEAST_LINES = 5
_ASKED = 60
"""Lines with a word of a question for every line up to which all stay as they are."""
_DATE = re.compile(
    r"\d[-/.]\d\d?[-/.]\d|(?:19|20)\d\d-\d\d|\d/[A-Z][a-z]{2}\b|\b(?:dates?|days?|today|yesterday|o'clock|\d{1,2} ?[ap]m)\b"
)


def left_out(lines: Sequence[str], hints: Hints, *, ends: bool = True) -> tuple[str, list[str]] | None:
    """The note, and the lines without what they begin with, where that spares enough and nobody asks for times.

    A line with a name or a number of the question stays as it is, to be quoted, and with ``ends`` so do the first and the last
    one. Where each line about something is asked for, some words of the question are enough.
    """
    relevance = Relevance.from_hints(hints)
    if len(lines) < _LEAST_LINES or _asks_for_stamps(asking(hints.query)):
        return None
    if not relevance.specific and not stamp_starts.is_short(lines):
        return None  # any line may be asked for next

    def whole(lines: Sequence[str]) -> set[int]:
        rows = [row for row, line in enumerate(lines) if line and line[0] != stamp_starts.HOLE] if ends else []
        names = relevance.only(lambda term: term.weight >= _NAME or term.text.isdecimal())
        named = named_rows(names, lines, len(lines), len(lines), near_lines=0)
        every = named_rows(relevance, lines, word_lines=_ASKED) if "every" in relevance.asks else set()
        return {*rows[:1], *rows[-1:], *named, *every}

    return stamp_starts.left_out(lines, whole)


def _asks_for_stamps(query: str) -> bool:
    """Whether a question names a date or a time, or asks for one."""
    return asks_for_times(query) or asks_when(query) or _DATE.search(query) is not None or any(days_told(query))
