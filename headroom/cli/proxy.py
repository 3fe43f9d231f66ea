"""``headroom proxy``: resolve the settings, check what must be right before the start, and run."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from headroom.cli.options import SectionedCommand, given, settings_options
from headroom.cli.worker import from_environment
from headroom.errors import HeadroomError, SettingsError
from headroom.precedence import resolve
from headroom.settings import Settings

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
    settings = resolved.settings
    worker = from_environment(os.environ)
    if worker is None:
        for note in (*notes, *resolved.warnings, *_apart(settings)):
            click.echo(f"Warning: {note}", err=True)
    if settings.workers > 1 and own["web"]:
        raise click.UsageError("--web shows the flows of one process; leave out --workers")
    from headroom.cli.launch import Web, launch, refuse_taken_port

    web = Web(port=own["web_port"], open_browser=own["web_open"]) if own["web"] else None
    try:
        if settings.workers > 1 and worker is None:
            from headroom.cli.supervise import supervise

            refuse_taken_port(settings.host, settings.port)
            return supervise(settings.host, settings.port, settings.workers, sys.argv[1:])
        options = tuple(own["mitmproxy_options"])
        return launch(settings, web=web, mitmproxy_options=options, quiet=own["quiet"], worker=worker)
    except HeadroomError as error:
        raise click.ClickException(str(error)) from None


def _apart(settings: Settings) -> tuple[str, ...]:
    """What several workers can't have in common without a store that they share."""
    if settings.workers == 1 or settings.store != "memory":
        return ()
    text = f"--workers {settings.workers} with a store in memory: budget, rate limits, cache, originals and statistics "
    return (text + "are each worker's own; use --store sqlite or redis://host:port/0",)
