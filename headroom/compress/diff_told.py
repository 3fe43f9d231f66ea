"""What is said of a diff beside the lines that stay: its files with their counts, and what each gap covers."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from itertools import accumulate

from headroom.compress.diff_commits import Commit
from headroom.compress.diff_parse import HUNK, File, Hunk, begins_within
from headroom.compress.diff_window import DEFINES, rest_of_hunk
from headroom.compress.folding import SIGIL

_HEADING = re.compile(r"@@@* -\d+(?:,\d+)? [^@]*@@@* (\S.*)")
_CODE = re.compile(r"\w ?\(|[={;]|::|->|:$")
_SENTENCE = re.compile(r"[.,!?]$|(?:\S+ ){2}.*\b(?:and|are|by|can|for|if|is|it|of|on|or|that|the|this|to|with|you)\b")
"""What a line of prose has, of which git makes a heading as well; beside a sign of code it proves nothing."""
_TOLD = 6
_TOLD_CHARS = 100
"""Functions and the like that a gap tells, and the characters that they may take."""
_NAME_CHARS = 48
_HEADING_CHARS = 120
"""Git itself cuts headings at 80."""
_UNNAMED = "\0"
"""Stands for the name of a file that has none, before its place."""


def stat(
    lines: Sequence[str], files: Sequence[File], commits: Sequence[Commit], asked: Collection[str] | None = None
) -> str:
    """Summary line: how many files, hunks and commits there are, and how many lines each file gained and lost in all.

    Where the paths that are ``asked`` for are given, the other files are no more than counted.
    """
    changed: dict[str, tuple[int, int]] = {}
    above = "a file not named here" if _may_be_whole(lines, files) else "a file named above"
    for place, file in enumerate(files):
        # Of several commands each may have compared two files without a word on their names.
        path = file.path or (f"{_UNNAMED}{place}" if place else "")
        added, removed = changed.get(path, (0, 0))
        changed[path] = added + file.added, removed + file.removed
    listed = ", ".join(
        f"{(path or above) if path[:1] != _UNNAMED else 'a file not named here'} +{added} -{removed}"
        for path, (added, removed) in changed.items()
        if asked is None or path in asked
    )
    others = 0 if asked is None else len(changed.keys() - asked)
    listed += f" and {others} other file{'s' * (others > 1)}" if others else ""
    rest = rest_of_hunk(lines, files) is not None
    total = sum(len(file.hunks) for file in files) - rest
    hunks = " and ".join(["the rest of a hunk"] * rest + [_hunks(total)] * (total > 0))
    counted = f"{len(changed)} file{'s' * (len(changed) > 1)}, {hunks}"
    return f"{SIGIL}{counted}{f' in {len(commits)} commits' * (len(commits) > 1)}: {listed}]"


def gap_notes(lines: Sequence[str], files: Sequence[File], *, names: bool = True) -> Callable[[int, int], str]:
    """Return what words a gap by its hunks, first and last row; in a piece also by how much changes there, and in what.

    ``names``: of functions and the like in which something changes.
    """
    hunks = [hunk for file in files for hunk in file.hunks]
    own_end = 0 if files[0].path or _may_be_whole(lines, files) else files[0].end
    rest = rest_of_hunk(lines, files)
    signed = all(HUNK.match(lines[hunk.first]) for hunk in hunks if hunk is not rest)

    def note(first: int, last: int) -> str:
        cut = [hunk for hunk in hunks if hunk is not rest and hunk.first < first < hunk.end]
        within_one = bool(cut) and last < cut[0].end
        begun = [hunk for hunk in hunks if first <= hunk.first <= last and hunk is not rest]
        of_cut = "within a hunk" if within_one else "the rest of a hunk" if cut else ""
        if not own_end:
            return " and ".join([of_cut] * bool(cut) + [_hunks(len(begun))] * (not within_one))
        torn = [rest] if rest is not None and first < rest.end and last >= rest.first else []
        within = cut + torn + begun
        above = sum(hunk.end <= own_end for hunk in begun)
        counted = " and ".join(["rest of a hunk"] * len(torn) + [_hunks(above)] * (above > 0))
        counted += " of a file named above" * (counted != "" and len(files) > 1)  # of one file all is
        if others := len(begun) - above:
            counted = f"{counted}, {_hunks(others)} of others" if counted else _hunks(others)
        counted = " and ".join([part for part in (of_cut, counted) if part]) or _hunks(0)
        rows = [range(max(first, hunk.first), min(last + 1, hunk.end)) for hunk in within]
        named = [(hunk, part) for hunk, part in zip(within, rows, strict=True) if names and hunk not in cut]
        told = [name for hunk, part in named for name in _names(lines, hunk, part)]
        return "".join([counted, _changed(lines, rows) if signed else "", _listed(list(dict.fromkeys(told)))])

    return note


def _may_be_whole(lines: Sequence[str], files: Sequence[File]) -> bool:
    """Whether the text may begin with a diff's first line though that names no file, as of plain ``diff`` of two files."""
    return any(lines[hunk.first][:1].isdigit() for hunk in files[0].hunks[:1])


def _hunks(count: int) -> str:
    return f"{count} hunk{'s' * (count != 1)}"


def _listed(names: Sequence[str]) -> str:
    ends = accumulate(len(name) + 2 for name in names[:_TOLD])
    told = names[: sum(end <= _TOLD_CHARS for end in ends)]
    more = f" and {len(names) - len(told)} more" if len(told) < len(names) else ""
    return f", in {', '.join(told)}{more}" if names else ""


def _changed(lines: Sequence[str], parts: Sequence[range]) -> str:
    """How many lines came and went; empty where no sign before a line tells it."""
    firsts = [lines[row][:1] for rows in parts for row in rows]
    added, removed = firsts.count("+"), firsts.count("-")
    return f", +{added} -{removed}" if added or removed else ""


def _shorten(heading: str) -> str:
    return heading if len(heading) <= _NAME_CHARS else f"{heading[: _NAME_CHARS - 1]}…"


def _is_prose(heading: str) -> bool:
    return not _CODE.search(heading) and _SENTENCE.search(heading[:_HEADING_CHARS]) is not None


def _names(lines: Sequence[str], hunk: Hunk, rows: range) -> list[str]:
    """The function or the like that a hunk's heading tells; in the rest of one, those that begin there."""
    if not begins_within(lines, hunk):
        match = _HEADING.match(lines[hunk.first])
        return [_shorten(match[1].rstrip(" {:(,="))] if match and not _is_prose(match[1].rstrip()) else []
    defined = [match for row in rows if (match := DEFINES.match(lines[row])) is not None]
    least = min((len(match[1]) for match in defined), default=0)
    return [_shorten(match[2]) for match in defined if len(match[1]) == least]
