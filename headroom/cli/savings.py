"""``headroom savings``: what was saved so far, from the ledger on disk; needs no running proxy."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from headroom.accounts.events import Report, Sum, events_path, read, report

_BAR = 30


def workspace() -> Path:
    """The workspace as the proxy finds it."""
    named = os.environ.get("HEADROOM_WORKSPACE_DIR", "").strip()
    return Path(named or "~/.headroom").expanduser()


@click.command(short_help="What was saved so far.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--days", type=click.IntRange(min=1), default=365, show_default=True, help="Leave older calls out.")
@click.option("--reset", is_flag=True, help="Delete the ledger and begin anew.")
def savings(as_json: bool, days: int, reset: bool) -> int:
    """Show tokens and dollars saved today, in the last 7 days and in all, by model and client."""
    path = events_path(os.environ.get("HEADROOM_SAVINGS_EVENTS_PATH"), workspace())
    if reset:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise click.ClickException(f"{path}: {error.strerror or error}") from None
        click.echo(f"{path} deleted")
        return 0
    try:
        found = report(read(path), now=datetime.now(UTC), days=days)
    except FileNotFoundError:
        found = Report()
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror or error}") from None
    shown = found.shown(path)
    if as_json:
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return 0
    console = Console()
    if not found.lifetime.calls:
        console.print(f"Nothing booked yet in {path}. Start the proxy and send a request through it.", markup=False)
        return 0
    _print(console, found, shown)
    return 0


def _print(console: Console, found: Report, shown: dict[str, Any]) -> None:
    most = max(found.lifetime.net, 1)
    spans = (("Today", found.today), ("Last 7 days", found.week), ("All time", found.lifetime))
    table = Table("", "", "tokens saved, net", "of", "dollars saved, net", box=None, padding=(0, 2))
    for name, row in spans:
        table.add_row(name, _bar(row, most), f"{row.net:,}", f"{row.before:,}", f"${row.net_usd:,.4f}")
    console.print(table)
    shadow = ["would save"] * bool(found.lifetime.would_save)
    if shadow:
        left_in = Table("--shadow", "tokens that would have been saved", "dollars", box=None, padding=(0, 2))
        for name, row in spans:
            left_in.add_row(name, f"{row.would_save:,}", f"${row.would_save_usd:,.4f}")
        console.print(left_in)
    for title, key, rows in (("Models", "model", shown["by_model"]), ("Clients", "client", shown["by_client"])):
        part = Table(key, "calls", "tokens saved", "less", "dollars saved", *shadow, title=title, title_justify="left")
        for row in rows:
            part.add_row(
                Text(row[key]),
                f"{row['calls']:,}",
                f"{row['tokens_saved']:,}",
                f"{row['savings_percent']:g} %",
                f"${row['cost_usd']:,.4f}",
                *([f"{row['tokens_would_save']:,}"] * bool(shadow)),
            )
        console.print(part)
    console.print("Dollars are estimates at the prices of the day of each call.", style="dim")


def _bar(row: Sum, most: int) -> Text:
    full = round(_BAR * max(0, row.net) / most)
    return Text("█" * full + "·" * (_BAR - full), style="green")
