"""Runs mitmdump (or mitmweb) in this process, in reverse proxy mode, with our master and addons."""

from __future__ import annotations

import contextlib
import errno
import gc
import http.client
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import click

from headroom.cli.leases import watcher
from headroom.errors import SettingsError
from headroom.settings import Settings

if TYPE_CHECKING:
    from headroom_addons.services import Services

    from headroom.cli.worker import Worker

_PROBE_SECONDS = 1.0
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_MEMORY = "/dev/shm"  # noqa: S108 - a folder in memory; what is made there gets an unguessable name, for its owner only


@dataclass(frozen=True, slots=True)
class Web:
    """How mitmweb is shown."""

    port: int
    open_browser: bool


def launch(
    settings: Settings,
    *,
    web: Web | None = None,
    mitmproxy_options: tuple[str, ...] = (),
    quiet: bool = False,
    worker: Worker | None = None,
) -> int:
    """Serve until told to stop; returns the exit code. Raises ``HeadroomError`` when the start fails."""
    if worker is None:
        refuse_taken_port(settings.host, settings.port)
        if settings.intercept:
            refuse_taken_port(settings.host, settings.intercept_port, "--intercept-port")
    else:
        worker.watch()
        quiet = quiet or not worker.speaks
    from headroom_addons.compose import compose

    from headroom.cli.runtime_log import install
    from headroom.gateway.trim import few_arenas

    few_arenas()
    with certificates(settings) as confdir:
        logs = install(None if settings.stateless else log_path(settings, worker))
        services, warnings = compose(settings, os.environ)
        services.on_reopen.append(logs.reopen)
        if services.accounts is not None:
            logs.redacting.counted = services.accounts.redacted
        for warning in warnings if worker is None or worker.speaks else ():
            click.echo(f"Warning: {warning}", err=True)
        services.on_ready.append(settle_in)
        leased = watcher(os.environ)
        if leased is not None:
            services.background.append(leased)
        if worker is not None:
            services.reuse_port = True
            services.notes.append(("workers", f"{settings.workers} processes, supervised by process {os.getppid()}"))
            services.on_ready.append(worker.ready)
            services.slots.board = worker.board(settings.workers)
        if not quiet:
            services.on_ready.append(partial(_announce, services, web))
        return _serve(settings, services, confdir, web, mitmproxy_options)


def log_path(settings: Settings, worker: Worker | None) -> Path:
    """The runtime log; workers after the first have their own, since two can't rotate one file."""
    name = f"proxy-{worker.index}.log" if worker is not None and worker.index else "proxy.log"
    return settings.workspace / "logs" / name


def settle_in() -> None:
    """Start-up is over: what lives now lives on, and threads must not keep the event loop waiting."""
    # With the default of 5 ms, Python work in a thread quadruples the latency of what runs on the loop.
    sys.setswitchinterval(0.001)
    gc.collect()
    gc.freeze()


def _announce(services: Services, web: Web | None) -> None:
    from headroom.cli.banner import lines

    click.echo("\n".join(lines(services, web_url=None if web is None else f"http://127.0.0.1:{web.port}")))
    sys.stdout.flush()


def _serve(
    settings: Settings, services: Services, confdir: Path, web: Web | None, mitmproxy_options: tuple[str, ...]
) -> int:
    from mitmproxy.tools import cmdline, main

    kind: Any
    if web is None:
        from headroom_addons.master import HeadroomMaster

        kind, parser = HeadroomMaster, cmdline.mitmdump
    else:
        from headroom_addons.web_master import HeadroomWebMaster

        kind, parser = HeadroomWebMaster, cmdline.mitmweb
    arguments = command_line(settings, confdir, web, mitmproxy_options)
    master: Any = main.run(cast("Any", partial(kind, services=services)), parser, arguments)
    return 130 if master.interrupted else 0


def command_line(settings: Settings, confdir: Path, web: Web | None, mitmproxy_options: tuple[str, ...]) -> list[str]:
    """The arguments mitmproxy's own command line gets; the user's ``--set`` come last and so win."""
    parts = urlsplit(settings.anthropic_api_url)
    arguments = ["--mode", f"reverse:{parts.scheme}://{parts.netloc}"]
    arguments += ["--listen-host", settings.host, "--listen-port", str(settings.port)]
    options = [f"confdir={confdir}"]
    if settings.intercept:
        arguments += ["--mode", f"regular@{settings.host}:{settings.intercept_port}"]
    if not settings.loopback:
        options.append("block_global=false")
    if settings.upstream_ca is not None:
        options.append(f"ssl_verify_upstream_trusted_ca={_bundle(settings.upstream_ca, confdir)}")
    elif named := os.environ.get("SSL_CERT_FILE", "").strip():
        # Our own client reads the variable; what mitmproxy passes on by itself must trust the same authorities.
        options.append(f"ssl_verify_upstream_trusted_ca={named}")
    if web is not None:
        arguments += ["--web-host", "127.0.0.1", "--web-port", str(web.port)]
        options.append(f"web_open_browser={'true' if web.open_browser else 'false'}")
    for option in (*options, *mitmproxy_options):
        arguments += ["--set", option]
    return arguments


def _bundle(upstream_ca: Path, confdir: Path) -> Path:
    from headroom.upstream.outward import trust_bundle

    path = confdir / "upstream-authorities.pem"
    try:
        path.write_bytes(trust_bundle(upstream_ca, os.environ))
    except OSError as error:
        raise SettingsError(f"--upstream-ca {upstream_ca}: {error.strerror or error}") from error
    return path


@contextlib.contextmanager
def certificates(settings: Settings) -> Iterator[Path]:
    """The folder of the interception authority's key, readable by its owner only.

    A passing one with --stateless, and while the disk is too full for the one that stays.
    """
    folder = None if settings.stateless else _lasting(settings)
    if folder is not None:
        _prepare_authority(settings, folder)
        yield folder
        return
    # In memory, where the system has a place for that: what is killed cleans nothing up.
    passing = Path(tempfile.mkdtemp(prefix="headroom-", dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None))
    try:
        _prepare_authority(settings, passing)
        yield passing
    finally:
        shutil.rmtree(passing, ignore_errors=True)


def _lasting(settings: Settings) -> Path | None:
    """The folder in the workspace, with a key in it; None where the disk is full."""
    folder = settings.workspace / "ca"
    try:
        settings.workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        _drop_half_written(folder)
        _make_key(folder)
    except OSError as error:
        if error.errno in _FULL:
            click.echo(
                f"Warning: {folder}: {error.strerror}; going on with keys for this run only, which no client trusts; "
                f"free some space and start again",
                err=True,
            )
            return None
        raise SettingsError(
            f"{folder}: {error.strerror or error}; set HEADROOM_WORKSPACE_DIR to a writable folder or use --stateless"
        ) from error
    return folder


def _make_key(folder: Path) -> None:
    """Make mitmproxy's key, as it would itself, but end with a traceback where it can't."""
    if (folder / "mitmproxy-ca.pem").exists():
        return
    from mitmproxy.certs import CertStore
    from mitmproxy.options import CONF_BASENAME, KEY_SIZE

    try:
        CertStore.create_store(folder, CONF_BASENAME, KEY_SIZE)
        CertStore.load_dhparam(folder / f"{CONF_BASENAME}-dhparam.pem")
    except OSError:
        for half in folder.glob(f"{CONF_BASENAME}-*"):
            half.unlink(missing_ok=True)
        raise


def _drop_half_written(folder: Path) -> None:
    """Remove a key that a first start did not finish (killed, or the disk was full): nobody can have come to trust it."""
    key = folder / "mitmproxy-ca.pem"
    if key.exists() and b"-----END CERTIFICATE-----" not in key.read_bytes():
        key.unlink()


def _prepare_authority(settings: Settings, folder: Path) -> None:
    """Interception signs with an authority of our making: mitmproxy's own may sign for any site."""
    if not settings.intercept:
        return
    from headroom.agents import authority

    missing = authority.ensure(folder, settings.intercept_hosts).missing(settings.intercept_hosts)
    if missing:
        raise SettingsError(
            f"the authority in {folder} may not sign for {', '.join(missing)}; make a new one: headroom certs init --force"
        )


def refuse_taken_port(host: str, port: int, flag: str = "--port") -> None:
    """Raise ``SettingsError`` when the port can't be bound, naming the holder if it is one of us."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise SettingsError(f"--host {host}: {error.strerror or error}; name an address of this machine") from error
    family, kind, proto, _, address = found[0]
    with socket.socket(family, kind, proto) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except PermissionError as error:
            raise SettingsError(f"{flag} {port}: {error.strerror}; ports below 1024 need privileges") from error
        except OSError as error:
            if error.errno == 98 or "in use" in str(error):
                raise SettingsError(_taken(host, port, flag)) from None
            raise SettingsError(f"--host {host} {flag} {port}: {error.strerror or error}") from error


def _taken(host: str, port: int, flag: str) -> str:
    version = _headroom_at(host, port)
    holder = "another program" if version is None else f"headroom {version}"
    following = port + 1 if port < 65535 else port - 1
    return f"port {port} on {host} is taken by {holder}; stop it or use {flag} {following}"


def _headroom_at(host: str, port: int) -> str | None:
    """The version of the headroom that listens there, or None."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - asked, not bound
    connection = http.client.HTTPConnection(target, port, timeout=_PROBE_SECONDS)
    try:
        connection.request("GET", "/livez")
        answer = json.loads(connection.getresponse().read(4096))
        return str(answer["version"]) if answer.get("service") == "headroom-proxy" else None
    except (OSError, http.client.HTTPException, ValueError, AttributeError, KeyError):
        return None
    finally:
        connection.close()
