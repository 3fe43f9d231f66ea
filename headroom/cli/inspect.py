"""``headroom inspect``: the proxy under mitmweb, with a browser opened on it."""

from __future__ import annotations

import click


@click.command(short_help="Start the proxy under mitmweb and open a browser.", add_help_option=False,
               context_settings={"ignore_unknown_options": True})  # fmt: skip
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def inspect(arguments: tuple[str, ...]) -> int:
    """`headroom proxy --web` with the same options."""
    from headroom.cli.proxy import proxy

    with proxy.make_context("headroom inspect", ["--web", *arguments]) as context:
        code: int = proxy.invoke(context)
    return code
