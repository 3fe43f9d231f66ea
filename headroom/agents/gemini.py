"""Gemini CLI: API key, Vertex, and a Google login (Code Assist)."""

from __future__ import annotations

from collections.abc import Mapping

from headroom.agents.plan import Base, Options, Plan, carried, kept


def plan(base: Base, environ: Mapping[str, str], options: Options) -> Plan:
    """All three of its ways lead to us; which one is used is the tool's own choice."""
    url = base.of(options.project)
    own = carried(environ, ("GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL", "CODE_ASSIST_ENDPOINT"), base)
    env = {"GOOGLE_GEMINI_BASE_URL": url, "GOOGLE_VERTEX_BASE_URL": url, "CODE_ASSIST_ENDPOINT": url}
    notes: tuple[str, ...] = ()
    if not environ.get("GEMINI_API_KEY") and not environ.get("GOOGLE_API_KEY"):
        notes = ("without GEMINI_API_KEY Gemini CLI may go past a base URL; --intercept covers a Google login",)
    return Plan(env, notes=notes, upstreams=kept(gemini=own))
