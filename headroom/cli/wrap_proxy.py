"""``headroom wrap``: the proxy that a session runs through, its own or one that is there."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from headroom.agents import probe, running
from headroom.agents.clients import Clients
from headroom.agents.plan import Base, Plan, WrapError
from headroom.agents.tools import Tool
from headroom.cli.wrap_request import Request, say
from headroom.settings import TABLE, Settings

_COMPARED = ("backend", "memory", "learn", "code_graph", "anthropic_api_url", "openai_api_url", "gemini_api_url")
_PROXY_VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy")


@contextlib.contextmanager
def proxy_for(
    tool: Tool, request: Request, settings: Settings, plan: Plan, environ: Mapping[str, str], *, intercept: bool
) -> Iterator[running.Attached]:
    """The proxy of a session: one that is there, or a new one, which ends with its last session."""
    root = _passing_folder() if settings.stateless else settings.workspace
    log = None if settings.stateless else settings.workspace / "logs" / "proxy-stdio.log"
    if request.no_proxy:
        held = _what_is_there(tool, request.port, root)
    else:
        held = running.attach(_wanted(tool, request, settings, plan, environ, intercept=intercept), root, log, say)
    try:
        yield held
    finally:
        running.detach(held, keep=request.no_proxy)


def _what_is_there(tool: Tool, port: int, root: Path) -> running.Attached:
    there = probe.look(port)
    if not isinstance(there, probe.Running):
        say(f"warning: no headroom answers on port {port}; {tool.title} will not reach its provider")
    clients = Clients(root, port)
    config = there.config if isinstance(there, probe.Running) else {}
    return running.Attached(port, clients, clients.register(tool.name), False, config)


def _wanted(
    tool: Tool, request: Request, settings: Settings, plan: Plan, environ: Mapping[str, str], *, intercept: bool
) -> running.Wanted:
    config = {name: getattr(settings, name) for name in _COMPARED}
    flags: list[str] = []
    for name, value in request.proxy.items():
        flag = f"--{name.replace('_', '-')}"
        flags += [flag] if value is True else [flag, str(value)]
    for provider, url in plan.upstreams.items():
        config[f"{provider}_api_url"] = url
        flags += [f"--{provider}-api-url", url]
    own = [request.port]
    if intercept:
        port = request.intercept_port or _intercept_port(request.port, settings)
        own.append(port)
        config["intercept"] = True
        flags += ["--intercept", str(port)]
    passed = {name: value for name, value in environ.items() if not _ours(name, value, own, settings)}
    return running.Wanted(request.port, tool.name, tuple(flags), config, passed, strict_backend=tool.name == "copilot")


def _intercept_port(port: int, settings: Settings) -> int:
    """The configured port, unless it is taken."""
    wanted = settings.intercept_port if port == Settings().port else min(port + 1, 65535)
    return wanted if probe.look(wanted) is None else probe.free_port()


def _ours(name: str, value: str, ports: list[int], settings: Settings) -> bool:
    """Whether a variable was set by a session around this one and would send the proxy to itself."""
    if name in _PROXY_VARIABLES:
        return any(Base(port).is_ours(value) for port in ports)
    return name == "SSL_CERT_FILE" and Path(value).parent == settings.workspace / "ca"


def _passing_folder() -> Path:
    """Where sessions find each other when nothing may be written to the workspace."""
    folder = Path(tempfile.gettempdir()) / f"headroom-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise WrapError(f"{folder} belongs to somebody else; remove it")
    return folder


def push_live_settings(port: int, environ: Mapping[str, str]) -> None:
    """Tell a proxy that was there before the hot settings of our environment."""
    names = [entry.option.env for entry in TABLE if entry.option.hot and entry.option.env]
    values = {name: environ[name] for name in names if environ.get(name)}
    if values:
        with contextlib.suppress(OSError, ValueError):
            probe.post(port, "/admin/runtime-env", values)
