"""``headroom certs``: the authority that the HTTPS proxy signs with."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from headroom.errors import HeadroomError
from headroom.precedence import resolve
from headroom.settings import Settings


def _settings() -> Settings:
    try:
        return resolve({}, os.environ).settings
    except HeadroomError as error:
        raise click.ClickException(str(error)) from None


def _folder() -> Path:
    return _settings().workspace / "ca"


def _loaded() -> Any:
    from headroom.agents import authority
    from headroom.agents.plan import WrapError

    try:
        found = authority.load(_folder())
    except WrapError as error:
        raise click.ClickException(str(error)) from None
    if found is None:
        raise click.ClickException("there is no authority yet; make one with: headroom certs init")
    return found


@click.group(short_help="The authority of the HTTPS proxy.")
def certs() -> None:
    """Make, show, export or delete the authority that the HTTPS proxy signs with.

    It belongs to this machine alone, and may sign for hosts that serve models only.
    """


@certs.command()
@click.option("--force", is_flag=True, help="Replace the authority that is there.")
def init(*, force: bool) -> int:
    """Make the authority. `wrap --intercept` and `proxy --intercept` do it by themselves."""
    from headroom.agents import authority
    from headroom.agents.plan import WrapError

    settings = _settings()
    folder = settings.workspace / "ca"
    try:
        if not force and authority.load(folder) is not None:
            raise click.ClickException(
                f"{folder} has an authority; --force replaces it (running proxies need a restart)"
            )
        made = authority.create(folder, settings.intercept_hosts)
    except WrapError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"made {made.path}")
    click.echo(f"SHA-256 {made.fingerprint}")
    return 0


@certs.command()
def show() -> int:
    """Show the authority: where it lies, how long it lasts, what it may sign for."""
    found = _loaded()
    missing = found.missing(_settings().intercept_hosts)
    permitted = found.permitted
    click.echo(f"certificate  {found.path}")
    click.echo(f"bundle       {found.bundle}   (the usual authorities and ours)")
    click.echo(f"SHA-256      {found.fingerprint}")
    click.echo(f"valid until  {found.certificate.not_valid_after_utc:%Y-%m-%d}")
    click.echo("signs for    " + ("any site (not made by headroom)" if permitted is None else ", ".join(permitted)))
    if missing:
        click.echo(f"lacks        {', '.join(missing)}; headroom certs init --force")
    return 0


@certs.command()
@click.option("--format", "form", type=click.Choice(["pem", "der", "bundle"]), default="pem", show_default=True)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
def export(form: str, file: Path | None) -> int:
    """Write the certificate, never the key, to FILE or standard output."""
    from cryptography.hazmat.primitives.serialization import Encoding

    from headroom.agents import authority

    found = _loaded()
    data: bytes = found.certificate.public_bytes(Encoding.DER if form == "der" else Encoding.PEM)
    if form == "bundle":
        data = authority.usual_authorities() + b"\n" + data
    if file is None:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return 0
    try:
        file.write_bytes(data)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror or error}") from None
    return 0


@certs.command("install-help")
@click.argument("name", required=False)
def install_help(name: str | None) -> int:
    """Say how a program or system is told to trust the authority."""
    from headroom.agents.trust import GUIDES, guide

    if name is not None and name not in GUIDES:
        raise click.UsageError(f"{name} has no guide; there are {', '.join(GUIDES)}")
    found = _loaded()
    click.echo("headroom wrap --intercept TOOL sets all this for one program; for anything else:")
    for one in [name] if name is not None else GUIDES:
        click.echo(f"\n{one}:")
        for line in guide(one, found.path, found.bundle, _settings().intercept_port):
            click.echo(f"  {line}")
    return 0


@certs.command()
@click.confirmation_option(prompt="Delete the authority and its key?")
def revoke() -> int:
    """Delete the authority; what was told to trust it must be told to forget it."""
    from headroom.agents import authority

    gone = authority.revoke(_folder())
    for path in gone:
        click.echo(f"deleted {path}")
    if gone:
        click.echo("take it out of trust stores, too: macOS security delete-certificate -c 'headroom (this machine)'")
        click.echo(
            "                                  Debian rm /usr/local/share/ca-certificates/headroom.crt, update-ca-certificates -f"
        )
    else:
        click.echo("there was none")
    return 0
