"""Mistral's vibe: its providers are a JSON list in one variable."""

from __future__ import annotations

import json
from collections.abc import Mapping

from headroom.agents.plan import Base, Options, Plan, WrapError, own_url

_VARIABLE = "VIBE_PROVIDERS"
_MISTRAL = "https://api.mistral.ai"


def plan(base: Base, environ: Mapping[str, str], options: Options) -> Plan:
    """The user's providers with their addresses replaced; Mistral's own where there are none."""
    providers = _providers(environ.get(_VARIABLE, ""))
    homes = {
        own_url(url, f"{_VARIABLE} api_base")
        for provider in providers
        if isinstance(url := provider.get("api_base"), str) and not base.is_ours(url)
    }
    if len(homes) > 1:
        raise WrapError(f"{_VARIABLE} names several addresses ({', '.join(sorted(homes))}); use --intercept")
    for provider in providers:
        provider["api_base"] = f"{base.of(options.project)}/v1"
    return Plan({_VARIABLE: json.dumps(providers)}, upstreams={"openai": next(iter(homes), _MISTRAL)})


def _providers(text: str) -> list[dict[str, object]]:
    if not text.strip():
        return [
            {
                "name": "mistral",
                "api_base": f"{_MISTRAL}/v1",
                "api_key_env_var": "MISTRAL_API_KEY",
                "api_style": "openai",
                "backend": "generic",
            }
        ]
    try:
        value = json.loads(text)
    except ValueError as error:
        raise WrapError(f"{_VARIABLE} is not JSON ({error}); repair or unset it") from None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise WrapError(f"{_VARIABLE} must be a JSON list of objects; repair or unset it")
    return value
