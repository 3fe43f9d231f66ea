"""Codex. Settings of one run are given by ``-c key=value``: a variable alone is ignored by logged-in sessions."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headroom.agents.plan import Base, FileEdit, Options, Plan, WrapError, carried, flag_value, kept, own_url

NAME = "headroom"
_LOGIN_PATH = "/backend-api/codex"
"""Where a session with a ChatGPT login finds its routes."""


def plan(base: Base, environ: Mapping[str, str], options: Options) -> Plan:
    """A provider named headroom, made of the one the user had chosen."""
    home = config_home(environ, options)
    config = _config(options, home / "config.toml")
    login = _logged_in(options.read(home / "auth.json"))
    chosen = _chosen(config, options)
    provider: dict[str, Any] = {}
    upstream = carried(environ, ("OPENAI_BASE_URL",), base)
    if chosen is not None:
        provider = {key: value for key, value in chosen.items() if key != "base_url"}
        url = chosen.get("base_url")
        if isinstance(url, str) and not base.is_ours(url):
            upstream = own_url(url, f"base_url of the model provider in {home / 'config.toml'}")
    else:
        # Over its WebSocket the conversation would pass as it is; over HTTP it is compressed.
        provider = {"wire_api": "responses", "supports_websockets": False}
        if login or not environ.get("OPENAI_API_KEY"):
            provider["requires_openai_auth"] = True
        else:
            provider["env_key"] = "OPENAI_API_KEY"
    path = _LOGIN_PATH if login and chosen is None and upstream is None else "/v1"
    headers = provider.get("env_http_headers")
    provider |= {
        "name": NAME,
        "base_url": base.url + path,
        "env_http_headers": {
            **(headers if isinstance(headers, dict) else {}),
            "X-Headroom-Project": "HEADROOM_PROJECT",
        },
    }
    values = {("model_provider",): NAME, ("model_providers", NAME): provider}
    before = [word for key, value in values.items() for word in ("-c", f"{'.'.join(key)}={inline(value)}")]
    env = {"OPENAI_BASE_URL": base.url + path}
    if options.project is not None:
        env["HEADROOM_PROJECT"] = options.project
    edits = (FileEdit(home / "config.toml", "toml", tuple(values.items())),) if options.edit_config else ()
    return Plan(env, before=tuple(before), edits=edits, upstreams=kept(openai=upstream))


def config_home(environ: Mapping[str, str], options: Options) -> Path:
    """Codex's folder."""
    named = environ.get("CODEX_HOME", "").strip()
    return Path(named) if named else options.home / ".codex"


def inline(value: Any) -> str:
    """A value as TOML on one line. Strings are JSON's, which TOML reads the same way."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(key))}={inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(inline(item) for item in value) + "]"
    return json.dumps(value) if isinstance(value, str) else str(value)


def _config(options: Options, path: Path) -> dict[str, Any]:
    text = options.read(path)
    try:
        return tomllib.loads((text or "").removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise WrapError(f"{path} is not valid TOML ({error}); codex would not start either: repair it first") from None


def _chosen(config: Mapping[str, Any], options: Options) -> dict[str, Any] | None:
    """The table of the provider that the user had chosen, by profile or at the top; None for codex's own."""
    profile = flag_value(options.arguments, "--profile", "-p") or config.get("profile")
    profiles = config.get("profiles")
    within = profiles.get(profile, {}) if isinstance(profiles, dict) and isinstance(profile, str) else {}
    name = within.get("model_provider") or config.get("model_provider")
    providers = config.get("model_providers")
    table = providers.get(name) if isinstance(providers, dict) and isinstance(name, str) else None
    return dict(table) if isinstance(table, dict) and name != NAME else None


def _logged_in(text: str | None) -> bool:
    """Whether codex has a ChatGPT login."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return False
    if not isinstance(value, dict):
        return False
    mode = value.get("auth_mode")
    return mode == "chatgpt" if isinstance(mode, str) else bool(value.get("tokens"))
