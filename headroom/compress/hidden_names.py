"""What settings written as rows of cells, or behind a legend, name again and again, and how many entries their lists have."""

from __future__ import annotations

import re
from collections import Counter

from headroom.compress.folding import SIGIL
from headroom.compress.log_templates import are_many
from headroom.compress.once import lines_of

_NAMING = re.compile(
    r"\n[ \t]*+(?:- )?+(?:([Tt]ype: [\"']?[a-z]*[A-Z:./][^\s\"'#{]*)[\"']?[ \t]*(?=\n|\Z)|((?:[a-z]\w*+\.){2}\w++):(?=\s))"
)
"""Begins with the newline above: a type with a name of its own, or a module with its collection."""
_MARGIN = re.compile(r"\n([^ \n#-][^\n]*+)")
_BLANK = r"[^\S\n]*+(?![^\n])"
_INSIDE = re.compile(rf"\n( *+)(?![#\n]|{_BLANK})")
"""The indent of a line that is neither blank nor a comment."""
_UNLISTED = re.compile(rf"\n( *+)(?![#\n]|- |{_BLANK})")
"""The same of one that no sign of a list's item begins."""
_ITEM = "- "
_ENTRY = re.compile(r"[\"']?[^\s\"'#{\[][^\n\"'#]*?[\"']?:(?:\s|\Z)")
_KEY = re.compile(r"([A-Za-z][\w-]{2,30}):[ \t]*(?:#.*)?")
_LEAST = 10
"""Lines that name the same thing, and entries of a list, from which they are told of."""
_NAMES = 4
_LISTS = 2
_SHARE = 0.04
"""Part of the spared characters that a summary may take."""


def told(text: str, encoded: str) -> list[str]:
    """A summary line for a long text and what it has become: entries below each of its keys, names that became rarer."""
    if not are_many(lines_of(text), text):
        return []
    room = _SHARE * (len(text) - len(encoded))
    said: list[str] = []
    for part in (*_lists(text), *_names(text, encoded)):
        if len(part) <= room:
            room -= len(part)
            said.append(part)
    return [f"{SIGIL}{', '.join(said)}]"] if said else []


def _names(text: str, encoded: str) -> list[str]:
    if "ype: " not in text and "_" not in text:
        return []
    names = Counter([name or module for name, module in _NAMING.findall(f"\n{text}")]).most_common(_NAMES)
    return [f"{count} × {name}" for name, count in names if count >= _LEAST and encoded.count(name) < text.count(name)]


def _lists(text: str) -> list[str]:
    """How many entries stand below each key at the margin."""
    text = f"\n{text}"
    keys: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    blocks: dict[str, tuple[str, re.Match[str]]] = {}  # what stands below a key, and the indent of its first entry
    margin = [match for match in _MARGIN.finditer(text) if not match[0].isspace()]
    ends = [*(match.start() for match in margin[1:]), len(text)]
    for match, end in zip(margin, ends, strict=False):
        if (found := _KEY.fullmatch(match[1])) is None:
            continue
        key = found[1]
        keys[key] += 1
        below = text[match.end() : end]
        if (first := _INSIDE.search(below)) is not None:
            blocks[key] = (below, first)
            dashed = below.startswith(_ITEM, first.end())
            counts[key] += below.count(first[0] + _ITEM) if dashed else _UNLISTED.findall(below).count(first[1])
    return [
        f"{count} {key}"
        for key, count in counts.most_common(_LISTS)
        if count >= _LEAST and keys[key] == 1 and _is_list(*blocks[key])
    ]


def _is_list(below: str, first: re.Match[str]) -> bool:
    """Whether what begins like this is made of items or keys: a table, or a text, is no list."""
    return below.startswith(_ITEM, first.end()) or all(
        _ENTRY.match(below, line.end()) for line in _UNLISTED.finditer(below) if line[1] == first[1]
    )
