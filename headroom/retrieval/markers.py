"""The only marker code: what a gap looks like to the model, and how our own markers are found again.

Three lines exist, each begins with the sigil ``[~ ``::

    [~ 749 lines omitted (L1502-2250): 702x INFO, 47x DEBUG]
    [~ L2320-2323]
    [~ full text: headroom_retrieve(hash="9f2c41d07ab3e5c8d1f00a2b", lines="A-B" | pattern="...")]

The hash is printed once, at a block's end, in the call that fetches what any of its gaps left out. The short form is for gaps
of one sort, which a line above says. Source lines that begin like a marker are
escaped by the compressors (`headroom.compress.folding.escape`), so no source line of a condensed block looks like ours.
Marker-shaped text elsewhere is inert: a marker counts only if its hash is in the store.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.rendition import Gap
from headroom.retrieval.tool import NAME

__all__ = ["SIGIL", "Trailer", "escape", "handles", "parse", "render_gap", "sign", "trailer", "unescape"]

NOTE_LIMIT = 240
"""Characters of a gap's note: a marker is one short line."""

_LETTERS = {"lines": "L", "rows": "R", "items": "I", "chars": "C"}
_UNITS = {letter: unit for unit, letter in _LETTERS.items()}
_COUNT = r"\d{1,3}(?:,\d{3})*"
_GAP = re.compile(
    rf"(?P<indent>[ \t]*)\[~ {_COUNT} (?:lines?|rows?|items?|chars?) omitted "
    rf"\((?P<letter>[LRIC])(?P<first>\d{{1,12}})(?:-(?P<last>\d{{1,12}}))?\)(?:: (?P<note>.*))?\]"
)
_BRIEF = re.compile(r"(?P<indent>[ \t]*)\[~ (?P<letter>[LRIC])(?P<first>\d{1,12})(?:-(?P<last>\d{1,12}))?\]")
_TRAILER = re.compile(
    rf"\[~ (?:condensed by headroom: {_COUNT} -> {_COUNT} (?:lines|chars); )?full text: "
    rf'{NAME}\(hash="(?P<handle>[0-9a-f]{{24}})", (?P<ways>(?:lines|rows)="[IC]?A-B"(?: \| (?:lines|rows)="[IC]?A-B")*) \| pattern="\.\.\."\)\]'
)
"""What stood before the call until it was found to tell no more than the gaps do is in texts of older conversations still."""
_WAYS = {"lines": 'lines="A-B"', "rows": 'rows="A-B"', "items": 'rows="A-B"', "chars": 'lines="CA-B"'}
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Trailer:
    """The last line of a condensed block. ``ways`` are the units of its gaps."""

    ways: frozenset[str]
    handle: str


Marker = Gap | Trailer


def render_gap(gap: Gap) -> str:
    """One line, without its newline. A note loses its line breaks and what is beyond ``NOTE_LIMIT``."""
    count = gap.last - gap.first + 1
    unit = gap.unit[:-1] if count == 1 else gap.unit
    where = f"{_LETTERS[gap.unit]}{gap.first}" + ("" if count == 1 else f"-{gap.last}")
    if gap.brief:
        return f"{gap.indent}{SIGIL}{where}]"
    note = plain_note(gap.note)
    return f"{gap.indent}{SIGIL}{count:,} {unit} omitted ({where}){f': {note}' if note else ''}]"


def plain_note(note: str) -> str:
    """A note as it is printed."""
    return _BREAKS.sub(" ", note[: NOTE_LIMIT * 2]).strip()[:NOTE_LIMIT].strip()


def trailer(ways: frozenset[str], handle: str) -> str:
    """The block's last line, without its newline. ``ways``, the units of its gaps, must not be empty."""
    how = " | ".join(sorted({_WAYS[way] for way in ways}))
    return f'{SIGIL}full text: {NAME}(hash="{handle}", {how} | pattern="...")]'


def sign(body: str, gaps: Sequence[Gap], handle: str) -> str:
    """A block with the gaps that stand in it, and the trailer."""
    ways = frozenset(gap.unit for gap in gaps) or frozenset({"lines"})
    return f"{body}{'' if body.endswith('\n') else '\n'}{trailer(ways, handle)}"


def parse(text: str) -> list[Marker]:
    """All lines of ``text`` that are markers, in order. Says nothing about whether they are genuine."""
    if SIGIL not in text:
        return []
    found: list[Marker] = []
    for line in text.split("\n"):
        if SIGIL not in line:
            continue
        if gap := _GAP.fullmatch(line):
            first = int(gap["first"])
            unit = _UNITS[gap["letter"]]
            last = int(gap["last"] or first)
            found.append(Gap(first, last, unit, gap["note"] or "", gap["indent"]))
        elif short := _BRIEF.fullmatch(line):
            first = int(short["first"])
            last = int(short["last"] or first)
            found.append(Gap(first, last, _UNITS[short["letter"]], "", short["indent"], brief=True))
        elif end := _TRAILER.fullmatch(line):
            ways = frozenset(_way(way) for way in end["ways"].split(" | "))
            found.append(Trailer(ways, end["handle"]))
    return found


def handles(text: str) -> tuple[str, ...]:
    """The hashes that the markers in ``text`` name, each once, in order."""
    return tuple(dict.fromkeys(mark.handle for mark in parse(text) if isinstance(mark, Trailer)))


def _way(text: str) -> str:
    if text == _WAYS["chars"]:
        return "chars"
    return "rows" if text.startswith("rows") else "lines"
