"""Rate-limited and overloaded providers, clients that leave, a busy event loop, more load than there is room for."""

import asyncio
import json
import re
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from headroom.exchange import Outcome
from headroom.policy.slots import Slots
from headroom.testing import GatewayProcess, LLMProcess, Reply, Text, faults
from tests.addons.conftest import HEADERS, ask, until
from tests.faults.test_upstream_faults import agent_body, last_booking

LONG = Reply((Text(" ".join(f"word{i}" for i in range(200))),), pause=0.05)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("status", [429, 529])
async def test_row_15_a_provider_that_says_later_is_handed_on_verbatim(llm, gateway, client, status, stream):
    gate = await gateway(llm, request_timeout=30)
    llm.fail(faults.status(status, retry_after="60"), times=None)
    answer = await client.post(f"{gate.url}/v1/messages", json=ask(stream))
    assert answer.status_code == status
    assert answer.headers["retry-after"] == "60"
    assert answer.content == bytes(llm.last.sent)
    assert len(llm.generations) == 1, "a wait longer than the call may take is the client's to wait"


async def test_row_15_attempts_are_bounded_and_the_last_answer_is_the_providers(llm, gateway, client, monkeypatch):
    monkeypatch.setattr("headroom.upstream.retry._FIRST_WAIT", 0.001)
    gate = await gateway(llm, retry_max_attempts=3)
    llm.fail(faults.status(529, retry_after="0"), times=None)
    answer = await client.post(f"{gate.url}/v1/messages", json=ask())
    assert (answer.status_code, len(llm.generations)) == (529, 3)
    assert answer.content == bytes(llm.last.sent)


@pytest.mark.parametrize("when", ["before the first byte", "within the stream"])
async def test_row_16_a_client_that_leaves_ends_the_upstream_call(llm, gateway, when):
    gate = await gateway(llm, budget=5.0)
    if when == "before the first byte":
        llm.hold()
    else:
        llm.queue(LONG)
    async with httpx.AsyncClient(headers=HEADERS, trust_env=False, timeout=30) as client:

        async def call():
            async with client.stream("POST", f"{gate.url}/v1/messages", json=ask(True)) as answer:
                async for _ in answer.aiter_raw():
                    begun.set()

        begun = asyncio.Event()
        task = asyncio.ensure_future(call())
        await llm.wait_for_requests(1)
        if when == "within the stream":
            await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await until(lambda: llm.last.disconnected)
    await until(lambda: gate.services.slots.in_flight == 0)
    await until(lambda: gate.services.accounts.stats.recent_requests(1))
    assert last_booking(gate).outcome == Outcome.ABORTED
    budget = gate.services.limits.budget
    await until(lambda: budget.status(now=time.time()).held_usd == 0)
    if when == "within the stream":
        assert budget.status(now=time.time()).spent_usd > 0, "what was streamed was paid for"
    llm.release()


async def test_row_17_the_loop_answers_while_five_megabytes_are_compressed(llm, gateway, client):
    gate = await gateway(llm, compression_deadline=2.0)
    rows = json.dumps([{"id": i, "name": f"user-{i}", "note": "x" * (i % 40)} for i in range(80_000)])
    messages = [
        {"role": "user", "content": "list the users please"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "mcp__db__q", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": rows}]},
    ]
    tools = [{"name": "mcp__db__q", "input_schema": {"type": "object"}}]
    body = json.dumps(ask(tools=tools) | {"messages": messages}).encode()
    assert len(body) > 4_500_000
    big = asyncio.ensure_future(client.post(f"{gate.url}/v1/messages", content=body))
    answered = 0
    async with httpx.AsyncClient(trust_env=False, timeout=30) as prober:
        while not big.done():
            assert (await prober.get(f"{gate.url}/livez")).status_code == 200
            answered += 1
    assert (await big).status_code == 200
    assert answered >= 2, "probes were answered while the request was in work"


async def test_row_17_a_worker_that_hangs_costs_the_deadline_and_no_more(llm, gateway, client, monkeypatch):
    gate = await gateway(llm, compression_deadline=1.0)
    stuck, over = threading.Event(), threading.Event()

    def hang(*_args, **_kind):
        stuck.set()
        over.wait(60)
        raise RuntimeError("nobody waits for this any more")

    monkeypatch.setattr(gate.services.pipeline.pipeline._workers, "run", hang)
    call = asyncio.ensure_future(client.post(f"{gate.url}/v1/messages", json=agent_body()))
    await until(stuck.is_set)
    async with httpx.AsyncClient(trust_env=False, timeout=30) as prober:
        assert (await prober.get(f"{gate.url}/livez")).status_code == 200
    answer = await call
    assert answer.status_code == 200
    over.set()
    assert json.loads(llm.last.body)["messages"] == agent_body()["messages"], "the original goes out"


async def test_row_17_streams_flow_on_while_a_compressor_hangs(llm, gateway, client, monkeypatch):
    gate = await gateway(llm, compression_deadline=60.0)
    stuck, over = threading.Event(), threading.Event()

    def hang(*_args, **_kind):
        stuck.set()
        over.wait(60)
        raise RuntimeError("it was stopped")

    monkeypatch.setattr(gate.services.pipeline.pipeline._workers, "run", hang)
    llm.queue(Reply((Text(" ".join(f"word{i}" for i in range(100_000))),), pause=0.005))
    async with client.stream("POST", f"{gate.url}/v1/messages", json=ask(True)) as streamed:
        pieces = streamed.aiter_raw()
        assert await anext(pieces)
        other = asyncio.ensure_future(client.post(f"{gate.url}/v1/messages", json=agent_body()))
        await until(stuck.is_set)
        async with httpx.AsyncClient(trust_env=False, timeout=30) as prober:
            for _ in range(20):
                assert await anext(pieces), "the stream goes on"
                assert (await prober.get(f"{gate.url}/livez")).status_code == 200
            assert not other.done(), "all that was while the compressor hung"
            stats = (await prober.get(f"{gate.url}/stats")).json()
            metrics = (await prober.get(f"{gate.url}/metrics")).text
        assert set(stats["event_loop"]["lag"]) >= {"p50_ms", "p99_ms", "max_ms"}
        assert 'headroom_event_loop_lag_ms{quantile="p99"}' in metrics
        over.set()
        assert (await other).status_code == 200


async def test_row_19_overload_is_refused_at_once_and_passes(llm, gateway):
    gate = await gateway(llm, limit_concurrency=10)
    llm.hold()
    async with httpx.AsyncClient(
        headers=HEADERS, timeout=60, trust_env=False, limits=httpx.Limits(max_connections=200)
    ) as client:
        calls = [asyncio.ensure_future(client.post(f"{gate.url}/v1/messages", json=ask())) for _ in range(100)]
        await until(lambda: sum(call.done() for call in calls) == 90, 60)
        refused = [call.result() for call in calls if call.done()]
        assert {answer.status_code for answer in refused} == {503}
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        assert {answer.json()["error"]["type"] for answer in refused} == {"overloaded_error"}
        assert (await client.get(f"{gate.url}/readyz")).status_code == 200, "probes need no slot"
        llm.release()
        answers = await asyncio.gather(*calls)
        assert sum(answer.status_code == 200 for answer in answers) == 10
        assert gate.services.slots.in_flight == 0
        assert (await client.post(f"{gate.url}/v1/messages", json=ask())).status_code == 200


async def test_row_19_bytes_in_flight_are_bounded_too(llm, gateway):
    gate = await gateway(llm, adapt=lambda services: setattr(services, "slots", Slots(most_bytes=3_000_000)))
    llm.hold()
    async with httpx.AsyncClient(headers=HEADERS, timeout=60, trust_env=False) as client:
        body = ask(text="x" * 1_000_000)
        calls = [asyncio.ensure_future(client.post(f"{gate.url}/v1/messages", json=body)) for _ in range(20)]
        await until(lambda: sum(call.done() for call in calls) == 18, 60)
        assert {call.result().status_code for call in calls if call.done()} == {503}
        llm.release()
        answers = await asyncio.gather(*calls)
    assert sum(answer.status_code == 200 for answer in answers) == 2
    assert gate.services.slots.bytes == 0


def resident(pid: int) -> int:
    """KiB of memory that a process takes."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/PID/status and glibc's malloc_trim")
@pytest.mark.timeout(400)
async def test_row_19_memory_comes_back_after_a_burst(tmp_path):
    with (
        LLMProcess(patience=60) as provider,
        GatewayProcess(
            provider.base_url,
            tmp_path,
            ["--no-rate-limit"],
            environment={"HEADROOM_MEMORY_MB": "3"},
            patience=60,
        ) as gate,
    ):
        url = f"{gate.base_url}/v1/messages"
        limits = httpx.Limits(max_connections=60)
        async with httpx.AsyncClient(headers=HEADERS, timeout=300, trust_env=False, limits=limits) as client:

            async def in_flight() -> int:
                stats = (await client.get(f"{gate.base_url}/stats")).json()
                return stats["inflight"]["requests"]

            for number in range(20):  # what is loaded on first use is no growth
                assert (await client.post(url, json=agent_body() | {"metadata": {"user_id": str(number)}})).is_success
            assert await in_flight() == 0
            idle = resident(gate.pid)
            provider.hold()
            calls = [
                asyncio.ensure_future(client.post(url, json=ask(text=f"{number} " + "x" * 1_000_000)))
                for number in range(40)
            ]
            ends = time.monotonic() + 120
            while await in_flight() < len(calls):
                assert time.monotonic() < ends, "the calls did not get to the provider"
            most = resident(gate.pid)
            assert most > idle + 40 * 1024, "forty megabytes of bodies are in flight"
            provider.release()
            assert all(answer.is_success for answer in await asyncio.gather(*calls))
        ends = time.monotonic() + 150
        while (after := resident(gate.pid)) > 1.2 * idle:
            assert time.monotonic() < ends, f"{idle:,} KiB before, {most:,} at most, {after:,} afterwards"
            await asyncio.sleep(0.1)
