"""Budget periods by wall clock: a rolling hour, the local day, the local calendar month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

ROLLING_SECONDS = 3600.0


class Period(StrEnum):
    """What ``--budget-period`` takes."""

    HOURLY = "hourly"
    DAILY = "daily"
    MONTHLY = "monthly"

    @property
    def noun(self) -> str:
        """As in "$5 per day"."""
        return {"hourly": "hour", "daily": "day", "monthly": "month"}[self.value]


@dataclass(frozen=True, slots=True)
class Window:
    """One period; times in seconds since the epoch."""

    since: float
    resets_at: float | None
    """When the next one begins; None for a rolling window, which has no such moment."""


def window(period: Period, now: float, tz: tzinfo | None = None) -> Window:
    """The period in which ``now`` lies, by the clocks of ``tz`` (None: this machine's zone).

    Right across daylight saving: a day has 23, 24 or 25 hours, and where midnight is skipped the day begins at the
    moment of the jump.
    """
    if period is Period.HOURLY:
        return Window(now - ROLLING_SECONDS, None)
    today = (datetime.fromtimestamp(now, UTC).astimezone(tz)).date()
    first, after = (
        (today, today + timedelta(days=1)) if period is Period.DAILY else (today.replace(day=1), _next_month(today))
    )
    return Window(_midnight(first, tz), _midnight(after, tz))


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _midnight(day: date, tz: tzinfo | None) -> float:
    """The first moment of a local day. ``fold=0`` picks the first of two midnights, and in a gap the offset before it."""
    return datetime(day.year, day.month, day.day, tzinfo=tz, fold=0).timestamp()
