"""The releases between two versions, or since one, among a changelog's titles."""

from __future__ import annotations

import re
from collections.abc import Sequence

VERSION = re.compile(r"(?<![\w.])v?(\d+\.\d+(?:\.\d+)*(?:-[\w.]*\w)?)(?![\w-]|\.\d)")
_TOLD = r"(?:version |release )?v?(\d+(?:\.\d+)+)(?![\w-]|\.\d)"
_BETWEEN = re.compile(
    rf"\b(?:between|from|ranges?|upgrad\w+ from|versions?|releases?) {_TOLD} ?(?:and|to|until|till|through|up to|-|–|\.\.+|→|->) ?{_TOLD}"
)
_SINCE = re.compile(
    rf"\b(?:(since|starting (?:with|from|at)|as of)|after|newer than|later than|upgrad\w+ from|beyond) {_TOLD}"
)
_UNRELEASED = re.compile(r"\b(?:unreleased|next|upcoming|current)\b")
_NEWEST = re.compile(
    r"\b(?:newest|latest|most recent|last|current)(?: \w+)? (?:version|release)\b"
    r"|\b(?:neueste\w?|letzte\w?) (?:version|release)\b|\bdernière version\b|\búltima versión\b"
)
_LEAST = 3
"""Titles with a version that a changelog has."""


def versions_between(titles: Sequence[str], wording: str) -> list[int]:
    """Places of the titles, in lower case, of the versions in the range that a question tells; none where it tells none.

    Both ends are in it, but for "after" and the like; "the latest release" is a range, too. All of 4.16 is one end.
    """
    versions = {at: _parts(found[1]) for at, title in enumerate(titles) if (found := VERSION.search(title))}
    if len(versions) < _LEAST:
        return []
    if (match := _BETWEEN.search(wording)) is not None:
        low, high = sorted((_parts(match[1]), _parts(match[2])))
        open_end, whole = False, True
    elif (match := _SINCE.search(wording)) is not None:
        low, high = _parts(match[2]), ()
        open_end, whole = True, match[1] is not None
    elif _NEWEST.search(wording) is not None and VERSION.search(wording) is None:
        return [max(versions, key=lambda at: (versions[at], -at))]
    else:
        return []
    ends = [end for end in (low, high) if end]
    if not any(version[: len(end)] == end for version in versions.values() for end in ends):
        return []
    return [
        at
        for at, title in enumerate(titles)
        if (at in versions and _is_in(versions[at], low, high, whole=whole))
        or (open_end and at not in versions and _UNRELEASED.search(title))
    ]


def _is_in(version: tuple[int, ...], low: tuple[int, ...], high: tuple[int, ...], *, whole: bool) -> bool:
    start = version[: len(low)]
    return (start >= low if whole else start > low) and version[: len(high)] <= high


def _parts(version: str) -> tuple[int, ...]:
    """Its numbers; what stands behind a dash, as in ``-rc.1``, counts no more than that."""
    return tuple(map(int, re.findall(r"\d+", version.partition("-")[0])))
