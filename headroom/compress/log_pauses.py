"""Pauses of a log: between which lines nothing was written for longer than is usual."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import compress
from operator import ne, sub

_PAUSES = 3
_USUAL = 6
"""A pause of so many seconds is none."""
_DAY = 86_400
_NEVER = -1_000_000_000
_TWO_DIGITS = {f"{number:02}": number for number in range(100)}
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2}):(\d{2})(?!\d)")
_EPOCH = re.compile(r"[\W_]{0,3}(?<!\d)(1\d{9})(?!\d)")
"""Seconds since 1970 with which a line begins, as mosquitto writes them."""


def pauses(lines: Sequence[str]) -> set[int]:
    """Rows around the longest pauses, where these stand out: ten times the 99th percentile or a minute."""
    epoch = next((m for line in lines[:5] if (m := _EPOCH.match(line))), None)
    match = epoch or next((m for line in lines[:5] if (m := _CLOCK.search(line))), None)
    if match is None:
        return set()
    start, end = match.span(1 if epoch else 0)
    clocks = [line[start:end] for line in lines]
    changes = [0, *compress(range(1, len(clocks)), map(ne, clocks[1:], clocks))]
    full = _Minutes()
    changed = [clocks[row] for row in changes]
    if epoch:
        times = [int(clock) if clock.isdecimal() else _NEVER for clock in changed]
    else:
        times = [full[clock[:-2]] + _TWO_DIGITS.get(clock[-2:], _NEVER) for clock in changed]
    sizes = list(map(sub, [*changes[1:], len(clocks)], changes))
    if min(times) < 0:
        times = [time if time >= 0 else _seconds(clock) for time, clock in zip(times, changed, strict=True)]
        timed = [time >= 0 for time in times]
        before = clocks[: changes[timed.index(True)]].count("") if any(timed) else len(clocks)
        changes, times, sizes = [list(compress(found, timed)) for found in (changes, times, sizes)]
    else:
        before = 0
    told = before + sum(sizes) - 1  # times between two lines, of no length most of them
    if told < 50 or not times:
        return set()
    between = map(sub, times[1:], times)
    pauses = [
        (pause, row)
        for row, gap in zip(changes[1:], between, strict=True)
        if (pause := gap if epoch else gap % _DAY) > _USUAL
    ]
    pauses.sort(reverse=True)
    usual_at = told // 100
    usual = pauses[usual_at][0] if usual_at < len(pauses) else _USUAL
    return {near for pause, row in pauses[:_PAUSES] if pause >= 10 * usual for near in (row - 1, row)}


class _Minutes(dict[str, int]):
    """The seconds since midnight of each hour and minute asked for, as they stand before the seconds."""

    def __missing__(self, minute: str) -> int:
        hours, minutes = _TWO_DIGITS.get(minute[:2]), _TWO_DIGITS.get(minute[3:5])
        if hours is not None and minutes is not None and minute[2::3] == "::":
            seconds = 60 * (60 * hours + minutes)
        else:
            seconds = _seconds(f"{minute}00")
        self[minute] = seconds = seconds if seconds >= 0 else _NEVER
        return seconds


def _seconds(clock: str) -> int:
    """Seconds since midnight of ``10:15:32``, or -1."""
    hours, _, rest = clock.partition(":")
    minutes, _, seconds = rest.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and seconds.isdecimal()):
        return -1
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)
