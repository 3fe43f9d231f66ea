"""Command-line agents from the npm registry, installed once into a cache outside the checkout."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from tests.conftest import absent

PACKAGES = {
    "claude": "@anthropic-ai/claude-code",
    "codex": "@openai/codex",
    "gemini": "@google/gemini-cli",
    "copilot": "@github/copilot",
    "opencode": "opencode-ai",
}


def folder() -> Path:
    named = os.environ.get("HEADROOM_TEST_AGENTS")
    return Path(named) if named else Path.home() / ".cache" / "headroom-test-agents"


def find(name: str) -> str:
    """The agent's program; installs it when npm is there, else skips."""
    base = folder()
    program = base / "node_modules" / ".bin" / name
    if program.exists():
        return str(program)
    npm = shutil.which("npm")
    if npm is None:
        absent(f"npm, to install {name},")
    base.mkdir(parents=True, exist_ok=True)
    with (base / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            command = [
                npm,
                "install",
                "--prefix",
                str(base),
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
                PACKAGES[name],
            ]
            done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
            if done.returncode or not program.exists():
                absent(f"{PACKAGES[name]} (npm: {done.stderr[-300:].strip()})")
    return str(program)
