"""``headroom wrap``: the tool itself, with its environment and its edited files, to its end."""

from __future__ import annotations

import contextlib
import select
import signal
import subprocess
from collections.abc import Iterator, Mapping

import click

from headroom.agents import process, running
from headroom.agents.edits import Edits
from headroom.agents.intercept import environment as intercept_environment
from headroom.agents.plan import Plan, WrapError
from headroom.agents.tools import Tool
from headroom.cli.told import arrived, told, wakeups
from headroom.cli.wrap_request import say
from headroom.settings import Settings

_LEFT = (signal.SIGINT, signal.SIGQUIT)
"""The terminal sends these to the tool as well. Caught, since "ignore" would be inherited."""

_PASSED = (signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def edited(tool: Tool, plan: Plan, settings: Settings, *, intercept: bool) -> Iterator[None]:
    """Keep the plan's files edited; each is put back when its last session ends."""
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


def child_environment(
    plan: Plan, held: running.Attached, settings: Settings, environ: Mapping[str, str], *, intercept: bool
) -> dict[str, str]:
    """What the tool runs with. Raises ``WrapError`` where the proxy does not intercept although it has to."""
    env = dict(environ)
    if not intercept:
        return env | dict(plan.env)
    from headroom.agents import authority

    port = held.config.get("intercept_port")
    if not held.config.get("intercept") or not isinstance(port, int):
        raise WrapError(f"the proxy on port {held.port} does not intercept; start it with --intercept")
    found = authority.ensure(settings.workspace / "ca", settings.intercept_hosts)
    return env | dict(plan.env) | intercept_environment(port, found.path, found.bundle, environ)


def show(env: Mapping[str, str], environ: Mapping[str, str], plan: Plan) -> None:
    """Say what is set, without secrets."""
    for name in sorted(env):
        if environ.get(name) != env[name]:
            shown = "…" if name.endswith(("_KEY", "_TOKEN")) else env[name]
            say(f"{name}={shown}")
    for word in plan.before:
        say(f"argument {word}")
    for edit in plan.edits:
        say(f"edits {edit.path} until the session ends")


def execute(command: list[str], env: Mapping[str, str]) -> int:
    """Run a program on our terminal, to its end. Signals meant for it reach it; Ctrl-C does not end us before it."""
    with wakeups(*_LEFT, *_PASSED, signal.SIGCHLD) as wake:
        try:
            child = subprocess.Popen(command, env=dict(env))  # noqa: S603 - what the user asked for
        except OSError as error:
            raise WrapError(f"{command[0]} can't be started: {error.strerror or error}") from None
        while (code := child.poll()) is None:
            select.select([wake], [], [])
            for number in arrived(wake):
                if number in _PASSED:
                    child.send_signal(number)
    return code if code >= 0 else 128 - code


def wait_for_the_end(plan: Plan) -> int:
    """Show what to type in, and stay until Ctrl-C."""
    # Before the first line: who reads it may press Ctrl-C at once.
    with told(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as news:
        for line in plan.prints:
            click.echo(line)
        click.echo("The proxy runs until you press Ctrl-C.")
        news.wait()
    return 0 if news.by is None or news.by == signal.SIGINT else 128 + news.by
