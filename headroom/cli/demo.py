"""``headroom demo``: an agent session played directly and through the proxy, against a scripted provider."""

from __future__ import annotations

import click


@click.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def demo(arguments: tuple[str, ...]) -> int:
    """Play the bundled session and compare the bills; no key and no network are needed."""
    from headroom.testing.demo import main

    return main(list(arguments))
