"""``headroom``: one program, its commands loaded when they are called, so that ``--version`` costs nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module

import click

from headroom.version import __version__

CONTEXT = {"help_option_names": ["-?", "-h", "--help"], "max_content_width": 120}

COMMANDS: Mapping[str, tuple[str, str]] = {
    "proxy": ("headroom.cli.proxy:proxy", "Start the proxy."),
    "wrap": ("headroom.cli.wrap:wrap", "Run an agent through the proxy."),
    "unwrap": ("headroom.cli.unwrap:unwrap", "Take back what wrap wrote into configuration files."),
    "certs": ("headroom.cli.certs:certs", "Make, show, export or delete the authority of the HTTPS proxy."),
    "inspect": ("headroom.cli.inspect:inspect", "Start the proxy under mitmweb and open a browser."),
    "doctor": ("headroom.cli.doctor:doctor", "Check what stands between your agents and their providers."),
    "capture": ("headroom.cli.capture:capture", "Start the proxy and record what passes, for replay."),
    "replay": ("headroom.cli.replay:replay", "Price recorded traffic with and without headroom."),
    "demo": ("headroom.cli.demo:demo", "Play an agent session directly and through the proxy, and compare the bills."),
    "budget": ("headroom.cli.budget:budget", "Show or correct what is spent of the budget."),
    "compress": ("headroom.cli.compress:compress", "Show what the proxy would make of one tool output."),
    "kompress": ("headroom.cli.kompress:kompress", "The model for prose: state, fetch, speed, serve."),
    "stats": ("headroom.cli.stats:stats", "Show the running proxy's figures, once or live."),
    "dashboard": ("headroom.cli.dashboard:dashboard", "Open the dashboard in a browser."),
    "savings": ("headroom.cli.savings:savings", "What was saved so far; needs no running proxy."),
    "perf": ("headroom.cli.perf:perf", "Speed and savings from the runtime log."),
    "telemetry": ("headroom.cli.telemetry:telemetry", "What telemetry would send, and whether it does."),
}
"""Name → where the command lies and its line in the help; a command whose module is absent is not shown."""


class LazyGroup(click.Group):
    """Imports a command's module only when the command is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the table's order."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings=CONTEXT)
@click.version_option(__version__, "-v", "--version", prog_name="headroom")
def program() -> None:
    """Compress what LLM agents send to their models, and keep the rest of the request as it is."""


def main() -> None:
    """Run the command line. Exit codes: 0, 1 start-up failure, 2 usage, 130 Ctrl-C."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        code = program.main(arguments, prog_name="headroom", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        return 0
    return code if isinstance(code, int) else 0
