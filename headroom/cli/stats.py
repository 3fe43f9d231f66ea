"""``headroom stats``: the running proxy's figures, once or live."""

from __future__ import annotations

import json
import signal
from typing import Any

import click
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from headroom.cli.ask import NotRunning, ask, port_option
from headroom.cli.told import told

_LEAST_INTERVAL = 0.2


@click.command(short_help="Show the running proxy's figures.")
@port_option
@click.option("--watch", "-w", is_flag=True, help="Keep showing them until Ctrl-C.")
@click.option(
    "--interval", type=click.FloatRange(min=_LEAST_INTERVAL), default=2.0, show_default=True, help="Seconds between."
)
@click.option("--json", "as_json", is_flag=True, help="The whole payload of /stats; with --watch one line each.")
def stats(port: int, watch: bool, interval: float, as_json: bool) -> int:
    """Show requests, tokens, dollars, cache and latency of this run."""
    if as_json:
        return _json(port, watch=watch, interval=interval)
    console = Console()
    if not watch:
        console.print(view(ask(port, "/stats")))
        return 0
    with told(signal.SIGINT) as news, Live(console=console, auto_refresh=False, screen=console.is_terminal) as live:
        live.update(view(ask(port, "/stats")), refresh=True)
        while not news.wait(interval):
            try:
                live.update(view(ask(port, "/stats?cached=1")), refresh=True)
            except NotRunning as gone:
                live.update(Text(gone.message, style="yellow"), refresh=True)
    return 130


def _json(port: int, *, watch: bool, interval: float) -> int:
    def show() -> None:
        click.echo(json.dumps(ask(port, "/stats"), indent=None if watch else 2, ensure_ascii=False))

    if not watch:
        show()
        return 0
    with told(signal.SIGINT) as news:
        show()
        while not news.wait(interval):
            show()
    return 130


def view(payload: dict[str, Any]) -> Group:
    """The payload of /stats as tables."""
    summary, requests, cost = payload["summary"], payload["requests"], payload["cost"]
    head = Text.assemble(
        (summary["headline"], "bold"),
        f"\nheadroom {payload['version']} · mode {summary['mode']} · up {_span(payload['uptime_seconds'])}",
    )
    if summary["tip"]:
        head.append(f"\n{summary['tip']}", style="yellow")
    return Group(Panel(head), _figures(payload, requests, cost), _models(cost), _projects(payload))


def _figures(payload: dict[str, Any], requests: dict[str, Any], cost: dict[str, Any]) -> Table:
    tokens, cache, latency = payload["tokens"], payload["prefix_cache"]["totals"], payload["latency"]
    rows = [
        (
            "requests",
            (
                f"{requests['total']:,}  (cached {requests['cached']:,}, failed {requests['failed']:,}, limited "
                f"{requests['rate_limited'] + requests['budget_rejected']:,}, aborted {requests['aborted']:,})"
            ),
        ),
        ("tokens sent", f"{tokens['input']:,} of {tokens['total_before_compression']:,} (our count)"),
        ("tokens saved, net", f"{tokens['net_saved']:,}  ({tokens['net_savings_percent']:g} %)"),
        ("input billed", f"{tokens['input_provider_reported']:,} (the provider's count)"),
        (
            "cost",
            (
                f"${cost['total_cost_usd']:,.4f}  (measured ${cost['basis']['measured_usd']:,.4f}, estimated "
                f"${cost['basis']['estimated_usd']:,.4f})"
            ),
        ),
        ("saved, net", f"${cost['savings_usd']:,.4f} (estimate)"),
        ("provider's cache", f"{cache['hit_rate']:g} % of input read from it"),
        ("latency", f"p50 {latency['p50_ms']:g} ms, p95 {latency['p95_ms']:g} ms"),
        ("of it headroom", f"p50 {payload['overhead']['p50_ms']:g} ms, p95 {payload['overhead']['p95_ms']:g} ms"),
    ]
    if tokens.get("would_save"):
        rows.append(("would have saved", f"{tokens['would_save']:,} tokens, ${cost['would_save_usd']:,.4f} (--shadow)"))
    if cost.get("budget_limit_usd") is not None and cost.get("budget_spent_usd") is not None:
        rows.append(("budget", f"${cost['budget_spent_usd']:,.4f} of ${cost['budget_limit_usd']:g}"))
    table = Table(show_header=False, box=None, padding=(0, 2))
    for name, text in rows:
        table.add_row(Text(name, style="dim"), text)
    return table


def _models(cost: dict[str, Any]) -> Table:
    table = Table("model", "requests", "saved", "sent", "less", "cost", title="Models", title_justify="left")
    for name, row in cost["per_model"].items():
        table.add_row(
            Text(name),
            f"{row['requests']:,}",
            f"{row['tokens_saved']:,}",
            f"{row['tokens_sent']:,}",
            f"{row['reduction_pct']:g} %",
            f"${row['cost_usd']:,.4f}",
        )
    return table


def _projects(payload: dict[str, Any]) -> Table | Text:
    projects = payload["savings"]["per_project"]
    if not projects:
        return Text("")
    table = Table("project", "requests", "saved", "less", title="Projects", title_justify="left")
    for name, row in projects.items():
        table.add_row(Text(name), f"{row['requests']:,}", f"{row['tokens_saved']:,}", f"{row['savings_percent']:g} %")
    return table


def _span(seconds: float) -> str:
    minutes = int(seconds) // 60
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {int(seconds) % 60} s"
