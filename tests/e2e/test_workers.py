"""Several worker processes on one port: every limit, the cache, the ledger and the books count as one."""

import json
import os
import re
import signal
import subprocess
import threading
import time

import httpx
import pytest

from headroom.exchange import Usage
from headroom.testing import GatewayProcess, LLMProcess, Reply, Text, When
from tests.e2e.conftest import free_port, run_headroom

pytestmark = pytest.mark.timeout(240)

# A busy machine must not decide what is compressed.
QUIET = {"HEADROOM_SKIP_UPSTREAM_CHECK": "1", "HEADROOM_COMPRESSION_DEADLINE_SECONDS": "30"}
BUDGET = 0.10
CHEAP = Reply((Text("ok"),), usage=Usage(input=1, output=1))
DEAR = Reply((Text("dear"),), usage=Usage(input=1000, output=1000))
"""At Sonnet's 3 and 15 dollars a million tokens: 1.8 cents."""


def ask(text="hello", **more):
    body = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": [{"role": "user", "content": text}]}
    return body | more


def post(base, body, key="sk-test", path="/v1/messages"):
    """One request on a connection of its own, so that the kernel chooses a worker anew."""
    headers = {"x-api-key": key, "anthropic-version": "2023-06-01", "connection": "close"}
    # Without TLS there is nothing to verify, and the list of authorities takes long to read.
    return httpx.post(base + path, json=body, headers=headers, timeout=60, trust_env=False, verify=False)


def get(base, path):
    return httpx.get(base + path, headers={"connection": "close"}, timeout=60, trust_env=False, verify=False).json()


def wait_for(condition, seconds=60, what="the condition"):
    ends = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends, f"{what} did not come true in {seconds} s"
        time.sleep(0.05)
    return found


def pids(base, many):
    """The processes that answer, once there are ``many``; gone ones are not counted."""
    seen = set()

    def look():
        try:
            seen.add(get(base, "/health")["config"]["pid"])
        except httpx.TransportError:
            return False  # a connection that lay before a worker that was killed
        seen.intersection_update({pid for pid in seen if alive(pid)})
        return len(seen) >= many

    wait_for(look, what=f"{many} workers")
    return seen


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def server_of(answer):
    """Which worker served a call: its process id ends the request id."""
    return int(re.search(r"_(\d+)$", answer.headers["x-headroom-request-id"])[1])


def answers_of_both(base, least, ask_once):
    """At least so many answers, and more until two workers have served one: the kernel tosses a coin for each call."""
    answers = []
    while len(answers) < least or len({server_of(answer) for answer in answers}) < 2:
        answers.append(ask_once())
        assert len(answers) < least + 60, "one worker serves all calls"
    assert {server_of(answer) for answer in answers} == pids(base, 2)
    return answers


@pytest.fixture(scope="module")
def llm():
    with LLMProcess() as process:
        yield process


@pytest.fixture(scope="module")
def gate(llm, tmp_path_factory):
    flags = ["--workers", "2", "--budget", str(BUDGET), "--rpm", "30", "--limit-concurrency", "3"]
    folder = tmp_path_factory.mktemp("workers")
    with GatewayProcess(llm.base_url, folder / "ws", flags, environment=QUIET, patience=90) as process:
        pids(process.base_url, 2)
        yield process


@pytest.fixture(autouse=True)
def fresh(llm):
    llm.reset()
    llm.on(When(contains="dear"), DEAR)
    llm.on(When(lacks="dear"), CHEAP)


def test_the_rate_limit_is_one(gate):
    began = time.monotonic()
    answers = [post(gate.base_url, ask(f"rate {i}"), key="sk-rate") for i in range(42)]
    took = time.monotonic() - began
    admitted = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(admitted) + len(refused) == 42
    # 30 in the bucket, and one more every two seconds; two separate limiters would let all 42 pass.
    assert 30 <= len(admitted) <= min(30 + took / 2 + 1, 41)
    assert {server_of(answer) for answer in admitted} == pids(gate.base_url, 2)
    assert all("30 requests per minute" in answer.json()["error"]["message"] for answer in refused)


def test_an_answer_kept_by_one_worker_is_served_by_the_other(gate, llm):
    body = ask("say it once", temperature=0)
    assert post(gate.base_url, body, key="sk-cache").status_code == 200
    answers = answers_of_both(gate.base_url, 12, lambda: post(gate.base_url, body, key="sk-cache"))
    assert {answer.headers.get("x-headroom-cached") for answer in answers} == {"true"}
    assert len(llm.generations) == 1


def test_the_limit_on_calls_in_flight_is_one(gate, llm):
    llm.hold()
    statuses = []

    def call(i):
        statuses.append(post(gate.base_url, ask(f"flight {i}"), key=f"sk-flight-{i}").status_code)

    threads = []
    for i in range(8):
        threads.append(threading.Thread(target=call, args=(i,)))
        threads[-1].start()
        wait_for(lambda i=i: len(statuses) + len(llm.generations) > i, what=f"call {i}")
    assert statuses == [503] * 5, "three wait for the provider, whichever worker they are at"
    llm.release()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [200] * 3 + [503] * 5


def test_both_send_the_same_bytes_upstream(gate, llm):
    rows = json.dumps([{"id": i, "name": f"user-{i}", "state": "active", "score": i * 1.5} for i in range(400)])
    messages = [
        {"role": "user", "content": "list the users please"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "mcp__db__q", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": rows}]},
    ]
    tools = [{"name": "mcp__db__q", "input_schema": {"type": "object"}}]
    body = ask(tools=tools) | {"messages": messages}
    answers = answers_of_both(gate.base_url, 10, lambda: post(gate.base_url, body, key="sk-ledger"))
    assert {answer.status_code for answer in answers} == {200}
    sent = {bytes(request.body) for request in llm.generations}
    assert len(sent) == 1, "a verdict of one worker holds for the other"
    assert len(sent.pop()) < len(rows) / 2


def test_every_worker_shows_all_the_figures(gate):
    before = get(gate.base_url, "/stats")["requests"]["total"]
    for i in range(8):
        assert post(gate.base_url, ask(f"figures {i}"), key="sk-stats").status_code == 200
    totals = {}

    def complete():
        pid, total = get(gate.base_url, "/health")["config"]["pid"], get(gate.base_url, "/stats")["requests"]["total"]
        totals[pid] = total
        return len(totals) == 2 and get(gate.base_url, "/stats")["requests"]["total"] >= before + 8

    wait_for(complete, what="the figures of both")
    same = [get(gate.base_url, "/stats")["requests"]["total"] for _ in range(10)]
    assert len(set(same)) == 1


def test_one_killed_worker_costs_nothing_but_its_own_calls(gate):
    victim, other = sorted(pids(gate.base_url, 2))
    os.kill(victim, signal.SIGKILL)
    answers = []
    for i in range(6):
        try:
            answers.append(post(gate.base_url, ask(f"after the kill {i}"), key=f"sk-kill-{i}").status_code)
        except httpx.TransportError:
            continue  # it lay in the queue of the worker that died
    assert answers.count(200) >= 5
    assert other in pids(gate.base_url, 2)
    assert victim not in pids(gate.base_url, 2)
    assert f"(process {victim}) was ended by SIGKILL; restarting it" in gate.output
    assert gate.output.count("listening") == 1, "one banner"


def test_the_budget_is_one_and_outlives_a_kill(gate):
    answers = []
    for i in range(12):
        answers.append(post(gate.base_url, ask(f"dear {i}"), key=f"sk-budget-{i}"))
        if i == 2:
            os.kill(server_of(answers[-1]), signal.SIGKILL)  # what it had answered for, it had booked
            pids(gate.base_url, 2)
    statuses = [answer.status_code for answer in answers]
    # Five calls cost 9 cents, so a sixth begins; it passes the cap, and nothing goes after it.
    assert statuses == [200] * 6 + [429] * 6
    assert {answer.headers["x-should-retry"] for answer in answers[6:]} == {"false"}
    assert {"$0.11 spent" in answer.text for answer in answers[6:]} == {True}


def test_every_worker_shows_the_requests_of_all(gate):
    answers = []
    served = set()

    def call():
        answers.append(post(gate.base_url, ask(f"seen {len(answers)}"), key=f"sk-seen-{len(answers)}"))
        served.add(server_of(answers[-1]))
        return len(served) == 2

    wait_for(call, what="calls served by both workers")
    ids = {answer.headers["x-headroom-request-id"] for answer in answers if answer.status_code == 200}
    for path in ["/dashboard/requests?limit=200"] * 8:  # each on a connection of its own
        with httpx.Client(trust_env=False, timeout=20, headers={"connection": "close"}) as client:
            listed = {row["request_id"] for row in client.get(gate.base_url + path).json()["requests"]}
        assert ids <= listed
    for one in ids:
        with httpx.Client(trust_env=False, timeout=20, headers={"connection": "close"}) as client:
            found = client.get(f"{gate.base_url}/dashboard/requests/{one}")
        assert (found.status_code, found.json()["request_id"]) == (200, one)


def test_sigterm_lets_streams_on_all_workers_end(llm, tmp_path):
    long = Reply((Text(" ".join(f"word{i}" for i in range(40))),), pause=0.03)
    llm.reset()
    llm.on(When(stream=True), long)
    flags = ["--workers", "2", "--no-rate-limit", "--store", "memory"]
    with GatewayProcess(llm.base_url, tmp_path / "ws", flags, environment=QUIET, patience=90) as process:
        workers = pids(process.base_url, 2)
        assert "each worker's own" in process.output
        begun, servers, got = threading.Semaphore(0), set(), []

        def read(i):
            headers = {"x-api-key": f"sk-{i}", "anthropic-version": "2023-06-01", "connection": "close"}
            body = bytearray()
            with httpx.stream(
                "POST",
                process.base_url + "/v1/messages",
                json=ask(f"long {i}", stream=True),
                headers=headers,
                timeout=60,
                trust_env=False,
                verify=False,
            ) as answer:
                servers.add(server_of(answer))
                for piece in answer.iter_raw():
                    if not body:
                        begun.release()
                    body += piece
            got.append((server_of(answer), b"message_stop" in body))

        threads = []
        while len(threads) < 10 or len(servers) < 2:
            assert len(threads) < 60, "one worker serves all streams"
            threads.append(threading.Thread(target=read, args=(len(threads),)))
            threads[-1].start()
            if len(threads) > 10:
                assert begun.acquire(timeout=60)
        for _ in range(10):
            assert begun.acquire(timeout=60)
        os.kill(process.pid, signal.SIGTERM)
        for thread in threads:
            thread.join(60)
        assert process.stop() == 0
        assert [ended for _, ended in got] == [True] * len(threads)
        assert {pid for pid, _ in got} == workers
        assert not any(map(alive, workers))


def test_workers_end_when_their_supervisor_is_killed(llm, tmp_path):
    flags = ["--workers", "2", "--stateless"]
    process = GatewayProcess(llm.base_url, tmp_path / "ws", flags, environment=QUIET, patience=90).start()
    workers = pids(process.base_url, 2)
    os.kill(process.pid, signal.SIGKILL)
    process.stop()
    wait_for(lambda: not any(map(alive, workers)), what="the end of the workers")


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["--store", "nosuch"], 1, "--store nosuch"),
        (["--web"], 2, "--web shows the flows of one process"),
        (["--host", "192.0.2.7"], 1, "--host 192.0.2.7"),
    ],
    ids=["a start that fails in the worker", "mitmweb", "an address of another machine"],
)
def test_a_start_that_cannot_work_is_told_once(tmp_path, flags, code, words):
    done: subprocess.CompletedProcess = run_headroom(
        "proxy",
        "--port",
        str(free_port()),
        "--workers",
        "2",
        *flags,
        env={"HEADROOM_WORKSPACE_DIR": str(tmp_path / "w")},
        seconds=90,
    )
    assert done.returncode == code, done.stderr
    assert done.stderr.count(words) == 1
    assert "Traceback" not in done.stderr
