"""What sets one of many entries made alike apart: among rows of cells, far from their keys, nobody sees the odd one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from headroom.compress.folding import SIGIL
from headroom.compress.stanza_rows import Group, read

_LEAST = 5
"""Entries of a group from which some are odd."""
_USUAL = 0.8
"""Share of the entries that a value is usual for, or its absence."""
_RARE = 2
"""Entries with another value up to which it is told."""
_MOST_ENTRIES = 4
_MOST_PARTS = 5
_CHARS = 60
_SHARE = 0.04
"""Part of the spared characters that a summary may take."""
_FILLED = re.compile(r"(?:\{\w+\}\?)?\s*(?:- )?(?:\"?([\w./-]+)\"?: )?\"?\{(\w+)\}\"?(:?)")
_CONSTANT = re.compile(r"\{(\w+)\}\?\s*(?:- )?([\w./-]+: [^{}]*\S)")
_OPENED = re.compile(r"\{(\w+)\}\?\s*(?:- )?([\w./-]+):")
_ANY_KEY = re.compile(r"(?:\{\w+\}\?)?\s*(?:- )?([\w./-]+):")


def told(folded: Sequence[str], ends: str, spared: int) -> list[str]:
    """A summary line for lines that `stanzas.fold` wrote; no more of it than some part of what was ``spared``."""
    room = _SHARE * spared
    said: list[str] = []
    for at, line in enumerate(folded):
        if line.startswith(SIGIL) and (group := read(folded, at, ends)) is not None:
            for entry in _entries(group):
                if len(entry) <= room and len(said) < _MOST_ENTRIES:
                    room -= len(entry)
                    said.append(entry)
    return [f"{SIGIL}unlike the others: {'; '.join(said)}]"] if said else []


def _entries(group: Group) -> Iterator[str]:
    """What is odd of each entry, those with the most of it first."""
    pattern, names, rows, absent = group.pattern, group.names, group.rows, group.absent
    if len(rows) < _LEAST:
        return
    keys: dict[str, str] = {}
    label: tuple[str, str] | None = None
    for line in pattern:
        if (match := _FILLED.fullmatch(line)) is not None:
            key, column, opens = match.groups()
            if key:
                keys.setdefault(column, key)
            if column in names and (key == "name" or (opens and label is None)):
                label = label if label is not None and label[0] else (f"{key}: " if key else "", column)
    if label is None:
        return
    constants: dict[str, list[str]] = {}
    for line in pattern:
        if (match := _CONSTANT.fullmatch(line)) is not None:
            constants.setdefault(match[1], []).append(match[2])
    opened = {match[1]: match[2] for line in reversed(pattern) if (match := _OPENED.match(line)) is not None}
    said = Counter([match[1] for line in pattern if (match := _ANY_KEY.match(line)) is not None])
    odd: dict[int, list[str]] = {}
    for place, name in enumerate(names):
        cells = [row[place] for row in rows]
        ((usual, count), *others) = Counter(cells).most_common(_RARE + 2)
        if not others or count < _USUAL * len(rows) or len(rows) - count > _RARE or name[-1] == "*":
            continue
        for row, cell in enumerate(cells):
            if cell == usual:
                continue
            if cell == absent:
                key = keys.get(name) or opened.get(name, "")
                odd.setdefault(row, []).extend([f"no {key}"] if said[key] == 1 else [])
                continue
            if name in keys and len(cell) <= _CHARS:
                odd.setdefault(row, []).append(f"{keys[name]}: {cell}")
            if usual == absent:
                odd.setdefault(row, []).extend([part for part in constants.get(name, ()) if len(part) <= _CHARS])
    at = names.index(label[1])
    for row, parts in sorted(odd.items(), key=lambda item: -len(item[1])):
        if parts:
            yield f"{label[0]}{rows[row][at]}: {', '.join(parts[:_MOST_PARTS])}"
