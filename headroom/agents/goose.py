"""goose."""

from __future__ import annotations

from collections.abc import Mapping

from headroom.agents.plan import Base, Options, Plan, carried, kept


def plan(base: Base, environ: Mapping[str, str], options: Options) -> Plan:
    """Its own host variables, and the ones of the SDKs that its providers share."""
    url = base.of(options.project)
    env = {
        "OPENAI_HOST": url,
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_BASE": f"{url}/v1",
        "ANTHROPIC_HOST": url,
        "ANTHROPIC_BASE_URL": url,
        "GOOGLE_HOST": url,
    }
    upstreams = kept(
        openai=carried(environ, ("OPENAI_HOST", "OPENAI_BASE_URL", "OPENAI_API_BASE"), base),
        anthropic=carried(environ, ("ANTHROPIC_HOST", "ANTHROPIC_BASE_URL"), base),
        gemini=carried(environ, ("GOOGLE_HOST",), base),
    )
    return Plan(env, upstreams=upstreams)
