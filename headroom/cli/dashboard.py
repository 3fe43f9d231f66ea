"""``headroom dashboard``: open the running proxy's page in a browser."""

from __future__ import annotations

import webbrowser

import click

from headroom.cli.ask import NotRunning, alive, port_option


@click.command(short_help="Open the dashboard in a browser.")
@port_option
@click.option("--no-open", is_flag=True, help="Only print the address.")
def dashboard(port: int, no_open: bool) -> int:
    """Print the dashboard's address and open it."""
    if not alive(port):
        raise NotRunning(port)
    url = f"http://127.0.0.1:{port}/dashboard"
    click.echo(url)
    if not no_open:
        try:
            webbrowser.open(url)
        except webbrowser.Error as error:
            click.echo(f"No browser could be opened: {error}", err=True)
    return 0
