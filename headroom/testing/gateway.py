"""``headroom proxy`` as a child process in front of a fake provider, with a workspace of its own."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from headroom.testing.ports import free_port

_TAIL = 2000
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Past any proxy that the environment names."""
_ENTRY = "import sys; from headroom.cli.main import main; sys.exit(main())"


class GatewayProcess:
    """Starts the proxy on a free port with all providers at ``upstream``; a context manager.

    ``arguments`` are more command-line flags, ``environment`` more variables. Variables named ``HEADROOM_…`` and proxy
    settings of the caller are not passed on, so that a run depends on its arguments alone. All it prints goes to
    ``output``.
    """

    def __init__(
        self,
        upstream: str,
        workspace: Path,
        arguments: Sequence[str] = (),
        *,
        environment: Mapping[str, str] | None = None,
        patience: float = 90.0,
    ) -> None:
        self._upstream = upstream
        self._workspace = workspace
        self._arguments = tuple(arguments)
        self._environment = dict(environment or {})
        self._patience = patience
        self._child: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._said = ""
        self.port = 0

    @property
    def base_url(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The child's process id. Raises ``RuntimeError`` when it does not run."""
        if self._child is None:
            raise RuntimeError("the proxy is not running")
        return self._child.pid

    @property
    def output(self) -> str:
        """What it printed so far."""
        if self._log is not None:
            # The child writes through the same file offset, so it must not be moved.
            fd = self._log.fileno()
            self._said = os.pread(fd, os.fstat(fd).st_size, 0).decode("utf-8", "replace")
        return self._said

    def start(self) -> GatewayProcess:
        """Start it and wait until it is ready. Raises ``RuntimeError`` with the end of its output when it does not come up."""
        self.port = free_port()
        command = [sys.executable, "-c", _ENTRY, "proxy", "--port", str(self.port)]
        for provider in ("anthropic", "openai", "gemini"):
            command += [f"--{provider}-api-url", self._upstream]
        passed = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("HEADROOM_") and name.lower() not in {"http_proxy", "https_proxy", "all_proxy"}
        }
        passed |= {"HEADROOM_WORKSPACE_DIR": str(self._workspace), **self._environment}
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop
        self._child = subprocess.Popen(  # noqa: S603 - our own command line
            [*command, *self._arguments],
            env=passed,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + self._patience
        while not self._ready():
            if self._child.poll() is not None or time.monotonic() > deadline:
                how = "ended" if self._child.poll() is not None else "did not get ready"
                self.stop()
                raise RuntimeError(f"headroom proxy {how}:\n{self.output[-_TAIL:]}")
            time.sleep(0.05)
        return self

    def _ready(self) -> bool:
        try:
            with _DIRECT.open(f"{self.base_url}/readyz", timeout=2) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, http.client.HTTPException, OSError):
            return False

    def stop(self) -> int | None:
        """Terminate it, once more after 10 seconds, for it may wait for answers; kill it after 30. Its exit code."""
        child, self._child = self._child, None
        if child is None:
            return None
        try:
            code = _ended(child, 10.0, 20.0)
        except subprocess.TimeoutExpired:
            child.kill()
            code = child.wait(60)
        self._said = self.output
        if self._log is not None:
            self._log.close()
            self._log = None
        return code

    def __enter__(self) -> GatewayProcess:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _ended(child: subprocess.Popen[bytes], *waits: float) -> int:
    """Its exit code after a signal and a wait each. Raises ``TimeoutExpired``."""
    for wait in waits[:-1]:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return child.wait(wait)
    child.terminate()
    return child.wait(waits[-1])
