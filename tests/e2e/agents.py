"""Agents and libraries from the npm registry, installed once into a cache outside the checkout."""

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
    return str(installed(PACKAGES[name], folder() / "node_modules" / ".bin" / name))


def library(package: str) -> Path:
    """The folder of a library for Node; installs it when npm is there, else skips."""
    return installed(package, folder() / "node_modules" / package)


def installed(package: str, made: Path) -> Path:
    """What installing an npm package makes."""
    if made.exists():
        return made
    npm = shutil.which("npm")
    if npm is None:
        absent(f"npm, to install {package},")
    base = folder()
    base.mkdir(parents=True, exist_ok=True)
    with (base / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            command = [npm, "install", "--prefix", str(base), "--no-audit", "--no-fund", "--loglevel=error", package]
            done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
            if done.returncode or not made.exists():
                absent(f"{package} (npm: {done.stderr[-300:].strip()})")
    return made
