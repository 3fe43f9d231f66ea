"""The members and elements of JSON collections: where they stand, which of them a question names, and runs of them to leave out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from headroom.compress import json_raw
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints

_NOTE_CHARS = 120
_PRINTED = 200
"""Characters of a note that is surely printed whole: its keys need no number."""
_WORD = re.compile(r"[^\s`\"'“”‘’,;!?()<>]+")
_TRIM = ".:=*[]{}"

Part = tuple[int, int, str | None, str]
"""Of a collection: where it starts and ends, its key, its value."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A run of the minified text to leave out."""

    start: int
    end: int
    note: str
    whole: bool
    """Whole members or elements, not part of a string."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question."""

    relevance: Relevance
    words: frozenset[str]
    paths: tuple[str, ...]
    """Those of its words that may name a path."""

    def names(self, path: str, parts: Sequence[Part]) -> list[int]:
        """The parts whose key, path or text is a word of the question."""
        start = f"{path}.".lower() if path else ""
        below = {word.removeprefix(start) for word in self.paths if start and word.startswith(start)}
        keys = self.words | below if below else self.words
        return [
            i
            for i, (_, _, key, value) in enumerate(parts)
            if (key is not None and key.lower() in keys)
            or (value[0] == '"' and 3 < len(value) < 200 and value[1:-1].lower() in self.words)
        ]

    def leads_into(self, path: str, parts: Sequence[Part]) -> list[int]:
        """The parts within which something has a name that the question says: of `exports`, for ``exports../client.require``."""
        start = f"{path}.".lower() if path else ""
        below = [word.removeprefix(start) for word in self.paths if word.startswith(start)]
        return [
            i
            for i, (_, _, key, value) in enumerate(parts if below else ())
            if key is not None and value[0] in "[{" and any(word.startswith(f"{key}.".lower()) for word in below)
        ]


def about(hints: Hints) -> Asked:
    """Read a question."""
    words = _words(hints.query.replace(hints.arguments, " ") if hints.arguments else hints.query)
    return Asked(Relevance.from_hints(hints), words, tuple(word for word in words if "." in word))


def parts_of(raw: str) -> list[Part]:
    """Start, end, key and value of each member or element; a trailing comma is not included."""
    if raw[0] == "[":
        return [(start, end, None, raw[start:end]) for start, end in json_raw.element_spans(raw)]
    parts: list[Part] = []
    found = json_raw.members(raw) or {}
    plain = json_raw.are_plain(found)
    start = 1
    for key, value in found.items():
        end = start + (len(key) + 2 if plain else json_raw.key_size(key)) + 1 + len(value)
        parts.append((start, end, key, value))
        start = end + 1
    return parts


def leave_out(
    parts: Sequence[Part], keep: Collection[int], at: int, path: str, *, listed: bool = False, most: int = _NOTE_CHARS
) -> Iterator[Cut]:
    """Cuts of the parts that are not kept; ``at`` is where their collection starts.

    ``listed`` names each key in the note, of which so many characters stay.
    """
    for before, behind in pairwise([-1, *sorted(keep), len(parts)]):
        if behind - before > 1:
            first, last = parts[before + 1], parts[behind - 1]
            count = behind - before - 1
            what = "member" if first[2] is not None else "value"
            of = path or ("the list" if first[2] is None else "the object")
            note = f"{count} {what}{'s' * (count != 1)} of {of}"
            if listed:
                keys = ", ".join([str(part[2]) for part in parts[before + 1 : behind]])
                named = f"in {path}: {keys}" if path else keys
                note = named if len(named) <= min(most, _PRINTED) else f"{note}: {keys}"
            elif first[2] is not None:
                note += f", {first[2]} to {last[2]}" if count > 1 else f", {first[2]}"
            end = last[1] + (behind < len(parts))  # with the comma
            yield Cut(at + first[0], at + end, note[:most], whole=True)


def key_text(raw: str, start: int) -> str:
    """The key's text with its colon."""
    end = start + 1
    while raw[end] != '"':
        end += 2 if raw[end] == "\\" else 1
    return raw[start : end + 2]


def join(path: str, key: str | None) -> str:
    """The dotted name of what has a key below a path."""
    if key is None:
        return path
    return f"{path}.{key}" if path else key


def _words(query: str) -> frozenset[str]:
    """Words of the question, and what stands between backticks or quotes, in lower case."""
    lowered = query.lower()
    quoted = re.findall(r"`([^`\n]{1,200})`|\"([^\"\n]{1,200})\"", lowered)
    words = {part for pair in quoted for part in pair if part}
    words.update(stripped for word in _WORD.findall(lowered) if len(stripped := word.strip(_TRIM)) > 2)
    return frozenset(words)
