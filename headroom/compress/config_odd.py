"""Settings that differ where nearly all others of their name agree: the one deployment that is not available."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

_NAME = re.compile(r"[ \t]*(?:- )?[\w.-]{1,60}[ \t]*")
_LEAST = 6
"""Settings of one name and depth, of which"""
_USUAL = 0.75
"""this part at least have the same value; the others are odd where they are no more than"""
_FEW = 3
_MOST = 8
"""Of more odd settings in all none says anything."""
_BESIDE = 4
"""Lines of the same depth before and behind that say what the odd one is about."""
_NAMES = re.compile(r"(?:kind|  name|  namespace|name):\s")
_LOOK = 200
_MAX_LINES = 20_000


def odd_rows(lines: Sequence[str]) -> set[int]:
    """Rows of odd settings, with what stands right beside them, what they are in, and the name of that."""
    if len(lines) > _MAX_LINES:
        return set()
    times = Counter(lines)
    sign = ": " if any(": " in line for line in lines[:_LOOK]) else " = "
    often = {name for name, count in Counter(line.partition(sign)[0] for line in lines).items() if count >= _LEAST}
    settings: dict[str, list[tuple[int, str]]] = {}
    for line, count in times.items():
        name, found, _ = line.partition(sign)
        if found and name in often:
            settings.setdefault(name, []).append((count, line))
    odd = {
        line
        for name, values in settings.items()
        if _NAME.fullmatch(name) and 1 < len(values) <= _FEW + 1
        for count, line in values
        if count < max(values)[0] and _are_few(values)
    }
    rows = [row for row, line in enumerate(lines) if line in odd] if odd else []
    if len(rows) > _MOST:
        return set()
    return {near for row in rows for near in (row, *_beside(lines, row), *_above(lines, row))}


def _are_few(values: Sequence[tuple[int, str]]) -> bool:
    """Whether nearly all settings of a name have its commonest value."""
    total = sum(count for count, _ in values)
    usual = max(values)[0]
    return usual >= _USUAL * total and total - usual <= _FEW


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" \t-")) if line.strip() else -1


def _beside(lines: Sequence[str], row: int) -> Iterator[int]:
    depth = _depth(lines[row])
    for step in (-1, 1):
        for near in range(row + step, row + step * (_BESIDE + 1), step):
            if not 0 <= near < len(lines) or _depth(lines[near]) != depth:
                break
            yield near
            if step < 0 and lines[near].lstrip().startswith("- "):
                break


def _above(lines: Sequence[str], row: int) -> Iterator[int]:
    """What the row is in, up to its document, and what kind and name that one has."""
    depth = len(lines[row]) - len(lines[row].lstrip())
    for above in range(row - 1, -1, -1):
        line = lines[above]
        if line.startswith("---"):
            return
        own = len(line) - len(line.lstrip())
        if line.strip() and own < depth:
            depth = own
            yield above
        elif own <= 2 and _NAMES.match(line):
            yield above
