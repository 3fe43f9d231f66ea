"""The proxy with a model: it serves, it fails, it comes and goes, and what was sent once stays as it was sent."""

import contextlib
import json
import math
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from headroom.testing import GatewayProcess, LLMProcess
from tests.compress.kompress import tiny
from tests.compress.kompress.test_remote import _READY, answering

pytestmark = pytest.mark.timeout(240)
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
HEADERS = {"x-api-key": "sk-test", "anthropic-version": "2023-06-01", "content-type": "application/json"}
PATIENT = {"HEADROOM_COMPRESSION_DEADLINE_SECONDS": "5", "HEADROOM_SKIP_UPSTREAM_CHECK": "1"}
"""More time than usual: the machine may be busy. The model gets no more than its own limit of it."""
ANSWER = {"role": "assistant", "content": [{"type": "text", "text": "ok"}]}


def get(url):
    try:
        with DIRECT.open(url, timeout=60) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def turn(number, text):
    """A tool call and its result."""
    return [
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": f"toolu_{number}", "name": "mcp__kb__lookup", "input": {}}],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": text}]},
    ]


def post(gateway, messages, *, stream=False):
    """Headers of the answer, once it has ended."""
    tools = [{"name": "mcp__kb__lookup", "input_schema": {"type": "object"}}]
    system = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
    body = {
        "system": system,
        "model": "claude-sonnet-4-5",
        "max_tokens": 100,
        "messages": messages,
        "tools": tools,
        "stream": stream,
    }
    request = urllib.request.Request(f"{gateway.base_url}/v1/messages", json.dumps(body).encode(), HEADERS)
    with DIRECT.open(request, timeout=60) as reply:
        reply.read()
        return {name.lower(): value for name, value in reply.headers.items()}


def sent(llm):
    """The messages of the last request, as the provider got them."""
    return json.loads(llm.last.body)["messages"]


def state(gateway):
    return get(f"{gateway.base_url}/readyz")[1]["checks"]["kompress"]


def until(check, seconds=60):
    ends = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.05)


def scored(body):
    """The first words of every paragraph matter."""
    words = body["words"]
    return 200, {"scores": [0.9 if at < len(words) / 3 else 0.1 for at in range(len(words))]}


class Server:
    """A stand-in for ``headroom kompress serve`` whose ``how`` can be changed."""

    def __init__(self):
        self.how = "well"
        self.scored = 0
        self.let_go = threading.Event()

    def __call__(self, _method, path, body):
        if path == "/v1/status":
            return 200, _READY
        self.scored += 1
        if self.how == "sleeps":
            self.let_go.wait(60)
        elif self.how == "dies":
            raise ConnectionAbortedError
        elif self.how == "says NaN":
            return 200, json.dumps({"scores": [math.nan] * len(body["words"])}).encode()
        return scored(body)


@contextlib.contextmanager
def model_server():
    server = Server()
    with answering(server) as (url, _seen):
        try:
            yield server, url
        finally:
            server.let_go.set()


def test_a_model_in_the_process_serves_and_its_verdicts_stay(layouts, tmp_path):
    environment = PATIENT | {"HEADROOM_KOMPRESS_MODEL": str(layouts.onnx)}
    with LLMProcess() as llm, GatewayProcess(llm.base_url, tmp_path, environment=environment) as gateway:
        until(lambda: state(gateway)["status"] == "healthy")
        assert state(gateway)["device"] == "cpu"
        assert "kompress" in gateway.output
        # A machine that is busy may leave a text to the rules: another conversation follows then.
        for number in range(12):
            messages = [{"role": "user", "content": f"Go on, part {number}."}, *turn(number, tiny.essay(12))]
            headers = post(gateway, messages)
            if headers["x-headroom-kompress"] == "used":
                break
        assert headers["x-headroom-kompress"] == "used"
        before = sent(llm)
        _, stats = get(f"{gateway.base_url}/stats")
        kompress = stats["kompress"]
        assert (kompress["state"], kompress["backend"], kompress["device"]) == ("ready", "onnx", "cpu")
        assert kompress["calls"] >= 1
        assert kompress["average_ms"] > 0
        with DIRECT.open(f"{gateway.base_url}/metrics", timeout=60) as reply:
            exposed = reply.read().decode()
        assert 'headroom_kompress_seconds_count{device="cpu"}' in exposed
        assert 'headroom_degraded{part="kompress"} 0.0' in exposed
        post(gateway, [*messages, ANSWER, {"role": "user", "content": "and now?"}])
        assert sent(llm)[: len(before)] == before


def test_a_sick_model_delays_nobody_and_its_recovery_changes_nothing_sent(tmp_path):
    with model_server() as (server, url), LLMProcess() as llm:
        environment = PATIENT | {"HEADROOM_KOMPRESS_URL": url}
        conversations = {}
        with GatewayProcess(llm.base_url, tmp_path, environment=environment) as gateway:
            for how in ("sleeps", "dies", "says NaN"):
                until(lambda: state(gateway)["status"] == "healthy")
                fallbacks = get(f"{gateway.base_url}/stats")[1]["kompress"]["fallbacks"]
                server.let_go.clear()
                server.how, asked_before = how, server.scored
                messages = [{"role": "user", "content": f"Go on, it {how}."}, *turn(1, tiny.essay(60))]
                with ThreadPoolExecutor(1) as pool:
                    began = time.monotonic()
                    asked = pool.submit(post, gateway, messages, stream=True)
                    alive = 0
                    while not asked.done():
                        assert get(f"{gateway.base_url}/livez")[0] == 200
                        alive += 1
                        time.sleep(0.02)
                    headers = asked.result()
                assert server.scored > asked_before, "the model was asked"
                assert time.monotonic() - began < 30, "the model sleeps for twice as long"
                assert alive
                assert headers["x-headroom-kompress"].startswith("fallback; ")
                first = sent(llm)
                assert get(f"{gateway.base_url}/stats")[1]["kompress"]["fallbacks"] > fallbacks
                # It is well again: the new block may be scored, the old one stays as it went out.
                server.how = "well"
                server.let_go.set()
                until(lambda: state(gateway)["status"] == "healthy")
                messages += [ANSWER, *turn(2, tiny.essay(61))]
                post(gateway, messages)
                second = sent(llm)
                assert second[: len(first)] == first
                conversations[how] = messages, second
        # Nor does a restart ask again.
        asked_before = server.scored
        with GatewayProcess(llm.base_url, tmp_path, environment=environment) as gateway:
            until(lambda: state(gateway)["status"] == "healthy")
            for messages, second in conversations.values():
                post(gateway, [*messages, ANSWER, {"role": "user", "content": "So?"}])
                assert sent(llm)[: len(second)] == second
            assert server.scored == asked_before


@pytest.mark.parametrize(
    ("environment", "said", "check"),
    [
        pytest.param({}, "kompress", {"enabled": False, "ready": True, "status": "disabled"}, id="no model"),
        pytest.param(
            {"HEADROOM_KOMPRESS_MODEL": "/nowhere/at/all"},
            "HEADROOM_KOMPRESS_MODEL=/nowhere/at/all: no such folder",
            {"status": "unhealthy", "required": False},
            id="a folder that is not there",
        ),
    ],
)
def test_without_a_model_the_proxy_works_and_says_what_to_do(tmp_path, environment, said, check):
    clean = {"HF_HOME": str(tmp_path / "hub")}
    with (
        LLMProcess() as llm,
        GatewayProcess(llm.base_url, tmp_path / "w", environment=PATIENT | clean | environment) as gateway,
    ):
        assert state(gateway).items() >= check.items()
        assert said in gateway.output
        headers = post(gateway, [{"role": "user", "content": "Go on."}, *turn(1, tiny.essay(60))])
        assert "x-headroom-kompress" not in headers
        shown = get(f"{gateway.base_url}/stats")[1]["kompress"]
        assert shown["calls"] == shown["fallbacks"] == 0
        assert shown["reason"]


def test_a_proxy_that_requires_its_model_is_not_ready_without_it(tmp_path):
    with LLMProcess() as llm:
        gateway = GatewayProcess(
            llm.base_url,
            tmp_path,
            ["--require-kompress"],
            environment=PATIENT | {"HF_HOME": str(tmp_path / "hub")},
            patience=3,
        )
        with pytest.raises(RuntimeError, match="did not get ready"):
            gateway.start()
