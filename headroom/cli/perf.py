"""``headroom perf``: what the runtime log says about speed and savings."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from headroom.accounts.perf import Summary, model_csv, raw_csv, records
from headroom.accounts.pricing import Prices
from headroom.cli.savings import workspace


@click.command(short_help="Speed and savings from the runtime log.")
@click.option("--hours", type=click.FloatRange(min=0), default=168, show_default=True, help="How far back; 0 is all.")
@click.option("--raw", is_flag=True, help="Every request instead of the sums.")
@click.option(
    "--format", "kind", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True, help="Output."
)
def perf(hours: float, raw: bool, kind: str) -> int:
    """Add up the PERF lines of the proxy's log: totals, models, transforms, throughput."""
    if math.isnan(hours):
        raise click.BadParameter("needs a number", param_hint="--hours")
    folder = workspace() / "logs"
    found = records(folder, now=datetime.now(UTC), hours=hours)
    if raw:
        rows = list(found)
        if kind == "csv":
            click.echo(raw_csv(rows), nl=False)
        elif kind == "json":
            click.echo(json.dumps([row.values for row in rows], indent=2, ensure_ascii=False))
        else:
            for row in rows:
                click.echo(" ".join(f"{name}={value}" for name, value in row.values.items()))
        return 0
    summary, prices = Summary.of(found), Prices()
    if kind == "csv":
        click.echo(model_csv(summary, prices), nl=False)
    elif kind == "json":
        click.echo(json.dumps(summary.shown(prices), indent=2, ensure_ascii=False))
    elif not summary.total.requests:
        span = "" if hours <= 0 else f" in the last {hours:g} hours"
        click.echo(f"No requests{span} in {folder}. The log is written by: headroom proxy")
    else:
        _text(Console(), summary, prices)
    return 0


def _text(console: Console, summary: Summary, prices: Prices) -> None:
    shown = summary.shown(prices)
    table = Table(show_header=False, box=None, padding=(0, 2))
    rate = shown["requests_per_minute"]
    would = shown["tokens_would_save"]
    shadow = [("would have saved", f"{would:,} tokens (--shadow)")] if would else []
    for name, text in (
        ("requests", f"{shown['requests']:,}" + (f"  ({rate:g} a minute)" if rate else "")),
        ("tokens", f"{shown['tokens_before']:,} → {shown['tokens_after']:,}  ({shown['savings_pct']:g} % less)"),
        *shadow,
        ("provider's cache", f"{shown['cache_hit_pct']:g} % of input read from it"),
        ("headroom", f"p50 {shown['optimization']['p50_ms']:g} ms, p95 {shown['optimization']['p95_ms']:g} ms"),
        ("whole call", f"p50 {shown['total']['p50_ms']:g} ms, p95 {shown['total']['p95_ms']:g} ms"),
        ("first byte", f"p50 {shown['ttfb']['p50_ms']:g} ms, p95 {shown['ttfb']['p95_ms']:g} ms"),
    ):
        table.add_row(Text(name, style="dim"), text)
    console.print(table)
    left_in = ["would save"] * bool(would)
    heads = ("model", "requests", "saved", *left_in, "less", "list price $/M")
    models = Table(*heads, title="Models", title_justify="left")
    for row in shown["models"]:
        price = row["list_price_per_mtok"]
        models.add_row(
            Text(row["model"]),
            f"{row['requests']:,}",
            f"{row['tokens_saved']:,}",
            *([f"{row['tokens_would_save']:,}"] * bool(would)),
            f"{row['savings_pct']:g} %",
            "unknown" if price is None else f"{price:g}",
        )
    console.print(models)
    heads = ("transform", "requests", "tokens saved in them", *left_in)
    transforms = Table(*heads, title="Transforms", title_justify="left")
    for row in shown["transforms"]:
        left = [f"{row['tokens_would_save']:,}"] * bool(would)
        transforms.add_row(Text(row["transform"]), f"{row['requests']:,}", f"{row['tokens_saved']:,}", *left)
    console.print(transforms)
    for line in shown["recommendations"]:
        console.print(line, markup=False, style="yellow")
