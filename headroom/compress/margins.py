"""What stands before every line, or colours its words, and says nothing of the output: taken off before the output is read.

A margin that is the same on every line (``web-1  | ``, an indent), or on all but the few that a process wrote between
those of a checker (``==4711== ``), is written back from a note. Times that a runner puts
before every line (``gh run view --log``, ``docker logs -t``) and colours are not: without them a text has a loss.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from headroom.compress.folding import SIGIL, has_sigil
from headroom.compress.once import lines_of

_COLOUR = "\x1b["
_COLOURS = re.compile(r"\x1b\[[\d;:]*[mK]")
_SAME = re.compile(r"[ \t]{2,}|[\w.-]{1,60}-\d{1,3} +\| ?|> ?|\[pod/[^\]\n]{1,120}\] ?|={2}\d{1,10}={2} ?")
"""A margin of one sign, a container's name as Docker Compose writes it, a pod's, or the process that valgrind looks at."""
_OTHER = "| "
_OTHERS = 0.2
"""Part of the lines up to which some may be a process's own, without the checker's margin."""
_STAMP = r"\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6,9}Z ?"
_STAMPED = re.compile(_STAMP)
_LABEL = r"([^\t\n]{1,100}\t[^\t\n]{1,100})\t"
_LABELLED = re.compile(_LABEL + _STAMP)
_LABEL_ALONE = re.compile(f"{_LABEL}(?={_STAMP})")
_TIMES = re.compile(
    r"\b(?:when|times?|timestamps?|durations?|how (?:long|slow|fast)|slow(?:est)?|seconds?|minutes?|hours?|\d\d:\d\d)\b",
    re.IGNORECASE,
)
_INSIDE = re.compile(r"\s*(?:[\d\"}\]-]|[\[{],?\r?$)")
_LEAST_LINES = 8
_LEAST_INDENT = 2


@dataclass(frozen=True, slots=True)
class Bare:
    """Lines without what stood before them, as many as there were."""

    note: str
    """One line for the reader, with our sigil, without newline."""
    text: str
    first_line: int = 1
    """1-based number of its first line in the source."""
    width: int = 0
    """Characters that were taken off its first line."""
    margin: str = ""
    """What each line began with, where it was the same for all."""
    empty: str = ""
    """What an empty line was."""
    ended: bool = True
    """The last line ends in a line break."""
    other: str = ""
    """What the lines begin with that had no margin, where there are such."""

    def restore(self) -> str:
        """Put a margin back that was the same on all lines: the source of `without_margin`."""
        lines = self.text.split("\n")[: -1 if self.ended else None]
        return "\n".join(map(self._restored, lines)) + "\n" * self.ended

    def _restored(self, line: str) -> str:
        if self.other and line.startswith(self.other):
            return line[len(self.other) :]
        return self.margin + line if line else self.empty


def without_margin(text: str) -> Bare | None:
    """Take off what stands before every line alike, or None. Exact: the note tells how to put it back."""
    if _SAME.match(text.lstrip("\n")) is None or has_sigil(text):
        return None
    ended = text.endswith("\n")
    lines = lines_of(text)[: -1 if ended else None]
    first = [line for line in lines[:40] if line][:_LEAST_LINES]
    found = _SAME.match(_common_start(first))
    if found is None or (len(first) < _LEAST_LINES and found[0][0] in " \t>"):
        return None
    margin = found[0]
    if margin.isspace():
        margin = _common_start([line for line in lines if line])
        margin = margin[: len(margin) - len(margin.lstrip(" \t"))]
        if len(margin) < _LEAST_INDENT or _INSIDE.match(first[0]):
            return None  # numbers aligned at their right, or the middle of JSON, which is told by its indent
    if margin[0] == "=":
        return _without_process(lines, margin, ended=ended)
    empty = {"", margin, margin.rstrip()}.intersection(lines)
    if len(empty) > 1 or not all(line.startswith(margin) or line in empty for line in lines):
        return None  # of an empty line nobody could tell how it was written
    bare = "\n".join(["" if line in empty else line[len(margin) :] for line in lines]) + "\n" * ended
    form = empty.pop() if empty else margin
    but = "" if form == margin else f" (an empty one is {form!r})"
    return Bare(
        said_once(margin, f"{but}, left out here"),
        bare,
        width=len(margin),
        margin=margin,
        empty=form,
        ended=ended,
    )


def said_once(start: str, told: str) -> str:
    """The note that says what lines begin with, and what became of it."""
    return f"{SIGIL}each line begins with {start!r}{told}]"


def _without_process(lines: Sequence[str], margin: str, *, ended: bool) -> Bare | None:
    """Take off the process from the lines of a checker; those that the process itself wrote begin with a sign."""
    bare: list[str] = []
    others = 0
    for line in lines:
        if line.startswith(margin):
            bare.append(line[len(margin) :])
            if bare[-1].startswith(_OTHER):
                return None
        else:
            bare.append(_OTHER + line)
            others += 1
    if others > _OTHERS * len(lines):
        return None
    but = f"; those without it begin with {_OTHER!r}" if others else ""
    return Bare(
        said_once(margin, f", left out here{but}"),
        "\n".join(bare) + "\n" * ended,
        width=len(margin),
        margin=margin,
        empty=margin,
        ended=ended,
        other=_OTHER if others else "",
    )


def _common_start(lines: Sequence[str]) -> str:
    first, last = min(lines), max(lines)
    differing = (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(differing, len(first))]


def without_colours(text: str) -> Bare | None:
    """Take off colours, or None where there are none."""
    if _COLOUR[0] not in text or _COLOUR not in text or has_sigil(text):
        return None
    bare = _COLOURS.sub("", text)
    return Bare(f"{SIGIL}colours left out]", bare) if len(bare) < len(text) else None


def asks_for_times(query: str) -> bool:
    """Whether a question has a word for times, or names one."""
    return _TIMES.search(query) is not None


def without_times(text: str, query: str) -> tuple[Bare, ...] | None:
    """Take off a runner's job, step and time; one text for each step. None where there are none.

    Times that are asked for stay.
    """
    asked = asks_for_times(query)
    labelled = _LABELLED.match(text) is not None
    pattern = (_LABEL_ALONE if asked else _LABELLED) if labelled else _STAMPED
    if pattern.match(text) is None or (asked and not labelled) or has_sigil(text):
        return None
    ended = text.endswith("\n")
    lines = lines_of(text)[: -1 if ended else None]
    found = [match for line in lines if (match := pattern.match(line)) is not None]
    if len(lines) != len(found):
        return None
    parts: list[Bare] = []
    for label, rows in groupby(found, key=lambda match: match[1] if labelled else ""):
        matches = list(rows)
        bare = [match.string[match.end() :] for match in matches]
        where = " / ".join(label.split("\t"))
        told = (
            "times of the lines" if not where else f"{where}; job and step{'' if asked else ' and time'} of each line"
        )
        first = parts[-1].first_line + parts[-1].text.count("\n") if parts else 1
        parts.append(Bare(f"{SIGIL}{told} left out]", "\n".join([*bare, ""]), first, matches[0].end()))
    if not ended:
        parts[-1] = replace(parts[-1], text=parts[-1].text[:-1])
    return tuple(parts)
