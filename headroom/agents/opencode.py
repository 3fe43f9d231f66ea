"""opencode: one variable holds configuration as JSON, merged over its files; base URL variables are unreliable there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from headroom.agents.plan import Base, Options, Plan, WrapError, kept, own_url

_CONTENT = "OPENCODE_CONFIG_CONTENT"
_PATHS = {"anthropic": "/v1", "openai": "/v1", "google": "/v1beta"}
_UPSTREAM = {"google": "gemini"}


def plan(base: Base, environ: Mapping[str, str], options: Options) -> Plan:
    """The user's own content with the base URLs of three providers replaced."""
    config = _read(environ.get(_CONTENT, ""))
    providers = _within(config, "provider")
    url = base.of(options.project)
    upstreams: dict[str, str | None] = {}
    for name, path in _PATHS.items():
        settings = _within(_within(providers, name), "options")
        own = settings.get("baseURL")
        if isinstance(own, str) and own and not base.is_ours(own):
            upstreams[_UPSTREAM.get(name, name)] = own_url(own, f"{_CONTENT} provider.{name}", strip="/v1beta")
        settings["baseURL"] = url + path
    return Plan({_CONTENT: json.dumps(config)}, upstreams=kept(**upstreams))


def _read(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError as error:
        raise WrapError(f"{_CONTENT} is not JSON ({error}); repair or unset it") from None
    if not isinstance(value, dict):
        raise WrapError(f"{_CONTENT} must be a JSON object; repair or unset it")
    return value


def _within(value: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under a name, made if it is not there."""
    found = value.setdefault(name, {})
    if not isinstance(found, dict):
        raise WrapError(f"{_CONTENT}: {name} must be an object; repair or unset it")
    return found
