"""Judges of what tells of files and of their changes, line by line: listings, hits of a search, diffs, commits."""

from __future__ import annotations

import re

from headroom.compress import commit_heads, line_list
from headroom.compress.line_signs import DIAGNOSED, LEVEL, TIMESTAMP
from headroom.compress.sample import Sample

_PATH_LINE = re.compile(r"(?:\.{0,2}/|[A-Za-z]:\\)?[\w.@+~#\[\]()-]++(?:[/\\][\w.@+ ~#\[\]()-]++)*+[/\\]?$")
_LS_LINE = re.compile(r"(?:\s*+\d++\s++\d++\s++)?[-dlbcps][-rwxsStTh]{9}[.+@]?\s|total \d+$")
"""A line of ``ls -l``, ``tar tv`` or ``find -ls``."""
_ARCHIVED = re.compile(r"\s*+\d++\s++\d\d(?:\d\d)?-\d\d-\d\d(?:\d\d)?\s\d\d:\d\d\s++\S++$")
"""A line of ``unzip -l``."""
_WINDOWS_FILE = re.compile(
    r"(?:[dl-][a-z-]{4,6}\s+)?\d{1,4}[/.-]\d\d?[/.-]\d{2,4}\s+\d\d?:\d\d(?: [AP]M)?\s+(?:<\w+>|[\d,.]+)? +\S"
)
"""A line of ``Get-ChildItem`` or ``dir``."""
_WINDOWS_FOLDER = re.compile(r"\n\s+Directory(?: of|:) [^\n]*\\")
_TOLD_FILE = re.compile(
    r"\d{6} (?:blob|tree|commit) [0-9a-f]{40,64}(?: ++(?:\d+|-))?\t"
    r"|[^\s:,]*/[^\s:,]++[ \t]+\d++(?:$|[ \t]+(?:\d{4}-\d\d-\d\d|\d{9,10}\b|[-dl][-rwxsStT]{9}\b))"
    r"|[^\s:,]*[/.][^\s:,]++[ \t]+\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?[ \t]+\d++$"
    r"|npm notice [\d.]++ ?[kMG]?B +\S++$"
)
"""A line of ``git ls-tree``, or of ``stat`` with the name before the size, of ``python -m zipfile -l``, of ``npm pack``."""
_NAME = re.compile(r"(?=\d*[^\W\d]|\.)[^\s\"'`<>|:;=(){}\[\],?*/]{1,120}[*/@|=]?$")
_NAMES = 40
_NAMED = 0.6
"""From so many sampled lines on names alone, all different, are a listing, so likely."""
_TREE_LINE = re.compile(r"[\s│|]*(?:[├└]─[─┬]|[|`]--|\+---|\\---)\s")
_SIZED_PATH = re.compile(r"\s*+[\d.]++[KMGT]?\s++\S*/\S+$")
_NUMBER = r"[:-]\d+(?:[:-]\d+)?[:-]"
_HIT = re.compile(rf"(?:[A-Za-z]:\\)?[^\s:|](?:[^:|\n-]++|-(?!\d+(?:[:-]\d+)?[:-]))*+{_NUMBER}")
_DIAGNOSIS = re.compile(r" *(?:fatal )?(?:error|warning|note|remark)\b", re.IGNORECASE)
_COUNTED = re.compile(r"(?=[^:\n]*[/\\.][A-Za-z_])[^\s:|\[(\"'<{][^\s:|]*:\d+$")
_HEADED_HIT = re.compile(r"\s*\d+[:-]")
_DIFF_HEAD = re.compile(r"\n(?:diff --git |@@ -\d+(?:,\d+)? \+\d+|Index: |--- \S.*\n\+\+\+ )")
_DIFF_LINE = re.compile(r"[-+ @]|diff |index |new file|deleted file|rename |similarity |Binary files|\\ No newline")
_WITHIN_HUNK = 0.25
_OF_HUNK = re.compile(r"[-+ \\]")
_CHANGED = re.compile(r"\n(?![-+]+ [^\s*]|--[- ]?\n)[-+]")
_OTHER_DIFFS = (
    (
        re.compile(r"\n\*{15}[^\n]*\n\*\*\* \d"),
        re.compile(r"[-+! ] |[*-]{3} |\*{15}|diff |Index: |={20}|Only in |Binary files |\\ No newline"),
    ),
    (
        re.compile(r"\n\d+(?:,\d+)?[acd]\d+(?:,\d+)?\n[<>](?: |\n)"),
        re.compile(r"[<>](?: |$)|\d+(?:,\d+)?[acd]\d+(?:,\d+)?$|---$|diff |Only in |Binary files |\\ No newline"),
    ),
)
"""Context and normal formats: the head of a hunk, and what lines look like."""
_GIT_DIFF = re.compile(
    r"(?:commit [0-9a-f]{7,64}\b(?:[^\n]*\n){1,60}?)?diff --git \S[^\n]*\n(?:[^\n]*\n){0,8}?@@@* -\d+(?:,\d+)? "
)
"""How what git prints of changes begins."""
_VCS_LINE = re.compile(
    r"commit [0-9a-f]{7,40}|Author: |AuthorDate: |Commit: |CommitDate: |Date: |Merge: |[0-9a-f]{7,12} \S|[* |\\/]++[0-9a-f]{7,12} \S|On branch |## \S"
    r"|(?:[MADRCUT][ MADRCUT]| [MADRCUT]|\?\?|!!) \S|\t(?:modified|new file|deleted|renamed|both modified): |::?\d{6} \d{6} |\^?[0-9a-f]{7,40} \(?| \S.* \| +(?:\d+ [+-]*|Bin .*)$| \d+ files? changed"
)
_VCS_HEAD = re.compile(
    r"\n(?:commit [0-9a-f]{7,40}\b|On branch |## \S+(?: \[.*\])?\n[ MADRCUT?!]{2} \S|(?:(?:[MADRCUT][ MADRCUT]| [MADRCUT]|\?\?|!!) \S.*\n){2}"
    r"|(?:[* |\\/]*[0-9a-f]{7,12} \S.*\n){3}|(?: \S.* \| +(?:\d+ [+-]+|Bin .*)\n){3})"
)
_NAMED_BY_HASH = re.compile(r"(?=\d*[a-f])[0-9a-f]{7,40}(?: (?=\S)|\t|\|| - )")
_BLAMED = re.compile(r"\^?[0-9a-f]{7,40} (?:[^\s(]+ +)?\([^()]{1,80}(?:\([^()]*\)[^()]{0,80})? \d{1,7}\)(?: |$)")
"""A line of a file with its commit, author, time and number, which is no log's whatever times are in it."""
_SHORTLOG = re.compile(r"\n\S[^\n]* \(\d+\):\n {6}\S")
_OF_SHORTLOG = re.compile(r" {6}\S|\S.* \(\d+\):$")
_ALL_HASHES = 0.8
"""Share of lines that begin with a commit's hash, almost all, from which the times behind it are those of commits."""
_SOME_LEVELS = 0.3


def are_files(sample: Sample) -> bool:
    """Whether most lines tell a file with its size or its time: columns that a table and a log have, too."""
    return (
        _of_windows(sample) > 0.5 or sample.share(_LS_LINE) + sample.share(_ARCHIVED) + sample.share(_TOLD_FILE) > 0.5
    )


def _of_windows(sample: Sample) -> float:
    named = "LastWriteTime" in sample.text or (
        "Directory" in sample.text and _WINDOWS_FOLDER.search(sample.text) is not None
    )
    return sample.share(_WINDOWS_FILE) if named else 0.0


def listing(sample: Sample) -> float:
    """How surely, 0..1, this tells of files by their paths or names, with what is said of each."""
    total = len(sample.lines)
    found = 0
    for line, count in sample.counted.items():
        if (
            _LS_LINE.match(line)
            or _ARCHIVED.match(line)
            or _TOLD_FILE.match(line)
            or _TREE_LINE.match(line)
            or _SIZED_PATH.match(line)
            or (_PATH_LINE.match(line) and ("/" in line or "." in line or line.endswith(":")))
            or (line.endswith(":") and "/" in line and " " not in line)
        ):
            found += count
    listed = 0.94 * max(found / total, _one_a_line(sample), _of_windows(sample))
    if listed < _NAMED and total >= _NAMES and len(sample.counted) == total:
        return max(listed, _NAMED * sample.share(_NAME) ** 4)
    return listed


def _one_a_line(sample: Sample) -> float:
    """Share of lines that begin with a name and say what it is, or hold cells below comments; 0 unless nearly all do."""
    total = len(sample.lines)
    if total < line_list.LEAST:
        return 0.0
    if not sample.head.startswith(line_list.COMMENT):
        share = sample.share(line_list.DESCRIBED) if " - " in sample.head else 0.0
    elif "\t" in sample.text:
        comments = sum(line.startswith(line_list.COMMENT) for line in sample.lines)
        share = sample.share(line_list.CELLS) * total / max(1, total - comments) if 2 * comments < total else 0.0
    else:
        share = 0.0
    return share if share >= line_list.SHARE else 0.0


def search(sample: Sample) -> float:
    """How surely, 0..1, these are places in files, each with its line."""
    if are_files(sample):
        return 0.0
    flat = headed = 0
    for line, count in sample.counted.items():
        if TIMESTAMP.match(line):
            continue
        match = _HIT.match(line)
        if match and _DIAGNOSIS.match(line, match.end()):
            continue
        if match and ("/" in match.group() or "." in match.group() or "\\" in match.group()):
            flat += count
        elif _HEADED_HIT.match(line) and not DIAGNOSED.match(line):
            headed += count
    total = len(sample.lines)
    if not flat and not headed:
        return 0.9 * sample.share(_COUNTED)
    if headed >= 2:
        paths = sum(1 for line in sample.lines if _PATH_LINE.match(line) and ("/" in line or "." in line))
        if paths and headed + paths >= 0.7 * total:
            return 0.9 * (headed + paths) / total
    return 0.97 * flat / total


def diff(sample: Sample) -> float:
    """How surely, 0..1, this tells what was changed, line by line."""
    if _DIFF_HEAD.search(sample.text):
        # A diff by words, as of --word-diff, begins none of its lines with a sign.
        return 0.98 if _GIT_DIFF.match(sample.head) else 0.98 * sample.share(_DIFF_LINE)
    other = max((0.98 * sample.share(line) for head, line in _OTHER_DIFFS if head.search(sample.text)), default=0.0)
    # What else is made of signs and blanks may be a list: only a command can tell that it is the middle of a hunk.
    return other or _WITHIN_HUNK * (_CHANGED.search(sample.text) is not None and sample.share(_OF_HUNK) == 1.0)


def vcs(sample: Sample) -> float:
    """How surely, 0..1, these are commits, or the state of a working copy."""
    if sample.share(_BLAMED) > _ALL_HASHES:
        return 0.98
    if sample.share(_NAMED_BY_HASH) > _ALL_HASHES and are_commits(sample):
        return 0.96
    if len(_SHORTLOG.findall(sample.text)) > 1 and sample.share(_OF_SHORTLOG) > _ALL_HASHES:
        return 0.96
    if len(commit_heads.heads_of(sample.text)) >= commit_heads.LEAST:
        return 0.96
    return min(0.96, 0.45 + 0.6 * sample.share(_VCS_LINE)) if _VCS_HEAD.search(sample.text) else 0.0


def are_commits(sample: Sample) -> bool:
    """Whether each line is a commit in a format with a date: a hash, no two alike, and on few a word on how bad it is."""
    hashed = [
        line
        for line in sample.lines
        if (match := _NAMED_BY_HASH.match(line)) is not None and TIMESTAMP.search(line, match.end(), 120)
    ]
    return (
        len(hashed) > _ALL_HASHES * len(sample.lines)
        and len({re.split(r"[\s|]", line, maxsplit=1)[0] for line in hashed}) == len(hashed)
        and sum(LEVEL.search(line, 0, 120) is not None for line in hashed) < _SOME_LEVELS * len(hashed)
    )
