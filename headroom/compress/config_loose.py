"""Of configuration that does not hold what is asked for: the parts whose name is cut off, and the names of all others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from headroom.compress.config_outline import Entry, entries, has_content, is_rest, key_of
from headroom.compress.elsewhere import NAME, called_elsewhere, names_elsewhere, told_absent
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints

_SHARE = 0.5
_SEVERAL = 5
"""Settings side by side, of some lines each: another one of that kind is not hidden in them."""
_WORD = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{3,}(?![a-z])|\d+")
_INNER_CHARS = 120
"""Characters of the names of what an entry holds, behind its own."""
_LONG = 12
"""Lines; of an entry with more that is so large a part of the text, what it holds is named, too:"""
_LARGE = 0.3


class Loose(NamedTuple):
    """What may be anything, and what is told of the rest."""

    rows: set[int]
    outline: list[Entry]
    absent: list[str]
    """The line that says what is not there."""


def loose_ends(lines: Sequence[str], total: int, hints: Hints, *, sure: bool) -> Loose | None:
    """Find the first entry where its head stands above this text, and an object whose name stands below it.

    Where there are none, the shortest entry stands for all. None where these are most of the text, where it is one
    entry, or where some of what is asked for may be there: a setting by a name that differs a little, or, if that is
    ``sure``, anything but what is called by kind and name.
    """
    text = "\n".join(lines)
    called = called_elsewhere(hints, text)
    if not called and (sure or not names_elsewhere(hints, text)):
        return None
    found = entries(lines, 0, total - 1)
    if not called and not any(entry.manifest for entry in found):
        names = [term.text for term in Relevance.from_hints(hints).named if term.weight >= NAME]
        described = sum(any(map(has_content, lines[entry.head + 1 : entry.last + 1])) for entry in found)
        if described < max(_SEVERAL, _SHARE * len(found)) or _may_be_spelled(names, lines):
            return None
    if len(found) == 1 and found[0].head < total - 1:
        found = [*found, *entries(lines, found[0].head + 1, total - 1)]
    if len(found) < 2:
        return None
    rows: set[int] = set()
    for entry in found:
        nameless = entry.manifest is not None and not entry.manifest.name
        if nameless or is_rest(lines, entry):
            rows.update(range(entry.first, entry.last + 1))
    if not rows:  # one shows what the others are like
        short = min(found, key=lambda entry: entry.last - entry.first)
        if short.last - short.first < _LONG:
            rows.update(range(short.first, short.last + 1))
    if sum(len(lines[row]) for row in rows) > _SHARE * sum(map(len, lines)):
        return None
    large = total * _LARGE
    told = [_with_inner(lines, entry) if entry.last - entry.head > large else entry for entry in found]
    return Loose(rows, told, told_absent(hints, text, called))


def _may_be_spelled(names: Sequence[str], lines: Sequence[str]) -> bool:
    """Whether the keys hold all words of a name: ``connections: {max: 9}`` may be the setting MAX_CONNECTIONS."""
    here = {word for key in {key_of(line) for line in lines} for word in _words(key)}
    return any(_words(name) <= here for name in names)


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


def _with_inner(lines: Sequence[str], entry: Entry) -> Entry:
    """The entry, told with what is in it; an object's parts are the same in all."""
    if entry.manifest or entry.last - entry.head < _LONG or not has_content(lines[entry.head]):
        return entry
    names = [inner.label for inner in entries(lines, entry.head + 1, entry.last) if inner.label]
    if len(names) < 2:
        return entry
    told = 0
    while told < len(names) and sum(map(len, names[: told + 1])) <= _INNER_CHARS:
        told += 1
    more = [f"{len(names) - told} more"] if told < len(names) else []
    return replace(entry, label=f"{entry.label} ({', '.join([*names[:told], *more])})")
