"""Command line options made from the table of settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from headroom.cli.optional_port import OptionalPort
from headroom.option import Entry, parse_value
from headroom.settings import SECTIONS, TABLE

_OFF = "off__"
"""Prefix of the parameter that holds a setting's explicit off flag."""
_ALIAS = "headroom.cli.options.alias"
"""In a command's context: what is said of a mode that was given by an older name."""

RETIRED: Mapping[str, tuple[str, str, bool]] = {
    "llmlingua": ("--llmlingua", "Kompress replaces it and is on when the ml extra is installed.", False),
    "llmlingua_device": ("--llmlingua-device", "Kompress replaces it; see --kompress-device.", True),
    "llmlingua_rate": ("--llmlingua-rate", "Kompress replaces it; see --target-ratio, which has another scale.", True),
}
"""Withdrawn flags that old launch scripts carry: accepted, explained, without effect."""


class SettingType(click.ParamType[Any]):
    """A value checked by the table's own rules."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.name = entry.option.metavar or (
            f"[{'|'.join(entry.option.choices)}]" if entry.option.choices else entry.type.__name__.upper()
        )

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """How the value is shown in the help."""
        del param, ctx
        return {"STR": "TEXT", "INT": "INTEGER", "FLOAT": "NUMBER", "TUPLE": "LIST"}.get(self.name, self.name)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read and check one value; a bad one is a usage error naming the flag."""
        if not isinstance(value, str):
            return value
        try:
            found = parse_value(self.entry, value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if self.entry.name == "mode" and found != value.strip().lower() and ctx is not None:
            ctx.meta[_ALIAS] = f"{self.entry.option.flag} {value.strip()} is an older name for {found}"
        return found


class SectionedCommand(OptionalPort):
    """A command whose help is grouped like the table."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one block a section."""
        sections = {entry.name: entry.option.section for entry in TABLE}
        rows: dict[str, list[tuple[str, str]]] = {name: [] for name in (*SECTIONS, "Other")}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                rows[sections.get((param.name or "").removeprefix(_OFF), "Other")].append(record)
        for name, lines in rows.items():
            if lines:
                with formatter.section(name):
                    formatter.write_dl(lines)


def _help(entry: Entry) -> str:
    option = entry.option
    facts = []
    if entry.type is not bool and entry.default not in (None, ()):
        facts.append(f"default {entry.default:g}" if isinstance(entry.default, float) else f"default {entry.default}")
    if option.env:
        facts.append(option.env)
    if option.missing:
        facts.append("not available in this version")
    return option.help + (f"  [{', '.join(facts)}]" if facts else "")


def settings_options[F: Callable[..., Any]](command: F) -> F:
    """Decorate a click command with every flag of the table."""
    for entry in reversed(TABLE):
        option = entry.option
        if option.flag is None:
            continue
        names = [option.flag, *((option.short,) if option.short else ())]
        common: dict[str, Any] = {"help": _help(entry), "hidden": option.hidden}
        if option.off_flag is not None:
            text = f"Switch {option.flag} off, whatever the environment says."
            command = click.option(option.off_flag, _OFF + entry.name, is_flag=True, help=text)(command)
        if entry.type is bool:
            command = click.option(*names, entry.name, is_flag=True, **common)(command)
        else:
            command = click.option(*names, entry.name, type=SettingType(entry), default=None, **common)(command)
    for name, (flag, _, valued) in RETIRED.items():
        command = click.option(flag, name, is_flag=not valued, default=None, hidden=True)(command)
    return command


def given(params: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The settings that flags were given for, and what must be said about them."""
    values: dict[str, Any] = {}
    notes: list[str] = []
    for entry in TABLE:
        option = entry.option
        value = params.get(entry.name)
        if value is not None and value is not False:
            values[entry.name] = not option.inverted if entry.type is bool else value
        if params.get(_OFF + entry.name):
            if entry.name in values:
                notes.append(f"{option.flag} and {option.off_flag} are both given; {option.off_flag} counts")
            values[entry.name] = False
    context = click.get_current_context(silent=True)
    if context is not None and (alias := context.meta.get(_ALIAS)) is not None:
        notes.append(alias)
    notes += [f"{flag} is retired: {text}" for name, (flag, text, _) in RETIRED.items() if params.get(name)]
    return values, notes
