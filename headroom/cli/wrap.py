"""``headroom wrap TOOL``: make sure a proxy runs, start the tool so that it uses it, and leave nothing behind."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click

from headroom.agents.edits import Edits
from headroom.agents.plan import WrapError
from headroom.agents.tools import TOOLS, Tool
from headroom.cli.optional_port import OptionalPort
from headroom.cli.wrap_child import child_environment, edited, execute, show, wait_for_the_end
from headroom.cli.wrap_proxy import proxy_for, push_live_settings
from headroom.cli.wrap_request import plan_of, program_of, request_of, say, settings_of
from headroom.errors import HeadroomError

_CONTEXT = {"ignore_unknown_options": True, "help_option_names": ["-?", "-h", "--help"]}


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
        click.Option(
            ["--intercept"],
            is_flag=True,
            help="Leave base URLs alone: HTTPS_PROXY, on PORT if one follows, and a local authority.",
        ),
        click.Option(["--intercept-port"], type=click.IntRange(1, 65535), hidden=True),
        click.Option(["--backend"], help="Backend of the proxy, where one is started."),
        click.Option(["--anyllm-provider"], help="Provider of the backend anyllm."),
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
    return OptionalPort(
        tool.name,
        params=options,
        callback=call,
        context_settings=context,
        help=f"Run {tool.title} through the proxy.",
        short_help=tool.title,
    )


def run(tool: Tool, **params: Any) -> int:
    """All of it, in the order that leaves nothing half done. Returns the tool's exit code."""
    request = request_of(params)
    environ = dict(os.environ)
    # 1 the tool; 2 the options
    program = program_of(tool, request.options.arguments)
    settings = settings_of(request, environ)
    plan = plan_of(tool, request, environ, request.port)
    intercept = request.intercept or plan.intercept
    if intercept and settings.stateless:
        raise WrapError("--intercept needs an authority on disk; it can't be used with HEADROOM_STATELESS")
    if not settings.stateless and (settings.workspace / "wrap").exists():
        for path in Edits(settings.workspace).undo(only_dead=True):
            say(f"restored {path}, which a session that was killed had left edited")
    # 3 the proxy, 5 registration (a new proxy looks for sessions as soon as it runs)
    with proxy_for(tool, request, settings, plan, environ, intercept=intercept) as held:
        plan = plan_of(tool, request, environ, held.port)
        for note in plan.notes:
            say(note)
        # 4 configuration, 6 live settings
        with edited(tool, plan, settings, intercept=intercept):
            if not held.started:
                push_live_settings(held.port, environ)
            env = child_environment(plan, held, settings, environ, intercept=intercept)
            if request.verbose:
                show(env, environ, plan)
            # 7 the tool, 8 the way back
            if plan.prints or program is None:
                return wait_for_the_end(plan)
            arguments = request.options.arguments if plan.arguments is None else plan.arguments
            if tool.name == "run":
                arguments = arguments[1:]
            before = () if intercept else plan.before
            return execute([program, *before, *arguments], env)
