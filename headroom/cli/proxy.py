"""``headroom proxy``: resolve the settings, check what must be right before the start, and run."""

from __future__ import annotations

import os
from typing import Any

import click

from headroom.cli.options import SectionedCommand, given, settings_options
from headroom.errors import HeadroomError, SettingsError
from headroom.settings import resolve

_OWN = ("web", "web_port", "web_open", "mitmproxy_options", "quiet")


@click.command(cls=SectionedCommand, short_help="Start the proxy.")
@settings_options
@click.option("--web", is_flag=True, help="Run under mitmweb, to look at flows in a browser.")
@click.option("--web-port", type=click.IntRange(1, 65535), default=8081, show_default=True, help="Port of mitmweb.")
@click.option("--no-web-open", "web_open", flag_value=False, default=True, help="Do not open a browser for mitmweb.")
@click.option(
    "--set",
    "mitmproxy_options",
    multiple=True,
    metavar="OPTION[=VALUE]",
    help="Set an option of mitmproxy itself; may be given several times.",
)
@click.option("--quiet", "-q", is_flag=True, help="Do not print the start-up lines.")
def proxy(**params: Any) -> int:
    """Start the proxy; point your agent's base URL at it."""
    own = {name: params.pop(name) for name in _OWN}
    values, notes = given(params)
    try:
        resolved = resolve(values, os.environ)
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    for note in (*notes, *resolved.warnings):
        click.echo(f"Warning: {note}", err=True)
    from headroom.cli.launch import Web, launch

    web = Web(port=own["web_port"], open_browser=own["web_open"]) if own["web"] else None
    try:
        return launch(resolved.settings, web=web, mitmproxy_options=tuple(own["mitmproxy_options"]), quiet=own["quiet"])
    except HeadroomError as error:
        raise click.ClickException(str(error)) from None
