"""Objects and arrays that a JSON text holds several times, word for word: said once on top, then named.

    &a={"login":"ann","id":1,"type":"User"}
    {"author":"&a","assignee":"&a","title":"Fix it"}

As YAML's anchors and aliases do. Web APIs repeat the same user, repository or tag list in every record. Minified JSON in,
minified JSON out: a name is a string that the text does not hold otherwise.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from headroom.compress.legends import names

_SIGILS = "&@%^§$"
_BRACKET = re.compile(r'[^"\[\]{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"\[\]{}]*+)*+([\[\]{}])')
"""The next bracket that is not in a string."""
_LEAST = 80
"""Characters of a value that is worth a name."""
_MOST = 20_000
_MAX_DEPTH = 16
"""Deeper values are not looked at: each level reads the text once more."""
_NAME_CHARS = 4
_ENTRY_CHARS = 12
_GAIN = 60
"""Characters that a name must spare."""
_SHARE = 0.08
"""Part of the text that all names together must spare."""


@dataclass(slots=True)
class _Value:
    """An object or array that comes several times."""

    size: int
    """Characters, with names for what is named in it."""
    at: list[int] = field(default_factory=list)
    """Its places in the list of spans."""
    live: int = 0
    """Those of them that are in no other named value, or in the one copy of it that is spelled out."""

    @property
    def gain(self) -> int:
        """Characters spared by a name."""
        return (self.live - 1) * self.size - self.live * _NAME_CHARS - _ENTRY_CHARS


def say_once(body: str, *, nested: bool) -> tuple[list[str], str] | None:
    """Return lines that define names, and the text with names for the values; None where that spares too little.

    ``nested``: the definition of a value may name others, defined above it. Without, records keep more of the fields
    that they share, so that they make better tables.
    """
    if _repeated(body) < _SHARE * len(body):
        return None
    sigil = next((sign for sign in _SIGILS if re.search(f'"{re.escape(sign)}[A-Za-z]"', body) is None), None)
    if sigil is None:
        return None
    choice = _Choice(body, nested=nested)
    letters = names(sigil)
    choice.choose(len(letters))
    if choice.spared < _SHARE * len(body):
        return None
    named: dict[str, str] = {}
    lines: list[str] = []
    for value in sorted(choice.chosen, key=lambda value: (len(value), value)):
        start, end = choice.spans[choice.chosen[value]]
        lines.append(f"{sigil}{letters[len(lines)]}={choice.write(start, end, named if nested else {}, own=value)}")
        named[value] = f'"{lines[-1][:2]}"'
    return lines, choice.write(0, len(body), named)


def _repeated(body: str) -> int:
    """Characters that names can spare at most: of what stands between two brackets each different string stays once."""
    parts = body.replace("[", "{").replace("]", "{").replace("}", "{").split("{")
    different = set(parts)
    return len(body) + 1 - sum(map(len, different)) - len(different)


def spell_out(definitions: Sequence[str], body: str) -> str:
    """Invert `say_once`; raises ValueError on lines that are no definitions."""
    values: dict[str, str] = {}
    if not definitions:
        return body
    mark = re.compile(f'"{re.escape(definitions[0][:1])}[A-Za-z]"')

    def spelled(text: str) -> str:
        return mark.sub(lambda found: values.get(found[0], found[0]), text)

    for line in definitions:
        name, equals, value = line.partition("=")
        if len(name) != 2 or not equals:
            raise ValueError("not a value's definition")
        values[f'"{name}"'] = spelled(value)
    return spelled(body)


class _Choice:
    """Which of the repeated values get a name: always the one that spares most as things stand."""

    def __init__(self, body: str, *, nested: bool) -> None:
        self.spared = 0
        self.chosen: dict[str, int] = {}
        """Value → its first place in `spans`."""
        self._body = body
        self._nested = nested
        found = _spans(body)
        texts = [body[start:end] for start, end in found]
        counts = Counter(texts)
        kept = [row for row, text in enumerate(texts) if counts[text] > 1]
        self.spans = [found[row] for row in kept]
        """Start and end of each object or array that comes several times, in the order in which they open."""
        self._texts = [texts[row] for row in kept]
        self._live = [True] * len(kept)
        self._values: defaultdict[str, _Value] = defaultdict(lambda: _Value(0))
        self._parents: list[int] = []
        open_rows: list[int] = []
        for row, (text, (start, end)) in enumerate(zip(self._texts, self.spans, strict=True)):
            while open_rows and self.spans[open_rows[-1]][1] <= start:
                open_rows.pop()
            self._parents.append(open_rows[-1] if open_rows else -1)
            open_rows.append(row)
            value = self._values[text]
            value.size = end - start
            value.at.append(row)
            value.live += 1

    def choose(self, most: int) -> None:
        """Take values until none spares enough, at most so many."""
        queue = [(-value.gain, text) for text, value in self._values.items() if value.gain >= _GAIN]
        heapify(queue)
        while queue and len(self.chosen) < most:
            hoped, text = heappop(queue)
            value = self._values[text]
            if value.gain < -hoped:  # others have been taken meanwhile
                if value.gain >= _GAIN:
                    heappush(queue, (-value.gain, text))
                continue
            self.spared += value.gain
            rows = [row for row in value.at if self._live[row]]
            self.chosen[text] = rows[0]
            for row in rows:
                self._above(row, value.size - _NAME_CHARS)
                if not self._nested or row != rows[0]:
                    self._inside(row)

    def _above(self, row: int, spared: int) -> None:
        """What a value is in holds its name now."""
        above = self._parents[row]
        while above >= 0:
            holder = self._values[self._texts[above]]
            if not self._live[above]:
                pass
            elif not self._nested:
                self._drop(above)
            elif above == next(at for at in holder.at if self._live[at]):  # all its copies shrink alike
                holder.size -= spared
            above = self._parents[above]

    def _inside(self, row: int) -> None:
        """What is in a named value goes with it."""
        end = self.spans[row][1]
        row += 1
        while row < len(self.spans) and self.spans[row][0] < end:
            if self._live[row]:
                self._drop(row)
            row += 1

    def _drop(self, row: int) -> None:
        self._live[row] = False
        self._values[self._texts[row]].live -= 1

    def write(self, start: int, end: int, named: dict[str, str], own: str = "") -> str:
        """The text between two offsets, with names for what is named in it but for ``own``."""
        if not named:
            return self._body[start:end]
        out: list[str] = []
        done = start
        for row in range(bisect_left(self.spans, (start, 0)), bisect_left(self.spans, (end, 0))):
            first, behind = self.spans[row]
            text = self._texts[row]
            if first >= done and text != own and (name := named.get(text)) is not None:
                out += self._body[done:first], name
                done = behind
        return "".join([*out, self._body[done:end]])


def _spans(body: str) -> list[tuple[int, int]]:
    """Start and end of the objects and arrays, those that open first come first."""
    opened: list[int] = []
    found: list[tuple[int, int]] = []
    for match in _BRACKET.finditer(body):
        end = match.end()
        if match[1] in "[{":
            opened.append(end - 1)
        elif opened:
            start = opened.pop()
            if _LEAST <= end - start <= _MOST and len(opened) < _MAX_DEPTH:
                found.append((start, end))
    return sorted(found)
