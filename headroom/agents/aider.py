"""aider, which calls models through LiteLLM and so reads that library's variables."""

from __future__ import annotations

from collections.abc import Mapping

from headroom.agents.plan import Base, Options, Plan, carried, kept


def plan(base: Base, environ: Mapping[str, str], options: Options) -> Plan:
    """Base URLs of both formats."""
    url = base.of(options.project)
    env = {
        "OPENAI_API_BASE": f"{url}/v1",
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_BASE": url,
    }
    upstreams = kept(
        openai=carried(environ, ("OPENAI_API_BASE", "OPENAI_BASE_URL"), base),
        anthropic=carried(environ, ("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"), base),
    )
    return Plan(env, upstreams=upstreams)
