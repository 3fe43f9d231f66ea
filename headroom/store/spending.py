"""How spending is kept: whole nano-dollars, summed by minute, by hour and by day, so that any period is a short sum."""

from __future__ import annotations

import math
from dataclasses import dataclass

NANO = 1_000_000_000
MINUTE, HOUR, DAY = 60, 3600, 86_400
WIDTHS = (MINUTE, HOUR, DAY)

SETTLED_SECONDS = 2 * DAY
"""How long a settlement is remembered by its holder, so that repeating it replaces rather than adds."""


def nano(usd: float) -> int:
    """Dollars as whole nano-dollars: sums of these never drift. Raises ``ValueError`` unless finite and >= 0."""
    if not math.isfinite(usd) or usd < 0:
        raise ValueError(f"an amount of money must be finite and not negative, got {usd!r}")
    return round(usd * NANO)


def signed_nano(usd: float) -> int:
    """The same for a correction, which may be negative. Raises ``ValueError`` unless finite."""
    return -nano(-usd) if usd < 0 else nano(usd)


def dollars(nanos: int) -> float:
    """Whole nano-dollars as dollars."""
    return nanos / NANO


def starts(wall: float) -> tuple[tuple[int, int], ...]:
    """The (width, start) sums in which spending at ``wall`` is booked."""
    second = math.floor(wall)
    return tuple((width, second - second % width) for width in WIDTHS)


@dataclass(frozen=True, slots=True)
class Cover:
    """Which sums make up all spending since a moment: minutes to the hour, hours to the day, then days."""

    minute: int
    """First minute counted: the one in which the moment lies, so never too little is counted."""
    hour: int
    """Minutes are counted below this, hours from here."""
    day: int
    """Hours are counted below this, (UTC) days from here on."""


def cover(since: float) -> Cover:
    """The sums to add up for the spending since ``since``."""
    minute = math.floor(since / MINUTE) * MINUTE
    hour = math.ceil(minute / HOUR) * HOUR
    return Cover(minute, hour, math.ceil(hour / DAY) * DAY)
