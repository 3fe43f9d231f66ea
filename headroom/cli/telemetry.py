"""``headroom telemetry --show``: exactly what telemetry would send, and whether it does."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from headroom.accounts.stats import Stats
from headroom.accounts.telemetry import aggregate, wanted
from headroom.cli.ask import NotRunning, ask, port_option
from headroom.errors import SettingsError
from headroom.precedence import resolve


@click.command(short_help="What telemetry would send.")
@port_option
@click.option("--show", is_flag=True, help="Print the exact report of the running proxy (or that of an idle one).")
def telemetry(port: int, show: bool) -> int:
    """Say whether telemetry is on and where it goes. It is off unless you opt in, and goes nowhere by itself."""
    state, report = _state(port)
    click.echo(f"telemetry: {state}")
    if show:
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
    return 0


def _state(port: int) -> tuple[str, dict[str, Any]]:
    try:
        block = ask(port, "/stats")["telemetry"]
        return f"{block['state']} (proxy on port {port})", block["report"]
    except (NotRunning, KeyError, TypeError):
        pass
    try:
        settings = resolve({}, os.environ).settings
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    if not wanted(settings, os.environ):
        state = "off"
    elif settings.telemetry_endpoint is None:
        state = "on, but nothing is sent: no HEADROOM_TELEMETRY_ENDPOINT is set"
    else:
        state = f"on, sent to {settings.telemetry_endpoint}"
    report = aggregate(Stats(), settings, session_id="(random for each run)", install_id=None, minutes=0.0)
    return f"{state} (no proxy runs on port {port})", report
