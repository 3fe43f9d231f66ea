"""What was saved over the lifetime of an installation: totals, the display session, checkpoints and roll-ups. Pure.

All times are seconds since the epoch and all buckets are UTC, so that daylight saving changes nothing. A clock that was
set back makes checkpoints whose time is before their predecessor's; they stay in the order in which they were booked,
and sums do not change.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from headroom.accounts.booking import Booking

SCHEMA = 1
MAX_POINTS = 5_000
MAX_AGE_DAYS = 365
HOURLY_DAYS = 31
"""Days of which hours are kept; beyond them there are days."""
ROLLOVER_SECONDS = 3_600.0
MAX_PROJECTS = 50
_DAY = 86_400
_LABELS = 50


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """What one call adds. ``wall`` is when it was booked."""

    wall: float
    provider: str
    model: str
    client: str | None
    project: str | None
    before: int
    saved: int
    saved_usd: float
    net: int
    net_usd: float
    input_tokens: int
    input_usd: float
    cost_usd: float
    would_save: int = 0
    """Tokens that shadow mode left in."""
    would_save_usd: float = 0.0

    @classmethod
    def of(cls, booking: Booking, *, wall: float) -> Entry:
        """The entry of a booking."""
        return cls(
            wall,
            booking.provider,
            booking.model,
            booking.client,
            booking.project,
            booking.tokens_before,
            booking.tokens_saved,
            booking.saved_usd,
            booking.net_tokens_saved,
            booking.net_saved_usd,
            booking.tokens_after,
            booking.input_cost_usd,
            booking.cost_usd,
            booking.would_save_tokens,
            booking.would_save_usd,
        )

    @property
    def moves(self) -> bool:
        """Whether any total changes by it beside the number of requests."""
        return bool(self.saved or self.net or self.input_tokens or self.cost_usd)


class Totals(msgspec.Struct):
    """Sums over entries."""

    requests: int = 0
    saved: int = 0
    saved_usd: float = 0.0
    net: int = 0
    net_usd: float = 0.0
    input_tokens: int = 0
    input_usd: float = 0.0
    cost_usd: float = 0.0
    last: float = 0.0
    would_save: int = 0
    would_save_usd: float = 0.0

    def add(self, entry: Entry) -> None:
        """Add one entry."""
        self.requests += 1
        self.saved += entry.saved
        self.saved_usd += entry.saved_usd
        self.net += entry.net
        self.net_usd += entry.net_usd
        self.input_tokens += entry.input_tokens
        self.input_usd += entry.input_usd
        self.cost_usd += entry.cost_usd
        self.would_save += entry.would_save
        self.would_save_usd += entry.would_save_usd
        self.last = max(self.last, entry.wall)


class Session(msgspec.Struct):
    """The span of activity that people see; ends after an hour without a request."""

    started: float = 0.0
    last: float = 0.0
    totals: Totals = msgspec.field(default_factory=Totals)
    projects: dict[str, Totals] = msgspec.field(default_factory=dict)

    def over(self, now: float) -> bool:
        """Whether it has ended by ``now``. A clock that was set back ends nothing."""
        return self.totals.requests == 0 or now - self.last > ROLLOVER_SECONDS


class Point(msgspec.Struct, frozen=True, array_like=True):
    """A checkpoint: totals as they stood after a call, and whose call it was."""

    wall: float
    provider: str
    model: str
    saved: int
    saved_usd: float
    input_tokens: int
    input_usd: float
    net: int
    net_usd: float
    would_save: int = 0
    would_save_usd: float = 0.0


class Share(msgspec.Struct, array_like=True):
    """A provider's or model's part of a bucket."""

    requests: int = 0
    saved: int = 0
    saved_usd: float = 0.0
    would_save: int = 0
    would_save_usd: float = 0.0

    def add(self, other: Share) -> None:
        """Add another part."""
        self.requests += other.requests
        self.saved += other.saved
        self.saved_usd += other.saved_usd
        self.would_save += other.would_save
        self.would_save_usd += other.would_save_usd


class Bucket(msgspec.Struct, array_like=True):
    """What was added between ``start`` and the next bucket's start."""

    start: int
    requests: int = 0
    saved: int = 0
    saved_usd: float = 0.0
    input_tokens: int = 0
    input_usd: float = 0.0
    net: int = 0
    net_usd: float = 0.0
    by_provider: dict[str, Share] = msgspec.field(default_factory=dict)
    by_model: dict[str, Share] = msgspec.field(default_factory=dict)
    would_save: int = 0
    would_save_usd: float = 0.0

    def add(self, entry: Entry) -> None:
        """Add one entry."""
        self.requests += 1
        self.saved += entry.saved
        self.saved_usd += entry.saved_usd
        self.input_tokens += entry.input_tokens
        self.input_usd += entry.input_usd
        self.net += entry.net
        self.net_usd += entry.net_usd
        self.would_save += entry.would_save
        self.would_save_usd += entry.would_save_usd
        share = Share(1, entry.saved, entry.saved_usd, entry.would_save, entry.would_save_usd)
        _part(self.by_provider, entry.provider).add(share)
        _part(self.by_model, entry.model).add(share)

    def merge(self, other: Bucket) -> None:
        """Add a whole other bucket."""
        self.requests += other.requests
        self.saved += other.saved
        self.saved_usd += other.saved_usd
        self.input_tokens += other.input_tokens
        self.input_usd += other.input_usd
        self.net += other.net
        self.net_usd += other.net_usd
        self.would_save += other.would_save
        self.would_save_usd += other.would_save_usd
        for mine, theirs in ((self.by_provider, other.by_provider), (self.by_model, other.by_model)):
            for name, share in theirs.items():
                _part(mine, name).add(share)


def _part(parts: dict[str, Share], name: str) -> Share:
    return parts.setdefault(name if name in parts or len(parts) < _LABELS else "other", Share())


class Savings(msgspec.Struct):
    """The whole durable state; this is what the savings file holds."""

    schema_version: int = SCHEMA
    lifetime: Totals = msgspec.field(default_factory=Totals)
    session: Session = msgspec.field(default_factory=Session)
    projects: dict[str, Totals] = msgspec.field(default_factory=dict)
    history: list[Point] = msgspec.field(default_factory=list)
    hourly: dict[int, Bucket] = msgspec.field(default_factory=dict)
    daily: dict[int, Bucket] = msgspec.field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Take one call into every total."""
        if self.session.over(entry.wall):
            self.session = Session(started=entry.wall)
        self.lifetime.add(entry)
        self.session.totals.add(entry)
        self.session.last = max(self.session.last, entry.wall)
        if self.session.last - entry.wall > ROLLOVER_SECONDS:
            self.session.last = entry.wall  # the clock was set back: the old time must not keep the session alive
        if entry.project:
            _add_project(self.projects, entry)
            _add_project(self.session.projects, entry)
        hour = int(entry.wall // 3_600) * 3_600
        day = int(entry.wall // _DAY) * _DAY
        self.hourly.setdefault(hour, Bucket(hour)).add(entry)
        self.daily.setdefault(day, Bucket(day)).add(entry)
        if entry.moves:
            self._point(entry)
        self._expire(entry.wall)

    def _point(self, entry: Entry) -> None:
        total = self.lifetime
        self.history.append(
            Point(
                entry.wall,
                entry.provider,
                entry.model,
                total.saved,
                total.saved_usd,
                total.input_tokens,
                total.input_usd,
                total.net,
                total.net_usd,
                total.would_save,
                total.would_save_usd,
            )
        )
        if len(self.history) > MAX_POINTS:
            half = len(self.history) // 2
            # Checkpoints are cumulative: of old ones every second is enough.
            self.history = self.history[:half:2] + self.history[half:]

    def _expire(self, now: float) -> None:
        oldest = now - MAX_AGE_DAYS * _DAY
        if self.history and self.history[0].wall < oldest:
            self.history = [point for point in self.history if point.wall >= oldest]
        if len(self.hourly) > HOURLY_DAYS * 24:
            self.hourly = {k: b for k, b in self.hourly.items() if k >= now - HOURLY_DAYS * _DAY}
        if len(self.daily) > MAX_AGE_DAYS:
            self.daily = {k: b for k, b in self.daily.items() if k >= oldest - _DAY}

    def series(self, name: str) -> list[Bucket]:
        """``hourly``, ``daily``, ``weekly`` (from Monday) or ``monthly`` buckets, oldest first."""
        if name == "hourly":
            return [self.hourly[start] for start in sorted(self.hourly)]
        days = [self.daily[start] for start in sorted(self.daily)]
        if name == "daily":
            return days
        merged: dict[int, Bucket] = {}
        for day in days:
            start = _week(day.start) if name == "weekly" else _month(day.start)
            merged.setdefault(start, Bucket(start)).merge(day)
        return list(merged.values())


def _add_project(projects: dict[str, Totals], entry: Entry) -> None:
    name = entry.project or ""
    if name not in projects and len(projects) >= MAX_PROJECTS:
        del projects[min(projects, key=lambda known: projects[known].saved + projects[known].would_save)]
    projects.setdefault(name, Totals()).add(entry)


def _week(start: int) -> int:
    day = datetime.fromtimestamp(start, UTC)
    return int((day - timedelta(days=day.weekday())).timestamp())


def _month(start: int) -> int:
    return int(datetime.fromtimestamp(start, UTC).replace(day=1).timestamp())
