"""The savings ledger: one line a call, only ever appended to, with the dollars of that day. ``headroom savings`` reads it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import msgspec

from headroom.accounts.booking import iso
from headroom.accounts.savings import Entry
from headroom.accounts.sums import percent
from headroom.policy.periods import Period, window

NAME = "savings_events.jsonl"
VERSION = 1


class Event(msgspec.Struct):
    """A line. ``cost_usd`` is what was avoided, ``spent_usd`` what was paid, ``would_save`` what shadow mode left in."""

    v: int
    ts: str
    before: int
    after: int
    saved: int
    cost_usd: float
    model: str
    client: str | None = None
    project: str | None = None
    source: str = "proxy"
    pid: int = 0
    net: int | None = None
    net_usd: float | None = None
    spent_usd: float = 0.0
    would_save: int = 0
    would_save_usd: float = 0.0


def events_path(named: str | None, workspace: Path) -> Path:
    """Where the ledger lies; ``named`` is ``HEADROOM_SAVINGS_EVENTS_PATH``."""
    if not named or not named.strip():
        return workspace / NAME
    path = Path(named.strip()).expanduser()
    return path / NAME if path.is_dir() or named.endswith(os.sep) else path


def append(path: Path, entries: Iterable[Entry]) -> None:
    """Add lines in one write, under a lock. Raises ``OSError``."""
    lines = b"".join(
        msgspec.json.encode(
            Event(
                VERSION,
                iso(e.wall),
                e.before,
                e.input_tokens,
                e.saved,
                e.saved_usd,
                e.model,
                e.client,
                e.project,
                pid=os.getpid(),
                net=e.net,
                net_usd=e.net_usd,
                spent_usd=e.cost_usd,
                would_save=e.would_save,
                would_save_usd=e.would_save_usd,
            )
        )
        + b"\n"
        for e in entries
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        while lines:
            lines = lines[os.write(fd, lines) :]
    finally:
        os.close(fd)


def read(path: Path) -> Iterator[Event]:
    """The lines that can be read; a torn last line is left out. Raises ``OSError``."""
    decoder = msgspec.json.Decoder(Event)
    with path.open("rb") as file:
        for line in file:
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue


@dataclass(slots=True)
class Sum:
    """Sums over lines."""

    calls: int = 0
    before: int = 0
    saved: int = 0
    net: int = 0
    usd: float = 0.0
    net_usd: float = 0.0
    spent: float = 0.0
    would_save: int = 0
    would_save_usd: float = 0.0

    def add(self, event: Event) -> None:
        """Add one line."""
        self.calls += 1
        self.before += event.before
        self.saved += event.saved
        self.net += event.saved if event.net is None else event.net
        self.usd += event.cost_usd
        self.net_usd += event.cost_usd if event.net_usd is None else event.net_usd
        self.spent += event.spent_usd
        self.would_save += event.would_save
        self.would_save_usd += event.would_save_usd

    def shown(self) -> dict[str, Any]:
        """As ``headroom savings --json`` shows it."""
        return {
            "calls": self.calls,
            "tokens_before": self.before,
            "tokens_saved": self.saved,
            "net_tokens_saved": self.net,
            "savings_percent": percent(self.saved, self.before),
            "cost_usd": self.usd,
            "net_usd": self.net_usd,
            "spent_usd": self.spent,
            "tokens_would_save": self.would_save,
            "would_save_usd": self.would_save_usd,
        }


@dataclass(slots=True)
class Report:
    """What a ledger adds up to."""

    lifetime: Sum = field(default_factory=Sum)
    today: Sum = field(default_factory=Sum)
    week: Sum = field(default_factory=Sum)
    by_model: dict[str, Sum] = field(default_factory=dict)
    by_client: dict[str, Sum] = field(default_factory=dict)

    def shown(self, path: Path) -> dict[str, Any]:
        """As JSON."""

        def table(name: str, groups: dict[str, Sum]) -> list[dict[str, Any]]:
            ordered = sorted(groups.items(), key=lambda item: -item[1].saved)
            return [{name: label} | row.shown() for label, row in ordered]

        return {
            "schema_version": VERSION,
            "path": str(path),
            "lifetime": self.lifetime.shown(),
            "windows": {
                "today": self.today.shown(),
                "last_7_days": self.week.shown(),
                "all_time": self.lifetime.shown(),
            },
            "by_model": table("model", self.by_model),
            "by_client": table("client", self.by_client),
        }


def report(events: Iterable[Event], *, now: datetime, days: int, tz: tzinfo | None = None) -> Report:
    """Add lines up. Days are those of ``tz`` (None: this machine's zone); lines older than ``days`` are left out."""
    result = Report()
    midnight = datetime.fromtimestamp(window(Period.DAILY, now.timestamp(), tz).since, UTC)
    week = now - timedelta(days=7)
    try:
        oldest = now - timedelta(days=days)
    except OverflowError:  # before all calendars
        oldest = datetime.min.replace(tzinfo=UTC)
    for event in events:
        try:
            when = datetime.fromisoformat(event.ts)
        except ValueError:
            continue
        if when.tzinfo is None or when < oldest:
            continue
        result.lifetime.add(event)
        if when >= midnight:
            result.today.add(event)
        if when >= week:
            result.week.add(event)
        result.by_model.setdefault(event.model, Sum()).add(event)
        result.by_client.setdefault(event.client or "unknown", Sum()).add(event)
    return result
