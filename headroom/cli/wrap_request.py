"""``headroom wrap``: what was asked for, and what the tool's plan makes of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from headroom.agents import probe
from headroom.agents.plan import Base, Options, Plan, WrapError, project_of
from headroom.agents.tools import Tool
from headroom.errors import SettingsError
from headroom.precedence import resolve
from headroom.settings import TABLE, Settings


def say(text: str) -> None:
    """A line for the user, beside what the tool prints."""
    click.echo(f"headroom: {text}", err=True)


@dataclass(frozen=True, slots=True)
class Request:
    """The options of one call."""

    port: int
    no_proxy: bool
    intercept: bool
    verbose: bool
    proxy: Mapping[str, Any]
    """Settings for the proxy."""
    options: Options
    intercept_port: int | None = None
    """Where to intercept; None for the configured port, or a free one."""


def request_of(params: dict[str, Any]) -> Request:
    """Sort a command's parameters."""
    folder = Path.cwd()
    arguments = tuple(params["arguments"])
    proxy = {name: params[name] for name in ("backend", "anyllm_provider", "region") if params[name] is not None}
    proxy |= {name: True for name in ("memory", "learn") if params[name]}
    options = Options(
        arguments=arguments,
        project=os.environ.get("HEADROOM_PROJECT") or project_of(folder),
        folder=folder,
        long_context=params.get("long_context", False),
        edit_config=params.get("edit_config", False),
        provider_type=params.get("provider_type", "auto"),
        wire_api=params.get("wire_api"),
        subscription=params.get("subscription", False),
        read=_text_of,
    )
    return Request(
        params["port"],
        params["no_proxy"],
        params["intercept"] or params["intercept_port"] is not None,
        params["verbose"],
        proxy,
        options,
        params["intercept_port"],
    )


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def program_of(tool: Tool, arguments: tuple[str, ...]) -> str | None:
    """The path of the program to run; None for a tool that is not started. Raises ``WrapError`` when it is missing."""
    name = arguments[0] if tool.name == "run" else tool.program
    if name is None:
        return None
    found = shutil.which(name)
    if found is None:
        hint = f"; install it: {tool.install}" if tool.install else "; is it on PATH?"
        raise WrapError(f"{name} was not found{hint}")
    return found


def settings_of(request: Request, environ: Mapping[str, str]) -> Settings:
    """The settings a proxy of ours would have. Raises ``SettingsError`` before anything is started."""
    given = {"port": request.port}
    for entry in TABLE:
        if entry.name in request.proxy:
            value = request.proxy[entry.name]
            try:
                given[entry.name] = entry.option.parse(value) if entry.option.parse is not None else value
            except ValueError as error:
                raise SettingsError(f"{entry.option.flag} {value}: {error}") from None
    return resolve(given, environ).settings


def plan_of(tool: Tool, request: Request, environ: Mapping[str, str], port: int) -> Plan:
    """What the tool needs to go through a proxy on ``port``."""
    options = request.options
    if tool.name == "copilot":
        there = probe.look(port)
        backend = there.config.get("backend") if isinstance(there, probe.Running) else None
        backend = backend or request.proxy.get("backend") or environ.get("HEADROOM_BACKEND") or "anthropic"
        options = replace(options, backend=str(backend))
    if request.intercept and not options.subscription:
        # Base URLs stay the user's own; there is nothing to plan.
        return Plan(prints=tool.planner(Base(port), environ, options).prints if tool.program is None else ())
    plan = tool.planner(Base(port), environ, options)
    return replace(plan, upstreams={name: _behind(url) for name, url in plan.upstreams.items()})


def _behind(url: str) -> str:
    """An upstream that is itself a proxy of ours would compress twice: use what lies behind it."""
    parts = urlsplit(url)
    if parts.hostname not in {"127.0.0.1", "localhost", "::1"} or parts.port is None:
        return url
    there = probe.look(parts.port)
    if there is None:
        say(f"warning: nothing listens at {url}, which your environment names as the provider's address")
    if isinstance(there, probe.Running):
        for provider in ("anthropic", "openai", "gemini"):
            found = there.config.get(f"{provider}_api_url")
            if provider in url and isinstance(found, str):
                return found
        raise WrapError(f"{url} is another headroom; unset that base URL, or use its --port")
    return url
