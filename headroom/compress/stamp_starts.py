"""What the time stamps of a log begin with is said once, and left out of the lines below that begin alike.

Where each line has a stamp, any line without its beginning lacks that of the line above. Where others stand among them,
as those of a stack trace, only a line with a digit in front does. `put_back` is the inverse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from headroom.compress.folding import SIGIL
from headroom.compress.legends import estimate
from headroom.compress.margins import said_once

HOLE = "\x00"
"""Begins a line that stands for a gap."""
_WITHIN = 64
"""Characters of a line within which a beginning ends."""
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_STAMP = re.compile(
    rf"(?<!\d)(?:19|20)\d\d(?:[-/.][01]\d|[01]\d[0-3]\d)|(?<!\d)\d\d:|(?<!\d)\d\d/(?:\d\d/|{_MONTHS})|\b(?:{_MONTHS}) {{1,2}}\d"
    r"|(?<![\d.])\d\d[-.]\d\d |\A\d{6} \d{6} "
)
"""The first digits of a date or a time, as loggers write them."""
_CUTS = re.compile(r"(?:[ :|/_\[\](-]|(?<=\d)T)(?=\S)")
"""Where a beginning may end: no fraction of a second is told apart from its seconds."""
_PLAIN = re.compile(r"[ !#-&(-\[\]-~]+")
"""A text that stands in single quotes as it is."""
_LEVEL = re.compile(
    r"\b(?:[VDIWEFN]|TRACE|DBG|DEBUG|INFO?|NOTICE|WARN(?:ING)?|ERR(?:OR)?|FATAL|CRIT(?:ICAL)?|SEVERE|ALERT|EMERG)\b",
    re.IGNORECASE,
)
_NAMES = re.compile(rf"\b(?:{_MONTHS}|Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b")
_DIGITS = frozenset("0123456789")
_NUMBER = re.compile(r"[0-9]+")
_RUN = re.compile(r"(?P<number>[0-9]+)|(?P<word>[A-Za-z]+)|(?P<blank> +)|.")
_RUNS = {"number": "[0-9]++", "word": "[A-Za-z]++", "blank": " ++"}
_SAMPLE = 120
"""Lines by which it is chosen where the beginning ends."""
_TRIED = 3
"""Stamped lines whose beginnings are tried."""
_NOTE_COST = 25
_SHORTER_NOTE = 8
"""Tokens, about; where all lines begin alike, it takes so many fewer."""
_LEAST = 20
"""Tokens to spare beside those of the note."""
_LEAST_SHARE = 0.08
"""And of the text."""
_CHARS_A_TOKEN = 3.5
"""What a token of a log takes, about."""
_SHORT = 8_000
"""Characters."""
_MARK = f"{SIGIL}each line"
_ALL = re.compile(r"\[~ each line begins with '([^'\n]+)', (?:mostly )?left out here\]")
_LIKE = re.compile(
    r"\[~ each line( with a number in front)? begins like '([^'\n]+)'; where that is missing, as the line above\]"
)


@dataclass(frozen=True, slots=True)
class _Start:
    """What lines begin with, and which lines do."""

    text: str
    every: bool
    """All do but empty ones, else those with a digit in front or of its shape."""
    shape: re.Pattern[str]
    """What is made alike, whatever numbers and words it has."""

    @staticmethod
    def of(text: str, *, every: bool) -> _Start:
        """Make one of a text such as ``2026-11-21 20:``."""
        parts = [_RUNS[match.lastgroup] if match.lastgroup else re.escape(match[0]) for match in _RUN.finditer(text)]
        return _Start(text, every, re.compile("".join(parts)))

    def head(self, line: str) -> str:
        """What a line begins with, if it is of this shape."""
        found = self.shape.match(line)
        return found[0] if found is not None else ""

    def may_lack(self, line: str) -> bool:
        """Whether a line would be read as one that lacks its beginning."""
        if not self.every:
            return line[:1] in _DIGITS
        return line != "" and line[0] != HOLE and not line.lstrip(" \t").startswith(SIGIL)


def left_out(lines: Sequence[str], whole: Callable[[Sequence[str]], Collection[int]]) -> tuple[str, list[str]] | None:
    """The note, and the lines without what they begin with; None where that spares too little. Linear.

    ``lines`` are escaped. ``whole`` tells the rows that stay as they are.
    """
    for every in (True, False):
        start = _best(lines[:_SAMPLE], every=every)
        if start is not None and (found := _without(lines, start, whole)) is not None:
            return found
    return None


def _without(
    lines: Sequence[str], start: _Start, whole: Callable[[Sequence[str]], Collection[int]]
) -> tuple[str, list[str]] | None:
    """The note, and the lines without this beginning."""
    least = _NOTE_COST + max(_LEAST, _LEAST_SHARE / _CHARS_A_TOKEN * (sum(map(len, lines)) + len(lines)))
    if _spared(lines, start) < least:
        return None
    heads = [*map(start.head, lines)]
    lacking = [line for line, head in zip(lines, heads, strict=True) if not head and start.may_lack(line)]
    if lacking:
        return None  # another line that could be taken for one that lacks its beginning
    kept = whole(lines)
    alone = start.every and {*heads} <= {start.text, ""}
    above = start.text if alone else ""
    shown: list[str] = []
    for row, (line, head) in enumerate(zip(lines, heads, strict=True)):
        rest = line[len(head) :]
        lacks = head == above != "" and row not in kept and start.may_lack(rest) and not start.head(rest)
        shown.append(rest if lacks else line)
        above = head or above
    if sum([line != short for line, short in zip(lines, shown, strict=True)]) * estimate(start.text) < least:
        return None
    if alone:
        return said_once(start.text, f", {'mostly ' if kept else ''}left out here"), shown
    which = "" if start.every else " with a number in front"
    return f"{SIGIL}each line{which} begins like {start.text!r}; where that is missing, as the line above]", shown


def is_short(lines: Sequence[str]) -> bool:
    """Whether a legend of whole stamps should be tried, too: of a short text it may spare more, and is soon made."""
    return sum(map(len, lines)) <= _SHORT


def put_back(note: str, lines: Sequence[str]) -> list[str]:
    """Invert `left_out`; ValueError where the first line is no note."""
    start = _told(note)
    if start is None:
        raise ValueError("not a note of what lines begin with")
    above = start.text
    whole: list[str] = []
    for line in lines:
        head = start.head(line)
        whole.append(above + line if not head and start.may_lack(line) else line)
        above = head or above
    return whole


def put_back_below(lines: list[str]) -> list[str]:
    """The lines of a text that may have a note, which stays, as they were."""
    row = next((row for row, line in enumerate(lines) if is_note(line)), None)
    return lines if row is None else [*lines[: row + 1], *put_back(lines[row], lines[row + 1 :])]


def ended(shown: str) -> str:
    """The line that parts a text with a note from what stands below it; none where it has no note."""
    said = any(line.startswith(SIGIL) and is_note(line) for line in shown.split("\n")) if _MARK in shown else False
    return f"{SIGIL}lines are whole again]\n" if said else ""


def is_note(line: str) -> bool:
    """Whether a line says what others begin with."""
    return line.startswith(SIGIL) and _told(line) is not None


def _told(note: str) -> _Start | None:
    if found := _ALL.fullmatch(note):
        return _Start.of(found[1], every=True)
    if found := _LIKE.fullmatch(note):
        return _Start.of(found[2], every=not found[1])
    return None


def _best(lines: Sequence[str], *, every: bool) -> _Start | None:
    """The beginning without which the lines spare most."""
    stamped = [line for line in lines if _STAMP.search(line, 0, _WITHIN)][:_TRIED]
    starts: dict[int, _Start] = {}
    for line in stamped:
        for cut in _CUTS.finditer(line, 0, _WITHIN):
            size = cut.end()
            text = line[:size]
            if size in starts or not _STAMP.search(text) or not _PLAIN.fullmatch(text) or _LEVEL.search(text):
                continue
            if not every and line[size] not in _DIGITS:
                continue
            start = _Start.of(text, every=every)
            if every and not _stands_before_all(start, lines):
                break  # no more does one that goes on behind it
            starts[size] = start
    return max(starts.values(), key=lambda start: _spared(lines, start), default=None)


def _stands_before_all(start: _Start, lines: Sequence[str]) -> bool:
    """Whether all lines begin with it, but for its numbers, days and months."""
    heads: set[str] = set()
    for line in lines:
        if start.may_lack(line):
            if not (head := start.head(line)):
                return False
            heads.add(head)
    return len({_NAMES.sub("", _NUMBER.sub("", head)) for head in heads}) == 1


def _spared(lines: Sequence[str], start: _Start) -> int:
    """Tokens that lines spare at most which begin like the line above; of lines that all do, the first as well."""
    heads = [head for line in lines if (head := start.head(line)) and start.may_lack(line[len(head) :])]
    alike = len([1 for above, head in pairwise(heads) if above == head])
    size = estimate(start.text)
    return alike * size + (size + _SHORTER_NOTE if start.every and 0 < alike == len(heads) - 1 else 0)
