"""The commits of ``git log -p`` and of a row of patches: where each begins, and those that a question names."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from headroom.compress.folding import SIGIL
from headroom.compress.query import Relevance
from headroom.compress.word_search import stands

_LOGGED = re.compile(r"commit ([0-9a-f]{7,64})\b")
_MAILED = re.compile(r"From ([0-9a-f]{40}) \w{3} \w{3} [ \d]\d ")
_ONE_LINE = re.compile(r"([0-9a-f]{7,40}) (?:\([^)]*\) )?(\S.*)")
"""Above the first file of a commit in ``git log -p --oneline``."""
_TITLE = re.compile(r"Subject: (?:\[[^\]]*\] )?(.*)")
_SIGNED = re.compile(r"\d+\.\d+")
"""Git's version, which stands below a patch sent by mail, and ``-- `` above it."""
_HEAD_LINES = 40
"""Lines of a commit among which its subject stands."""
_SUBJECT_BLANKS = 2
"""A subject with so many blanks is known where a question says it without quotes."""
_HASH = re.compile(r"[0-9a-f]{7,64}")
_CONTENTS = 30
"""Commits that are listed with their subject."""
_SHORT_HASH = 9
_NEXT = 2
_STARTS = frozenset("cF0123456789abdef")


class Commit(NamedTuple):
    """Rows from a commit's first line to before the next one's."""

    first: int
    end: int
    name: str
    """Its hash, as far as the text tells it."""
    subject: str


def commits_of(lines: Sequence[str]) -> list[Commit]:
    """All commits that a text of diffs tells of, in its order."""
    starts = list(_starts(lines))
    ends = [*(row for row, _, _ in starts[1:]), len(lines)]
    return [
        Commit(row, end, name, title or _subject(lines[row + 1 : min(end, row + _HEAD_LINES)]))
        for (row, name, title), end in zip(starts, ends, strict=False)
    ]


def stops(lines: Sequence[str]) -> list[int]:
    """Rows above which the changes of a file end, whatever follows: a commit's first, or what mail programs put below one."""
    signed = [
        row
        for row, line in enumerate(lines[:-1])
        if line[:2] == "--" and line.rstrip() == "--" and _SIGNED.match(lines[row + 1])
    ]
    return sorted([*(row for row, _, _ in _starts(lines)), *signed])


def headings(commits: Sequence[Commit], firsts: Sequence[int]) -> dict[int, range]:
    """Rows of the heading of each file's commit, for files that begin at these rows; files above the first commit lack one."""
    found: dict[int, range] = {}
    starts = [commit.first for commit in commits]
    for first in firsts:
        if at := bisect_right(starts, first):
            commit = commits[at - 1]
            found[first] = range(commit.first, firsts[bisect_left(firsts, commit.first)])
    return found


def contents(commits: Sequence[Commit]) -> list[str]:
    """A line for each commit, where they are some but not too many."""
    if not 1 < len(commits) <= _CONTENTS:
        return []
    return [f"{SIGIL}{commit.name[:_SHORT_HASH]} {commit.subject}]" for commit in commits]


def around(commits: Sequence[Commit], named: Collection[Commit]) -> list[Commit]:
    """The commits that stand next to one of these, and these."""
    places = {at for at, commit in enumerate(commits) if commit in named}
    return [commit for at, commit in enumerate(commits) if not places.isdisjoint(range(at - _NEXT, at + _NEXT + 1))]


def named_commits(commits: Iterable[Commit], relevance: Relevance) -> list[Commit]:
    """Those that the question names by their hash or their whole subject."""
    hashes = [term.text for term in relevance.named if _HASH.fullmatch(term.text)]
    quoted = {literal.lower() for literal in relevance.literals}

    def is_named(commit: Commit) -> bool:
        subject = " ".join(commit.subject.lower().split())
        said = subject.count(" ") >= _SUBJECT_BLANKS and stands(relevance.wording, subject)
        return said or subject in quoted or any(map(commit.name.startswith, hashes))

    return list(filter(is_named, commits))


def _starts(lines: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """Row, hash and, where that line tells it, subject of each."""
    for row, line in enumerate(lines):
        if line[:1] not in _STARTS:
            continue
        if match := _LOGGED.match(line) or _MAILED.match(line):
            yield row, match[1], ""
        elif row + 1 < len(lines) and lines[row + 1].startswith("diff --git ") and (match := _ONE_LINE.fullmatch(line)):
            yield row, match[1], match[2]


def _subject(lines: Sequence[str]) -> str:
    for row, line in enumerate(lines):
        if line.startswith("    "):
            return line.strip()
        if match := _TITLE.match(line):
            more = lines[row + 1] if row + 1 < len(lines) and lines[row + 1].startswith(" ") else ""
            return match[1] + more
    return ""
