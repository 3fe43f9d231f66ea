"""Any command: all the names under which programs look for a provider's address."""

from __future__ import annotations

from collections.abc import Mapping

from headroom.agents.plan import Base, Options, Plan, carried, kept


def plan(base: Base, environ: Mapping[str, str], options: Options) -> Plan:
    """Variables of the SDKs and of the libraries on top of them."""
    url = base.of(options.project)
    env = {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_BASE": url,
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_BASE": f"{url}/v1",
        "GOOGLE_GEMINI_BASE_URL": url,
        "LLM_BASE_URL": f"{url}/v1",
    }
    upstreams = kept(
        anthropic=carried(environ, ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"), base),
        openai=carried(environ, ("OPENAI_BASE_URL", "OPENAI_API_BASE", "LLM_BASE_URL"), base),
        gemini=carried(environ, ("GOOGLE_GEMINI_BASE_URL",), base),
    )
    return Plan(env, upstreams=upstreams)
