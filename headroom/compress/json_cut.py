"""JSON of which a part is missing, as when a tool shows the first thirty thousand characters of an answer, or both ends.

What is there is closed at the last place where a value is complete, and records behind a hole are opened as a list, so that
both can be read; what stands around them stays as it is.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headroom.compress import json_layout
from headroom.compress.folding import SIGIL, has_sigil

_STRING = r'"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+"'
_SCALAR = rf"{_STRING}|-?\d[\d.eE+-]*+|true\b|false\b|null\b"
_BRACKET = re.compile(rf"(?:[\s,:]++|{_SCALAR})*+([\[\]{{}}])")
_MEMBER = re.compile(rf"(?:[\s:]++|{_SCALAR})*+,")
_OPENS = re.compile(r"\s*(?:\{\s*\"|\[\s*[\[{\"\d-])")
_LINE_BREAK = re.compile(r"[ \t]*(\r?\n)")
_INDENT = re.compile(r"[ \t]*")
_CLOSERS = {"[": "]", "{": "}"}
_LEAST = 600
"""Characters of complete values that are worth it."""
_DEEPEST = 64
_LOOKED_BACK = 64
"""Brackets before the end among which the last complete value is looked for."""
_RECORD = 1_000
_RECORD_SHARE = 0.1
"""Characters, and share of the text, that a broken last element of a list may have to stay apart from the others."""
_FEW = 3
"""Records behind a hole that are worth it."""
_TRIED = 3
_RECORD_LINE = re.compile(r"^([ \t]*)\{(?=[ \t]*\r?$|[ \t]*\")", re.MULTILINE)
_OPENING = re.compile(r"^\[~ cut off before, \d+ signs of ours open the JSON below:\]\n", re.MULTILINE)
_NOTE = re.compile(r"\n\[~ cut off here, \d+ signs of ours close the JSON above; what follows it:\]\n")


@dataclass(frozen=True, slots=True)
class Cut:
    """A text as JSON that can be read, and what stands around that.

    ``head``, then ``core`` without ``front`` at its beginning and ``added`` at its end, then ``rest`` are the text.
    """

    core: str
    added: str
    rest: str
    head: str = ""
    """Whole lines."""
    front: str = ""

    @property
    def opening(self) -> str:
        """The lines above the JSON; nothing where it begins the text."""
        if not self.front:
            return ""
        return f"{self.head}{SIGIL}cut off before, {len(self.front)} signs of ours open the JSON below:]\n"

    @property
    def note(self) -> str:
        """The line below the JSON; nothing where that goes to the end of the text."""
        if not self.added and not self.rest:
            return ""
        return f"{SIGIL}cut off here, {len(self.added)} signs of ours close the JSON above; what follows it:]"

    def shifts(self) -> dict[str, int]:
        """What to add to lines and characters of the core for those of the text."""
        return {"lines": self.head.count("\n") - self.front.count("\n"), "chars": len(self.head) - len(self.front)}

    def ends(self) -> dict[str, int]:
        """Lines and characters of the text before its rest."""
        core = self.core.count("\n") - self.added.count("\n")
        shifts = self.shifts()
        return {"lines": shifts["lines"] + core, "chars": shifts["chars"] + len(self.core) - len(self.added)}


def mend(text: str) -> Cut | None:
    """Close JSON that was cut off; None for a text that is whole, or no JSON. Linear."""
    if len(text) < _LEAST or _OPENS.match(text) is None or json_layout.split(text) is not None:
        return None
    found = _last_complete(text)
    if found is None or SIGIL in text[found[0] :]:
        return None
    end, openers = found
    if end < _LEAST:
        return None
    mended: Cut | None = None
    for added in _endings(text, openers):
        cut = Cut(text[:end] + added, added, text[end:])
        known = json_layout.split(cut.core)
        if known is not None and known[0] is not None:
            return cut
        mended = mended or (cut if known is not None else None)
    return mended


def reopen(text: str) -> Cut | None:
    """Make a list of the records in what follows a hole in JSON; None where there are few. Linear."""
    if len(text) < _LEAST or has_sigil(text):
        return None
    found = list(_RECORD_LINE.finditer(text))
    often = [indent for indent, count in Counter(match[1] for match in found).items() if count >= _FEW]
    if not often:
        return None
    indent = min(often, key=len)
    # The first of them may be a record that the hole breaks off.
    firsts = [match.start() for match in found if match[1] == indent][:_TRIED]
    start, end = max(((first, _end_of_records(text, first)) for first in firsts), key=lambda run: run[1] - run[0])
    if end - start < _LEAST:
        return None
    outer = indent[: len(indent) // 2]
    ways = [("[\n", "\n]"), (f'{{\n{outer}"": [\n', f"\n{outer}]\n}}")] if indent else [("[", "]"), ("[\n", "\n]")]
    for front, added in ways:
        cut = Cut(front + text[start:end] + added, added, text[end:], text[:start], front)
        known = json_layout.split(cut.core)
        if known is not None and known[0] is not None:
            return cut
    return None


def join(encoded: str, cut: Cut, rest: str) -> str:
    """Put the head, and the rest or its own encoding, around an encoded core."""
    return f"{cut.opening}{encoded}\n{cut.note}\n{rest}" if cut.note else f"{cut.opening}{encoded}"


def part(joined: str, cut: Cut) -> tuple[str, str]:
    """Invert `join`: the encoded core and the rest. Raises ValueError on other text."""
    start = 0
    if cut.front:
        opening = _OPENING.search(joined)
        start = opening.end() if opening else 0
    note = _NOTE.search(joined, start) if cut.note else None
    if joined[:start] != cut.opening or (note is None and cut.note):
        raise ValueError("no JSON that was cut off")
    if note is None:
        return joined[start:], ""
    return joined[start : note.start()], joined[note.end() :]


def _last_complete(text: str) -> tuple[int, Sequence[int]] | None:
    """Where the last complete value ends, and the places of the brackets that are open there."""
    opened: list[int] = []
    # The place behind a bracket, how many are open there, and for one that closes which these are.
    seen: deque[tuple[int, int, tuple[int, ...] | None]] = deque(maxlen=_LOOKED_BACK)
    at = 0
    while (match := _BRACKET.match(text, at)) is not None:
        at = match.end()
        if match[1] in _CLOSERS:
            opened.append(at - 1)
        elif not opened or _CLOSERS[text[opened[-1]]] != match[1]:
            return None
        else:
            opened.pop()
            if not opened:
                return None  # a whole document, and something else behind it
        closes = match[1] not in _CLOSERS and len(opened) <= _DEEPEST
        seen.append((at, len(opened), tuple(opened) if closes else None))
    region = len(text)
    latest: tuple[int, Sequence[int]] | None = None
    while seen:
        behind, depth, around = seen.pop()
        if at - behind > max(_RECORD, _RECORD_SHARE * at) and latest is not None:
            break
        if around is not None and text[around[-1]] == "[":
            return behind, around  # a broken record would spoil the table
        if latest is None:  # what is open here is open to the end
            comma = _last_comma(text, behind, region)
            if comma >= 0 or around is not None:
                latest = (max(comma, behind), opened[:depth])
        region = behind - 1
    return latest


def _end_of_records(text: str, start: int) -> int:
    """Where the last of several whole records ends, one behind the other from a place on; the place where they are few."""
    depth = count = 0
    at = end = start
    while (match := _BRACKET.match(text, at)) is not None:
        at = match.end()
        depth += 1 if match[1] in _CLOSERS else -1
        if depth < 0:
            break
        if not depth:
            end = at
            count += 1
    return end if count >= _FEW else start


def _last_comma(text: str, start: int, end: int) -> int:
    """Where the last value between two places ends, behind which a comma stands; -1 for none."""
    last = -1
    while (match := _MEMBER.match(text, start, end)) is not None:
        start = match.end()
        last = start - 1
    return last


def _endings(text: str, openers: Sequence[int]) -> Iterator[str]:
    """What may close these brackets: each on a line of its own where its content begins on one, or all at once."""
    laid_out = ""
    for place in reversed(openers):
        line_break = _LINE_BREAK.match(text, place + 1)
        if line_break is not None:
            indent = _INDENT.match(text, text.rfind("\n", 0, place) + 1)
            laid_out += line_break[1] + (indent[0] if indent else "")
        laid_out += _CLOSERS[text[place]]
    yield laid_out
    plain = "".join(_CLOSERS[text[place]] for place in reversed(openers))
    if plain != laid_out:
        yield plain
    yield f"\n{plain}"
