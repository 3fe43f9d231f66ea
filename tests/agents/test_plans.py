"""What each tool is given: pure plans."""

import json
import tomllib
from pathlib import Path

import pytest

from headroom.agents.plan import Base, Options, WrapError
from headroom.agents.tools import TOOLS

BASE = Base(8787)
URL = "http://127.0.0.1:8787"


def plan(tool, environ=None, files=None, **options):
    texts = {Path(name): text for name, text in (files or {}).items()}
    more = {"home": Path("/home/u"), "folder": Path("/src/shop"), "project": "shop", "read": texts.get} | options
    return TOOLS[tool].planner(BASE, environ or {}, Options(**more))


@pytest.mark.parametrize("tool", TOOLS)
def test_every_tool_is_led_to_the_proxy_or_told_how(tool):
    made = plan(tool, {"ANTHROPIC_API_KEY": "k"})
    assert any(URL in value for value in made.env.values()) or any(URL in line for line in made.prints)


@pytest.mark.parametrize(
    ("tool", "name", "value", "provider", "upstream"),
    [
        ("claude", "ANTHROPIC_BASE_URL", "https://llm.example/v1", "anthropic", "https://llm.example"),
        ("claude", "ANTHROPIC_BASE_URL", URL, "anthropic", None),
        ("claude", "ANTHROPIC_BASE_URL", "http://localhost:8787/", "anthropic", None),
        ("codex", "OPENAI_BASE_URL", "https://llm.example/v1", "openai", "https://llm.example"),
        ("copilot", "COPILOT_PROVIDER_BASE_URL", "https://llm.example", "anthropic", "https://llm.example"),
        ("gemini", "GOOGLE_GEMINI_BASE_URL", "https://llm.example", "gemini", "https://llm.example"),
        ("aider", "OPENAI_API_BASE", "https://llm.example/v1", "openai", "https://llm.example"),
        ("openhands", "LLM_BASE_URL", "https://llm.example/v1", "openai", "https://llm.example"),
        ("run", "ANTHROPIC_BASE_URL", "https://llm.example", "anthropic", "https://llm.example"),
        ("vibe", "VIBE_PROVIDERS", "", "openai", "https://api.mistral.ai"),
    ],
)
def test_the_users_own_address_becomes_the_upstream(tool, name, value, provider, upstream):
    assert plan(tool, {name: value, "ANTHROPIC_API_KEY": "k"}).upstreams.get(provider) == upstream


def test_an_address_that_is_none_is_named():
    with pytest.raises(WrapError, match="ANTHROPIC_BASE_URL"):
        plan("claude", {"ANTHROPIC_BASE_URL": "ftp://x"})


def test_claude_keeps_what_the_user_set():
    environ = {"ENABLE_TOOL_SEARCH": "false", "ANTHROPIC_CUSTOM_HEADERS": "X-Own: 1", "ANTHROPIC_MODEL": "opus"}
    env = plan("claude", environ, long_context=True).env
    assert "ENABLE_TOOL_SEARCH" not in env
    assert env["ANTHROPIC_CUSTOM_HEADERS"] == "X-Own: 1\nX-Headroom-Project: shop"
    assert env["ANTHROPIC_MODEL"] == "opus[1m]"


def test_claude_settings_that_would_win_are_overridden_for_the_run():
    text = json.dumps({"env": {"ANTHROPIC_BASE_URL": "https://own.example"}})
    made = plan("claude", files={"/home/u/.claude/settings.json": text})
    assert made.before[0] == "--settings"
    assert json.loads(made.before[1]) == {"env": {"ANTHROPIC_BASE_URL": URL}}
    assert made.upstreams == {"anthropic": "https://own.example"}


def test_claude_on_other_clouds():
    vertex = plan("claude", {"CLAUDE_CODE_USE_VERTEX": "1"})
    assert vertex.env["ANTHROPIC_VERTEX_BASE_URL"] == f"{URL}/v1"
    foundry = plan("claude", {"CLAUDE_CODE_USE_FOUNDRY": "1", "ANTHROPIC_FOUNDRY_RESOURCE": "r"})
    assert foundry.env["ANTHROPIC_FOUNDRY_BASE_URL"] == f"{URL}/anthropic"
    assert foundry.upstreams == {"anthropic": "https://r.services.ai.azure.com"}
    bedrock = plan("claude", {"CLAUDE_CODE_USE_BEDROCK": "1"})
    assert "ANTHROPIC_BASE_URL" not in bedrock.env
    assert bedrock.notes


def overrides(made):
    return tomllib.loads("\n".join(word for word in made.before if word != "-c"))


def test_codex_keeps_the_provider_the_user_chose():
    config = 'model_provider="azure"\n[model_providers.azure]\nname="A"\nbase_url="https://a.example/openai"\nenv_key="AZ"\nquery_params={v="1"}\n'
    made = plan("codex", files={"/home/u/.codex/config.toml": config})
    provider = overrides(made)["model_providers"]["headroom"]
    assert provider["env_key"] == "AZ"
    assert provider["query_params"] == {"v": "1"}
    assert provider["base_url"] == f"{URL}/v1"
    assert made.upstreams == {"openai": "https://a.example/openai"}


@pytest.mark.parametrize(
    ("environ", "auth", "path", "login"),
    [
        ({"OPENAI_API_KEY": "k"}, None, "/v1", False),
        ({}, {"auth_mode": "chatgpt", "tokens": {}}, "/backend-api/codex", True),
        ({}, {"tokens": {"access_token": "t"}}, "/backend-api/codex", True),
        ({}, {"auth_mode": "apikey", "OPENAI_API_KEY": "k"}, "/v1", True),
    ],
    ids=["a key", "a login", "an older login", "a stored key"],
)
def test_codex_goes_where_its_login_is_known(environ, auth, path, login):
    files = {"/c/auth.json": json.dumps(auth)} if auth else {}
    provider = overrides(plan("codex", {"CODEX_HOME": "/c"} | environ, files))["model_providers"]["headroom"]
    assert provider["base_url"] == URL + path
    assert provider.get("requires_openai_auth", False) is login


def test_a_torn_codex_configuration_is_named():
    with pytest.raises(WrapError, match="not valid TOML"):
        plan("codex", files={"/home/u/.codex/config.toml": "[a"})


KEYS = {"ANTHROPIC_API_KEY": "a", "OPENAI_API_KEY": "o"}


@pytest.mark.parametrize(
    ("environ", "options", "kind", "wire"),
    [
        ({}, {}, "anthropic", None),
        ({}, {"backend": "bedrock"}, "openai", "completions"),
        ({"COPILOT_PROVIDER_TYPE": "openai"}, {}, "openai", "completions"),
        ({}, {"provider_type": "openai", "wire_api": "responses"}, "openai", "responses"),
    ],
)
def test_copilot_with_a_key(environ, options, kind, wire):
    made = plan("copilot", KEYS | environ, **options)
    assert made.env["COPILOT_PROVIDER_TYPE"] == kind
    assert made.env.get("COPILOT_PROVIDER_WIRE_API") == wire
    assert made.env["COPILOT_PROVIDER_BASE_URL"] == f"{URL}/p/shop" + ("/v1" if kind == "openai" else "")
    assert made.env["COPILOT_PROVIDER_API_KEY"] == KEYS[f"{kind.upper()}_API_KEY"]
    assert made.notes


@pytest.mark.parametrize(
    ("environ", "options", "words"),
    [
        ({}, {}, "key of the provider itself"),
        (KEYS, {"wire_api": "responses"}, "--wire-api is for"),
        (KEYS, {"provider_type": "openai", "wire_api": "responses", "backend": "bedrock"}, "translated backend"),
        (KEYS, {"arguments": ("--model", "auto")}, "auto"),
        (KEYS, {"subscription": True, "provider_type": "anthropic"}, "--subscription"),
        (KEYS, {"subscription": True, "backend": "bedrock"}, "--subscription"),
        (KEYS | {"COPILOT_PROVIDER_TYPE": "azure"}, {}, "COPILOT_PROVIDER_TYPE"),
    ],
)
def test_copilot_refuses_what_cannot_work(environ, options, words):
    with pytest.raises(WrapError, match=words):
        plan("copilot", environ, **options)


def test_a_copilot_subscription_keeps_its_own_hosts():
    made = plan("copilot", subscription=True, arguments=("-p", "x", "--model", "auto"))
    assert made.intercept
    assert made.env == {}
    assert made.arguments == ("-p", "x")


def test_opencode_keeps_the_users_content():
    own = {"model": "x", "provider": {"anthropic": {"options": {"baseURL": "https://a.example/v1", "timeout": 5}}}}
    made = plan("opencode", {"OPENCODE_CONFIG_CONTENT": json.dumps(own)})
    value = json.loads(made.env["OPENCODE_CONFIG_CONTENT"])
    assert value["model"] == "x"
    assert value["provider"]["anthropic"]["options"] == {"baseURL": f"{URL}/p/shop/v1", "timeout": 5}
    assert made.upstreams == {"anthropic": "https://a.example"}
