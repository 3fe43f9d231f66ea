"""Every hook of ours made to raise: compression and caches fail open, policy fails closed, and it is counted."""

import logging

import httpx
import pytest

from tests.addons.conftest import HEADERS, ask, until
from tests.faults.test_upstream_faults import agent_body


def boom(*_args, **_kind):
    raise RuntimeError("made to fail")


async def aboom(*_args, **_kind):
    raise RuntimeError("made to fail")


OPEN = {
    "compression": lambda services: setattr(services.pipeline, "prepare", aboom),
    "counting": lambda services: setattr(services.pipeline, "count", aboom),
    "the cache's look-up": lambda services: setattr(services.answers, "find", aboom),
    "the cache's keeping": lambda services: setattr(services.answers, "ended", aboom),
    "the token rate": lambda services: setattr(services.limits, "charge", aboom),
    "the settlement": lambda services: setattr(services.limits, "settle", aboom),
    "the books": lambda services: setattr(services.accounts, "finished", boom),
    "what learns from answers": lambda services: services.accounts.learners.insert(0, boom),
}


COUNTED = {"compression": "compress", "the token rate": "limits", "the settlement": "limits", "the books": "account"}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("part", OPEN)
async def test_row_34_a_fault_beside_the_call_costs_no_call(llm, gateway, client, part, stream):
    gate = await gateway(llm, adapt=OPEN[part], budget=5.0)
    llm.queue("an answer")
    body = agent_body(stream)
    answer = await client.post(f"{gate.url}/v1/messages", json=body)
    assert answer.status_code == 200
    assert answer.content == bytes(llm.last.sent)
    if part == "compression":
        assert llm.last.wire_body == answer.request.content, "the client's own bytes went out"
        assert answer.headers["x-headroom-compression-failed"] == "true"
    if part in COUNTED:
        await until(lambda: f'headroom_internal_errors_total{{addon="{COUNTED[part]}"}}' in exposition(gate))
    await until(lambda: gate.services.slots.in_flight == 0)
    assert (await client.get(f"{gate.url}/readyz")).status_code == 200


BESIDE = [
    ("Lifecycle", "requestheaders"),
    ("Lifecycle", "responseheaders"),
    ("Native", "requestheaders"),
    ("Native", "responseheaders"),
    ("Account", "requestheaders"),
    ("Cache", "request"),
    ("Compress", "request"),
    ("Cache", "responseheaders"),
    ("Cache", "response"),
    ("Account", "response"),
]
DECIDING = [
    ("Recognise", "requestheaders"),
    ("Recognise", "request"),
    ("Gate", "requestheaders"),
    ("Control", "request"),
    ("Limits", "request"),
    ("Upstream", "request"),
]


def break_hook(monkeypatch, addon, hook):
    """Make a hook of an addon raise, from the next gateway on."""
    import importlib

    module = importlib.import_module(f"headroom_addons.{addon.lower()}")
    monkeypatch.setattr(getattr(module, addon), hook, boom)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("addon", "hook"), BESIDE, ids=map(" ".join, BESIDE))
async def test_row_34_a_hook_beside_the_call_that_raises_costs_no_call(
    llm, gateway, client, monkeypatch, addon, hook, stream
):
    break_hook(monkeypatch, addon, hook)
    gate = await gateway(llm)
    answer = await client.post(f"{gate.url}/v1/messages", json=ask(stream))
    assert answer.status_code == 200
    assert answer.content == bytes(llm.last.sent)
    await until(lambda: f'headroom_internal_errors_total{{addon="{addon.lower()}"}}' in exposition(gate))


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("addon", "hook"), DECIDING, ids=map(" ".join, DECIDING))
async def test_row_34_a_deciding_hook_that_raises_lets_nothing_through(
    llm, gateway, client, monkeypatch, addon, hook, stream
):
    break_hook(monkeypatch, addon, hook)
    gate = await gateway(llm, budget=5.0)
    answer = await client.post(f"{gate.url}/v1/messages", json=ask(stream))
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "api_error"
    assert "made to fail" not in answer.text
    assert llm.requests == []
    await until(lambda: f'headroom_internal_errors_total{{addon="{addon.lower()}"}}' in exposition(gate))
    await until(lambda: gate.services.slots.in_flight == 0)


def exposition(gate):
    gate.services.accounts.refresh()
    return gate.services.accounts.metrics.exposition().decode()


async def test_row_34_a_background_job_that_fails_at_once_ends_nothing(llm, gateway, client):
    gate = await gateway(llm, adapt=lambda services: services.background.insert(0, aboom))
    llm.queue("an answer")
    answer = await client.post(f"{gate.url}/v1/messages", json=ask())
    assert answer.status_code == 200
    assert not gate.run.done()
    await until(lambda: 'headroom_internal_errors_total{addon="lifecycle"}' in exposition(gate))


@pytest.mark.parametrize("name", ["headroom.kompress", "asyncio", "urllib3.connectionpool", "mitmproxy.master"])
async def test_row_34_an_error_in_the_log_during_the_start_ends_nothing(llm, gateway, client, name):
    async def stray():
        logging.getLogger(name).error("Unhandled error in task.")

    gate = await gateway(llm, adapt=lambda services: services.background.insert(0, stray))
    assert (await client.post(f"{gate.url}/v1/messages", json=ask())).status_code == 200
    assert not gate.run.done()


class Failing:
    """Slots that break."""

    in_flight = 0
    announced_bytes = 0

    def take(self, _size):
        boom()


CLOSED = {
    "rate and budget": lambda services: setattr(services.limits, "admit", aboom),
    "the slots": lambda services: setattr(services, "slots", Failing()),
    "what calls the provider": lambda services: setattr(services, "forwarder", object()),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("part", CLOSED)
async def test_row_34_a_fault_in_policy_admits_nobody(llm, gateway, client, part, stream):
    gate = await gateway(llm, adapt=CLOSED[part], budget=5.0)
    answer = await client.post(f"{gate.url}/v1/messages", json=ask(stream))
    assert answer.status_code == 500
    assert llm.requests == []
    assert "made to fail" not in answer.text
    addon = {"rate and budget": "limits", "the slots": "gate", "what calls the provider": "upstream"}[part]
    await until(lambda: f'headroom_internal_errors_total{{addon="{addon}"}}' in exposition(gate))


async def test_row_34_a_store_that_breaks_refuses_capped_calls_and_lets_others_pass(llm, gateway):
    from headroom.errors import StoreError

    def broken(*_args, **_kind):
        raise StoreError("the disk is full; free some space")

    for kind, status in (({"budget": 5.0}, 429), ({"rate_limit": True}, 200)):
        gate = await gateway(llm, **kind)
        store = gate.services.limits._store
        for name in ("take_all", "reserve", "settle", "release", "get", "put"):
            setattr(store, name, broken)
        async with httpx.AsyncClient(headers=HEADERS, trust_env=False, timeout=30) as client:
            answer = await client.post(f"{gate.url}/v1/messages", json=ask(text=f"{status}"))
        assert answer.status_code == status, kind
        if status == 429:
            assert "the disk is full" in answer.json()["error"]["message"]
            assert llm.requests == []
        else:
            assert gate.services.limits.unchecked >= 1
