"""Damaged files, kills, limits and signals, each done to a running ``headroom proxy``."""

import contextlib
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import httpx
import pytest

from headroom.store.sqlite import SqliteStore
from headroom.testing import GatewayProcess, LLMProcess, Reply, Text, When
from tests.e2e.test_workers import CHEAP, DEAR, QUIET, ask, get, post, wait_for

pytestmark = pytest.mark.timeout(240)
linux = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="prlimit is Linux's alone")


@pytest.fixture(scope="module")
def llm():
    with LLMProcess() as process:
        yield process


@pytest.fixture(autouse=True)
def fresh(llm):
    llm.reset()
    llm.on(When(contains="dear"), DEAR)
    llm.on(When(stream=True), Reply((Text(" ".join(f"word{i}" for i in range(40))),), pause=0.03))
    llm.on(When(lacks="dear"), CHEAP)


def start(llm, folder, *flags):
    return GatewayProcess(llm.base_url, folder, flags, environment=QUIET, patience=90)


def write(base, text="hello", key="sk-test"):
    return post(base, ask(text), key=key).status_code


def metrics(base):
    return httpx.get(f"{base}/metrics", timeout=30, trust_env=False).text


def spoil_newer(path):
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def spoil_header(path):
    with path.open("r+b") as file:
        file.write(b"\xff" * 64)


def spoil_place(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "words", "degraded"),
    [
        (spoil_newer, "it was written by a newer headroom (schema 99", True),
        (spoil_header, "corrupt", False),
        (spoil_place, "serving from memory", True),
    ],
    ids=["a newer schema", "a corrupt file", "a place that can't be written"],
)
def test_row_22_and_33_a_bad_state_file_degrades_visibly_and_is_kept(llm, tmp_path, spoil, words, degraded):
    folder = tmp_path / "ws"
    store = SqliteStore(folder / "headroom.db", now=time.time)
    store.settle("before", 1.0, now=time.time())
    store.close()
    spoil(folder / "headroom.db")
    with start(llm, folder, "--budget", "5") as gate:
        assert words in gate.output
        ready = get(gate.base_url, "/readyz")
        assert ready["ready"]
        assert ready["checks"]["store"]["name"] == ("memory" if degraded else "sqlite")
        assert ready["checks"]["store"]["degraded"]
        assert 'headroom_degraded{part="store"} 1' in metrics(gate.base_url) or "degraded" in metrics(gate.base_url)
        assert write(gate.base_url) == 200
    if spoil is spoil_header:
        assert list(folder.glob("headroom.db.corrupt-*")), "set aside, never deleted"
    if spoil is spoil_newer:
        with sqlite3.connect(folder / "headroom.db") as connection:
            assert connection.execute("PRAGMA user_version").fetchone()[0] == 99
            assert connection.execute("SELECT sum(nano) FROM spending WHERE width = 60").fetchone()[0] == 10**9


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, as full as we want it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False).returncode
    ):
        pytest.skip("only who may mount can fill a disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_row_22_a_first_start_on_a_full_disk_serves_from_memory_and_says_so(llm, small_disk):
    stopper = small_disk / "stopper"
    with contextlib.suppress(OSError), stopper.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    with start(llm, small_disk / "ws") as gate:
        assert "Traceback" not in gate.output
        assert "the disk is full; free some space; serving from memory" in gate.output
        assert "memory, lost when this process ends; degraded" in gate.output
        assert write(gate.base_url) == 200
        for path in ("/readyz", "/health"):
            check = get(gate.base_url, path)["checks"]["store"]
            assert (check["name"], check["degraded"]) == ("memory", True)
            assert "the disk is full" in check["error"]
        assert 'headroom_degraded{part="store"} 1' in metrics(gate.base_url)
        stopper.unlink()
        gate.stop()
        gate.start()
        assert get(gate.base_url, "/readyz")["checks"]["store"]["name"] == "sqlite"
        assert not get(gate.base_url, "/readyz")["checks"]["store"]["degraded"]
    assert b"END CERTIFICATE" in (small_disk / "ws" / "ca" / "mitmproxy-ca.pem").read_bytes()


def test_row_22_a_state_file_deleted_under_a_running_proxy_is_told_and_written_anew(llm, tmp_path):
    folder = tmp_path / "ws"
    with start(llm, folder, "--budget", "0.03") as gate:
        assert [write(gate.base_url, "dear 1"), write(gate.base_url, "dear 2")] == [200, 200]
        for suffix in ("", "-wal", "-shm"):
            (folder / f"headroom.db{suffix}").unlink(missing_ok=True)
        wait_for(lambda: get(gate.base_url, "/health")["checks"]["store"]["notices"], what="a notice")
        check = get(gate.base_url, "/readyz")["checks"]["store"]
        assert "was deleted under the running proxy" in check["notices"][0]
        assert (check["degraded"], check["error"]) == (False, None)
        assert (folder / "headroom.db").exists()
        os.kill(gate.pid, signal.SIGKILL)
        gate.stop()
        gate.start()
        assert write(gate.base_url, "dear 3") == 429, "what was spent is still known"


def test_row_25_what_was_settled_outlives_kill_nine(llm, tmp_path):
    with start(llm, tmp_path / "ws", "--budget", "0.03") as gate:
        assert [write(gate.base_url, "dear 1"), write(gate.base_url, "dear 2")] == [200, 200]
        os.kill(gate.pid, signal.SIGKILL)
        gate.stop()
        gate.start()
        assert write(gate.base_url, "dear 3") == 429


@pytest.fixture(scope="module")
def tried(llm, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tried")
    flags = ("--budget", "50", "--no-rate-limit", "--log-file", "/dev/full")
    with start(llm, folder / "ws", *flags) as gate:
        gate.workspace = folder / "ws"
        yield gate


@contextlib.contextmanager
def limited(pid, kind, most):
    before = resource.prlimit(pid, kind)
    resource.prlimit(pid, kind, (most, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, kind, before)


def test_row_42_a_log_on_a_full_disk_fails_no_request(tried):
    assert [write(tried.base_url, f"log {i}") for i in range(5)] == [200] * 5
    wait_for(lambda: "/dev/full" in tried.output, what="a warning")
    assert tried.output.count("No space left") <= 2, "told once, not with every request"


def test_row_42_a_log_that_is_moved_away_fails_no_request(tried):
    log = tried.workspace / "logs" / "proxy.log"
    log.rename(log.with_name("moved.log"))
    assert write(tried.base_url, "moved") == 200
    os.kill(tried.pid, signal.SIGHUP)
    wait_for(lambda: write(tried.base_url, "reopened") == 200 and log.exists(), what="a new log")


@linux
def test_row_22_a_full_disk_keeps_the_cap_and_passes(tried):
    assert write(tried.base_url, "room") == 200
    with limited(tried.pid, resource.RLIMIT_FSIZE, 512):
        answer = post(tried.base_url, ask("no room"))
        assert answer.status_code == 429
        assert "can't check the budget" in answer.json()["error"]["message"]
        assert get(tried.base_url, "/livez")["alive"]
    wait_for(lambda: write(tried.base_url, "room again") == 200, what="recovery")


@linux
@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")
def test_row_42_running_out_of_descriptors_passes(tried):
    used = len(os.listdir(f"/proc/{tried.pid}/fd"))
    with limited(tried.pid, resource.RLIMIT_NOFILE, used + 6):
        held = [socket.create_connection(("127.0.0.1", tried.port), 5) for _ in range(40)]
        for one in held:
            one.close()
    wait_for(lambda: write(tried.base_url, "after") == 200, what="recovery")
    assert get(tried.base_url, "/readyz")["ready"]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("hurry", [False, True], ids=["one SIGTERM", "a second SIGTERM"])
def test_row_41_sigterm_during_twenty_streams(llm, tmp_path, hurry):
    if hurry:
        llm.hold()
    with start(llm, tmp_path / "ws", "--no-rate-limit", "--budget", "5") as gate:
        begun, whole = threading.Semaphore(0), []

        def read(i):
            headers = {"x-api-key": f"sk-{i}", "anthropic-version": "2023-06-01", "connection": "close"}
            body = bytearray()
            with (
                contextlib.suppress(httpx.HTTPError),
                httpx.stream(
                    "POST",
                    f"{gate.base_url}/v1/messages",
                    json=ask(f"long {i}", stream=True),
                    headers=headers,
                    timeout=60,
                    trust_env=False,
                ) as answer,
            ):
                for piece in answer.iter_raw():
                    if not body:
                        begun.release()
                    body += piece
            whole.append(b"message_stop" in body)

        threads = [threading.Thread(target=read, args=(i,)) for i in range(20)]
        for thread in threads:
            thread.start()
        if hurry:
            wait_for(lambda: len(llm.generations) == 20, what="twenty calls")
        else:
            for _ in threads:
                assert begun.acquire(timeout=60)
        os.kill(gate.pid, signal.SIGTERM)
        if not hurry:
            for thread in threads:
                thread.join(60)
            assert whole == [True] * 20
        wait_for(lambda: not listens(gate.port), what="a closed port")
        assert gate.stop() == 0, "stop sends SIGTERM once more"
        for thread in threads:
            thread.join(60)
        llm.release()
    assert len(whole) == 20
    store = SqliteStore(tmp_path / "ws" / "headroom.db", now=time.time)
    if not hurry:  # calls that were cut off keep their holds until the lease ends: what they cost is not known
        assert store.spent(since=0.0) > 0, "the books were flushed"
        assert store.held(now=time.time()) == 0
    store.close()
