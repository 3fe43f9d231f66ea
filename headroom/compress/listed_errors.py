"""Errors of a compiler that a question wants listed with their places: of each its message, its place and what its excerpt points at."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from headroom.compress.findings import Finding
from headroom.compress.folding import SIGIL, escape
from headroom.compress.must_keep import FAILURE, severities
from headroom.compress.query import Relevance

_PLACED = re.compile(
    r"\b(?:list|every|each|all|which|what)\b[^.?!]{0,40}\berrors?\b[^.?!]{0,80}\b(?:files?|paths?|where|locations?|places?|lines?)\b"
    r"|\berrors?\b.{0,160}\b(?:files?(?::| and |, )(?:their )?lines?|lines? and files?)\b"
)
_OF_SIZE = r" (?:many|much|often|high|low|good|bad|well)\b| (?:is|was|does) (?:\w+ ){1,3}(?:rat|scor)(?:ed|e)\b"
"""Behind "how": a number is wanted."""
_MORE = re.compile(
    rf"\b(?:why|because|causes?|fix\w*|repair\w*|solve\w*|explain\w*|how(?!{_OF_SIZE})|snippets?|excerpts?|source code|notes?|hints?|help\w*"
    r"|suggest\w*|context|candidates?|full|whole|entire|details?|verbatim|warnings?|come from|templates?|instantiat\w+)\b"
)
"""What a question says that is for more than the errors themselves."""
_PLACES = re.compile(r"\b(?:files?|paths?|locations?|places?|lines?)\b")
_NO_WARNINGS = re.compile(
    r"\b(?:not|no|without|ignor\w+|except|excluding|leaving out|rather than|instead of) (?:(?:the|any|all|its) )*warnings?\b"
)
_OF_BUILDS = re.compile(r"\b(?:builds?|compil\w+|errors?|type ?checks?|lint\w*|warnings?|fix\w*|repair\w*)\b")
"""Words of a task by which it is about what the list is for."""
_SENTENCE = re.compile(r"(?<=[.?!]) ")
_LISTED = re.compile(
    r"\b(?:list|every|each|all|which|what)\b[^.?!]{0,40}\b(?:errors?|warnings?|findings?|diagnostics?|problems?)\b"
)
_AT = r"(?:[A-Za-z]:(?=[\\/]))?[^\s:(][^\n:(]{0,300}(?::\d+(?::\d+)?|\(\d+(?:,\d+)?\)): "
_TITLE = re.compile(
    rf"(?:{_AT})?(?:fatal |internal compiler )?(?P<word>error|warning|note|help|info)(?:\[[\w:-]+\]| [A-Z]{{1,6}}\d{{2,5}})?: "
    rf"|(?:[A-Za-z]:(?=[\\/]))?[^\s:(][^\n:(]{{0,300}}:\d+:\d+ - (?P<pretty>error|warning) TS\d+: "
)
_ELABORATED = re.compile(r"[):0-9](?: -|:) error TS\d+: ")
"""An error of TypeScript: indented lines below say step by step why."""
_GENERATED = re.compile(r"warning: .{1,200}? generated \d+ ")
"""What rustc says of a crate's warnings in the end; it is none itself."""
_HEAD = re.compile(
    rf"(?:{_AT}(?:fatal |internal compiler )?(?P<word>error|warning)\b|\s+\d+:\d+ +(?P<level>error|warning) +\S"
    r"|(?P<title>error|warning)(?:\[[\w:-]+\])?: \S)"
)
_LEAD = re.compile(r"In file included from |\s+from \S+:\d+[:,]|\S+: In |\S+: At global scope:")
_TRAIL = re.compile(
    r"\s*+(?:\d*+\s*+\||\.\.\.$|$)|\d++\s*+[+~-]|\s++(?:(?:-->|:::|found|expected) |= (?:note|help|info): )"
)
_PLACE = re.compile(r" *--> \S")
_REQUIRED = re.compile(rf"(?P<path>{_AT}) *(?:recursively )?(?:required|in ‘?constexpr|in expansion) ")
_SYSTEM = re.compile(r"/usr/|/opt/|/Library/|/Applications/|[A-Z]:[\\/]Program Files|/nix/store/")
_LABEL = re.compile(r"\s*+\|[^\^\n]*+\^++[ -]++[^\n]*[^\W\d_]{2}")
"""Signs below an excerpt with words behind the one that points: ``^^^ expected `u8```."""
_SIGNS = frozenset("^~ .-+\t")
_INDENTED = re.compile(r"\s|\d+ ")
_EXPLAINED = re.compile(r"Some errors have detailed explanations: |For more information about (?:this|an) error")
BUILD_ENDED = ("Build FAILED.", "Build succeeded.")
"""Below it MSBuild says once more what it found."""
_MUCH = 0.25
"""Share of the lines from which on those of warnings go beside a few errors, too."""
_FEW = 4
"""Up to so many errors stay with all that is said of them."""
_SPELLED = 40
"""Up to so many lines are written out."""


class Details(NamedTuple):
    """Rows that a list of errors can do without, and those that it is made of."""

    stays: set[int]
    """Messages, places, and what excerpts point at."""
    around: set[int]
    """Excerpts, notes, help: what goes with errors."""
    warnings: set[int]
    """Warnings, with all that goes with them."""
    warned: int
    """How many warnings."""
    few: bool = False
    """Whether the errors are so few that nothing of what goes with them is left out."""

    def gone(self) -> set[int]:
        """All that it can do without."""
        return self.around | self.warnings

    def note(self, rows: Collection[int]) -> str:
        """The line that says what brief gaps stand for; ``rows`` are those left out."""
        around = len(self.around.intersection(rows))
        parts = [f"{around} line{'s' * (around != 1)} of excerpts, notes and help"] * bool(around)
        parts += [f"{self.warned} warning{'s' * (self.warned != 1)}"] * bool(self.warned)
        return f"{SIGIL}{'no warnings' if self.few else 'only errors'} below; left out: {', '.join(parts)}]"


def asks_for_list(relevance: Relevance) -> bool:
    """Whether a question is for errors with their places, and for nothing else that is said of them.

    What the task says of other things than builds does not count where the last line asks for the list.
    """
    last = relevance.last_line
    if _PLACED.search(last) is None:
        return _PLACED.search(relevance.wording) is not None and not _wants_more(relevance.wording)
    task = relevance.wording.removesuffix(last)
    about = [part for part in _SENTENCE.split(task) if _OF_BUILDS.search(part) is not None]
    return not _wants_more(last) and not any(map(_wants_more, about))


def asks_for_places(relevance: Relevance) -> bool:
    """Whether a question is for files and lines, whatever they are of."""
    return _PLACES.search(relevance.wording) is not None


def asks_for_more(relevance: Relevance) -> bool:
    """Whether a question is for more than what is found and where: for causes, repairs, excerpts."""
    return _wants_more(relevance.wording)


def _wants_more(said: str) -> bool:
    return _MORE.search(_NO_WARNINGS.sub(" ", said)) is not None


def details(lines: Sequence[str], relevance: Relevance, found: Sequence[Finding] = ()) -> Details | None:
    """What goes with errors that a list of them can do without; None where the question wants more, or of few errors.

    Of an excerpt the line with words behind the sign that points stays: it is part of what is said. ``found``: the findings
    of the lines; those that are called no error go where others are.
    """
    if not asks_for_list(relevance):
        return None
    read = _Reader(lines)
    for row in range(len(lines) - (not lines[-1])):
        read.take(row, lines[row])
    stays, around, warnings = read.stays, read.around, read.warnings
    warned, errors = read.warned, read.errors
    others = [finding for finding in found if not finding.error]
    if others and len(others) < len(found):
        kept = {row for finding in found if finding.error for row in finding.heads} - read.again
        stays |= kept
        warnings |= {row for finding in others for row in (*finding.heads, *range(finding.start, finding.end))} - kept
        errors = len(found) - len(others)
        warned = sum([len(finding.rules) for finding in others if finding.heads[0] not in read.again])
    if errors > _FEW and (around or warnings):
        return Details(stays, around - warnings, warnings, warned)
    if len(warnings) < _MUCH * len(lines):
        return None
    for row in sorted(around, reverse=True):
        if row + 1 in warnings and _LEAD.match(lines[row]):
            warnings.add(row)
    failed = errors or any(sev == FAILURE and row not in warnings for row, sev in severities(lines).items())
    # Of a few errors all that is said stays.
    return Details((stays | around) - warnings, set(), warnings, warned, few=True) if failed else None


class _Reader:
    """Goes through the lines of an output and sorts out what belongs to its errors and warnings."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self.stays: set[int] = set()
        self.around: set[int] = set()
        self.warnings: set[int] = set()
        self.again: set[int] = set()
        self.errors = self.warned = 0
        self._title = -2
        self._elaborated = False
        self._titles: set[str] = set()
        self._ended = False  # what was found before is told again
        self._said = ""  # what the title above calls itself
        self._inside = self._first = False  # below a title, and in the excerpt right below it

    def take(self, row: int, line: str) -> None:
        """Read one line, the next one."""
        if (title := _TITLE.match(line)) is not None:
            word = title["word"] or title["pretty"]
            if self._ended and line in self._titles:
                self._spare(row, of=word)
                self.again.add(row)
                return
            self._titles.add(line)
            self._begin(row, line, word)
        elif line.startswith(BUILD_ENDED):
            self._ended, self._inside = True, False
        elif not line.strip():
            self._first = False
            if self._inside or row - 1 in self.around or row - 1 in self.warnings:
                self._spare(row)
        elif _LEAD.match(line) or _EXPLAINED.match(line):
            self.around.add(row)
            self._inside = False
        elif self._inside and _TRAIL.match(line):
            self._below(row, line)
        elif self._elaborated and line[0].isspace():
            self._spare(row)
        elif (required := _REQUIRED.match(line)) is not None:
            (self.around if _SYSTEM.match(required["path"]) else self.stays).add(row)
            self._inside = False
        elif self._said and _SIGNS.issuperset(line) and ("^" in line or "~" in line):
            self._spare(row)
            if row - 1 == self._title + 1 or (row - 1 > self._title and _INDENTED.match(self._lines[row - 1])):
                self._spare(row - 1)
        else:
            self._inside = self._elaborated = False
            if row - 1 in self.stays:  # a message goes on
                self.stays.add(row)

    def _begin(self, row: int, line: str, word: str) -> None:
        if word not in {"error", "warning"}:
            self._first = False
            self._spare(row, of=self._said if self._inside else word)
            self._inside = True
            return
        self._said, self._inside, self._title = word, True, row
        self._first = word == "error"
        self._elaborated = self._first and _ELABORATED.search(line) is not None
        if self._first:
            self.errors += 1
            self.stays.add(row)
        elif not _GENERATED.match(line):
            self.warned += 1
            self._spare(row)

    def _below(self, row: int, line: str) -> None:
        """A line of an excerpt, or of what is said below it."""
        self._first = self._first and line.lstrip()[0] != "="
        if self._first and (_LABEL.match(line) or (row == self._title + 1 and _PLACE.match(line))):
            self.stays.add(row)
        else:
            self._spare(row)

    def _spare(self, row: int, of: str = "") -> None:
        self.stays.discard(row)
        (self.warnings if (of or self._said) == "warning" else self.around).add(row)


def spelled_out(lines: Iterable[str], relevance: Relevance) -> re.Pattern[str] | None:
    """The lines with the errors, or warnings, that a question wants listed, which no mark of a legend may stand in; None of many."""
    asked = _LISTED.search(relevance.wording)
    if asked is None:
        return None
    wanted = {"warning"} if "warning" in asked[0] and "error" not in asked[0] else {"error"}
    if "warning" not in asked[0] and "error" not in asked[0]:
        wanted = {"error", "warning"}
    rows: list[str] = []
    files: list[str] = []
    above = ""
    for line in lines:
        match = _HEAD.match(line)
        if match is not None and match[match.lastgroup or 0] in wanted:
            rows.append(line)
            files += [above] if match["level"] and above else []
        elif line and not line[0].isspace():
            above = line
    return spelled(rows, files)


def spelled(rows: Sequence[str], places: Sequence[str] = ()) -> re.Pattern[str] | None:
    """These lines, and those that say where, as no mark of a legend may stand in them; None of none, or of many."""
    if not 0 < len(rows) <= _SPELLED:
        return None
    told = "|".join([re.escape(escape(line)) for line in dict.fromkeys([*rows, *places])])
    return re.compile(rf"^(?:{told})$", re.MULTILINE)
