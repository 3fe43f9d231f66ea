"""``headroom wrap TOOL``: make sure a proxy runs, start the tool so that it uses it, and leave nothing behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import click

from headroom.agents import probe, process, running
from headroom.agents.clients import Clients
from headroom.agents.edits import Edits
from headroom.agents.intercept import environment as intercept_environment
from headroom.agents.plan import Base, Options, Plan, WrapError, project_of
from headroom.agents.tools import TOOLS, Tool
from headroom.errors import HeadroomError, SettingsError
from headroom.settings import TABLE, Settings, resolve

_CONTEXT = {"ignore_unknown_options": True, "help_option_names": ["-?", "-h", "--help"]}
_COMPARED = ("backend", "memory", "learn", "code_graph", "anthropic_api_url", "openai_api_url", "gemini_api_url")
_PROXY_VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy")


def _say(text: str) -> None:
    click.echo(f"headroom: {text}", err=True)


class WrapGroup(click.Group):
    """One subcommand a tool."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All tools, in the table's order."""
        del ctx
        return list(TOOLS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of one tool."""
        del ctx
        tool = TOOLS.get(cmd_name)
        return None if tool is None else _command(tool)


@click.group(cls=WrapGroup, short_help="Run an agent through the proxy.")
def wrap() -> None:
    """Run an agent through the proxy, and leave nothing behind.

    Options that headroom does not know, and everything after --, go to the tool. The exit code is the tool's.
    """


def _common() -> list[click.Parameter]:
    return [
        click.Option(
            ["--port", "-p"],
            type=click.IntRange(1, 65535),
            default=8787,
            envvar="HEADROOM_PORT",
            show_default=True,
            help="Port of the proxy.",
        ),
        click.Option(["--no-proxy"], is_flag=True, help="Start no proxy; use what is there."),
        click.Option(["--intercept"], is_flag=True, help="Leave base URLs alone: HTTPS_PROXY and a local authority."),
        click.Option(["--backend"], help="Backend of the proxy, where one is started."),
        click.Option(["--region"], help="Region of the backend."),
        click.Option(["--memory"], is_flag=True, help="Remember across sessions."),
        click.Option(["--learn"], is_flag=True, help="Learn from errors and what fixed them."),
        click.Option(["--no-mcp"], is_flag=True, hidden=True, help="Accepted: no MCP server is installed."),
        click.Option(["--verbose", "-v"], is_flag=True, help="Say what is set."),
    ]


_SPECIAL: Mapping[str, tuple[tuple[list[str], dict[str, Any]], ...]] = {
    "claude": (
        (["--1m", "long_context"], {"is_flag": True, "help": "Ask for the window of a million tokens."}),
        (
            ["--edit-config", "--project-settings", "edit_config"],
            {"is_flag": True, "help": "Also write .claude/settings.local.json while the session lasts."},
        ),
    ),
    "codex": (
        (
            ["--edit-config", "edit_config"],
            {"is_flag": True, "help": "Also write config.toml while the session lasts, for the IDE extension."},
        ),
    ),
    "copilot": (
        (
            ["--provider-type"],
            {"type": click.Choice(["auto", "anthropic", "openai"]), "default": "auto", "show_default": True},
        ),
        (["--wire-api"], {"type": click.Choice(["completions", "responses"])}),
        (["--subscription"], {"is_flag": True, "help": "Use the Copilot seat, by interception."}),
    ),
}


def _command(tool: Tool) -> click.Command:
    options: list[click.Parameter] = _common()
    options += [click.Option(names, **kind) for names, kind in _SPECIAL.get(tool.name, ())]
    any_command = tool.name == "run"
    options.append(
        click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED, required=any_command, metavar="[--] [ARGS]...")
    )

    def call(**params: Any) -> int:
        try:
            return run(tool, **params)
        except HeadroomError as error:
            raise click.ClickException(str(error)) from None

    # For any command its own options follow its name; ours come before it.
    context = {**_CONTEXT, "allow_interspersed_args": not any_command}
    return click.Command(
        tool.name,
        params=options,
        callback=call,
        context_settings=context,
        help=f"Run {tool.title} through the proxy.",
        short_help=tool.title,
    )


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


def run(tool: Tool, **params: Any) -> int:
    """All of it, in the order that leaves nothing half done. Returns the tool's exit code."""
    request = _request(params)
    environ = dict(os.environ)
    # 1 the tool; 2 the options
    program = _program(tool, request.options.arguments)
    settings = _settings(request, environ)
    plan = _plan(tool, request, environ, request.port)
    intercept = request.intercept or plan.intercept
    if intercept and settings.stateless:
        raise WrapError("--intercept needs an authority on disk; it can't be used with HEADROOM_STATELESS")
    if not settings.stateless and (settings.workspace / "wrap").exists():
        for path in Edits(settings.workspace).undo(only_dead=True):
            _say(f"restored {path}, which a session that was killed had left edited")
    # 3 the proxy, 5 registration (a new proxy looks for sessions as soon as it runs)
    with _proxy(tool, request, settings, plan, environ, intercept=intercept) as held:
        plan = _plan(tool, request, environ, held.port)
        for note in plan.notes:
            _say(note)
        # 4 configuration, 6 live settings
        with _edited(tool, plan, settings, intercept=intercept):
            if not held.started:
                _push_live_settings(held.port, environ)
            env = _child_environment(plan, held, settings, environ, intercept=intercept)
            if request.verbose:
                _show(env, environ, plan)
            # 7 the tool, 8 the way back
            if plan.prints or program is None:
                return _wait_for_the_end(plan)
            arguments = request.options.arguments if plan.arguments is None else plan.arguments
            if tool.name == "run":
                arguments = arguments[1:]
            before = () if intercept else plan.before
            return execute([program, *before, *arguments], env)


def _request(params: dict[str, Any]) -> Request:
    folder = Path.cwd()
    arguments = tuple(params["arguments"])
    proxy = {name: params[name] for name in ("backend", "region") if params[name] is not None}
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
    return Request(params["port"], params["no_proxy"], params["intercept"], params["verbose"], proxy, options)


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _program(tool: Tool, arguments: tuple[str, ...]) -> str | None:
    name = arguments[0] if tool.name == "run" else tool.program
    if name is None:
        return None
    found = shutil.which(name)
    if found is None:
        hint = f"; install it: {tool.install}" if tool.install else "; is it on PATH?"
        raise WrapError(f"{name} was not found{hint}")
    return found


def _settings(request: Request, environ: Mapping[str, str]) -> Settings:
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


def _plan(tool: Tool, request: Request, environ: Mapping[str, str], port: int) -> Plan:
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
        _say(f"warning: nothing listens at {url}, which your environment names as the provider's address")
    if isinstance(there, probe.Running):
        for provider in ("anthropic", "openai", "gemini"):
            found = there.config.get(f"{provider}_api_url")
            if provider in url and isinstance(found, str):
                return found
        raise WrapError(f"{url} is another headroom; unset that base URL, or use its --port")
    return url


# -- the proxy ---------------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def _proxy(
    tool: Tool, request: Request, settings: Settings, plan: Plan, environ: Mapping[str, str], *, intercept: bool
) -> Iterator[running.Attached]:
    root = _passing_folder() if settings.stateless else settings.workspace
    log = None if settings.stateless else settings.workspace / "logs" / "proxy-stdio.log"
    if request.no_proxy:
        held = _what_is_there(tool, request.port, root)
    else:
        held = running.attach(_wanted(tool, request, settings, plan, environ, intercept=intercept), root, log, _say)
    try:
        yield held
    finally:
        running.detach(held, keep=request.no_proxy)


def _what_is_there(tool: Tool, port: int, root: Path) -> running.Attached:
    there = probe.look(port)
    if not isinstance(there, probe.Running):
        _say(f"warning: no headroom answers on port {port}; {tool.title} will not reach its provider")
    clients = Clients(root, port)
    config = there.config if isinstance(there, probe.Running) else {}
    return running.Attached(port, clients, clients.register(tool.name), False, config)


def _wanted(
    tool: Tool, request: Request, settings: Settings, plan: Plan, environ: Mapping[str, str], *, intercept: bool
) -> running.Wanted:
    config = {name: getattr(settings, name) for name in _COMPARED}
    flags: list[str] = []
    for name, value in request.proxy.items():
        flags += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    for provider, url in plan.upstreams.items():
        config[f"{provider}_api_url"] = url
        flags += [f"--{provider}-api-url", url]
    own = [request.port]
    if intercept:
        port = _intercept_port(request.port, settings)
        own.append(port)
        config["intercept"] = True
        flags += ["--intercept", "--intercept-port", str(port)]
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


def _push_live_settings(port: int, environ: Mapping[str, str]) -> None:
    names = [entry.option.env for entry in TABLE if entry.option.hot and entry.option.env]
    values = {name: environ[name] for name in names if environ.get(name)}
    if values:
        with contextlib.suppress(OSError, ValueError):
            probe.post(port, "/admin/runtime-env", values)


# -- configuration and environment ---------------------------------------------------------------------------------------
@contextlib.contextmanager
def _edited(tool: Tool, plan: Plan, settings: Settings, *, intercept: bool) -> Iterator[None]:
    if not plan.edits or intercept:
        yield
        return
    if settings.stateless:
        raise WrapError("--edit-config keeps a backup on disk; it can't be used with HEADROOM_STATELESS")
    edits, holder = Edits(settings.workspace), process.own()
    done = []
    try:
        for edit in plan.edits:
            edits.apply(tool.name, edit, holder)
            done.append(edit)
        yield
    finally:
        for edit in done:
            edits.release(edit, holder)


def _child_environment(
    plan: Plan, held: running.Attached, settings: Settings, environ: Mapping[str, str], *, intercept: bool
) -> dict[str, str]:
    env = dict(environ)
    if not intercept:
        return env | dict(plan.env)
    from headroom.agents import authority

    port = held.config.get("intercept_port")
    if not held.config.get("intercept") or not isinstance(port, int):
        raise WrapError(f"the proxy on port {held.port} does not intercept; start it with --intercept")
    found = authority.ensure(settings.workspace / "ca", settings.intercept_hosts)
    return env | dict(plan.env) | intercept_environment(port, found.path, found.bundle, environ)


def _show(env: Mapping[str, str], environ: Mapping[str, str], plan: Plan) -> None:
    for name in sorted(env):
        if environ.get(name) != env[name]:
            shown = "…" if name.endswith(("_KEY", "_TOKEN")) else env[name]
            _say(f"{name}={shown}")
    for word in plan.before:
        _say(f"argument {word}")
    for edit in plan.edits:
        _say(f"edits {edit.path} until the session ends")


# -- the tool ------------------------------------------------------------------------------------------------------------
def execute(command: list[str], env: Mapping[str, str]) -> int:
    """Run a program on our terminal, to its end. Signals meant for it reach it; Ctrl-C does not end us before it."""
    child: list[subprocess.Popen[bytes]] = []
    pending: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        if child:
            with contextlib.suppress(ProcessLookupError):
                child[0].send_signal(number)
        else:
            pending.append(number)

    def leave_it(_number: int, _frame: FrameType | None) -> None:
        """The terminal sends these to the child as well. A handler, since "ignore" would be inherited."""

    handlers = {signal.SIGINT: leave_it, signal.SIGQUIT: leave_it, signal.SIGTERM: forward, signal.SIGHUP: forward}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        try:
            child.append(subprocess.Popen(command, env=dict(env)))  # noqa: S603 - what the user asked for
        except OSError as error:
            raise WrapError(f"{command[0]} can't be started: {error.strerror or error}") from None
        for number in pending:
            forward(number, None)
        code = child[0].wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _wait_for_the_end(plan: Plan) -> int:
    """Show what to type in, and stay until Ctrl-C."""
    for line in plan.prints:
        click.echo(line)
    click.echo("The proxy runs until you press Ctrl-C.")
    got: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        got.append(signal.sigwait(numbers))
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
    return 0 if got == [signal.SIGINT] else 128 + got[0]
