"""Two proxies that share nothing but a Redis server, as on two machines: they count as one."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time

import pytest

from headroom.exchange import Usage
from headroom.testing import GatewayProcess, LLMProcess, Reply, Text, When, free_port
from tests.e2e.test_workers import CHEAP, DEAR, QUIET, ask, get, post, wait_for

pytestmark = pytest.mark.timeout(240)


class Redis:
    """A server of our own on a free port, without files."""

    def __init__(self, binary):
        self.port = free_port()
        self._command = [binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        patient = "socket_timeout=10&socket_connect_timeout=10&timeout=10"  # the machine may be busy
        self.url = f"redis://127.0.0.1:{self.port}/0?{patient}"
        self.start()

    def start(self):
        self.child = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")

        def answers():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return True
            return False

        wait_for(answers, what="redis-server")

    def kill(self):
        self.child.kill()
        self.child.wait(60)


@pytest.fixture(scope="module")
def redis(request):
    import shutil

    from tests.conftest import absent

    binary = shutil.which("redis-server") or shutil.which("valkey-server") or absent("redis-server")
    server = Redis(binary)
    yield server
    server.kill()


@pytest.fixture(scope="module")
def llm():
    with LLMProcess() as process:
        yield process


@pytest.fixture(scope="module")
def gates(llm, redis, tmp_path_factory):
    """Each with a workspace of its own; only the store is common."""
    flags = ["--store", redis.url, "--budget", "0.10", "--rpm", "30"]
    with contextlib.ExitStack() as stack:
        started = []
        for name in ("one", "two"):
            workspace = tmp_path_factory.mktemp(name) / "ws"
            process = GatewayProcess(llm.base_url, workspace, flags, environment=QUIET, patience=90)
            started.append(stack.enter_context(process))
        yield started


@pytest.fixture(autouse=True)
def fresh(llm):
    llm.reset()
    llm.on(When(contains="dear"), DEAR)
    llm.on(When(lacks="dear"), CHEAP)


def test_the_rate_limit_is_one(gates):
    began = time.monotonic()
    statuses = [post(gates[i % 2].base_url, ask(f"rate {i}"), key="sk-rate").status_code for i in range(42)]
    took = time.monotonic() - began
    assert set(statuses) == {200, 429}
    assert 30 <= statuses.count(200) <= min(30 + took / 2 + 1, 41)


def test_an_answer_kept_by_one_is_served_by_the_other(gates, llm):
    body = ask("say it once", temperature=0)
    assert post(gates[0].base_url, body, key="sk-cache").headers.get("x-headroom-cached") is None
    assert post(gates[1].base_url, body, key="sk-cache").headers["x-headroom-cached"] == "true"
    assert post(gates[1].base_url, body, key="sk-other").headers.get("x-headroom-cached") is None
    assert len(llm.generations) == 2


def test_both_send_the_same_bytes_upstream(gates, llm):
    rows = json.dumps([{"id": i, "name": f"user-{i}", "state": "active", "score": i * 1.5} for i in range(400)])
    messages = [
        {"role": "user", "content": "list the users please"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "mcp__db__q", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": rows}]},
    ]
    body = ask(tools=[{"name": "mcp__db__q", "input_schema": {"type": "object"}}]) | {"messages": messages}
    for gate in (*gates, *gates):
        assert post(gate.base_url, body, key="sk-ledger").status_code == 200
    sent = {bytes(request.body) for request in llm.generations}
    assert len(sent) == 1
    assert len(sent.pop()) < len(rows) / 2


def test_one_dies_and_the_other_goes_on_with_its_state(gates):
    answers = [post(gates[0].base_url, ask(f"dear {i}"), key=f"sk-{i}").status_code for i in range(3)]
    os.kill(gates[0].pid, signal.SIGKILL)
    answers += [post(gates[1].base_url, ask(f"dear, too {i}"), key=f"sk-{i}").status_code for i in range(6)]
    # Three calls at 1.8 cents were booked by the one that died; the sixth passes the cap of 10 cents.
    assert answers == [200] * 6 + [429] * 3


def test_a_redis_that_is_lost_closes_the_budget_and_comes_back(gates, redis, llm):
    gate = gates[1]
    redis.kill()
    answer = post(gate.base_url, ask("nobody counts"), key="sk-lost")
    assert answer.status_code == 429
    assert "can't check the budget" in answer.json()["error"]["message"]
    assert len(llm.generations) == 0
    redis.start()  # empty: what was spent is forgotten with it
    wait_for(lambda: post(gate.base_url, ask("counted again"), key="sk-back").status_code == 200, what="recovery")
    assert get(gate.base_url, "/readyz")["ready"]


def test_without_a_budget_a_lost_redis_stops_nobody(llm, redis, tmp_path):
    llm.on(When(contains="open"), Reply((Text("yes"),), usage=Usage(input=1, output=1)))
    flags = ["--store", redis.url]
    with GatewayProcess(llm.base_url, tmp_path / "ws", flags, environment=QUIET, patience=90) as gate:
        redis.kill()
        assert post(gate.base_url, ask("open"), key="sk-open").status_code == 200
        assert get(gate.base_url, "/stats")["rate_limiter"]["unchecked"] >= 1
        redis.start()
