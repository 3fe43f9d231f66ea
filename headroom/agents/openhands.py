"""OpenHands, which calls models through LiteLLM and has one base URL for whichever model is set."""

from __future__ import annotations

from collections.abc import Mapping

from headroom.agents.plan import Base, Options, Plan, carried, kept


def plan(base: Base, environ: Mapping[str, str], options: Options) -> Plan:
    """``LLM_BASE_URL`` in the form the model's provider wants, and the SDKs' variables."""
    url = base.of(options.project)
    model = environ.get("LLM_MODEL", "").lower()
    anthropic = model.startswith("anthropic/") or "claude" in model
    own = carried(environ, ("LLM_BASE_URL",), base)
    env = {
        "LLM_BASE_URL": url if anthropic else f"{url}/v1",
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_BASE": f"{url}/v1",
        "ANTHROPIC_BASE_URL": url,
    }
    upstreams = kept(
        openai=(None if anthropic else own) or carried(environ, ("OPENAI_BASE_URL", "OPENAI_API_BASE"), base),
        anthropic=(own if anthropic else None) or carried(environ, ("ANTHROPIC_BASE_URL",), base),
    )
    return Plan(env, upstreams=upstreams)
