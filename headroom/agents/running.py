"""A proxy for a session: the one that runs, if it will do, else one that we start and that goes with its last session."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headroom.agents import files, process
from headroom.agents.clients import Client, Clients
from headroom.agents.plan import WrapError
from headroom.agents.probe import Foreign, Running, free_port, look, ready
from headroom.version import __version__

_TAIL = 2000
_POLL = 0.05
_STOP_SECONDS = 12.0
LEASE_SECONDS = 30.0
"""How long a proxy that a session started lives on without any session: the session may have been killed."""

_URLS = ("anthropic_api_url", "openai_api_url", "gemini_api_url")
_FEATURES = ("memory", "learn", "code_graph")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The proxy that a session needs."""

    port: int
    tool: str
    flags: tuple[str, ...] = ()
    """Command-line flags of ``headroom proxy`` beside the port."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """What its /health must say."""
    environ: Mapping[str, str] = field(default_factory=dict)
    strict_backend: bool = False
    """Another backend would not serve this tool at all."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A session's hold on a proxy."""

    port: int
    clients: Clients
    client: Client
    started: bool
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a running proxy lacks."""

    features: tuple[str, ...] = ()
    """It can be used without them."""
    routes: tuple[str, ...] = ()
    """Used like this, calls would go to the wrong place."""

    def __bool__(self) -> bool:
        return bool(self.features or self.routes)


def differs(running: Running, wanted: Wanted) -> Difference:
    """Compare what runs with what is needed."""
    features = [] if running.version == __version__ else [f"version {__version__} (it is {running.version})"]
    routes = []
    for name, value in wanted.config.items():
        there = running.config.get(name)
        if there == value:
            continue
        text = f"{name.replace('_', '-')} {value} (it has {there})"
        if name in _FEATURES:
            if value and not there:
                features.append(name.replace("_", "-"))
        elif name in _URLS or name in {"backend", "intercept"}:
            routes.append(text)
        else:
            features.append(text)
    return Difference(tuple(features), tuple(routes))


def attach(wanted: Wanted, root: Path, log: Path | None, say: Callable[[str], None]) -> Attached:
    """Find or start the proxy and register this session with it. Raises ``WrapError`` with what to do."""
    patience = _patience(wanted.environ)
    clients = Clients(root, wanted.port)
    with clients.starting(patience + _STOP_SECONDS):
        running = look(wanted.port)
        if isinstance(running, Foreign):
            raise WrapError(
                f"port {wanted.port} is taken by a program that is not headroom; use --port {wanted.port + 1}"
            )
        if running is not None:
            if wanted.strict_backend and running.config.get("backend") != wanted.config.get("backend"):
                raise WrapError(
                    f"the proxy on port {wanted.port} uses the backend {running.config.get('backend')}, "
                    f"this session needs {wanted.config.get('backend')}; stop it or use another --port"
                )
            difference = differs(running, wanted)
            owned = clients.proxy()
            if difference and owned is not None and not clients.living():
                say(
                    f"restarting the proxy on port {wanted.port}: {', '.join((*difference.features, *difference.routes))}"
                )
                stop(owned)
                wanted = _united(wanted, running)
            elif difference.routes:
                return _elsewhere(wanted, root, log, say, difference)
            else:
                for text in difference.features:
                    say(f"the proxy on port {wanted.port} serves others, too, and goes on without {text}")
                return Attached(wanted.port, clients, clients.register(wanted.tool), False, running.config)
        return _start(wanted, clients, log, patience)


def _elsewhere(
    wanted: Wanted, root: Path, log: Path | None, say: Callable[[str], None], difference: Difference
) -> Attached:
    """A proxy of our own on another port: the one that runs sends this session's calls elsewhere."""
    port = free_port()
    say(f"the proxy on port {wanted.port} lacks {', '.join(difference.routes)}; starting another one on port {port}")
    clients = Clients(root, port)
    moved = Wanted(port, wanted.tool, wanted.flags, wanted.config, wanted.environ)
    return _start(moved, clients, log, _patience(wanted.environ))


def _united(wanted: Wanted, running: Running) -> Wanted:
    """What is wanted and the features the stopped proxy had."""
    more = tuple(
        f"--{name.replace('_', '-')}" for name in _FEATURES if running.config.get(name) and not wanted.config.get(name)
    )
    return Wanted(wanted.port, wanted.tool, (*wanted.flags, *more), wanted.config, wanted.environ)


def _start(wanted: Wanted, clients: Clients, log: Path | None, patience: float) -> Attached:
    clients.living()
    # Registered first: the new proxy looks for sessions as soon as it runs.
    client = clients.register(wanted.tool)
    try:
        child = _spawn(wanted, clients, log)
        clients.started(child.pid)
        _wait(child, wanted.port, log, patience)
    except BaseException:
        clients.leave(client)
        if not clients.living():
            clients.clear()
        raise
    running = look(wanted.port)
    return Attached(wanted.port, clients, client, True, running.config if isinstance(running, Running) else {})


def _spawn(wanted: Wanted, clients: Clients, log: Path | None) -> subprocess.Popen[bytes]:
    environ = {
        **wanted.environ,
        "HEADROOM_AGENT_TYPE": wanted.tool,
        "HEADROOM_STACK": f"wrap_{wanted.tool}",
        "HEADROOM_LEASES": str(clients.folder),
        "HEADROOM_WORKERS": "1",  # one process, which one session needs and which ends itself
    }
    command = [sys.executable, "-m", "headroom.cli", "proxy", "--port", str(wanted.port), *wanted.flags]
    with contextlib.ExitStack() as stack:
        sink: Any = subprocess.DEVNULL
        if log is not None:
            try:
                files.make_private(log.parent)
                sink = stack.enter_context(log.open("wb"))
                log.chmod(0o600)
            except OSError as error:
                raise WrapError(f"{log}: {error.strerror or error}; set HEADROOM_WORKSPACE_DIR") from None
        return subprocess.Popen(  # noqa: S603 - our own command line
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait(child: subprocess.Popen[bytes], port: int, log: Path | None, patience: float) -> None:
    ends = time.monotonic() + patience
    while not ready(port):
        code = child.poll()
        if code is None and time.monotonic() < ends:
            time.sleep(_POLL)
            continue
        if code is None:
            child.terminate()
        tail = "" if log is None else log.read_text("utf-8", "replace")[-_TAIL:].strip()
        how = f"did not get ready within {patience:g} s" if code is None else f"ended with code {code}"
        raise WrapError(f"the proxy {how}" + (f":\n{tail}" if tail else ""))


def detach(held: Attached, *, keep: bool = False) -> bool:
    """End this session's hold; stops a proxy that a session started when this was the last one. Whether it was stopped."""
    with held.clients.starting(_STOP_SECONDS):
        held.clients.leave(held.client)
        owned = held.clients.proxy()
        if keep or held.clients.living():
            return False
        if owned is not None:
            stop(owned)
        held.clients.clear()
        return owned is not None


def stop(proxy: Client) -> None:
    """End a proxy; it drains for a while, then it is killed."""
    ends = time.monotonic() + _STOP_SECONDS
    with contextlib.suppress(ProcessLookupError):
        os.kill(proxy.pid, signal.SIGTERM)
        while process.lives(proxy.pid, proxy.since):
            if time.monotonic() > ends:
                os.kill(proxy.pid, signal.SIGKILL)
                break
            time.sleep(_POLL)


def _patience(environ: Mapping[str, str]) -> float:
    named = environ.get("HEADROOM_WRAP_PROXY_TIMEOUT", "").strip()
    if named:
        try:
            seconds = float(named)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds <= 3600:
            raise WrapError(f"HEADROOM_WRAP_PROXY_TIMEOUT={named}: use seconds between 0 and 3600")
        return seconds
    # Loading a model's library takes its time.
    return 90.0 if importlib.util.find_spec("torch") else 45.0


def abandoned(folder: Path, own_pid: int) -> Callable[[], bool]:
    """A check, for a proxy that a session started, whether no session is left; of its own files only."""
    clients = Clients(folder.parent.parent, int(folder.name))

    def check() -> bool:
        owned = clients.proxy()
        return (owned is None or owned.pid == own_pid) and not clients.living()

    return check
