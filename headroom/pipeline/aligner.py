"""Why a prompt's front moves: finds the first byte that differs between two calls and says what it looks like. Pure.

Reports only; ``alignment`` moves lines, where that was asked for. A provider's cache ends at the first changed byte, so a clock in the system prompt makes every call pay
for the whole prompt again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_AROUND: Final = 48
"""Bytes looked at on either side of the difference."""
_LOOKS: Final[tuple[tuple[str, re.Pattern[bytes]], ...]] = (
    ("a timestamp", re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\b\d\d:\d\d(?::\d\d)?\b|\b1[6-9]\d{8}(?:\d{3})?\b")),
    ("a UUID", re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)),
    ("a date", re.compile(rb"\d{4}-\d\d-\d\d|\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w* \d{4}")),
    ("a hash or an id", re.compile(rb"\b[0-9a-f]{12,}\b|\b[A-Za-z]+_[A-Za-z0-9]{10,}\b")),
    ("a number", re.compile(rb"\d+")),
)

_WORDS: Final = {
    "a timestamp": "timestamp",
    "a UUID": "uuid",
    "a date": "date",
    "a hash or an id": "id",
    "a number": "number",
}


@dataclass(frozen=True, slots=True)
class Instability:
    """Where a text that should be the same in every call is not. ``at`` is a byte offset."""

    where: str
    at: int
    looks_like: str

    def sentence(self) -> str:
        """For people: ``prefix unstable at byte 1,204 of system: looks like a timestamp``."""
        return f"prefix unstable at byte {self.at:,} of {self.where}: looks like {self.looks_like}"


def compare(where: str, old: bytes, new: bytes) -> Instability | None:
    """The first difference, or None when the texts are the same."""
    if old == new:
        return None
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    if at == len(old) and len(new) > at:
        return Instability(where, at, "text that was added at the end")
    return Instability(where, at, _looks(old, new, at))


def kind_of(line: bytes) -> str:
    """What a line that changes holds, in a word: ``timestamp``, ``uuid``, ``date``, ``id`` or ``number``."""
    return next((_WORDS[name] for name, pattern in _LOOKS if pattern.search(line)), "text")


def _looks(old: bytes, new: bytes, at: int) -> str:
    begin = max(0, at - _AROUND)
    for name, pattern in _LOOKS:
        if all(_touches(pattern, text[begin : at + _AROUND], at - begin) for text in (old, new)):
            return name
    return "changed text"


def _touches(pattern: re.Pattern[bytes], window: bytes, at: int) -> bool:
    return any(found.start() <= at <= found.end() for found in pattern.finditer(window))
