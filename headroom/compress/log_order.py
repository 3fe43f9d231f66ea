"""Whether the lines of a log stand in the order of their times, which those of one sorted by its sources do not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

_WITHIN = 200
_DATED = re.compile(r"(?<!\d)(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?!\d)")
_CLOCK = re.compile(r"(?<!\d)\d{1,2}:\d{2}:\d{2}(?!\d)")
_EPOCH = re.compile(r"(?<![\w.:/-])1\d{9}(?![\w:/-])")
"""Seconds since 1970; beside a clock such a number is something else."""
_NEARLY_ALL = 0.9
_JITTER = 60
"""Seconds by which lines of several writers may change places."""


def times_of(lines: Sequence[str]) -> list[int | None]:
    """Seconds since 1970 of each line; empty where not nearly all lines have a date and a time."""
    heads = [line[:_WITHIN] for line in lines if line]
    if not heads:
        return []
    read = _dated if _DATED.search(heads[0]) else _epoch
    if read is _epoch and any(map(_CLOCK.search, heads)):
        return []
    found = [read(line[:_WITHIN]) for line in lines]
    return found if sum(time is not None for time in found) >= _NEARLY_ALL * len(heads) else []


def is_amid(row: int, rows: Sequence[int], times: Sequence[int | None]) -> bool:
    """Whether a row is neither the earliest nor the latest of some rows, so that it does not tell since or until when they are."""
    own = times[row]
    others = [time for other in rows if (time := times[other]) is not None]
    return own is not None and min(others) < own - _JITTER and max(others) > own + _JITTER


def _dated(line: str) -> int | None:
    match = _DATED.search(line)
    if match is None:
        return None
    try:
        return int(datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def _epoch(line: str) -> int | None:
    match = _EPOCH.search(line)
    return int(match[0]) if match else None
