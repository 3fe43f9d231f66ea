"""What settings written as rows of cells, or behind a legend, name again and again, and how many entries their lists have."""

from __future__ import annotations

import re
from collections import Counter

from headroom.compress.folding import SIGIL
from headroom.compress.log_templates import are_many
from headroom.compress.once import lines_of

_NAMING = re.compile(
    r"\n[ \t]*(?:- )?(?:([Tt]ype: [\"']?[a-z]*[A-Z:./][^\s\"'#{]*)[\"']?[ \t]*(?=\n|\Z)|((?:[a-z]\w*\.){2}\w+):(?=\s))"
)
"""Begins with the newline above: a type with a name of its own, or a module with its collection."""
_ENTRY = re.compile(r"(?:- |[\"']?[^\s\"'#{\[][^\n\"'#]*?[\"']?:(?:\s|\Z))")
_KEY = re.compile(r"([A-Za-z][\w-]{2,30}):[ \t]*(?:#.*)?")
_LEAST = 10
"""Lines that name the same thing, and entries of a list, from which they are told of."""
_NAMES = 4
_LISTS = 2
_SHARE = 0.04
"""Part of the spared characters that a summary may take."""


def told(text: str, encoded: str) -> list[str]:
    """A summary line for a long text and what it has become: entries below each of its keys, names that became rarer."""
    lines = lines_of(text)
    if not are_many(lines, text):
        return []
    room = _SHARE * (len(text) - len(encoded))
    said: list[str] = []
    for part in (*_lists(lines), *_names(text, encoded)):
        if len(part) <= room:
            room -= len(part)
            said.append(part)
    return [f"{SIGIL}{', '.join(said)}]"] if said else []


def _names(text: str, encoded: str) -> list[str]:
    if "ype: " not in text and "_" not in text:
        return []
    names = Counter([name or module for name, module in _NAMING.findall(f"\n{text}")]).most_common(_NAMES)
    return [f"{count} × {name}" for name, count in names if count >= _LEAST and encoded.count(name) < text.count(name)]


def _lists(lines: list[str]) -> list[str]:
    """How many entries stand below each key at the margin."""
    counts: Counter[str] = Counter()
    keys: Counter[str] = Counter()
    key, indent = "", -1
    for line in lines:
        first = line[:1]
        if first in {"", "#"} or line.isspace():
            continue
        if first not in {" ", "-"}:
            match = _KEY.fullmatch(line)
            key, indent = (match[1], -1) if match is not None else ("", -1)
            keys[key] += 1
        elif key:
            bare = line.lstrip(" ")
            if bare[:1] == "#":
                continue
            if indent < 0:
                indent = len(line) - len(bare)
                dashed = bare[:2] == "- "
            if len(line) - len(bare) == indent and (bare[:2] == "- ") is dashed:
                if _ENTRY.match(bare) is None:
                    keys[key] += 1  # a table, or a text, is no list
                counts[key] += 1
    return [f"{count} {key}" for key, count in counts.most_common(_LISTS) if count >= _LEAST and keys[key] == 1]
