"""Which value of an option counts, and what is said of combinations that can't both hold."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.errors import SettingsError
from headroom.precedence import resolve
from headroom.settings import TABLE, Settings

HOSTS = {"intercept_hosts": "api.example.com", "intercept_routes": "api.example.com=https://x.example"}


def text_of(entry):
    """A value other than the default, as text."""
    option = entry.option
    special = {"mode": "cache", "backend": "anthropic", "bedrock_api_url": "https://b.example", "sdk": "other"}
    special |= {"intercept_hosts": "llm.example", "intercept_routes": "llm.example=https://y.example"} | HOSTS
    if entry.name in special:
        return special[entry.name]
    if option.choices:
        return option.choices[-1]
    if entry.type is bool:
        return "1"
    if entry.type is int:
        return str(int(option.least or 0) + 3)
    if entry.type is float:
        return "0.25" if option.most == 1 else "7.5"
    if "url" in entry.name or entry.name == "otel_endpoint":
        return "https://x.example"
    return "console" if entry.name == "otel_exporter" else "text"


PRESENT = [entry for entry in TABLE if not entry.option.missing]


@pytest.mark.parametrize("entry", [e for e in PRESENT if e.option.env], ids=lambda entry: entry.name)
def test_a_variable_counts_and_an_empty_one_does_not(entry):
    settings = resolve({}, {entry.option.env: text_of(entry)}).settings
    if entry.name != "backend":  # only one value exists
        assert getattr(settings, entry.name) != entry.default
    for empty in ("", "   "):
        assert getattr(resolve({}, {entry.option.env: empty}).settings, entry.name) == entry.default


@pytest.mark.parametrize("entry", [e for e in PRESENT if e.option.env and e.option.flag], ids=lambda entry: entry.name)
def test_a_flag_beats_its_variable(entry):
    resolved = resolve({entry.name: entry.default}, {entry.option.env: text_of(entry)})
    assert getattr(resolved.settings, entry.name) == entry.default
    assert entry.name in resolved.given


BOOLEANS = [e for e in PRESENT if e.type is bool and e.option.env and e.name != "telemetry"]


@pytest.mark.parametrize("entry", BOOLEANS, ids=lambda entry: entry.name)
def test_boolean_variables_know_eight_words(entry):
    for words, value in (("1 true YES On", True), ("0 False no OFF", False)):
        for word in words.split():
            got = getattr(resolve({}, {entry.option.env: word}).settings, entry.name)
            assert got is (value is not entry.option.inverted)
    with pytest.raises(SettingsError, match=entry.option.env):
        resolve({}, {entry.option.env: "maybe"})


@pytest.mark.parametrize(
    ("word", "on"), [("on", True), ("enabled", True), ("1", True), ("off", False), ("0", False), ("perhaps", False)]
)
def test_telemetry_fails_closed(word, on):
    assert resolve({}, {"HEADROOM_TELEMETRY": word}).settings.telemetry is on


@pytest.mark.parametrize(
    ("word", "mode", "warns"),
    [
        ("token", "token", 0),
        ("cache", "cache", 0),
        ("CACHE", "cache", 0),
        ("token_mode", "token", 1),
        ("token_savings", "token", 1),
        ("token_headroom", "token", 1),
        ("cache_mode", "cache", 1),
        ("Cost_Savings", "cache", 1),
        ("audit", "token", 1),
    ],
)
def test_modes_and_their_older_names(word, mode, warns):
    resolved = resolve({}, {"HEADROOM_MODE": word})
    assert resolved.settings.mode == mode
    assert len(resolved.warnings) == warns


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("HEADROOM_PORT", "0"),
        ("HEADROOM_PORT", "65536"),
        ("HEADROOM_PORT", "8787.5"),
        ("HEADROOM_WORKERS", "0"),
        ("HEADROOM_TARGET_RATIO", "0"),
        ("HEADROOM_TARGET_RATIO", "1.01"),
        ("HEADROOM_TARGET_RATIO", "nan"),
        ("HEADROOM_BUDGET", "-1"),
        ("HEADROOM_BUDGET", "inf"),
        ("HEADROOM_BUDGET_PERIOD", "weekly"),
        ("HEADROOM_RPM", "0"),
        ("HEADROOM_RETRY_MAX_ATTEMPTS", "11"),
        ("HEADROOM_REQUEST_TIMEOUT", "0.5"),
        ("HEADROOM_KOMPRESS_DEVICE", "tpu"),
        ("ANTHROPIC_TARGET_API_URL", "api.anthropic.com"),
        ("ANTHROPIC_TARGET_API_URL", "ftp://api.anthropic.com"),
        ("ANTHROPIC_TARGET_API_URL", "https://user:pw@api.anthropic.com"),
        ("ANTHROPIC_TARGET_API_URL", "https://api.anthropic.com?x=1"),
        ("ANTHROPIC_TARGET_API_URL", "https://api.anthropic.com:99999"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_variable(variable, text):
    with pytest.raises(SettingsError, match=f"^{variable}"):
        resolve({}, {variable: text})


@pytest.mark.parametrize("entry", [e for e in TABLE if e.option.missing], ids=lambda entry: entry.name)
def test_what_is_not_there_is_refused_and_never_silently_ignored(entry):
    value = {bool: not entry.default, int: 99}.get(entry.type, "https://other.example")
    with pytest.raises(SettingsError, match="not available in this version"):
        resolve({entry.name: value}, {})
    assert resolve({entry.name: entry.default}, {}).settings == Settings()


@pytest.mark.parametrize("backend", ["bedrock", "openrouter", "anyllm", "litellm-vertex_ai"])
def test_translated_backends_are_refused(backend):
    with pytest.raises(SettingsError, match=backend):
        resolve({"backend": backend}, {})


@pytest.mark.parametrize(
    ("cli", "words", "name", "value"),
    [
        ({"rate_limit": False, "rpm": 5}, "--rpm and --tpm have no effect", "rate_limit", False),
        (
            {"target_ratio": 0.5, "optimize": False},
            "--target-ratio has no effect with --no-optimize",
            "optimize",
            False,
        ),
        ({"target_ratio": 0.5, "kompress": False}, "with --disable-kompress", "kompress", False),
        ({"target_ratio": 0.5, "lossless": True}, "with --lossless", "ccr_marker", False),
        ({"stateless": True, "log_file": Path("x")}, "--log-file is ignored", "log_file", None),
        ({"host": "0.0.0.0"}, "unauthenticated", "host", "0.0.0.0"),
        ({"log_messages": True}, "sensitive", "log_messages", True),
        ({"shadow": True, "optimize": False}, "--shadow computes nothing", "shadow", True),
    ],
)
def test_combinations_that_cannot_both_hold_are_told(cli, words, name, value):
    resolved = resolve(cli, {})
    assert any(words in warning for warning in resolved.warnings)
    assert getattr(resolved.settings, name) == value


@pytest.mark.parametrize(
    "cli", [{}, {"rpm": 5}, {"target_ratio": 0.5}, {"stateless": True}, {"host": "::1"}, {"host": "127.0.0.9"}]
)
def test_nothing_is_said_without_need(cli):
    assert resolve(cli, {}).warnings == ()


def test_a_token_makes_an_open_bind_fine():
    assert resolve({"host": "0.0.0.0"}, {"HEADROOM_PROXY_TOKEN": "t"}).warnings == ()


def test_stateless_keeps_state_in_memory():
    assert resolve({"stateless": True}, {}).settings.store == "memory"
    assert resolve({}, {}).settings.store == "sqlite"


def test_lossless_implies_no_markers_and_no_tool():
    settings = resolve({"lossless": True}, {}).settings
    assert (settings.ccr_marker, settings.ccr_inject_tool) == (False, False)


@given(
    st.dictionaries(st.sampled_from([e.option.env for e in TABLE if e.option.env]), st.text(max_size=30), max_size=4)
)
def test_whatever_the_environment_holds_the_answer_is_settings_or_a_clear_error(environ):
    told = ""
    try:
        resolve({}, environ)
    except SettingsError as error:
        told = str(error)
    assert not told or any(variable in told or "backend" in told for variable in environ)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("HEADROOM_BUGET", "HEADROOM_BUGET is set, and nothing reads it; did you mean HEADROOM_BUDGET?"),
        ("HEADROOM_CCR_SQLITE_PATH", "HEADROOM_CCR_SQLITE_PATH is set, and nothing reads it"),
    ],
)
def test_a_variable_that_nothing_reads_is_told(name, said):
    assert resolve({}, {name: "5"}).warnings == (said,)


def test_every_variable_that_the_sources_name_is_known():
    root = Path(__file__).resolve().parents[1]
    named = set()
    for folder in ("headroom", "addons"):
        for source in (root / folder).rglob("*.py"):
            named |= set(re.findall(r"\bHEADROOM_[A-Z0-9_]*[A-Z0-9]\b", source.read_text()))
    assert len(named) > 50
    for name in named:
        try:
            warnings = resolve({}, {name: "1"}).warnings
        except SettingsError:
            continue  # read, and no number will do
        assert not any("nothing reads" in warning for warning in warnings)
