"""Claude Code. Its variables are documented under "LLM gateway configuration"."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from headroom.agents.plan import Base, FileEdit, Options, Plan, WrapError, carried, flag_value, kept, own_url, truthy

_BASE = "ANTHROPIC_BASE_URL"
_HEADERS = "ANTHROPIC_CUSTOM_HEADERS"
_PROJECT = "X-Headroom-Project"


def plan(base: Base, environ: Mapping[str, str], options: Options) -> Plan:
    """Base URL by variable; ``--settings`` where a settings file would override the variable."""
    env: dict[str, str] = {}
    notes: list[str] = []
    before: tuple[str, ...] = ()
    upstream = None
    if truthy(environ.get("CLAUDE_CODE_USE_BEDROCK")):
        notes.append("Claude Code signs its Bedrock calls: they go direct; --intercept lets headroom count them")
    elif truthy(environ.get("CLAUDE_CODE_USE_VERTEX")):
        env["ANTHROPIC_VERTEX_BASE_URL"] = f"{base.url}/v1"
        own = carried(environ, ("ANTHROPIC_VERTEX_BASE_URL",), base)
        return _finish(env, environ, options, notes, before, base, kept(gemini=own))
    elif truthy(environ.get("CLAUDE_CODE_USE_FOUNDRY")):
        env["ANTHROPIC_FOUNDRY_BASE_URL"] = f"{base.url}/anthropic"
        upstream = _foundry(base, environ)
    else:
        env[_BASE] = base.url
        if not environ.get("ENABLE_TOOL_SEARCH"):
            # Behind a host that is not Anthropic's, it would send every tool's schema up front.
            env["ENABLE_TOOL_SEARCH"] = "true"
        upstream = carried(environ, (_BASE,), base)
        found = _in_settings(options)
        if found is not None:
            path, url = found
            if flag_value(options.arguments, "--settings") is not None:
                raise WrapError(
                    f"{path} sets {_BASE}, which beats the environment; remove it there, or use --intercept"
                )
            before = ("--settings", json.dumps({"env": {_BASE: base.url}}))
            if not base.is_ours(url):
                upstream = own_url(url, f"{_BASE} in {path}")
    return _finish(env, environ, options, notes, before, base, kept(anthropic=upstream))


def _finish(
    env: dict[str, str],
    environ: Mapping[str, str],
    options: Options,
    notes: list[str],
    before: tuple[str, ...],
    base: Base,
    upstreams: Mapping[str, str],
) -> Plan:
    lines = [line for line in environ.get(_HEADERS, "").splitlines() if line.strip()]
    if options.project is not None and not any(line.lower().startswith(_PROJECT.lower() + ":") for line in lines):
        env[_HEADERS] = "\n".join([*lines, f"{_PROJECT}: {quote(options.project)}"])
    if options.long_context:
        model = environ.get("ANTHROPIC_MODEL") or "sonnet"
        env["ANTHROPIC_MODEL"] = model if model.endswith("[1m]") else f"{model}[1m]"
    edits: tuple[FileEdit, ...] = ()
    if options.edit_config and _BASE in env:
        path = options.folder / ".claude" / "settings.local.json"
        edits = (FileEdit(path, "json", ((("env", _BASE), base.url),)),)
    return Plan(env, before=before, edits=edits, notes=tuple(notes), upstreams=upstreams)


def _foundry(base: Base, environ: Mapping[str, str]) -> str:
    own = carried(environ, ("ANTHROPIC_FOUNDRY_BASE_URL",), base, strip="/anthropic")
    if own is not None:
        return own
    resource = environ.get("ANTHROPIC_FOUNDRY_RESOURCE", "").strip()
    if not resource:
        raise WrapError("set ANTHROPIC_FOUNDRY_RESOURCE or ANTHROPIC_FOUNDRY_BASE_URL: Foundry's host is not known")
    return own_url(f"https://{resource}.services.ai.azure.com", "ANTHROPIC_FOUNDRY_RESOURCE")


def settings_files(options: Options) -> tuple[Path, ...]:
    """Claude Code's settings, those that win first."""
    project = options.folder / ".claude"
    return (
        project / "settings.local.json",
        project / "settings.json",
        options.home / ".claude" / "settings.json",
    )


def _in_settings(options: Options) -> tuple[Path, str] | None:
    """Where a settings file names a base URL."""
    for path in settings_files(options):
        url = base_url_in(options.read(path))
        if url:
            return path, url
    return None


def base_url_in(text: str | None) -> str | None:
    """The base URL a settings file gives Claude Code, if any."""
    try:
        value = json.loads((text or "").removeprefix("\ufeff") or "{}")
        url = value["env"][_BASE]
    except (ValueError, KeyError, TypeError):
        return None
    return url.strip() if isinstance(url, str) else None
