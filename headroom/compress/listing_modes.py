"""Entries of ``ls -l`` and the like with a mode that a question is for, or that hardly any other has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from headroom.compress.listing_entries import LONG

_ODD_MODES = 3
_ODD_SHARE = 0.05
_PROGRAMS = re.compile(r"\b(?:executables?|runnable|programs?|binar(?:y|ies)|scripts?)\b")
_MOST_PROGRAMS = 40
_SPECIAL = re.compile(r"\b(?:set-?[ug]id|s[ug]id|sticky|root rights|as root|privileges?|permissions?|modes?)\b")
"""What makes modes with a set user, group or sticky bit wanted, of whatever other bits."""


def odd_modes(lines: Sequence[str], wording: str) -> set[int]:
    """Rows of ``ls -l`` and the like with a mode that hardly any other has, and of programs where the question is for such."""
    modes = {row: match[1] for row, line in enumerate(lines) if (match := LONG.fullmatch(line)) is not None}
    counts = Counter(modes.values())
    most = min(_ODD_MODES, _ODD_SHARE * len(modes))
    odd = {row for row, mode in modes.items() if counts[mode] <= most}
    if _SPECIAL.search(wording):
        special = {row for row, mode in modes.items() if not set(mode[3:10:3]).isdisjoint("sStT")}
        odd |= special if len(special) <= _MOST_PROGRAMS else set()
    programs = {row for row, mode in modes.items() if mode[0] == "-" and set(mode[3::3]) & set("xst")}
    return odd | programs if _PROGRAMS.search(wording) and len(programs) <= _MOST_PROGRAMS else odd


def asks_for_modes(wording: str) -> bool:
    """Whether a question is for programs, or for bits of the mode."""
    return _SPECIAL.search(wording) is not None or _PROGRAMS.search(wording) is not None
