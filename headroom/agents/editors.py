"""Tools inside an editor: their addresses are typed into a form, so we print them and stay in the foreground."""

from __future__ import annotations

from collections.abc import Mapping

from headroom.agents.plan import Base, Options, Plan


def cursor(base: Base, _environ: Mapping[str, str], options: Options) -> Plan:
    """Cursor."""
    url = base.of(options.project)
    return Plan(
        prints=(
            "In Cursor: Settings > Models > API Keys",
            f"  Override OpenAI Base URL  {url}/v1",
            f"  Anthropic base URL        {url}",
            "Cursor calls some models from its own servers, which can't reach this machine: those features stay direct.",
        )
    )


def cline(base: Base, _environ: Mapping[str, str], options: Options) -> Plan:
    """Cline."""
    url = base.of(options.project)
    return Plan(
        prints=(
            "In Cline: Settings > API Provider",
            f"  Anthropic, Use custom base URL  {url}",
            f"  OpenAI Compatible, Base URL     {url}/v1",
        )
    )


def continue_dev(base: Base, _environ: Mapping[str, str], options: Options) -> Plan:
    """Continue."""
    url = base.of(options.project)
    return Plan(
        prints=(
            "In Continue's config.yaml, for each model:",
            f"  provider: anthropic   apiBase: {url}/v1/",
            f"  provider: openai      apiBase: {url}/v1/",
            f"  provider: gemini      apiBase: {url}/v1beta/",
        )
    )
