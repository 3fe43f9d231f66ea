"""The tools that ``headroom wrap`` knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from headroom.agents import (
    aider,
    any_command,
    claude,
    codex,
    copilot,
    editors,
    gemini,
    goose,
    opencode,
    openhands,
    vibe,
)
from headroom.agents.plan import Base, Options, Plan

type Planner = Callable[[Base, Mapping[str, str], Options], Plan]


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool; ``program`` is None where nothing is started."""

    name: str
    title: str
    planner: Planner
    program: str | None = None
    install: str = ""


_ALL = (
    Tool("claude", "Claude Code", claude.plan, "claude", "npm install -g @anthropic-ai/claude-code"),
    Tool("codex", "Codex", codex.plan, "codex", "npm install -g @openai/codex"),
    Tool("copilot", "GitHub Copilot CLI", copilot.plan, "copilot", "npm install -g @github/copilot"),
    Tool("gemini", "Gemini CLI", gemini.plan, "gemini", "npm install -g @google/gemini-cli"),
    Tool("cursor", "Cursor", editors.cursor),
    Tool("aider", "aider", aider.plan, "aider", "pipx install aider-chat"),
    Tool("opencode", "opencode", opencode.plan, "opencode", "npm install -g opencode-ai"),
    Tool("goose", "goose", goose.plan, "goose", "see the goose project's releases"),
    Tool("openhands", "OpenHands", openhands.plan, "openhands", "uv tool install openhands"),
    Tool("cline", "Cline", editors.cline),
    Tool("continue", "Continue", editors.continue_dev),
    Tool("vibe", "Mistral vibe", vibe.plan, "vibe", "uv tool install mistral-vibe"),
    Tool("run", "any command", any_command.plan),
)

TOOLS: Mapping[str, Tool] = {tool.name: tool for tool in _ALL}
