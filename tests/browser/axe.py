"""The accessibility checker axe-core from the npm registry, installed once into a cache outside the checkout."""

import fcntl
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.conftest import absent

VERSION = "4.10"


@cache
def source() -> str:
    """The checker's script; fetched when npm is there, else skips."""
    named = os.environ.get("HEADROOM_TEST_AXE")
    base = Path(named) if named else Path.home() / ".cache" / "headroom-test-axe"
    script = base / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        npm = shutil.which("npm")
        if npm is None:
            absent("npm, to install axe-core,")
        base.mkdir(parents=True, exist_ok=True)
        with (base / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not script.exists():
                command = [npm, "install", "--prefix", str(base), "--no-audit", "--no-fund", f"axe-core@{VERSION}"]
                done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
                if done.returncode or not script.exists():
                    absent(f"axe-core (npm: {done.stderr[-300:].strip()})")
    return script.read_text("utf-8")
