"""The whole program: start, banner, signals, ports, files, and what is left behind."""

import asyncio
import json
import os
import signal
import stat

import pytest

from headroom.testing import Reply, Text
from headroom.version import __version__
from tests.addons.conftest import ask, until
from tests.e2e.conftest import free_port, is_up, run_headroom

LONG = Reply((Text(" ".join(f"word{i}" for i in range(60))),), pause=0.02)


async def read_stream(client, url, started):
    got = bytearray()
    async with client.stream("POST", f"{url}/v1/messages", json=ask(True)) as answer:
        async for piece in answer.aiter_raw():
            got += piece
            started.set()
    return bytes(got)


async def test_runs_says_what_is_on_and_stops_at_sigterm(llm, start_proxy, client):
    proxy = await asyncio.to_thread(start_proxy, llm.base_url)
    llm.queue("Good day.")
    answer = await client.post(f"{proxy.url}/v1/messages", json=ask())
    assert answer.content == bytes(llm.last.sent)
    health = (await client.get(f"{proxy.url}/health")).json()
    assert (health["status"], health["version"]) == ("ok", __version__)
    assert health["config"]["pid"] == proxy.child.pid
    for line in (f"headroom {__version__}", f"ANTHROPIC_BASE_URL={proxy.url}", "this machine only", llm.base_url):
        assert line in proxy.said
    proxy.signal(signal.SIGTERM)
    assert await proxy.ended() == 0
    assert not is_up(proxy.url)
    assert "Traceback" not in proxy.said
    assert stat.S_IMODE(os.stat(proxy.workspace).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(proxy.workspace / "ca").st_mode) == 0o700
    log = proxy.workspace / "logs" / "proxy.log"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert "PERF " in log.read_text()
    assert "sk-test" not in log.read_text()


async def test_sigterm_lets_a_running_stream_end(llm, start_proxy, client):
    proxy = await asyncio.to_thread(start_proxy, llm.base_url)
    llm.queue(LONG)
    started = asyncio.Event()
    stream = asyncio.ensure_future(read_stream(client, proxy.url, started))
    await started.wait()
    proxy.signal(signal.SIGTERM)
    await until(lambda: not is_up(proxy.url))
    got = await stream
    assert got == bytes(llm.last.sent)
    assert b"message_stop" in got
    assert await proxy.ended() == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["SIGTERM", "Ctrl-C"])
async def test_a_second_signal_ends_at_once(llm, start_proxy, client, number, code):
    proxy = await asyncio.to_thread(start_proxy, llm.base_url)
    llm.hold()
    waiting = asyncio.ensure_future(client.post(f"{proxy.url}/v1/messages", json=ask()))
    await llm.wait_for_requests(1)
    proxy.signal(number)
    await until(lambda: not is_up(proxy.url))
    if (
        number == signal.SIGTERM
    ):  # after Ctrl-C it waits for three seconds only, which a busy machine may take to get here
        assert proxy.child.poll() is None
    proxy.signal(number)
    assert await proxy.ended() == code
    with pytest.raises(Exception):  # noqa: B017 - the connection broke, however the client words it
        await waiting


async def test_ctrl_c_is_told_apart(llm, start_proxy):
    proxy = await asyncio.to_thread(start_proxy, llm.base_url)
    proxy.signal(signal.SIGINT)
    assert await proxy.ended() == 130
    assert "Traceback" not in proxy.said


async def test_sighup_opens_the_logs_anew(llm, start_proxy, client, tmp_path):
    journal = tmp_path / "requests.jsonl"
    proxy = await asyncio.to_thread(start_proxy, llm.base_url, "--log-file", str(journal))
    llm.queue("one", "two")
    await client.post(f"{proxy.url}/v1/messages", json=ask())
    await until(lambda: journal.exists() and journal.read_text().count("\n") == 1)
    log = proxy.workspace / "logs" / "proxy.log"
    journal.rename(tmp_path / "old.jsonl")
    log.rename(tmp_path / "old.log")
    proxy.signal(signal.SIGHUP)
    await client.post(f"{proxy.url}/v1/messages", json=ask())
    await until(lambda: journal.exists() and journal.read_text().count("\n") == 1)
    await until(lambda: log.exists() and "PERF " in log.read_text())
    assert json.loads(journal.read_text())["outcome"] == "ok"


async def test_a_log_that_was_moved_away_is_begun_anew(llm, start_proxy, client):
    proxy = await asyncio.to_thread(start_proxy, llm.base_url)
    log = proxy.workspace / "logs" / "proxy.log"
    log.rename(log.with_name("moved.log"))
    llm.queue("one")
    await client.post(f"{proxy.url}/v1/messages", json=ask())
    await until(lambda: log.exists() and "PERF " in log.read_text())


async def test_a_kept_connection_is_told_to_go_elsewhere_while_draining(llm, start_proxy, client):
    proxy = await asyncio.to_thread(start_proxy, llm.base_url)
    llm.hold()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    request = b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n"
    writer.write(request)
    assert b"connection: close" not in (await reader.readuntil(b"\r\n\r\n")).lower()
    running = asyncio.ensure_future(client.post(f"{proxy.url}/v1/messages", json=ask()))
    await llm.wait_for_requests(1)
    proxy.signal(signal.SIGTERM)
    await until(lambda: not is_up(proxy.url))
    writer.write(request)
    assert await asyncio.wait_for(reader.readuntil(b"Connection: close"), 60)
    llm.release()
    assert (await running).status_code == 200
    assert await proxy.ended() == 0
    writer.close()


# -- ports ---------------------------------------------------------------------------------------------------------------
async def test_a_taken_port_names_its_holder(llm, start_proxy, unused):
    del unused
    first = await asyncio.to_thread(start_proxy, llm.base_url)
    second = await asyncio.to_thread(start_proxy, llm.base_url, port=first.port, wait=False)
    assert await second.ended() == 1
    assert second.said.strip() == (
        f"Error: port {first.port} on 127.0.0.1 is taken by headroom {__version__}; stop it or use --port {first.port + 1}"
    )
    assert is_up(first.url)


async def test_a_port_taken_by_something_else_is_told(llm, start_proxy):
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxy = await asyncio.to_thread(start_proxy, llm.base_url, port=port, wait=False)
    assert await proxy.ended() == 1
    assert f"port {port} on 127.0.0.1 is taken by another program" in proxy.said
    server.close()


@pytest.fixture
def unused():
    return None


# -- bad starts ----------------------------------------------------------------------------------------------------------
PORT = str(free_port())


@pytest.mark.parametrize(
    ("arguments", "env", "code", "words"),
    [
        (["--port", "0"], {}, 2, "--port"),
        (["--nonsense"], {}, 2, "--nonsense"),
        ([], {"HEADROOM_RPM": "many"}, 2, "HEADROOM_RPM"),
        (["--memory"], {}, 2, "--memory: not available in this version"),
        (["--backend", "bedrock"], {}, 2, "bedrock"),
        (["--port", PORT, "--anthropic-api-url", f"http://localhost:{PORT}"], {}, 1, "headroom's own address"),
        (["--port", PORT, "--upstream-ca", "/nowhere.pem"], {}, 1, "--upstream-ca /nowhere.pem"),
        (["--port", PORT, "--host", "192.0.2.7"], {}, 1, "--host 192.0.2.7"),
        (["--port", PORT], {"HEADROOM_WORKSPACE_DIR": "/proc/nowhere"}, 1, "HEADROOM_WORKSPACE_DIR"),
        (["--port", PORT, "--store", "nosuch"], {}, 1, "--store nosuch"),
        (["--port", PORT], {"HEADROOM_PRICES": "/nowhere.json"}, 1, "HEADROOM_PRICES"),
        (["--port", PORT], {"HEADROOM_MODEL_LIMITS": '{"m": 9}'}, 1, "HEADROOM_MODEL_LIMITS"),
        (["--port", PORT, "--stateless", "--set", "mode=nonsense"], {}, 1, "nonsense"),
        (["--port", PORT, "--stateless", "--set", "nosuchoption=1"], {}, 1, "--set nosuchoption"),
    ],
    ids=[
        "port out of range",
        "unknown flag",
        "bad variable",
        "a feature that is not there",
        "a backend that is not there",
        "our own address as upstream",
        "unreadable authority",
        "an address of another machine",
        "a workspace that can't be made",
        "an unknown store",
        "unreadable prices",
        "windows that are none",
        "a bad mitmproxy option",
        "an unknown mitmproxy option",
    ],
)
def test_a_start_that_cannot_work_ends_with_a_reason(arguments, env, code, words, tmp_path):
    done = run_headroom("proxy", *arguments, env={"HEADROOM_WORKSPACE_DIR": str(tmp_path / "w")} | env)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_version_and_help():
    assert run_headroom("--version").stdout.strip() == f"headroom, version {__version__}"
    assert run_headroom("-v").stdout == run_headroom("--version").stdout
    short = run_headroom("-?").stdout
    assert "proxy" in short
    assert run_headroom("-h").stdout == short


# -- stateless -----------------------------------------------------------------------------------------------------------
async def test_stateless_leaves_no_file_anywhere(llm, start_proxy, client, tmp_path):
    passing = tmp_path / "tmp"
    passing.mkdir()
    proxy = await asyncio.to_thread(start_proxy, llm.base_url, "--stateless", env={"TMPDIR": str(passing)})
    llm.queue("one")
    answer = await client.post(f"{proxy.url}/v1/messages", json=ask())
    assert answer.status_code == 200
    if os.access("/dev/shm", os.W_OK):
        assert list(passing.iterdir()) == []
    proxy.signal(signal.SIGTERM)
    assert await proxy.ended() == 0
    assert not proxy.workspace.exists()
    assert list(passing.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"tmp", "output0.txt"}


# -- other ways to run it ------------------------------------------------------------------------------------------------
@pytest.mark.slow
async def test_runs_under_mitmweb_with_the_same_addons(llm, start_proxy, client):
    web_port = str(free_port())
    proxy = await asyncio.to_thread(start_proxy, llm.base_url, "--web", "--web-port", web_port, "--no-web-open")
    llm.queue("Good day.")
    answer = await client.post(f"{proxy.url}/v1/messages", json=ask(True))
    assert answer.content == bytes(llm.last.sent)
    page = await client.get(f"http://127.0.0.1:{web_port}/")
    assert page.status_code in {200, 403}
    assert "mitmweb" in proxy.said
    proxy.signal(signal.SIGTERM)
    assert await proxy.ended() == 0


@pytest.mark.slow
async def test_the_suite_runs_in_a_stock_mitmdump(llm, client, tmp_path):
    import subprocess
    import sys

    from tests.e2e.conftest import _CLEAN

    port = free_port()
    env = _CLEAN | {"HEADROOM_STATELESS": "1", "ANTHROPIC_TARGET_API_URL": llm.base_url, "HEADROOM_PORT": str(port)}
    script = os.path.join(os.path.dirname(__file__), "..", "..", "addons", "suite.py")
    code = "from mitmproxy.tools.main import mitmdump; mitmdump()"
    arguments = [
        "-s",
        script,
        "--mode",
        f"reverse:{llm.base_url}",
        "--listen-port",
        str(port),
        "--listen-host",
        "127.0.0.1",
    ]
    output = tmp_path / "output.txt"
    child = subprocess.Popen(
        [sys.executable, "-c", code, *arguments, "--set", f"confdir={tmp_path}", "-q"],
        env=env,
        stdout=output.open("wb"),
        stderr=subprocess.STDOUT,
    )
    try:
        await until(lambda: child.poll() is not None or is_up(f"http://127.0.0.1:{port}"), 60)
        llm.queue("Good day.")
        answer = await client.post(f"http://127.0.0.1:{port}/v1/messages", json=ask(True))
        assert answer.content == bytes(llm.last.sent)
    finally:
        child.terminate()
        await asyncio.to_thread(child.wait, 20)
