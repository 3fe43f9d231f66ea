"""Which files of a diff a question is about: those it names, or all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.asks import asking
from headroom.compress.diff_parse import File
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.sides import sides

NAME = 0.8
"""A term of this weight is a name or a path."""
_HEADER = 12
"""Lines above a file's hunks that tell its names."""
SURE_NAME = 0.9
VERSION = re.compile(r"v?(?<!\d)\d++(?:\.\d+)+[\w.-]*")
_FILE_NAME = re.compile(r"[\w@./\\+-]*\w\.[a-z]\w{0,9}")
"""No version, whose last part begins with a digit."""
_FILES = re.compile(
    r"\b(?:which|what|list|name|show|all)\b[^.?!]{0,24}\bfiles\b|\bfiles (?:were |are |was )?(?:changed|touched|modified|affected)\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\b(?:how|why|where|review\w*|explain\w*|summar\w+|describe\w*|content\w*|hunks?|lines?|diffs?|and)\b",
    re.IGNORECASE,
)
_FATE = r"(?:deleted|removed|renamed|moved|copied|added|created|new)"
_OF_FATES = re.compile(
    r"(?:,\s*)?\b(?:and|or) (?:(?:which|what|if|whether|was|were|is|are|has|have|been|any|anything|of|them|those|these|ones|files?"
    rf"|there)\s+)*{_FATE}(?:[\s,]+(?:(?:and|or)\s+)?{_FATE})*(?:\s+(?:files|ones))?(?=\s*(?:[?.!,;]|$))",
    re.IGNORECASE,
)
"""What a question for files adds on what became of them, which their headers tell."""
_SHORT = 160


def is_file_name(term: str) -> bool:
    """Whether a term, in lower case, may be a file's name."""
    return _FILE_NAME.fullmatch(term) is not None


def rows_of_unnamed(files: Sequence[File]) -> set[int]:
    """First rows of the hunks of the file within which the text begins: it may be any."""
    return set() if files[0].path else {hunk.first for hunk in files[0].hunks}


def files_asked_for(hints: Hints, lines: Sequence[str], files: Sequence[File]) -> list[File] | None:
    """The files here that the questions name; None where one of these names no file at all, and may be about any.

    Who reads a diff in parts comes past other files on the way. Of a long task only the last line tells what this very
    text is looked at for.
    """
    found: list[File] = []
    for side in sides(hints) or (hints,):
        relevance = Relevance(asking(side.query), side.arguments)
        if not any(term.weight >= NAME and is_file_name(term.text) for term in relevance.named):
            return None
        found += [file for file in files if file.path and is_named(relevance, header_of(file, lines))]
    return found


def told_once(lines: Sequence[str], files: Sequence[File]) -> bool:
    """Whether each file has one place here, below a line of its own; in a row of patches it may come again and again."""
    named = [file for file in files if file.path]
    return (
        all(lines[file.first].startswith("diff ") for file in named)
        and len({file.path for file in named}) == len(named)
        and not any(line.startswith(("From ", "commit ")) for line in lines)
    )


def names_versions_only(side: Hints) -> bool:
    """Whether all that a question names for sure is what the call compares: it is about all that changed between them."""
    named = [term.text for term in Relevance.from_hints(side).named if term.weight >= SURE_NAME]
    compared = side.arguments.lower()
    return bool(named) and all(VERSION.fullmatch(name) and name.removeprefix("v") in compared for name in named)


def header_of(file: File, lines: Sequence[str]) -> Sequence[str]:
    """The lines above a file's hunks that tell its names."""
    return lines[file.first : min(file.hunks[0].first if file.hunks else file.end, file.first + _HEADER)]


def is_named(relevance: Relevance, header: Sequence[str]) -> bool:
    """Whether the question names a file, with or without its folders, of which these lines tell the names."""
    paths = " ".join(header).lower().split()
    return any(
        path == term.text or path.endswith(f"/{term.text}")
        for term in relevance.named
        if term.weight >= NAME and "." in term.text
        for path in paths
    )


def asks_for_names(query: str) -> bool:
    """Whether a short question asks for the names of the files and for nothing else."""
    return len(query) <= _SHORT and _FILES.search(query) is not None and _MORE.search(_OF_FATES.sub("", query)) is None
