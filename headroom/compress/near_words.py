"""Places in a text of words that are nearly those of a question: another ending, a part of an identifier, a misspelling."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from headroom.compress.word_forms import spelled_else, stem_of

_PART_CHARS = 3
_OPEN_CHARS = 5
"""From so many letters on a stem may go on in any way: "checkpointer", "PostgreSQL" for "postgres"."""
_TRIES = 2_000
"""Places of a stem that are looked at."""
_NAME_CHARS = 6
_PREFIX = "lib"
_WORDS = re.compile(r"[^\W\d_]+")


def near_rows(text: str, word: str, limit: int) -> list[int]:
    """Rows of a text in lower case with a near form of a word in letters, ascending, one more than ``limit`` at the most.

    A form begins at the edge of a word or of a part of an identifier, and a short one ends at such an edge.
    """
    if not word.isalpha() or len(word) < _PART_CHARS:
        return []
    rows: set[int] = set()
    for stem in dict.fromkeys((stem_of(word), *spelled_else(word))):
        tail = len(word) - len(stem) + 2
        row = counted = 0
        for at in _places(text, stem):
            if not _opens(text, at) or not _closes(text, at + len(stem), stem, tail):
                continue
            row += text.count("\n", counted, at)
            counted = at
            rows.add(row)
            if len(rows) > limit:
                return sorted(rows)
    return sorted(rows)


def _places(text: str, stem: str) -> Iterator[int]:
    at = text.find(stem)
    for _ in range(_TRIES):
        if at < 0:
            return
        yield at
        at = text.find(stem, at + len(stem))


def _opens(text: str, at: int) -> bool:
    if not at or not text[at - 1].isalpha():
        return True
    start = at - len(_PREFIX)
    return text.startswith(_PREFIX, max(0, start)) and (start <= 0 or not text[start - 1].isalpha())


def _closes(text: str, end: int, stem: str, tail: int) -> bool:
    """Whether a word may end so behind its stem: soon, or, where the stem is long, in any way."""
    if len(stem) >= _OPEN_CHARS:
        return True
    behind = end
    while behind < len(text) and behind - end <= tail and text[behind].isalpha():
        behind += 1
    most = 0 if len(stem) == _PART_CHARS else tail
    return behind - end <= most


def misspelt(text: str, name: str) -> frozenset[str]:
    """Words of a text in lower case that differ from a name in no more than one letter, or two of ten; none if it is there."""
    if len(name) < _NAME_CHARS or not name.isalpha() or name in text:
        return frozenset()
    most = 1 if len(name) < 10 else 2
    words = {word for word in _WORDS.findall(text) if word[0] == name[0] and abs(len(word) - len(name)) <= most}
    return frozenset(word for word in words if len(word) >= _NAME_CHARS - 1 and _differ(word, name, most) <= most)


def _differ(a: str, b: str, most: int) -> int:
    """Letters to put in, leave out or change to make one of the other, more than ``most`` at the most."""
    before: Sequence[int] = range(len(b) + 1)
    for i, letter in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other)))
        if min(row) > most:
            return most + 1
        before = row
    return before[-1]
