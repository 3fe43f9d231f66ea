"""The ``PERF`` lines of the runtime log: written once a call, read by ``headroom perf``."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from headroom.accounts.booking import Booking, iso
from headroom.accounts.pricing import Prices
from headroom.accounts.sums import Timing, percent

FIELDS = (
    "timestamp",
    "request_id",
    "model",
    "client",
    "num_messages",
    "tokens_before",
    "tokens_after",
    "tokens_saved",
    "cache_read",
    "cache_write",
    "cache_hit_pct",
    "optimization_ms",
    "transforms",
    "total_ms",
    "tokens_out",
    "ttfb_ms",
)
FURTHER = ("input", "tokens_would_save")
"""What a line holds beyond the columns; lines of older versions do not have it all."""
MODEL_COLUMNS = (
    "model",
    "requests",
    "tokens_before",
    "tokens_after",
    "tokens_saved",
    "savings_pct",
    "list_price_per_mtok",
)
_MARK = re.compile(r"PERF (timestamp=.*)$")
_UNSAFE = re.compile(r"[\s=]+")


def _safe(text: str) -> str:
    """A value without what ends it; it may be a client's own word."""
    return _UNSAFE.sub("_", text)[:200] or "-"


def line(booking: Booking) -> str:
    """A call as key=value pairs, no spaces inside values."""
    total_input = booking.input_tokens + booking.cache_read_tokens + booking.cache_write_tokens
    values = (
        booking.timestamp,
        booking.request_id,
        _safe(booking.model),
        _safe(booking.client or "-"),
        booking.message_count,
        booking.tokens_before,
        booking.tokens_after,
        booking.tokens_saved,
        booking.cache_read_tokens,
        booking.cache_write_tokens,
        percent(booking.cache_read_tokens, total_input),
        booking.overhead_ms,
        "+".join(_safe(t).replace("+", "_") for t in booking.transforms_applied) or "-",
        booking.latency_ms,
        booking.output_tokens,
        "-" if booking.ttfb_ms is None else booking.ttfb_ms,
    )
    # What the columns can't tell: how much input the provider billed, and what shadow mode left in.
    further = (total_input, booking.would_save_tokens)
    pairs = zip((*FIELDS, *FURTHER), (*values, *further), strict=True)
    return "PERF " + " ".join(f"{key}={value}" for key, value in pairs)


@dataclass(frozen=True, slots=True)
class Record:
    """One line, read back. ``values`` by field name; ``when`` in UTC."""

    when: datetime
    values: dict[str, Any]

    @property
    def input(self) -> int:
        """Input tokens that the provider billed."""
        return int(self.values.get("input", 0))


def _value(name: str, text: str) -> Any:
    if name in {"timestamp", "request_id", "model"}:
        return text
    if text == "-":
        return [] if name == "transforms" else None
    if name == "transforms":
        return text.split("+")
    if name == "client":
        return text
    number = float(text)
    return int(number) if number.is_integer() and "." not in text else number


def parse(text: str) -> Record | None:
    """A line of the runtime log as a record; None for any other line and for a torn one."""
    found = _MARK.search(text)
    if found is None:
        return None
    try:
        pairs = dict(pair.split("=", 1) for pair in found[1].split())
        values = {name: _value(name, pairs[name]) for name in FIELDS}
        values |= {name: int(pairs.get(name, 0)) for name in FURTHER}
        when = datetime.fromisoformat(values["timestamp"])
    except (ValueError, KeyError):
        return None
    return Record(when if when.tzinfo is not None else when.replace(tzinfo=UTC), values)


def _since(now: datetime, hours: float) -> datetime | None:
    """The moment so many hours ago; None for 0, and where that was before all calendars."""
    try:
        return None if hours <= 0 else now - timedelta(hours=hours)
    except OverflowError:
        return None


def records(folder: Path, *, now: datetime, hours: float) -> Iterator[Record]:
    """All records of the logs in a folder, rotated ones and those of other workers included; ``hours`` 0 is all."""
    since = _since(now, hours)
    for path in sorted(folder.glob("proxy*.log*")):
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                for text in file:
                    record = parse(text)
                    if record is not None and (since is None or record.when >= since):
                        yield record
        except OSError:
            continue  # rotated away while we read


@dataclass(slots=True)
class ModelSum:
    """Sums of one model, or one transform."""

    requests: int = 0
    before: int = 0
    after: int = 0
    saved: int = 0
    would_save: int = 0

    def add(self, values: dict[str, Any]) -> None:
        """Add one record."""
        self.requests += 1
        self.before += values["tokens_before"]
        self.after += values["tokens_after"]
        self.saved += values["tokens_saved"]
        self.would_save += values["tokens_would_save"]


@dataclass(slots=True)
class Summary:
    """What the records of a span add up to."""

    total: ModelSum = field(default_factory=ModelSum)
    models: dict[str, ModelSum] = field(default_factory=dict)
    transforms: dict[str, ModelSum] = field(default_factory=dict)
    cache_read: int = 0
    input: int = 0
    output: int = 0
    overhead: Timing = field(default_factory=Timing)
    latency: Timing = field(default_factory=Timing)
    ttfb: Timing = field(default_factory=Timing)
    first: datetime | None = None
    last: datetime | None = None

    @classmethod
    def of(cls, found: Iterable[Record]) -> Summary:
        """Add records up."""
        result = cls()
        for record in found:
            result.add(record)
        return result

    def add(self, record: Record) -> None:
        """Add one record."""
        values = record.values
        self.total.add(values)
        self.models.setdefault(values["model"], ModelSum()).add(values)
        for name in values["transforms"]:
            self.transforms.setdefault(name, ModelSum()).add(values)
        self.cache_read += values["cache_read"]
        self.input += record.input
        self.output += values["tokens_out"]
        self.overhead.add(values["optimization_ms"])
        self.latency.add(values["total_ms"])
        if values["ttfb_ms"] is not None:
            self.ttfb.add(values["ttfb_ms"])
        self.first = record.when if self.first is None else min(self.first, record.when)
        self.last = record.when if self.last is None else max(self.last, record.when)

    def shown(self, prices: Prices) -> dict[str, Any]:
        """As JSON."""
        span = (self.last - self.first).total_seconds() if self.first and self.last else 0.0
        return {
            "requests": self.total.requests,
            "from": iso(self.first.timestamp()) if self.first else None,
            "to": iso(self.last.timestamp()) if self.last else None,
            "tokens_before": self.total.before,
            "tokens_after": self.total.after,
            "tokens_saved": self.total.saved,
            "savings_pct": percent(self.total.saved, self.total.before),
            "tokens_would_save": self.total.would_save,
            "cache_hit_pct": percent(self.cache_read, self.input),
            "tokens_out": self.output,
            "requests_per_minute": round(60 * self.total.requests / span, 2) if span > 0 else None,
            "optimization": self.overhead.shown(),
            "total": self.latency.shown(),
            "ttfb": self.ttfb.shown(),
            "models": self.model_rows(prices),
            "transforms": [
                {
                    "transform": name,
                    "requests": row.requests,
                    "tokens_saved": row.saved,
                    "tokens_would_save": row.would_save,
                }
                for name, row in sorted(self.transforms.items(), key=lambda item: -item[1].saved - item[1].would_save)
            ],
            "recommendations": self.advice(),
        }

    def model_rows(self, prices: Prices) -> list[dict[str, Any]]:
        """A row a model, the most used first."""
        return [
            {
                "model": name,
                "requests": row.requests,
                "tokens_before": row.before,
                "tokens_after": row.after,
                "tokens_saved": row.saved,
                "savings_pct": percent(row.saved, row.before),
                "list_price_per_mtok": _list_price(prices, name),
                "tokens_would_save": row.would_save,
            }
            for name, row in sorted(self.models.items(), key=lambda item: -item[1].requests)
        ]

    def advice(self) -> list[str]:
        """What the figures suggest, if anything."""
        said = []
        left_out = self.total.saved + self.total.would_save
        if self.total.requests and self.overhead.shown()["p95_ms"] > 250:
            said.append("One request in twenty spends over 250 ms in compression: look at the slowest kinds in /stats.")
        if self.total.requests >= 20 and self.input and percent(self.cache_read, self.input) < 10:
            said.append("The provider's prompt cache is hardly read: check that the client marks its prefix.")
        if self.total.requests >= 20 and percent(left_out, self.total.before) < 1:
            said.append("Almost nothing is left out: the traffic may have few tool results, or none above the minimum.")
        return said


def _list_price(prices: Prices, model: str) -> float | None:
    provider = "anthropic" if "claude" in model else "gemini" if "gemini" in model else "openai"
    rates = prices.rates(model, provider)
    return None if rates.source == "fallback" else rates.input


def raw_csv(found: Iterable[Record]) -> str:
    """The records as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, extrasaction="ignore")
    writer.writeheader()
    for record in found:
        writer.writerow(record.values | {"transforms": "+".join(record.values["transforms"])})
    return out.getvalue()


def model_csv(summary: Summary, prices: Prices) -> str:
    """A row a model as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, MODEL_COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(summary.model_rows(prices))
    return out.getvalue()
