"""A diff cut into files and hunks, in the formats of ``git diff`` and ``diff -u``, ``diff -c`` and plain ``diff``."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from headroom.compress.diff_commits import stops
from headroom.compress.diff_git import GIT, path_of

HUNK = re.compile(r"@@@* -\d+(?:,\d+)? .*@@")
_STARS = "*" * 15
"""What stands above each hunk of ``diff -c``."""
_CHANGE = re.compile(r"\d+(?:,\d+)?[acd]\d+(?:,\d+)?")
"""What stands above each hunk of plain ``diff``."""
_BEFORE_CHANGE = re.compile(r"\d(?=[<>])")
"""Where a line begins with a digit, and the next one as a changed line of plain ``diff``."""
_ABOVE_HUNKS = re.compile(r"(?:\*\*\*|---|\+\+\+|diff|Index:|index) |={20}|(?:new|deleted) file mode ")
_COMMAND = re.compile(r"diff (?:-\S+ )*+(?:\S.* )?(\S+)")
_NEW_PART = re.compile(r"--- \d+(?:,\d+)? ----")
_BODY = re.compile(r"[ +-].*|\\ .*|")
_BODY_IN_CONTEXT = re.compile(r"[ !+-] .*|--- \d+(?:,\d+)? ----|\*\*\* \d+(?:,\d+)? \*\*\*\*|\\ .*|")
_BODY_OF_NORMAL = re.compile(r"[<>](?: .*|)|---|\\ .*")
"""Lines within a hunk, by format."""
_HEADER = re.compile(r"(?:diff|Index:|index|Only in|Binary files|Files) |={20}")
"""What may stand above a file's first line that is read as such."""
_NO_LIST = re.compile(r"(?![+-]+ [^\s*]|--[- ]?$).+")
"""No item of a list, no command that a shell printed before it ran it, and nothing that mail programs put between parts."""
_ASIDE = re.compile(r"Only in .*: .|Binary files .* differ$|(?:Files|File) .* (?:differ|identical)$")
"""What ``diff -r`` says between the files."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """Consecutive lines of a file's changes."""

    first: int
    """Row of the line that says where they are."""
    end: int
    """Row behind the last line."""


@dataclass(frozen=True, slots=True)
class File:
    """A file's lines in a diff; ``end`` is the row behind the last one."""

    first: int
    end: int
    path: str
    """Empty where none is told: the text begins within the file's lines."""
    hunks: tuple[Hunk, ...]
    added: int
    removed: int


def parse(lines: Sequence[str]) -> list[File]:
    """Cut a diff into files and hunks; what stands before the first of either belongs to none. Empty without a hunk. Linear.

    Of a text that begins within a hunk, the rest of that one is the first hunk.
    """
    firsts = "".join([line[:1] or "\n" for line in lines])
    edges = _formats(lines, firsts)
    if edges:
        parts = [(first, parse(lines[first:end])) for first, end in pairwise([*edges, len(lines)])]
        return [_shifted(file, first) for first, files in parts for file in files]
    if hunks := [row for row in _rows(firsts, "@") if HUNK.match(lines[row])]:
        return _with_hunks(_unified(lines, firsts, hunks))
    return _with_hunks(_context(lines, firsts)) or _with_hunks(_normal(lines, firsts))


def _formats(lines: Sequence[str], firsts: str) -> list[int]:
    """Rows from which on the diff is of one format, where several ``diff`` commands wrote it in different ones; else none."""
    changes = [found.start() for found in _BEFORE_CHANGE.finditer(firsts)]
    marks = [(row, "normal") for row in changes if _CHANGE.fullmatch(lines[row])]
    marks += [(row, "context") for row in _rows(firsts, "*") if lines[row].startswith(_STARS)]
    if not marks:
        return []
    marks += [(row, "unified") for row in _rows(firsts, "@") if HUNK.match(lines[row])]
    if len({form for _, form in marks}) < 2:
        return []
    edges = [0]
    for (above, before), (row, form) in pairwise(sorted(marks)):
        if form != before:
            first = row
            while first > above + 1 and _ABOVE_HUNKS.match(lines[first - 1]):
                first -= 1
            edges.append(first)
    return edges


def _shifted(file: File, rows: int) -> File:
    hunks = tuple(Hunk(hunk.first + rows, hunk.end + rows) for hunk in file.hunks)
    return replace(file, first=file.first + rows, end=file.end + rows, hunks=hunks)


def parse_piece(lines: Sequence[str]) -> list[File]:
    """The one hunk of which all lines are, as a file's; empty where one is no line of a hunk. Only for what is a diff's piece."""
    end = len(lines) - (bool(lines) and not lines[-1])
    if _rest(lines, end, _BODY) != 0:
        return []
    firsts = [line[:1] for line in lines]
    return [File(0, end, "", (Hunk(0, end),), firsts.count("+"), firsts.count("-"))]


def begins_within(lines: Sequence[str], hunk: Hunk) -> bool:
    """Whether this is the rest of a hunk, of which the first line stands above the text."""
    first = lines[hunk.first]
    return not (HUNK.match(first) or first.startswith(_STARS) or _CHANGE.fullmatch(first))


def asides(lines: Sequence[str]) -> set[int]:
    """Rows that say of a file what is no change of lines: that it is on one side only, or binary."""
    return {row for row, line in enumerate(lines) if line[:1] in {"O", "B", "F"} and _ASIDE.match(line)}


def _with_hunks(files: list[File]) -> list[File]:
    return files if any(file.hunks for file in files) else []


def _unified(lines: Sequence[str], firsts: str, hunks: Sequence[int]) -> list[File]:
    starts = [(row, path) for row in _rows(firsts, "d") if (path := path_of(lines[row])) is not None]
    by_git = [row for row in _rows(firsts, "d") if lines[row].startswith(GIT)]
    starts += [
        (row, _path(lines[row + 1]).removeprefix("b/" * (bool(by_git) and lines[row].startswith("--- a/"))))
        for row in _rows(firsts, "-")
        if lines[row].startswith("--- ")
        and row + 1 < len(lines)
        and lines[row + 1].startswith("+++ ")
        and (not by_git or _is_plain(lines, row, by_git, hunks))
    ]
    last = len(lines) - 1 - (not lines[-1])
    if last and lines[last].startswith("--- ") and lines[last - 1].startswith("diff -") and not by_git:
        starts.append((last, _path(lines[last])))  # the text ends within a header: no line was removed there
    starts = _from_the_first_hunk(sorted(starts), hunks)
    above = starts[0][0] - 1
    if starts[0] == (hunks[0], "") and above >= 0 and lines[above].startswith("+++ "):
        starts[0] = (above, _path(lines[above]).removeprefix("b/"))
    starts, hunks = _with_rest(lines, starts, hunks, _BODY)
    files = [
        File(first, end, path, whole, firsts.count("+", at, end), firsts.count("-", at, end))
        for first, end, path, at, whole in _files(lines, starts, hunks)
    ]
    return (
        [_by_words(lines, file) for file in files] if not any(file.added or file.removed for file in files) else files
    )


def _is_plain(lines: Sequence[str], row: int, by_git: Sequence[int], hunks: Sequence[int]) -> bool:
    """Whether a file of a patch starts here that git did not write, among others that it did: it is in no header of git's."""
    before = bisect_left(by_git, row)
    own = bisect_left(hunks, by_git[before - 1]) == bisect_left(hunks, row) if before else False
    return not own and row + 2 < len(lines) and HUNK.match(lines[row + 2]) is not None


def _by_words(lines: Sequence[str], file: File) -> File:
    """The file with its changed lines counted, where they begin with no sign: those of ``git diff --word-diff``."""
    rows = range(file.hunks[0].first if file.hunks else file.end, file.end)
    return replace(file, added=sum("{+" in lines[row] for row in rows), removed=sum("[-" in lines[row] for row in rows))


def _context(lines: Sequence[str], firsts: str) -> list[File]:
    hunks: Sequence[int] = [row for row in _rows(firsts, "*") if lines[row].startswith(_STARS)]
    starts = [
        (row - (row > 0 and lines[row - 1].startswith("diff ")), _path(lines[row + 1]))
        for row in _rows(firsts, "*")
        if lines[row].startswith("*** ")
        and row + 2 < len(lines)
        and lines[row + 1].startswith("--- ")
        and lines[row + 2].startswith(_STARS)
    ]
    files = []
    starts, hunks = _with_rest(lines, _from_the_first_hunk(starts, hunks), hunks, _BODY_IN_CONTEXT)
    for first, end, path, _, whole in _files(lines, starts, hunks):
        added = removed = 0
        for hunk in whole:
            within = hunk.first - 1 if begins_within(lines, hunk) else hunk.end  # else the old part is above the text
            middle = next((row for row in range(hunk.first, hunk.end) if _NEW_PART.fullmatch(lines[row])), within)
            old, new = firsts[hunk.first : max(hunk.first, middle)], firsts[middle + 1 : hunk.end]
            removed += old.count("-") + old.count("!")
            added += new.count("+") + new.count("!")
        files.append(File(first, end, path, whole, added, removed))
    return files


def _normal(lines: Sequence[str], firsts: str) -> list[File]:
    hunks: Sequence[int] = [
        row
        for row, line in enumerate(lines[:-1])
        if line[:1].isdigit() and firsts[row + 1] in "<>" and _CHANGE.fullmatch(line)
    ]
    starts = [(row, match[1]) for row in _rows(firsts, "d") if (match := _COMMAND.fullmatch(lines[row]))]
    starts, hunks = _with_rest(lines, _from_the_first_hunk(starts, hunks), hunks, _BODY_OF_NORMAL)
    return [
        File(first, end, path, whole, firsts.count(">", at, end), firsts.count("<", at, end))
        for first, end, path, at, whole in _files(lines, starts, hunks)
    ]


def _from_the_first_hunk(starts: Sequence[tuple[int, str]], hunks: Sequence[int]) -> list[tuple[int, str]]:
    """The files' starts; of a text that begins within a file, where that one's first whole hunk does, too."""
    return [(hunks[0], ""), *starts] if hunks and (not starts or hunks[0] < starts[0][0]) else [*starts]


def _with_rest(
    lines: Sequence[str], starts: list[tuple[int, str]], hunks: Sequence[int], body: re.Pattern[str]
) -> tuple[list[tuple[int, str]], Sequence[int]]:
    """The files' starts and the hunks' rows with those of the rest of a hunk that stands above all of them."""
    if not starts:
        return starts, hunks
    above = starts[0][0]
    if above and lines[above].startswith("+++ ") and lines[above - 1].startswith("--- "):
        above -= 1
    while above and _HEADER.match(lines[above - 1]):
        above -= 1
    row = _rest(lines, min([above, *stops(lines)[:1]]), body)
    if row is None:
        return starts, hunks
    return [(row, ""), *starts[starts[0][1] == "" :]], [row, *hunks]


def _rest(lines: Sequence[str], end: int, body: re.Pattern[str]) -> int | None:
    """Row from which on all lines above ``end`` are within a hunk; None where there are none, or nothing changes there."""
    row = end
    while row and body.fullmatch(lines[row - 1]):
        row -= 1
    while row < end and not lines[row]:
        row += 1
    changed = any(line[0] in "+-!<>" and _NO_LIST.match(line) for line in lines[row:end] if line)
    return row if changed else None


def _files(
    lines: Sequence[str], starts: Sequence[tuple[int, str]], hunks: Sequence[int]
) -> Iterator[tuple[int, int, str, int, tuple[Hunk, ...]]]:
    """Yield first row, end, path, first hunk's row and hunks of each file; ``starts`` has row and path.

    What stands between two commits belongs to no file. A file that was renamed, or is binary, may have no hunk.
    """
    ends = [*(row for row, _ in starts[1:]), len(lines) - (bool(lines) and not lines[-1])]
    others = stops(lines)
    for (first, path), following in zip(starts, ends, strict=False):
        behind = bisect_right(others, first)
        end = min(following, others[behind]) if behind < len(others) else following
        own = hunks[bisect_left(hunks, first) : bisect_left(hunks, end)]
        whole = tuple(Hunk(row, behind) for row, behind in pairwise([*own, end]))
        yield first, end, path, own[0] if own else end, whole


def _path(line: str) -> str:
    return line[4:].partition("\t")[0]


def _rows(firsts: str, sign: str) -> Iterator[int]:
    """Rows that begin with a sign; ``firsts`` holds the first character of each."""
    row = firsts.find(sign)
    while row >= 0:
        yield row
        row = firsts.find(sign, row + 1)
