"""A state file that another process keeps locked, under a running proxy."""

import asyncio
import sqlite3

import httpx

from tests.addons.conftest import HEADERS, ask, until


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
