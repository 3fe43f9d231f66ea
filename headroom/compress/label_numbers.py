"""Numbers of a summary's label that all the lines it counts have alike: ``HTTP/1.1" status: 200``, not ``HTTP/#.#" status: #``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SIGN = "#"
_PIECE = re.compile(f"{_SIGN}|[^{_SIGN}]+")
_NUMBER = r"(\d[\da-f]*+)"
_MOST_CHARS = 5
"""A longer number is an id or a time: it would be more to read than it tells."""
_CUT = "…"


def spelled(label: str, lines: Iterable[str], count: int) -> str:
    """The label with such numbers in place of their signs; as it is unless ``count`` of the lines have it, all of them alike.

    ``label`` has no open places. Linear in the lines, which are read up to the one that has no number like the first.
    """
    words = label.split(" ")
    last = len(words) - label.endswith(_CUT)  # a word that is cut may go on with other numbers
    pieces = [_PIECE.findall(word) for word in words[:last]]
    if not any(_SIGN in word for word in pieces):
        return label
    search = _form(pieces).search
    alike: tuple[str, ...] | None = None
    found = 0
    for line in lines:
        match = search(line)
        if match is None:
            continue
        found += 1
        numbers = match.groups()
        if alike is None:
            alike = tuple([number if len(number) <= _MOST_CHARS else "" for number in numbers])
        elif numbers != alike:
            alike = tuple([one if one == other else "" for one, other in zip(alike, numbers, strict=True)])
            if not any(alike):
                return label
    if alike is None or found != count:
        return label
    told = iter(alike)
    shown = ["".join([(next(told) or _SIGN) if piece == _SIGN else piece for piece in word]) for word in pieces]
    return " ".join([*shown, *words[last:]])


def _form(words: Sequence[Sequence[str]]) -> re.Pattern[str]:
    """Whole words with any numbers at the signs; begins with a letter, where it does, which the matcher then skips to."""
    parts = [[_NUMBER if piece == _SIGN else re.escape(piece) for piece in word] for word in words]
    first = words[0][0]
    parts[0][0] = rf"(?<!\S){_NUMBER}" if first == _SIGN else rf"{re.escape(first[0])}(?<!\S.){re.escape(first[1:])}"
    return re.compile(r"\s++".join(map("".join, parts)) + r"(?!\S)")
