"""The line that begins a file in what git writes: ``diff --git a/x b/x``, whatever its prefixes are, or without any."""

from __future__ import annotations

import re

GIT = "diff --git "
_QUOTED = re.compile(r'("(?:[^"\\]|\\.)++"|\S++) ("(?:[^"\\]|\\.)++"|\S++)')
"""Names with signs that git escapes, of which one at least is in quotes."""
_RENAMED = re.compile(r"(a/.*) (b/.*)|([icow1]/.*) ([iw2]/.*)")
"""Two names, each behind its prefix: git's usual ones, or those of its option ``diff.mnemonicPrefix``."""
_PREFIX = re.compile(r'"?([a-z12])/')


def names_of(line: str) -> tuple[str, str] | None:
    """Both names of such a line as they stand there, prefixes, quotes and all; None for any other line."""
    if not line.startswith(GIT):
        return None
    told = line[len(GIT) :]
    half = len(told) // 2
    old, new = told[:half], told[half + 1 :]
    if len(told) % 2 and told[half] == " " and (old == new or (old[2:] == new[2:] and old[1:2] == new[1:2] == "/")):
        return old, new
    if '"' in told and (quoted := _QUOTED.fullmatch(told)) is not None:
        return quoted[1], quoted[2]
    if (renamed := _RENAMED.fullmatch(told)) is not None:
        return renamed[1] or renamed[3], renamed[2] or renamed[4]
    old, blank, new = told.rpartition(" ")
    return (old, new) if blank and old and new else None


def path_of(line: str) -> str | None:
    """The file's path now, without prefix and quotes; None for a line that begins no file."""
    names = names_of(line)
    if names is None:
        return None
    old, new = (_PREFIX.match(name) for name in names)
    # One letter before both is a folder's name, where no prefix is written.
    prefixed = old is not None and new is not None and old[1] != new[1]
    return names[1].strip('"')[2 * prefixed :]
