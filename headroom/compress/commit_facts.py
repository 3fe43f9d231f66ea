"""What ``git log`` says of a commit besides its message: author, day, the files that it changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from headroom.compress.commit_heads import author_of, date_of
from headroom.compress.diff_commits import Commit

_AUTHOR = re.compile(r"Author: +(.*?)(?: <[^<>]*>)?")
_DATE = re.compile(r"(?:Author)?Date: +(\S.*)")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_DAY = re.compile(
    r"\b(?:(\d{1,2}) )?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?: (\d{1,2}))?\b.*?\b(\d{4})\b(?![+-])"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STAT = re.compile(r" ?(\S.*?) +\| +(?:\d+|Bin)\b.*")
_RAW = re.compile(r"(?::\d{6} [^\t]*|[ACDMRT]\d*|(?:\d+|-)\t(?:\d+|-))\t(\S.*)")
_BARE = re.compile(r"[^\s:|]{1,300}")
"""As ``--name-only`` writes a path."""
_HEAD_LINES = 12


class Facts(NamedTuple):
    """What the lines of one commit tell; empty or None where they do not."""

    author: str
    told: str
    """Its date as written."""
    day: date | None
    files: tuple[str, ...]


def facts_of(lines: Sequence[str], commit: Commit) -> Facts:
    """Read the lines above the message, and those below it that tell of a file each."""
    author = told = ""
    row = commit.first + 1
    if not lines[commit.first].startswith("commit "):
        author, told = author_of(lines[commit.first]), date_of(lines[commit.first])
    while row < min(commit.end, commit.first + _HEAD_LINES) and (line := lines[row]):
        if not author and (match := _AUTHOR.fullmatch(line)):
            author = match[1].strip()
        elif not told and (match := _DATE.fullmatch(line)):
            told = match[1]
        row += 1
    below = lines[row : commit.end]
    files = [
        match[1]
        for line in below
        if (" | " in line and (match := _STAT.fullmatch(line))) or ("\t" in line and (match := _RAW.fullmatch(line)))
    ]
    files = files or [line for line in below if line[:1].strip() and _BARE.fullmatch(line)]
    return Facts(author, told, _day_of(told), tuple(files))


def _day_of(told: str) -> date | None:
    try:
        if match := _ISO.match(told):
            return date.fromisoformat(match[0])
        if match := _DAY.search(told):
            return date(int(match[4]), _MONTHS.index(match[2]) + 1, int(match[1] or match[3] or 0))
    except ValueError:
        return None
    return None
