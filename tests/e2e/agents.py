"""Agents and libraries from the npm registry, installed once into a cache outside the checkout."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

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
    if name == "aider":
        return str(aider())
    return str(installed(PACKAGES[name], folder() / "node_modules" / ".bin" / name))


def aider() -> Path:
    """aider in a virtual environment of its own: 110 packages, 0.9 GB, an older Python; installed only when asked for."""
    made = folder() / "aider" / "bin" / "aider"
    if made.exists():
        return made
    if os.environ.get("HEADROOM_TEST_AIDER") != "1":
        pytest.skip("aider is not installed for tests; HEADROOM_TEST_AIDER=1 installs it (0.9 GB, minutes)")
    for name in ("python3.12", "python3.11", "python3.10"):
        python = shutil.which(name)
        if python and not subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
            break
    else:
        absent("a Python from 3.10 to 3.12, for aider,")
    made.parent.parent.parent.mkdir(parents=True, exist_ok=True)
    for command in ([python, "-m", "venv", made.parent.parent], [made.parent / "pip", "install", "-q", "aider-chat"]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False)
        if done.returncode:
            absent(f"aider ({done.stderr[-300:].strip()})")
    return made


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
