"""Which sessions use a proxy: one small file each in ``clients/<port>/``, with the process's start time.

A file whose process is gone counts for nothing, whatever killed it. ``proxy.json`` beside them names a proxy that ``wrap``
started, and which the last session to leave therefore stops.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from headroom.agents import files, process
from headroom.agents.plan import WrapError

_PROXY = "proxy.json"
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Client:
    """A session, or the proxy itself."""

    pid: int
    since: str | None
    tool: str = ""

    @property
    def lives(self) -> bool:
        """Whether it still runs."""
        return process.lives(self.pid, self.since)


class Clients:
    """The sessions of one port."""

    def __init__(self, root: Path, port: int) -> None:
        self.folder = root / "clients" / str(port)
        self._lock = root / "clients" / f"{port}.lock"

    @contextlib.contextmanager
    def starting(self, seconds: float) -> Iterator[None]:
        """One session at a time decides about the proxy of this port. Raises ``WrapError`` after the wait."""
        try:
            files.make_private(self._lock.parent)
            file = self._lock.open("wb")
        except OSError as error:
            raise WrapError(f"{self._lock}: {error.strerror or error}; set HEADROOM_WORKSPACE_DIR") from None
        ends = time.monotonic() + seconds
        with file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if time.monotonic() > ends:
                        raise WrapError(
                            f"another session has been starting a proxy for {seconds:g} s; try again"
                        ) from None
                    time.sleep(_PAUSE)
                else:
                    break
            yield

    def register(self, tool: str) -> Client:
        """Put this process on the list."""
        pid, since = process.own()
        client = Client(pid, since, tool)
        self._write(f"{pid}.json", client)
        return client

    def leave(self, client: Client) -> None:
        """Take a session off the list."""
        (self.folder / f"{client.pid}.json").unlink(missing_ok=True)

    def living(self) -> list[Client]:
        """The sessions that run; files of dead ones are removed."""
        found = []
        for path in self.folder.glob("*.json"):
            if path.name == _PROXY:
                continue
            client = _read(path)
            if client is not None and client.lives:
                found.append(client)
            else:
                path.unlink(missing_ok=True)
        return found

    def started(self, pid: int) -> None:
        """Note a proxy that we have started."""
        self._write(_PROXY, Client(pid, process.started(pid)))

    def proxy(self) -> Client | None:
        """The proxy of this port that was started by a session, while it lives."""
        client = _read(self.folder / _PROXY)
        return client if client is not None and client.lives else None

    def clear(self) -> None:
        """Remove what is left once the proxy has stopped."""
        (self.folder / _PROXY).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def _write(self, name: str, client: Client) -> None:
        value = {"pid": client.pid, "started": client.since, "tool": client.tool, "ppid": os.getppid()}
        try:
            files.write(files.make_private(self.folder) / name, json.dumps(value).encode())
        except OSError as error:
            raise WrapError(f"{self.folder}: {error.strerror or error}; set HEADROOM_WORKSPACE_DIR") from None


def _read(path: Path) -> Client | None:
    try:
        value = json.loads(path.read_bytes())
        return Client(int(value["pid"]), value["started"], str(value.get("tool", "")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
