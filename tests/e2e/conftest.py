"""``headroom proxy`` as a child process, as people run it."""

import asyncio
import http.client
import os
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.addons.conftest import HEADERS, client, free_port, llm
from tests.conftest import PATIENT

START_SECONDS = 90
_CLEAN = {
    name: value for name, value in os.environ.items() if not name.startswith(("HEADROOM_", "ANTHROPIC_", "OPENAI_"))
}
for _name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
    _CLEAN.pop(_name, None)
    _CLEAN.pop(_name.lower(), None)


@dataclass
class Proxy:
    """A running child; its output lies in a file."""

    child: subprocess.Popen
    port: int
    workspace: Path
    output: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        return self.output.read_text("utf-8", "replace")

    def signal(self, number: int) -> None:
        self.child.send_signal(number)

    async def ended(self, seconds: float = 60) -> int:
        """Wait for its end; the exit code."""
        return await asyncio.to_thread(self.child.wait, seconds)

    def stop(self) -> None:
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait(60)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "headroom.cli", *arguments]


def run_headroom(*arguments: str, env=None, seconds: float = 90) -> subprocess.CompletedProcess:
    """One command, to its end."""
    return subprocess.run(
        command(*arguments), env=_CLEAN | (env or {}), capture_output=True, text=True, timeout=seconds, check=False
    )


def is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/livez", timeout=10) as answer:
            return answer.status == 200
    except (OSError, http.client.HTTPException):
        return False


@pytest.fixture
def start_proxy(tmp_path):
    """``start_proxy(base_url, "--flag", …, env={…})`` returns once it answers, or with its exit code set."""
    running: list[Proxy] = []

    def start(upstream: str, *arguments: str, env=None, port: int | None = None, wait: bool = True) -> Proxy:
        port = port or free_port()
        workspace = tmp_path / f"workspace{len(running)}"
        output = tmp_path / f"output{len(running)}.txt"
        environ = _CLEAN | PATIENT | {"HEADROOM_WORKSPACE_DIR": str(workspace), "HOME": str(tmp_path)} | (env or {})
        urls = [f"--{name}-api-url={upstream}" for name in ("anthropic", "openai", "gemini")]
        with output.open("wb") as sink:
            child = subprocess.Popen(
                command("proxy", "--port", str(port), *urls, *arguments),
                env=environ,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        proxy = Proxy(child, port, workspace, output)
        running.append(proxy)
        ends = time.monotonic() + START_SECONDS
        while wait and child.poll() is None and not is_up(proxy.url):
            assert time.monotonic() < ends, proxy.said
            time.sleep(0.05)
        return proxy

    yield start
    for proxy in running:
        proxy.stop()


__all__ = ["HEADERS", "Proxy", "client", "free_port", "llm", "run_headroom", "signal", "start_proxy"]
