"""Every option: its spelling, range, precedence, and what is said of combinations that can't both hold."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.errors import SettingsError
from headroom.settings import BY_NAME, SECTIONS, TABLE, Settings, markdown_tables, normalise_url, resolve, shown

FLAGS = {
    "host": ("--host", "HEADROOM_HOST", "127.0.0.1"),
    "port": ("--port", "HEADROOM_PORT", 8787),
    "workers": ("--workers", "HEADROOM_WORKERS", 1),
    "mode": ("--mode", "HEADROOM_MODE", "token"),
    "optimize": ("--no-optimize", None, True),
    "cache": ("--no-cache", None, True),
    "target_ratio": ("--target-ratio", "HEADROOM_TARGET_RATIO", None),
    "log_file": ("--log-file", "HEADROOM_LOG_FILE", None),
    "log_messages": ("--log-messages", "HEADROOM_LOG_MESSAGES", False),
    "budget": ("--budget", "HEADROOM_BUDGET", None),
    "budget_period": ("--budget-period", "HEADROOM_BUDGET_PERIOD", "daily"),
    "rate_limit": ("--no-rate-limit", None, True),
    "rpm": ("--rpm", "HEADROOM_RPM", 60),
    "tpm": ("--tpm", "HEADROOM_TPM", 100_000),
    "openai_api_url": ("--openai-api-url", "OPENAI_TARGET_API_URL", "https://api.openai.com"),
    "anthropic_api_url": ("--anthropic-api-url", "ANTHROPIC_TARGET_API_URL", "https://api.anthropic.com"),
    "gemini_api_url": ("--gemini-api-url", "GEMINI_TARGET_API_URL", "https://generativelanguage.googleapis.com"),
    "backend": ("--backend", "HEADROOM_BACKEND", "anthropic"),
    "bedrock_api_url": ("--bedrock-api-url", "BEDROCK_TARGET_API_URL", None),
    "region": ("--region", "HEADROOM_REGION", "us-west-2"),
    "ccr_inject_tool": ("--no-ccr-inject-tool", "HEADROOM_NO_CCR_INJECT_TOOL", True),
    "ccr_marker": ("--no-ccr-marker", "HEADROOM_NO_CCR_MARKER", True),
    "lossless": ("--lossless", "HEADROOM_LOSSLESS", False),
    "ccr_proactive_expansion": ("--no-ccr-proactive-expansion", "HEADROOM_NO_CCR_PROACTIVE_EXPANSION", True),
    "kompress": ("--disable-kompress", "HEADROOM_DISABLE_KOMPRESS", True),
    "protect_tool_results": ("--protect-tool-results", "HEADROOM_PROTECT_TOOL_RESULTS", ()),
    "intercept_tool_results": ("--intercept-tool-results", None, False),
    "read_lifecycle": ("--no-read-lifecycle", None, True),
    "code_aware": ("--code-aware", "HEADROOM_CODE_AWARE_ENABLED", False),
    "code_graph": ("--code-graph", None, False),
    "intelligent_context": ("--no-intelligent-context", None, True),
    "intelligent_scoring": ("--no-intelligent-scoring", None, True),
    "compress_first": ("--no-compress-first", None, True),
    "memory": ("--memory", None, False),
    "memory_storage": ("--memory-storage", None, "project"),
    "memory_top_k": ("--memory-top-k", "HEADROOM_MEMORY_TOP_K", 10),
    "memory_tools": ("--no-memory-tools", "HEADROOM_NO_MEMORY_TOOLS", True),
    "memory_context": ("--no-memory-context", "HEADROOM_NO_MEMORY_CONTEXT", True),
    "learn": ("--learn", None, False),
    "min_evidence": ("--min-evidence", "HEADROOM_MIN_EVIDENCE", 5),
    "limit_concurrency": ("--limit-concurrency", "HEADROOM_LIMIT_CONCURRENCY", 1000),
    "max_connections": ("--max-connections", "HEADROOM_MAX_CONNECTIONS", 500),
    "max_keepalive": ("--max-keepalive", "HEADROOM_MAX_KEEPALIVE", 100),
    "request_timeout": ("--request-timeout-seconds", "HEADROOM_REQUEST_TIMEOUT", 300.0),
    "retry_max_attempts": ("--retry-max-attempts", "HEADROOM_RETRY_MAX_ATTEMPTS", 3),
    "telemetry": ("--telemetry", "HEADROOM_TELEMETRY", False),
    "stateless": ("--stateless", "HEADROOM_STATELESS", False),
    "proxy_token": (None, "HEADROOM_PROXY_TOKEN", None),
    "sdk": (None, "HEADROOM_SDK", "proxy"),
}
"""The documented surface: field → flag, variable, default."""


@pytest.mark.parametrize("name", FLAGS)
def test_the_documented_surface_is_there(name):
    flag, env, default = FLAGS[name]
    entry = BY_NAME[name]
    assert (entry.option.flag, entry.option.env, entry.default) == (flag, env, default)


def test_no_two_options_share_a_name():
    flags = [flag for entry in TABLE for flag in (entry.option.flag, entry.option.off_flag, entry.option.short) if flag]
    variables = [entry.option.env for entry in TABLE if entry.option.env]
    assert len(flags) == len(set(flags))
    assert len(variables) == len(set(variables))
    assert {entry.option.section for entry in TABLE} == set(SECTIONS)


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


def test_secrets_are_not_repeated_in_errors():
    # The store's URL may hold a password; it is checked where it is opened, and never by parsing here.
    assert "s3cret" not in str(shown(resolve({}, {"HEADROOM_PROXY_TOKEN": "s3cret"}).settings))
    assert "s3cret" not in str(shown(resolve({}, {"HEADROOM_STORE": "redis://:s3cret@h/0"}).settings))


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
    ("text", "url"),
    [
        ("https://x.example", "https://x.example"),
        ("https://x.example/", "https://x.example"),
        ("https://x.example/v1", "https://x.example"),
        ("https://x.example/v1/", "https://x.example"),
        ("https://x.example/anthropic", "https://x.example/anthropic"),
        ("https://x.example/anthropic/v1", "https://x.example/anthropic"),
        (" http://127.0.0.1:9000 ", "http://127.0.0.1:9000"),
    ],
)
def test_upstreams_are_normalised(text, url):
    assert normalise_url(text) == url
    assert normalise_url(url) == url


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


def test_the_tables_for_people_name_every_visible_option():
    text = markdown_tables()
    for entry in TABLE:
        for name in (entry.option.flag, entry.option.env):
            if name and not entry.option.hidden:
                assert f"`{name}`" in text


def test_the_default_of_a_switch_is_what_its_flag_and_variable_say():
    rows = [line for line in markdown_tables().splitlines() if line.startswith(("| `--no-", "| `--disable-"))]
    assert len(rows) > 5
    assert [line for line in rows if line.split("|")[3].strip() != "off"] == []


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
