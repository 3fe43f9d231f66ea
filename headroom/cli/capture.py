"""``headroom capture``: the proxy, writing down what passes for ``headroom replay``."""

from __future__ import annotations

import click


@click.command(
    short_help="Start the proxy and record what passes, for replay.",
    context_settings={"ignore_unknown_options": True, "help_option_names": ["-?", "-h", "--help"]},
)
@click.argument("file")
@click.option("--bodies", is_flag=True, help="Record request bodies, too: without them nothing can be replayed.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def capture(file: str, arguments: tuple[str, ...], *, bodies: bool) -> int:
    """`headroom proxy --capture FILE` with the same options; ``--bodies`` stands for ``--capture-bodies``.

    Credentials are never recorded. FILE is readable by its owner only, and is appended to.
    """
    from headroom.cli.proxy import proxy

    if file.startswith("-"):
        raise click.UsageError(
            f"name the file to record to before the proxy's options, such as calls.jsonl; {file!r} is no file name"
        )
    given = ["--capture", file, *(["--capture-bodies"] if bodies else []), *arguments]
    with proxy.make_context("headroom capture", given) as context:
        code: int = proxy.invoke(context)
    return code
