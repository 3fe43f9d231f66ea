"""What a replay says of a session is what the running proxy makes of it."""

from dataclasses import replace

import httpx
import pytest

from headroom.accounts.pricing import Prices
from headroom.replay.run import replay
from headroom.testing.gateway import GatewayProcess
from headroom.testing.server import ScriptedLLM
from tests.replay.generated import Session


@pytest.mark.parametrize("seed", [8, 11], ids=["anthropic", "openai"])
async def test_a_replay_costs_what_the_running_proxy_cost(seed, tmp_path):
    session = Session(seed, turns=12)
    calls = [replace(call, t=float(number)) for number, call in enumerate(session.run())]
    provider = {"openai": "openai"}.get(session.wire, "anthropic")
    async with ScriptedLLM(foreign=True) as llm:
        llm.play(lambda *_: "ok")
        unhurried = {"HEADROOM_COMPRESSION_DEADLINE_SECONDS": "20"}  # a block that is late goes out raw, and costs more
        with GatewayProcess(
            llm.base_url, tmp_path, ["--no-rate-limit", "--no-cache"], environment=unhurried
        ) as gateway:
            async with httpx.AsyncClient(base_url=gateway.base_url, timeout=30, trust_env=False) as client:
                for call in calls:
                    headers = {name: value for name, value in call.headers if name != "Host"}
                    answer = await client.post(
                        call.path, content=call.body, headers={**headers, "content-type": "application/json"}
                    )
                    assert answer.status_code == 200, answer.text
        live = replace(llm.usage, output=0)
    run = replay(calls, ("off", "token")).runs
    told = run["token"].usage
    rates = Prices().rates(session.model, provider)
    assert rates.cost(told) == pytest.approx(rates.cost(live), abs=0.005)
    assert told.total_input == pytest.approx(live.total_input, rel=0.005)
    assert rates.cost(live) < run["off"].dollars
