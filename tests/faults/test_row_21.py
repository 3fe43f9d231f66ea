"""A state file that another process keeps locked, under a running proxy."""

import asyncio
import json
import random
import sqlite3
from itertools import pairwise

import httpx
import pytest

from headroom.exchange import Wire
from tests.addons.conftest import HEADERS, ask, until
from tests.pipeline.conversations import body, log


async def locked(gateway, llm, tmp_path, **kind):
    gate = await gateway(llm, stateless=False, store="sqlite", workspace_dir=tmp_path, **kind)
    other = sqlite3.connect(tmp_path / "headroom.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    return gate, other


async def test_row_21_a_locked_file_delays_no_call_and_no_probe(llm, gateway, client, tmp_path):
    gate, other = await locked(gateway, llm, tmp_path)
    async with httpx.AsyncClient(headers=HEADERS, timeout=30, trust_env=False) as prober:
        calls = [
            asyncio.ensure_future(client.post(f"{gate.url}/v1/messages", json=ask(text=f"{i}", temperature=0)))
            for i in range(5)
        ]
        probes = 0
        while not all(call.done() for call in calls):
            assert (await prober.get(f"{gate.url}/livez")).status_code == 200
            probes += 1
    assert [call.result().status_code for call in calls] == [200] * 5
    assert probes >= 1
    other.execute("ROLLBACK")
    other.close()
    assert (await client.post(f"{gate.url}/v1/messages", json=ask(text="later"))).status_code == 200


async def test_row_21_a_cap_that_cannot_be_checked_is_kept(llm, gateway, client, tmp_path):
    gate, other = await locked(gateway, llm, tmp_path, budget=5.0)
    answer = await client.post(f"{gate.url}/v1/messages", json=ask())
    assert answer.status_code == 429
    assert "another process has it locked" in answer.json()["error"]["message"]
    assert answer.headers["x-should-retry"] == "true"
    assert llm.requests == []
    other.execute("ROLLBACK")
    other.close()
    assert (await client.post(f"{gate.url}/v1/messages", json=ask())).status_code == 200
    await until(lambda: gate.services.slots.in_flight == 0)


def agents(turns, name="work"):
    """A conversation with large results, three of them in each turn."""
    rng = random.Random(name)
    steps = [("Bash", {"command": f"make {name}-{i}"}, log(rng, 250), False) for i in range(3 * turns)]
    return body(Wire.ANTHROPIC, steps, marked=False)


def unmarked(value):
    """Without the cache marks, which move along with the end."""
    if isinstance(value, dict):
        return {key: unmarked(member) for key, member in value.items() if key != "cache_control"}
    return [unmarked(member) for member in value] if isinstance(value, list) else value


def sent(llm):
    return [unmarked(json.loads(request.wire_body)) for request in llm.requests]


@pytest.fixture
def lasting(monkeypatch):
    """Who waits for a lock as long as for a slow disk does not come back."""
    for wait in ("WAIT_BUDGET", "WAIT_PUT"):
        monkeypatch.setattr(f"headroom.store.sqlite.{wait}", 3600.0)


async def test_row_21_turns_go_on_without_a_locked_file_and_keep_their_bytes_when_it_is_back(
    llm, gateway, client, tmp_path, lasting
):
    gate, other = await locked(gateway, llm, tmp_path)

    async def turn(gate, raw):
        answer = await client.post(f"{gate.url}/v1/messages", content=raw)
        assert answer.status_code == 200
        return answer.headers.get("x-headroom-store")

    other.execute("ROLLBACK")
    assert await turn(gate, agents(1, "older")) is None
    other.execute("BEGIN EXCLUSIVE")
    said = [await turn(gate, agents(n, name)) for n, name in ((2, "older"), (1, "new"), (2, "new"))]
    assert said == ["unavailable"] * 3
    ready = (await client.get(f"{gate.url}/readyz")).json()
    assert ready["ready"]
    assert ready["checks"]["store"]["degraded"]
    assert "another process has it locked" in ready["checks"]["store"]["error"]
    assert 'headroom_degraded{part="store"} 1' in (await client.get(f"{gate.url}/metrics")).text
    other.execute("ROLLBACK")
    other.close()
    await until(lambda: gate.services.limits._store.trouble is None)
    assert not (await client.get(f"{gate.url}/readyz")).json()["checks"]["store"]["degraded"]
    assert [await turn(gate, agents(3, name)) for name in ("older", "new")] == [None, None]
    await gate.stop()
    gate = await gateway(llm, stateless=False, store="sqlite", workspace_dir=tmp_path)
    assert [await turn(gate, agents(4, name)) for name in ("older", "new")] == [None, None]
    talks = {"older": [], "new": []}
    for request in sent(llm):
        talks["older" if "older" in json.dumps(request["messages"][1]) else "new"].append(request)
    for name, requests in talks.items():
        assert len({json.dumps(request["tools"]) for request in requests}) == 1
        for before, after in pairwise(request["messages"] for request in requests):
            assert after[: len(before)] == before, f"{name}: what was sent changed"
    assert [len(request["messages"]) for request in talks["older"]] == [7, 13, 19, 25]
    given = json.loads(agents(4, "older"))["messages"]
    shorter = [index for index, one in enumerate(given) if talks["older"][-1]["messages"][index] != one]
    assert shorter == [2, 4, 6, 14, 16, 18, 20, 22, 24], "all but those of the turn with the lock"
    assert talks["new"][1]["messages"] == json.loads(agents(2, "new"))["messages"]
