"""Search in an original: a literal or a regular expression, never longer than its budget."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import regex  # type: ignore[import-untyped]

LONGEST_PATTERN = 500
"""Characters; longer ones are taken literally."""

BUDGET_SECONDS = 0.05
_MOST_HITS = 5_000

_META = re.compile(r"[\\^$.|?*+()\[\]{}]")


@dataclass(frozen=True, slots=True)
class Hits:
    """Where a pattern occurs, as offsets, in order."""

    spans: tuple[tuple[int, int], ...]
    note: str = ""
    """How the search differed from what was asked, such as ``ignoring case``."""


def find(text: str, pattern: str, *, budget: float = BUDGET_SECONDS) -> Hits:
    """Search for a pattern: as a regular expression if it is one, else literally, then without regard to case.

    ``budget`` is in seconds for each attempt with an expression. One that is invalid or takes longer is looked for
    literally, in linear time.
    """
    if not pattern:
        return Hits(())
    notes: list[str] = []
    if len(pattern) <= LONGEST_PATTERN and _META.search(pattern):
        for flags, note in ((regex.MULTILINE, ""), (regex.MULTILINE | regex.IGNORECASE, "ignoring case")):
            spans, trouble = _by_expression(text, pattern, flags, budget)
            if spans:
                return Hits(spans, ", ".join(filter(None, (note, trouble))))
            if trouble:
                notes = [trouble]
                break
    literal = _plain(pattern) if notes else pattern
    for needle, note in ((pattern, ""), (literal, "")):
        if spans := tuple(_by_text(text, needle)):
            return Hits(spans, ", ".join([*notes, note] if note else notes))
    lowered = text.lower()
    if len(lowered) == len(text) and (spans := tuple(_by_text(lowered, literal.lower()))):
        return Hits(spans, ", ".join([*notes, "ignoring case"]))
    return Hits((), ", ".join(notes))


def _by_expression(text: str, pattern: str, flags: int, budget: float) -> tuple[tuple[tuple[int, int], ...], str]:
    """Spans of an expression's matches, and what went wrong."""
    try:
        compiled = regex.compile(pattern, flags)
    except (regex.error, RecursionError, OverflowError, MemoryError, ValueError):
        return (), "taken literally, as it is no valid expression"
    spans: list[tuple[int, int]] = []
    try:
        for found in compiled.finditer(text, timeout=budget, concurrent=True):
            if found.end() > found.start():
                spans.append(found.span())
            if len(spans) >= _MOST_HITS:
                break
    except TimeoutError:
        trouble = "search stopped early" if spans else "taken literally, as the expression takes too long"
        return tuple(spans), trouble
    return tuple(spans), ""


def _by_text(text: str, needle: str) -> Iterator[tuple[int, int]]:
    at = text.find(needle)
    found = 0
    while at >= 0 and found < _MOST_HITS:
        yield at, at + len(needle)
        found += 1
        at = text.find(needle, at + len(needle))


def _plain(pattern: str) -> str:
    """The longest run of plain characters in an expression that could not be used."""
    return max(_META.split(pattern), key=len).strip() or pattern
