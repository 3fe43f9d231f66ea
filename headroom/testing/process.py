"""The fake as a child process, scripted over HTTP: for tests and demos whose own event loop is busy or absent."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any

from headroom.exchange import Usage
from headroom.testing.control import PREFIX, from_json
from headroom.testing.faults import Fault
from headroom.testing.record import RecordedRequest
from headroom.testing.script import Block, Reply, When, as_reply, reply_to_json, when_to_json

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Past any proxy that the environment names."""


class LLMProcess:
    """A running ``python -m headroom.testing.upstream``; a context manager. Calls are synchronous.

    ``arguments`` are more command-line arguments, such as ``["--foreign"]``.
    """

    def __init__(self, arguments: Sequence[str] = (), *, patience: float = 60.0) -> None:
        self._arguments = list(arguments)
        self._patience = patience
        self._child: subprocess.Popen[str] | None = None
        self.base_url = ""

    def start(self) -> LLMProcess:
        """Start it and wait for its address. Raises ``RuntimeError`` with what it printed when it does not come up."""
        command = [sys.executable, "-m", "headroom.testing.upstream", "--port", "0", *self._arguments]
        self._child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own module
        lines: queue.Queue[str] = queue.Queue()
        stdout = self._child.stdout
        assert stdout is not None
        threading.Thread(target=lambda: lines.put(stdout.readline()), daemon=True).start()
        try:
            line = lines.get(timeout=self._patience)
        except queue.Empty:
            line = ""
        if not line.startswith("listening on "):
            self.stop()
            raise RuntimeError(f"the fake upstream did not start; it printed {line!r}")
        self.base_url = line.removeprefix("listening on ").strip()
        return self

    def stop(self) -> None:
        """Terminate it, and kill it when that does not help."""
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(60)
        if child.stdout is not None:
            child.stdout.close()

    def __enter__(self) -> LLMProcess:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def queue(self, *replies: Reply | Block | str | Fault | Iterable[Block | str]) -> None:
        """Say these next, one a generation request, in order."""
        self._call("queue", {"replies": [reply_to_json(as_reply(reply)) for reply in replies]})

    def on(
        self, when: When, reply: Reply | Block | str | Fault | Iterable[Block | str], *, times: int | None = None
    ) -> None:
        """Answer requests that fit ``when`` with ``reply``."""
        self._call("rule", {"when": when_to_json(when), "reply": reply_to_json(as_reply(reply)), "times": times})

    def fail(self, fault: Fault, *, times: int | None = 1, when: When | None = None) -> None:
        """Let the next ``times`` requests fail (for ever when None)."""
        self.on(when or When(), fault, times=times)

    def play(self, session: str = "demo") -> None:
        """Play a bundled session's model."""
        self._call("session", {"name": session})

    def hold(self) -> None:
        """Keep all generation requests waiting until ``release``."""
        self._call("hold", {})

    def release(self) -> None:
        """Let held requests go on."""
        self._call("release", {})

    def reset(self) -> None:
        """Forget script, records and prompt caches."""
        self._call("reset", {})

    def advance(self, seconds: float) -> None:
        """Move the clock of a fake started with ``--fake-clock``."""
        self._call("clock", {"advance": seconds})

    @property
    def requests(self) -> list[RecordedRequest]:
        """All remembered requests; their ``conversation`` is not carried over."""
        return [from_json(row) for row in self._call("requests")]

    @property
    def generations(self) -> list[RecordedRequest]:
        """Those that asked for model output."""
        return [record for record in self.requests if record.operation == "generate"]

    @property
    def last(self) -> RecordedRequest:
        """The latest request. Raises ``LookupError`` when there was none."""
        seen = self.requests
        if not seen:
            raise LookupError("the fake upstream has seen no request yet")
        return seen[-1]

    @property
    def usage(self) -> Usage:
        """All that was billed."""
        return Usage(**self._call("usage"))

    def _call(self, name: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + PREFIX + name, data, {"content-type": "application/json"})  # noqa: S310
        try:
            with _DIRECT.open(request, timeout=self._patience) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise ValueError(error.read().decode()) from None
