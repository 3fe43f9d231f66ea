"""GET /stats-history: the lifetime's checkpoints and roll-ups, as JSON or as a CSV file."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from headroom.accounts import savings_view
from headroom.accounts.booking import iso
from headroom.accounts.savings import Savings
from headroom.accounts.savings_file import Keeper
from headroom.control.http import ControlReply, ControlRequest, Route, json_reply
from headroom.control.stats import fast_json

FORMATS = ("json", "csv")
SERIES = ("history", *savings_view.SERIES)
MODES = ("compact", "full", "none")
_POINT_COLUMNS = (
    "timestamp",
    "total_tokens_saved",
    "compression_savings_usd",
    "total_input_tokens",
    "total_input_cost_usd",
    "provider",
    "model",
)
_ROW_COLUMNS = (
    "timestamp",
    "tokens_saved",
    "compression_savings_usd_delta",
    "total_tokens_saved",
    "compression_savings_usd",
    "total_input_tokens_delta",
    "total_input_tokens",
    "total_input_cost_usd_delta",
    "total_input_cost_usd",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class StatsHistory:
    """The handler with what it reads."""

    keeper: Keeper
    wall: Callable[[], float]

    def routes(self) -> tuple[Route, ...]:
        """The one route."""
        return (Route("GET", "/stats-history", self.handle),)

    async def handle(self, request: ControlRequest) -> ControlReply:
        """Answer; made in a thread, after taking in what other processes wrote."""
        query = request.query
        asked = {
            "format": query.get("format", "json"),
            "series": query.get("series", "history"),
            "history_mode": query.get("history_mode", "compact"),
        }
        allowed = {"format": FORMATS, "series": SERIES, "history_mode": MODES}
        wrong = [
            {"loc": ["query", name], "msg": f"must be one of {', '.join(allowed[name])}"}
            for name, value in asked.items()
            if value not in allowed[name]
        ]
        if wrong:
            return json_reply({"detail": wrong}, 422)
        return await asyncio.to_thread(self._answer, asked, request.peer_loopback)

    def _answer(self, asked: dict[str, str], local: bool) -> ControlReply:  # noqa: FBT001 - passed on by to_thread
        self.keeper.sync()
        mode: Any = asked["history_mode"]
        if asked["format"] == "csv":
            series = asked["series"]
            return _attachment(series, table(self.keeper.snapshot(), series, mode))
        now = self.wall()
        path = str(self.keeper.path) if local and self.keeper.path is not None else None
        return fast_json(payload(self.keeper.snapshot(), now, asked["series"], mode, storage_path=path))


def payload(
    state: Savings, now: float, series: str, mode: savings_view.Mode, *, storage_path: str | None
) -> dict[str, Any]:
    """The whole JSON answer."""
    kept = savings_view.persistent(state, now, storage_path=storage_path)
    points = savings_view.selected(state, mode)
    value: dict[str, Any] = {"schema_version": kept["schema_version"], "generated_at": iso(now)}
    if storage_path is not None:
        value["storage_path"] = storage_path
    value |= {
        "requested_series": series,
        "lifetime": kept["lifetime"],
        "display_session": kept["display_session"],
        "display_session_policy": kept["display_session_policy"],
    }
    if mode != "none":
        value["history"] = [savings_view.point(row, full=mode == "full") for row in points]
    return value | {
        "history_summary": {
            "mode": mode,
            "stored_points": len(state.history),
            "returned_points": len(points),
            "compacted": mode == "compact" and len(points) < len(state.history),
        },
        "series": {name: savings_view.rows(state, name) for name in savings_view.SERIES},
        "exports": {
            "default_format": "json",
            "available_formats": list(FORMATS),
            "available_series": list(SERIES),
        },
        "retention": kept["retention"],
        "projects": kept["projects"],
    }


def table(state: Savings, series: str, mode: savings_view.Mode) -> str:
    """A series as CSV with a head row."""
    if series == "history":
        points = savings_view.selected(state, mode)
        return _csv(_POINT_COLUMNS, [savings_view.point(row, full=True) for row in points])
    return _csv(_ROW_COLUMNS, savings_view.rows(state, series))


def _csv(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([[_cell(row[name]) for name in columns] for row in rows])
    return out.getvalue()


def _cell(value: Any) -> Any:
    """A model's name comes from a client: a spreadsheet must not take it for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _attachment(series: str, text: str) -> ControlReply:
    name = f"headroom-stats-history-{series}.csv"
    headers = (
        ("Content-Type", "text/csv; charset=utf-8"),
        ("Content-Disposition", f'attachment; filename="{name}"'),
    )
    return ControlReply(200, headers, text.encode())
