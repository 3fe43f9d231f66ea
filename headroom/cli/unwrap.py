"""``headroom unwrap [TOOL]``: take back what a session wrote into configuration files; needs no proxy."""

from __future__ import annotations

import os

import click

from headroom.agents import running
from headroom.agents.clients import Clients
from headroom.agents.edits import Edits
from headroom.agents.tools import TOOLS
from headroom.errors import HeadroomError
from headroom.precedence import resolve


@click.command(short_help="Take back what wrap wrote into configuration files.")
@click.argument("tool", required=False, type=click.Choice(list(TOOLS)))
@click.option("--port", "-p", type=click.IntRange(1, 65535), default=8787, envvar="HEADROOM_PORT", show_default=True)
@click.option("--no-stop-proxy", is_flag=True, help="Leave a proxy that wrap started running.")
def unwrap(tool: str | None, port: int, *, no_stop_proxy: bool) -> int:
    """Restore the files that wrap has edited (for TOOL, or all), and stop its proxy when no session uses it."""
    try:
        settings = resolve({}, os.environ).settings
        restored = Edits(settings.workspace).undo(tool) if (settings.workspace / "wrap").exists() else []
        for path in restored:
            click.echo(f"restored {path}")
        if not restored:
            click.echo("no file is edited")
        if not no_stop_proxy and (settings.workspace / "clients" / str(port)).exists():
            clients = Clients(settings.workspace, port)
            with clients.starting(10):
                living = clients.living()
                owned = clients.proxy()
                if living:
                    click.echo(f"the proxy on port {port} stays: {len(living)} sessions use it")
                else:
                    if owned is not None:
                        running.stop(owned)
                        click.echo(f"stopped the proxy on port {port}")
                    clients.clear()
    except HeadroomError as error:
        raise click.ClickException(str(error)) from None
    return 0
