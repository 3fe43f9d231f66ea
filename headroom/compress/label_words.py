"""The words of a summary's label: what all lines of a template share from their message on, with open places where they differ."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from headroom.compress.log_headers import first_word

HOLE = "<*>"
"""An open place."""
_MORE = "…"
GAP = f" {_MORE} "
"""Between the level and the message of some labels."""
_WIDTH = 110
_TOLD_WORDS = 3
"""Words of a label, where some with letters stand before its first plain one."""
_COMPARED = 400
"""Masks of a template up to which their words are compared; of more, whatever looks like a value is left open."""
_WORD = re.compile(r"[^\W\d_]{3}")
_WORD_END = re.compile(r"(?<!\w)\w+\Z")
_WORD_START = re.compile(r"\w*")
_CUT_HOLE = re.compile(r"<\*?>?\Z")


def tells(text: str) -> bool:
    """Whether there is a word in it, and no word with two open places, which could be filled in many ways."""
    return _WORD.search(text) is not None and all(word.count(HOLE) < 2 for word in text.split())


def words(masks: Sequence[str], skeleton: str, more: int = 0) -> str:
    """What all masks of a template share from its first plain word on, and ``more`` before it, within the width."""
    tokens = skeleton.split()
    first = first_word(tokens)
    if len(tokens) - first < _TOLD_WORDS:  # "dealloc" alone says little: what logs it stands before it
        head = masks[0].split()
        while first and len(tokens) - first < _TOLD_WORDS and _WORD.search(head[first - 1]):
            first -= 1
    first = max(0, first - more)
    return _cut(" ".join(_told(masks, tokens, first)))


def behind_header(masks: Sequence[str], skeleton: str, level: int, first: int) -> str:
    """The level, if any, then what all masks of a template share from the message on, within the width."""
    tokens = skeleton.split()
    if 0 <= level == first - 1:
        level, first = -1, level
    said = " ".join(_told(masks, tokens, first))
    return _cut(f"{tokens[level]}{GAP}{said}" if level >= 0 else said) if _WORD.search(said) else ""


def _told(masks: Sequence[str], tokens: Sequence[str], first: int) -> list[str]:
    """The words that all masks share from some place on, with open places, up to one that reads as if it were our mark."""
    if len(masks) <= _COMPARED:
        stop = tokens.index(_MORE) if _MORE in tokens else None  # what stands there may be of any number of words
        columns = zip(*[mask.split()[first:stop] for mask in masks], strict=False)
        words = [column[0] if column.count(column[0]) == len(column) else _shared(set(column)) for column in columns]
    else:
        words = list(_opened(tokens[first:]))
    return words[: words.index(_MORE)] if _MORE in words else words


def _cut(text: str) -> str:
    """The text within the width, with the sign for a number that labels have."""
    text = text.replace("0", "#")
    if len(text) <= _WIDTH:
        return text
    end = text.rfind(" ", 0, _WIDTH + 1)
    return text[:end] if 2 * end > _WIDTH else _CUT_HOLE.sub("", text[:_WIDTH]) + _MORE


def _opened(tokens: Sequence[str]) -> Iterator[str]:
    """The tokens of a skeleton with one open place for all that is blanked in each, up to a slot: that may hold several."""
    for token in tokens:
        if token == HOLE:
            return
        head, star, rest = token.partition("*")
        yield f"{head}{HOLE}{rest.rpartition('*')[2]}" if star else token


def _shared(values: set[str]) -> str:
    """What different words begin and end with, cut where a part of the word ends, and between an open place."""
    head = _WORD_END.sub("", _start(values))
    rests = [value[len(head) :][::-1] for value in values]
    tail = _start(rests)[::-1]
    tail = tail[_WORD_START.match(tail).end() :]  # type: ignore[union-attr]  # matches the empty string
    return f"{head}{HOLE}{tail}" if min(map(len, rests)) > len(tail) else HOLE


def _start(words: Collection[str]) -> str:
    """What all the words begin with."""
    low, high = min(words), max(words)
    return next((low[:at] for at, (one, other) in enumerate(zip(low, high, strict=False)) if one != other), low)
