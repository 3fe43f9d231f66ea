"""Flags made from the table: what they accept, what they mean, and what is said about old ones."""

import click
import pytest
from click.testing import CliRunner

from headroom.cli.main import COMMANDS, program, run
from headroom.cli.optional_port import spelled_out
from headroom.cli.options import RETIRED, given, settings_options
from headroom.precedence import resolve
from headroom.settings import TABLE, Settings


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


@pytest.mark.parametrize(
    ("given", "to_the_end", "want"),
    [
        (["--intercept"], True, ["--intercept"]),
        (["--intercept", "9000"], True, ["--intercept", "--intercept-port", "9000"]),
        (["--intercept=9000", "-v"], True, ["--intercept", "--intercept-port", "9000", "-v"]),
        (["--intercept", "--port", "9000"], True, ["--intercept", "--port", "9000"]),
        (
            ["--port", "9000", "--intercept", "9001"],
            True,
            ["--port", "9000", "--intercept", "--intercept-port", "9001"],
        ),
        (["--intercept", "fix the bug"], True, ["--intercept", "fix the bug"]),
        (["--", "--intercept", "9000"], True, ["--", "--intercept", "9000"]),
        (["--port", "9000", "tool", "--intercept", "5"], False, ["--port", "9000", "tool", "--intercept", "5"]),
        (["--intercept", "9000", "tool", "5"], False, ["--intercept", "--intercept-port", "9000", "tool", "5"]),
    ],
    ids=[
        "alone",
        "a port behind it",
        "a port after =",
        "another option behind it",
        "the value of another option",
        "a word of the tool's",
        "behind --",
        "behind the command of another program",
        "before such a command",
    ],
)
def test_intercept_takes_the_port_behind_it(given, to_the_end, want):
    assert spelled_out(given, {"--port"}, to_the_end=to_the_end) == want


@pytest.mark.parametrize(
    "words", [["--intercept", "9123"], ["--intercept=9123"], ["--intercept", "--intercept-port", "9123"]]
)
def test_the_port_of_interception_reaches_the_proxy(monkeypatch, words):
    seen = []
    monkeypatch.setattr("headroom.cli.launch.launch", lambda settings, **_kind: seen.append(settings) or 0)
    assert run(["proxy", *words, "--port", "9001"]) == 0
    (settings,) = seen
    assert (settings.intercept, settings.intercept_port, settings.port) == (True, 9123, 9001)


def test_a_port_that_is_none_is_refused(capsys):
    assert run(["proxy", "--intercept=99999"]) == 2
    assert "--intercept-port" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["proxy"], ["wrap", "run"]])
def test_the_provider_of_anyllm_is_known_and_not_there_yet(words, capsys):
    assert run([*words, "--anyllm-provider", "groq", *(["true"] if words[0] == "wrap" else [])]) != 0
    assert "--anyllm-provider: not available in this version" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "mode", "notes"),
    [
        ("cost_savings", "cache", ["--mode cost_savings is an older name for cache"]),
        ("Token_Mode", "token", ["--mode Token_Mode is an older name for token"]),
        ("CACHE", "cache", []),
        ("token", "token", []),
    ],
)
def test_an_older_name_of_a_mode_is_taken_and_told(given, mode, notes):
    _, values, said = parse("--mode", given)
    assert values == {"mode": mode}
    assert said == notes
