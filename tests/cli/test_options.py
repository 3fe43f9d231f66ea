"""Flags made from the table: what they accept, what they mean, and what is said about old ones."""

import click
import pytest
from click.testing import CliRunner

from headroom.cli.main import COMMANDS, program, run
from headroom.cli.options import RETIRED, given, settings_options
from headroom.settings import TABLE, Settings, resolve


@click.command()
@settings_options
@click.pass_context
def probe(ctx, **params):
    """Shows what was understood."""
    values, notes = given(params)
    ctx.obj.update(values=values, notes=notes)


def parse(*arguments):
    found = {}
    result = CliRunner().invoke(probe, list(arguments), obj=found)
    return result, found.get("values"), found.get("notes")


HOSTS = {"intercept_hosts": "api.example.com", "intercept_routes": "api.example.com=https://x.example"}


def spoken(entry):
    """The flag with a value that differs from the default."""
    if entry.type is bool:
        return [entry.option.flag]
    special = {"mode": "cache", "backend": "litellm-vertex", "store": "memory", "retry_max_attempts": "5"} | HOSTS
    text = special.get(entry.name)
    if text is None and entry.option.choices:
        text = entry.option.choices[-1]
    if text is None:
        text = {int: str(int(entry.option.least or 0) + 2), float: "1"}.get(entry.type, "https://x.example")
    return [entry.option.flag, text]


@pytest.mark.parametrize("entry", [e for e in TABLE if e.option.flag], ids=lambda entry: entry.option.flag)
def test_every_flag_is_understood(entry):
    result, values, notes = parse(*spoken(entry))
    assert result.exit_code == 0, result.output
    assert set(values) == {entry.name}
    assert notes == []
    if entry.type is bool:
        assert values[entry.name] is not entry.option.inverted
    else:
        assert values[entry.name] != entry.default


def test_without_flags_nothing_is_given():
    _, values, notes = parse()
    assert (values, notes) == ({}, [])


@pytest.mark.parametrize("entry", [e for e in TABLE if e.option.off_flag], ids=lambda entry: entry.option.off_flag)
def test_an_off_flag_wins_and_says_so(entry):
    _, values, notes = parse(entry.option.off_flag)
    assert values == {entry.name: False}
    assert notes == []
    _, values, notes = parse(entry.option.flag, entry.option.off_flag)
    assert values == {entry.name: False}
    assert notes == [f"{entry.option.flag} and {entry.option.off_flag} are both given; {entry.option.off_flag} counts"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "70000"], "--port"),
        (["-p", "x"], "--port"),
        (["--mode", "audit"], "--mode"),
        (["--budget", "-1"], "--budget"),
        (["--budget-period", "weekly"], "--budget-period"),
        (["--target-ratio", "2"], "--target-ratio"),
        (["--anthropic-api-url", "nowhere"], "--anthropic-api-url"),
        (["--retry-max-attempts", "11"], "--retry-max-attempts"),
        (["--no-such-flag"], "--no-such-flag"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_bad_value_is_a_usage_error_naming_the_flag(arguments, words):
    result, _, _ = parse(*arguments)
    assert result.exit_code == 2
    assert words in result.output


@pytest.mark.parametrize("name", RETIRED)
def test_retired_flags_are_explained_and_change_nothing(name):
    flag, _, valued = RETIRED[name]
    result, values, notes = parse(flag, *(["0.3"] if valued else []))
    assert result.exit_code == 0
    assert values == {}
    assert len(notes) == 1
    assert notes[0].startswith(f"{flag} is retired: Kompress replaces it")


def test_the_help_shows_every_flag_but_hidden_ones_by_section():
    text = CliRunner().invoke(program, ["proxy", "--help"]).output
    for entry in TABLE:
        if entry.option.flag:
            assert (entry.option.flag in text.split()) or (f"{entry.option.flag}," in text) is not entry.option.hidden
        if entry.option.env and not entry.option.hidden and entry.option.flag:
            assert entry.option.env in text
    assert "--llmlingua" not in text
    assert "Core:" in text
    assert "Deployment:" in text


def test_flags_reach_the_settings():
    _, values, _ = parse("--port", "9000", "--no-cache", "--rpm", "5", "--protect-tool-results", "Bash, mcp__*")
    settings = resolve(values, {"HEADROOM_RPM": "7", "HEADROOM_TPM": "8"}).settings
    assert (settings.port, settings.cache, settings.rpm, settings.tpm) == (9000, False, 5, 8)
    assert settings.protect_tool_results == ("Bash", "mcp__*")
    assert resolve({}, {}).settings == Settings()


# -- the program ---------------------------------------------------------------------------------------------------------
def test_commands_are_listed_without_being_imported():
    text = CliRunner().invoke(program, ["--help"]).output
    for name, (_, line) in COMMANDS.items():
        assert name in text
        assert line.split(".")[0][:30] in text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [("--version", 0), ("-v", 0), ("-h", 0), ("-?", 0), ("proxy -?", 0), ("nonsense", 2), ("proxy --x", 2)],
)
def test_exit_codes(arguments, code, capsys):
    assert run(arguments.split()) == code
    capsys.readouterr()


def test_ctrl_c_before_the_start_is_130(monkeypatch):
    def interrupted(*_args, **_kind):
        raise KeyboardInterrupt

    monkeypatch.setattr("headroom.cli.main.program.main", interrupted)
    assert run(["proxy"]) == 130
