"""From ``--store`` to a store, and what is said when it can't be had."""

import builtins
import socket

import pytest

from headroom.errors import SettingsError, StoreError
from headroom.store import open_store
from headroom.store.redis import RedisStore
from headroom.testing import free_port
from tests.store.conftest import RedisProcess


def test_memory_writes_nothing_anywhere(tmp_path, clock):
    store, warnings = open_store("memory", workspace=tmp_path / "absent", now=clock)
    store.put("s", "key", b"value", now=clock())
    store.settle("a", 1, now=clock())
    store.append("journal", b"row", now=clock())
    store.close()
    assert (store.name, warnings) == ("memory", [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("spec", ["sqlite", "sqlite:////tmp/should-not-exist/headroom.db"])
def test_without_a_workspace_nothing_goes_to_disk(spec, clock):
    store, warnings = open_store(spec, workspace=None, now=clock)
    assert store.name == "memory"
    assert "--stateless forbids" in warnings[0]


def test_sqlite_lies_in_the_workspace(tmp_path, clock):
    store, warnings = open_store("sqlite", workspace=tmp_path / "w", now=clock)
    store.close()
    assert (store.name, warnings) == ("sqlite", [])
    assert (tmp_path / "w" / "headroom.db").exists()


def test_sqlite_lies_where_it_is_told_to(tmp_path, clock, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for spec in (f"sqlite://{tmp_path}/here/x.db", "sqlite:///~/home.db"):
        open_store(spec, workspace=tmp_path / "w", now=clock)[0].close()
    assert (tmp_path / "here" / "x.db").exists()
    assert (tmp_path / "home.db").exists()
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize("workers", [1, 3])
def test_several_workers_share_their_rate_limits(tmp_path, clock, workers):
    one, _ = open_store("sqlite", workspace=tmp_path, now=clock, workers=workers)
    two, _ = open_store("sqlite", workspace=tmp_path, now=clock, workers=workers)
    one.take("b", 60, capacity=60, per_second=1, now=clock())
    assert two.take("b", 60, capacity=60, per_second=1, now=clock()).allowed is (workers == 1)
    one.close()
    two.close()


@pytest.mark.parametrize("spec", ["", "postgres://x/y", "sqlite://relative.db", "redis", "SQLITE"])
def test_an_unknown_store_is_a_usage_error(spec, tmp_path, clock):
    with pytest.raises(SettingsError, match="use memory, sqlite"):
        open_store(spec, workspace=tmp_path, now=clock)


# -- redis -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("scheme", ["redis", "valkey"])
def test_a_redis_url_is_used(scheme, redis_server, tmp_path, clock):
    store, warnings = open_store(
        f"{scheme}://127.0.0.1:{redis_server.port}/0?prefix={{{scheme}}}", workspace=tmp_path, now=clock
    )
    assert (store.name, warnings) == ("redis", [])
    store.put("s", "key", b"value", now=clock())
    assert store._server.client.exists(f"{{{scheme}}}:v:s")
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_an_absent_server_degrades_to_memory_without_telling_the_password(tmp_path, clock):
    store, warnings = open_store(f"redis://me:s3cret@127.0.0.1:{free_port()}/0", workspace=tmp_path, now=clock)
    assert store.name == "memory"
    assert "check that the server runs; serving from memory" in warnings[0]
    assert "s3cret" not in warnings[0]


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/notanumber?socket_timeout=x", "redis://host:port"])
def test_a_bad_redis_url_degrades_to_memory(url, tmp_path, clock):
    store, warnings = open_store(url, workspace=tmp_path, now=clock)
    assert store.name == "memory"
    assert len(warnings) == 1


def test_a_server_that_never_answers_hangs_nobody(clock):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with pytest.raises(StoreError, match=r"[Tt]imeout"):
            RedisStore(f"redis://127.0.0.1:{listener.getsockname()[1]}/0", now=clock)


def test_a_missing_client_says_what_to_install(tmp_path, clock, monkeypatch):
    real = builtins.__import__

    def no_redis(name, *arguments, **more):
        if name == "redis":
            raise ImportError(name)
        return real(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", no_redis)
    store, warnings = open_store("redis://127.0.0.1/0", workspace=tmp_path, now=clock)
    assert store.name == "memory"
    assert "pip install 'headroom-gateway[redis]'" in warnings[0]


def test_a_lost_server_fails_fast_and_is_found_again(redis_binary, tmp_path, clock):
    server = RedisProcess(redis_binary, tmp_path)
    try:
        store = RedisStore(server.url, now=clock, timeout=5, break_seconds=1000)
        store.settle("a", 1, now=clock())
        server.stop()
        with pytest.raises(StoreError, match="check that the server runs"):
            store.settle("b", 1, now=clock())
        with pytest.raises(StoreError, match="not reachable a moment ago"):
            store.settle("b", 1, now=clock())
        server.start()
        store._server._broken_until = 0.0  # as if the break were over
        store.settle("b", 1, now=clock())
        assert store.spent(since=0) == 1  # the server kept nothing; the scripts were loaded again
        store.close()
    finally:
        server.stop()


def test_a_server_that_refuses_is_told(redis_server, clock):
    store = RedisStore(f"{redis_server.url}?prefix={{wrong}}", now=clock, timeout=5)
    store._server.client.set("{wrong}:v:s", "not a hash")
    with pytest.raises(StoreError, match=r"the server refused: .*WRONGTYPE"):
        store.get("s", "key")
    store.close()
