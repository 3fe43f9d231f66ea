"""``headroom doctor``: checks, each with what to do; ``--fix`` does what is safe."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from headroom.agents import checks, probe
from headroom.agents.edits import Edits
from headroom.agents.plan import Options, WrapError
from headroom.errors import HeadroomError
from headroom.precedence import resolve
from headroom.settings import Settings
from headroom.version import __version__

_SIGNS = {"pass": "✓", "warn": "!", "fail": "✗", "skip": "–"}
_COLOURS = {"pass": "green", "warn": "yellow", "fail": "red", "skip": "bright_black"}


@click.command(short_help="Check what stands between your agents and their providers.")
@click.option("--port", "-p", type=click.IntRange(1, 65535), default=8787, envvar="HEADROOM_PORT", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--fix", is_flag=True, help="Do what is safe: restore files of killed sessions, remove their markers.")
@click.option("--cache", is_flag=True, help="Tell which calls missed the provider's cache, and who made it so.")
def doctor(port: int, *, as_json: bool, fix: bool, cache: bool) -> int:
    """Check the proxy, its upstreams, the agents' addresses and the workspace.

    Exit code 0 when all is well, 1 for warnings only, 2 for any failure.
    """
    try:
        if cache:
            return _cache(port, as_json=as_json)
        settings = resolve({}, os.environ).settings
        done = _fix(settings, port) if fix else []
        results = checks.run(look(settings, port, os.environ))
    except HeadroomError as error:
        raise click.ClickException(str(error)) from None
    code = checks.exit_code(results)
    if as_json:
        rows = [{"name": c.name, "status": c.status, "summary": c.summary, "hint": c.hint} for c in results]
        value = {"port": port, "installed_version": __version__, "exit_code": code, "checks": rows}
        click.echo(json.dumps(value | ({"fixed": done} if fix else {}), indent=2))
        return code
    for text in done:
        click.echo(f"fixed: {text}")
    width = max(len(check.name) for check in results)
    for check in results:
        click.secho(f"{_SIGNS[check.status]} {check.name:<{width}}  {check.summary}", fg=_COLOURS[check.status])
        if check.hint and check.status in {"warn", "fail"}:
            click.echo(f"  {'':<{width}}  → {check.hint}")
    return code


def _cache(port: int, *, as_json: bool) -> int:
    from headroom.cli.doctor_cache import lines

    stats = _json(port, "/stats", 15)
    if stats is None:
        raise click.ClickException(f"no headroom proxy answers on port {port}: start one, or name its --port")
    if as_json:
        click.echo(json.dumps({"prefix_cache": stats.get("prefix_cache")}, indent=2))
        return 0
    for line in lines(stats):
        click.echo(line)
    return 0


def look(settings: Settings, port: int, environ: Mapping[str, str]) -> checks.Found:
    """Gather what the checks look at; writes nothing."""
    there = probe.look(port)
    ours = isinstance(there, probe.Running)
    folder = settings.workspace / "ca"
    fingerprint, problem = _authority(folder, settings)
    return checks.Found(
        port=port,
        environ=environ,
        options=Options(read=_text_of),
        listens=_listens,
        workspace=settings.workspace,
        writable=settings.stateless or _writable(settings.workspace),
        live=_json(port, "/livez") if ours else None,
        foreign=isinstance(there, probe.Foreign),
        ready=_json(port, "/readyz") if ours else None,
        health=_json(port, "/health", 15) if ours else None,
        stats=_json(port, "/stats", 15) if ours else None,
        left_edited=tuple(record.edit.path for record in Edits(settings.workspace).left()),
        authority=fingerprint,
        authority_problem=problem,
        trust_files=tuple(
            name
            for name in ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
            if environ.get(name) and Path(environ[name]).parent == folder
        ),
    )


def _authority(folder: Path, settings: Settings) -> tuple[str | None, str]:
    from headroom.agents import authority

    try:
        found = authority.load(folder)
    except WrapError as error:
        return None, str(error)
    if found is None:
        return None, ""
    if settings.intercept and (missing := found.missing(settings.intercept_hosts)):
        return found.fingerprint, f"the authority may not sign for {', '.join(missing)}"
    return found.fingerprint, "the authority ends within 14 days" if found.expires_within(14) else ""


def _fix(settings: Settings, port: int) -> list[str]:
    done = []
    if (settings.workspace / "wrap").exists():
        done += [f"restored {path}" for path in Edits(settings.workspace).undo(only_dead=True)]
    if (settings.workspace / "clients" / str(port)).exists():
        from headroom.agents.clients import Clients

        clients = Clients(settings.workspace, port)
        with clients.starting(10):
            before = len(list(clients.folder.glob("*.json")))
            clients.living()
            removed = before - len(list(clients.folder.glob("*.json")))
            if removed:
                done.append(f"removed {removed} markers of sessions that are gone")
    return done


def _json(port: int, path: str, seconds: float = 2.0) -> Mapping[str, Any] | None:
    try:
        _, value = probe.get(port, path, seconds)
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 2):
            return True
    except OSError:
        return False


def _writable(folder: Path) -> bool:
    """Whether the folder, or the one it would be made in, takes files."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK)


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
