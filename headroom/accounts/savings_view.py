"""The durable savings as JSON: the blocks of /stats, and the points and rows of /stats-history. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from headroom.accounts.booking import iso
from headroom.accounts.savings import MAX_AGE_DAYS, MAX_POINTS, MAX_PROJECTS, SCHEMA, Bucket, Point, Savings, Totals
from headroom.accounts.sums import percent

COMPACT_POINTS = 500
RECENT_POINTS = 20
POLICY = {"rollover_inactivity_minutes": 60}
RETENTION = {
    "max_history_points": MAX_POINTS,
    "max_history_age_days": MAX_AGE_DAYS,
    "max_response_history_points": COMPACT_POINTS,
}
SERIES = ("hourly", "daily", "weekly", "monthly")

type Mode = Literal["compact", "full", "none"]


def totals(row: Totals) -> dict[str, Any]:
    """Sums, by the names of the API."""
    return {
        "requests": row.requests,
        "tokens_saved": row.saved,
        "net_tokens_saved": row.net,
        "compression_savings_usd": row.saved_usd,
        "net_savings_usd": row.net_usd,
        "total_input_tokens": row.input_tokens,
        "total_input_cost_usd": row.input_usd,
        "total_cost_usd": row.cost_usd,
        "savings_percent": percent(row.saved, row.input_tokens + row.saved),
        "net_savings_percent": percent(row.net, row.input_tokens + row.saved),
        "tokens_would_save": row.would_save,
        "would_save_usd": row.would_save_usd,
    }


def _project(row: Totals) -> dict[str, Any]:
    return totals(row) | {"last_activity_at": iso(row.last) if row.last else None}


def session(state: Savings, now: float) -> dict[str, Any]:
    """The display session; empty when the last one is over."""
    found = state.session
    if found.over(now):
        return totals(Totals()) | {
            "started_at": None,
            "last_activity_at": None,
            "projects": {},
            "summary": ["no requests in the last hour"],
        }
    row = found.totals
    share = percent(row.net, row.input_tokens + row.saved)
    lines = [
        f"{row.requests:,} request{'' if row.requests == 1 else 's'}, {row.net:,} tokens saved net ({share:g} %)",
        f"about ${row.net_usd:,.4f} saved of ${row.cost_usd + max(0.0, row.net_usd):,.4f}",
    ]
    if row.would_save:
        lines.append(
            f"{row.would_save:,} tokens (about ${row.would_save_usd:,.4f}) would have been saved without --shadow"
        )
    if found.projects:
        best = max(found.projects, key=lambda name: found.projects[name].saved)
        lines.append(f"most in project {best}: {found.projects[best].saved:,} tokens")
    return totals(row) | {
        "started_at": iso(found.started),
        "last_activity_at": iso(found.last),
        "projects": {name: _project(p) for name, p in found.projects.items()},
        "summary": lines,
    }


def point(row: Point, *, full: bool) -> dict[str, Any]:
    """One checkpoint."""
    value: dict[str, Any] = {
        "timestamp": iso(row.wall),
        "provider": row.provider,
        "model": row.model,
        "total_tokens_saved": row.saved,
        "compression_savings_usd": row.saved_usd,
    }
    if full:
        value |= {
            "total_input_tokens": row.input_tokens,
            "total_input_cost_usd": row.input_usd,
            "total_net_tokens_saved": row.net,
            "net_savings_usd": row.net_usd,
            "total_tokens_would_save": row.would_save,
            "would_save_usd": row.would_save_usd,
        }
    return value


def thinned(points: Sequence[Point], limit: int = COMPACT_POINTS) -> list[Point]:
    """At most ``limit`` points: the newest third of them dense, the older ones evenly sampled, the ends always there."""
    if len(points) <= limit:
        return list(points)
    dense = limit // 3
    older, newest = points[:-dense], points[-dense:]
    room = limit - dense
    step = (len(older) - 1) / (room - 1)
    return [older[round(i * step)] for i in range(room)] + list(newest)


def selected(state: Savings, mode: Mode) -> list[Point]:
    """The checkpoints that a mode shows."""
    if mode == "none":
        return []
    return list(state.history) if mode == "full" else thinned(state.history)


def rows(state: Savings, series: str) -> list[dict[str, Any]]:
    """The roll-up rows of a series, oldest first; totals are as they stood at the end of each."""
    buckets = state.series(series)
    life = state.lifetime
    saved = life.saved - sum(b.saved for b in buckets)
    usd = life.saved_usd - sum(b.saved_usd for b in buckets)
    tokens = life.input_tokens - sum(b.input_tokens for b in buckets)
    cost = life.input_usd - sum(b.input_usd for b in buckets)
    result = []
    for bucket in buckets:
        saved, usd = saved + bucket.saved, usd + bucket.saved_usd
        tokens, cost = tokens + bucket.input_tokens, cost + bucket.input_usd
        result.append(_row(bucket, saved, usd, tokens, cost))
    return result


def _row(bucket: Bucket, saved: int, usd: float, tokens: int, cost: float) -> dict[str, Any]:
    return {
        "timestamp": iso(bucket.start).replace(".000Z", "Z"),
        "tokens_saved": bucket.saved,
        "compression_savings_usd_delta": bucket.saved_usd,
        "total_tokens_saved": saved,
        "compression_savings_usd": max(0.0, usd),
        "total_input_tokens_delta": bucket.input_tokens,
        "total_input_tokens": tokens,
        "total_input_cost_usd_delta": bucket.input_usd,
        "total_input_cost_usd": max(0.0, cost),
        "requests": bucket.requests,
        "net_tokens_saved": bucket.net,
        "net_savings_usd_delta": bucket.net_usd,
        "tokens_would_save": bucket.would_save,
        "would_save_usd_delta": bucket.would_save_usd,
        "by_provider": {name: _share(s) for name, s in bucket.by_provider.items()},
        "by_model": {name: _share(s) for name, s in bucket.by_model.items()},
    }


def _share(share: Any) -> dict[str, Any]:
    return {
        "requests": share.requests,
        "tokens_saved": share.saved,
        "compression_savings_usd_delta": share.saved_usd,
        "tokens_would_save": share.would_save,
        "would_save_usd_delta": share.would_save_usd,
    }


def persistent(state: Savings, now: float, *, storage_path: str | None) -> dict[str, Any]:
    """The block ``persistent_savings`` of /stats. ``storage_path`` None is not shown."""
    value: dict[str, Any] = {
        "schema_version": SCHEMA,
        "lifetime": totals(state.lifetime),
        "display_session": session(state, now),
        "display_session_policy": POLICY,
        "history_points": len(state.history),
        "recent_history": [point(row, full=True) for row in state.history[-RECENT_POINTS:]],
        "retention": RETENTION,
        "projects": {name: _project(p) for name, p in state.projects.items()},
        "projects_limit": MAX_PROJECTS,
    }
    if storage_path is not None:
        value["storage_path"] = storage_path
    return value
