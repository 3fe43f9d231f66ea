"""Errors of a compiler that a question wants listed with their places: what stands below each need not be told then."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from headroom.compress.folding import escape
from headroom.compress.query import Relevance

_PLACED = re.compile(
    r"\b(?:list|every|each|all|which|what)\b[^.?!]{0,40}\berrors?\b[^.?!]{0,80}\b(?:files?|paths?|where|locations?|places?|lines?)\b"
    r"|\berrors?\b.{0,160}\b(?:files?(?::| and |, )(?:their )?lines?|lines? and files?)\b"
)
_MORE = re.compile(
    r"\b(?:why|because|causes?|fix\w*|repair\w*|solve\w*|explain\w*|how|snippets?|excerpts?|source code|notes?|hints?|help\w*"
    r"|suggest\w*|context|candidates?|full|whole|entire|details?|verbatim|warnings?|come from|templates?|instantiat\w+)\b"
)
"""What a question says that is for more than the errors themselves."""
_LISTED = re.compile(
    r"\b(?:list|every|each|all|which|what)\b[^.?!]{0,40}\b(?:errors?|warnings?|findings?|diagnostics?|problems?)\b"
)
_AT = r"(?:[A-Za-z]:(?=[\\/]))?[^\s:(][^\n:(]{0,300}(?::\d+(?::\d+)?|\(\d+(?:,\d+)?\)): "
_TITLE = re.compile(rf"(?:{_AT})?(?:fatal |internal compiler )?(?P<word>error|warning|note|help)(?:\[[\w:-]+\])?: ")
_HEAD = re.compile(
    rf"(?:{_AT}(?:fatal |internal compiler )?(?P<word>error|warning)\b|\s+\d+:\d+ +(?P<level>error|warning) +\S"
    r"|(?P<title>error|warning)(?:\[[\w:-]+\])?: \S)"
)
_LEAD = re.compile(r"In file included from |\s+from \S+:\d+[:,]|\S+: In |\S+: At global scope:")
_TRAIL = re.compile(
    r"\s*+\d*+\s*+\||\s*+\.\.\.$|\d++\s*+[+~-]|\s++--> |\s++= (?:note|help): |\s++(?:found|expected) |\s*+$"
)
_REQUIRED = re.compile(rf"(?P<path>{_AT}) *(?:recursively )?(?:required|in ‘?constexpr|in expansion) ")
_SYSTEM = re.compile(r"/usr/|/opt/|/Library/|/Applications/|[A-Z]:[\\/]Program Files|/nix/store/")
_LABEL = re.compile(r"\s*\|.*[^\W\d_]{2}")
_LINE = re.compile(r"\s*\d+ \|")
_FEW = 4
"""Up to so many errors stay with all that is said of them."""
_SPELLED = 40
"""Up to so many lines are written out."""


def details(lines: Sequence[str], relevance: Relevance) -> set[int]:
    """Rows below and above errors that a list of them with their places can do without; none where the question wants more.

    An excerpt with words under it (``^^^ expected `u8```) is part of what is said; one that only points is not.
    """
    said = relevance.wording
    if _PLACED.search(said) is None or _MORE.search(said) is not None:
        return set()
    rows: set[int] = set()
    errors = 0
    word = ""
    first = True  # in the excerpt right below a title
    for row, line in enumerate(lines):
        title = _TITLE.match(line)
        if title is not None:
            word, first = title["word"], True
            errors += word == "error"
            if word != "error":
                rows.add(row)
        elif line and _LEAD.match(line):
            rows.add(row)
            word = ""
        elif word and _TRAIL.match(line):
            if word != "error":
                rows.add(row)
            elif not first or line.lstrip().startswith("= "):
                first = False
                rows.add(row)
        elif line and (required := _REQUIRED.match(line)) is not None:
            if _SYSTEM.match(required["path"]):
                rows.add(row)
            word = ""
        else:
            word = ""
    rows |= _pointing(lines, rows)
    return rows if errors > _FEW else set()


def origins(lines: Sequence[str], spare: set[int]) -> set[int]:
    """Rows that tell where in the program's own files the errors of a library's templates come from; ``spare`` are the details."""
    return {row for row, line in enumerate(lines) if row not in spare and _REQUIRED.match(line)} if spare else set()


def _pointing(lines: Sequence[str], known: set[int]) -> set[int]:
    """Excerpts without a word under them: the line of source, and the signs below it."""
    found: set[int] = set()
    row = 0
    while row < len(lines):
        if row in known or not _LINE.match(lines[row]):
            row += 1
            continue
        end = row + 1
        while end < len(lines) and end not in known and lines[end].lstrip()[:1] == "|":
            end += 1
        if not any(_LABEL.match(line) for line in lines[row + 1 : end]):
            found.update(range(row, end))
        row = end
    return found


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
    if not 0 < len(rows) <= _SPELLED:
        return None
    told = "|".join([re.escape(escape(line)) for line in dict.fromkeys([*rows, *files])])
    return re.compile(rf"^(?:{told})$", re.MULTILINE)
