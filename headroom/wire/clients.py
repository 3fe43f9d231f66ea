"""Which program is calling (surface.md 6.3)."""

from __future__ import annotations

import re
from typing import Final

_AGENTS: Final = (
    ("claude-code/", "claude-code"),
    ("claude-cli/", "claude-code"),
    ("codex", "codex"),
    ("cursor/", "cursor"),
    ("aider/", "aider"),
    ("zed/", "zed"),
    ("opencode/", "opencode"),
    ("github-copilot/", "copilot"),
    ("copilot-cli", "copilot"),
    ("antigravity/", "antigravity"),
    ("geminicli", "gemini"),
)
"""Substrings of a lower-case User-Agent; the first that is found counts."""

_LABEL: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def client_of(user_agent: str, x_client: str) -> str | None:
    """The client's label: ``X-Client`` if it is a plain word of at most 64 characters, else by User-Agent, else None."""
    label = x_client.strip().lower()
    if _LABEL.fullmatch(label):
        return label
    agent = user_agent.lower()
    return next((name for mark, name in _AGENTS if mark in agent), None)
