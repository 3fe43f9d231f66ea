"""One store of each kind for the shared suite, and a Redis server of our own on a free loopback port."""

import itertools
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from headroom.store.memory import MemoryStore
from headroom.store.redis import RedisStore
from headroom.store.sqlite import SqliteStore
from headroom.testing import free_port

NOON = 1_750_000_000.0
KINDS = ("memory", "sqlite", "sqlite-own-buckets", "redis")
_prefixes = itertools.count()


class FakeClock:
    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> float:
        self.now += seconds
        return self.now


class RedisProcess:
    """``redis-server`` as a child, stopped by its own process handle."""

    def __init__(self, binary: str, folder: Path) -> None:
        self.port = free_port()
        self._command = [
            binary,
            *("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder)),
            *("--save", "", "--appendonly", "no", "--daemonize", "no", "--logfile", "", "--loglevel", "warning"),
        ]
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        pytest.fail("redis-server did not start within 60 s")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(timeout=60)


@pytest.fixture(scope="session")
def redis_binary() -> str:
    binary = shutil.which("redis-server") or shutil.which("valkey-server")
    if binary is None:
        pytest.skip("neither redis-server nor valkey-server is installed")
    return binary


@pytest.fixture(scope="session")
def redis_server(redis_binary):
    with tempfile.TemporaryDirectory(prefix="headroom-redis-") as folder:
        server = RedisProcess(redis_binary, Path(folder))
        yield server
        server.stop()


@pytest.fixture(scope="module", autouse=True)
def patience():
    """Let SQLite take its time: the machine that runs the tests may be busy."""
    with pytest.MonkeyPatch.context() as patch:
        for wait in ("WAIT_BUCKET", "WAIT_BUDGET", "WAIT_PUT"):
            patch.setattr(f"headroom.store.sqlite.{wait}", 20)
        yield


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def open_kind(request, clock, tmp_path):
    """Open another store of a kind on the same data: ``open_kind("sqlite")``."""
    prefix = f"{{test{next(_prefixes)}}}"
    opened = []

    def open_(kind: str):
        if kind == "memory":
            store = MemoryStore(now=clock)
        elif kind == "redis":
            server = request.getfixturevalue("redis_server")
            # A generous timeout: the machine that runs the tests may be busy.
            store = RedisStore(f"{server.url}?prefix={prefix}", now=clock, timeout=5)
        else:
            store = SqliteStore(tmp_path / "state" / "headroom.db", now=clock, shared_buckets=kind == "sqlite")
        opened.append(store)
        return store

    yield open_
    for store in opened:
        store.close()


@pytest.fixture(params=KINDS)
def store(request, open_kind):
    return open_kind(request.param)
