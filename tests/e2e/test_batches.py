"""POST /v1/messages/batches through the proxy, before an upstream that validates every request of it."""

import json
import random

import httpx
import pytest

from headroom.testing.gateway import GatewayProcess
from headroom.testing.server import ScriptedLLM
from tests.conftest import PATIENT
from tests.pipeline.conversations import rows

ROWS = rows(random.Random(4), 80)
HEADERS = {"x-api-key": "sk-ant-test", "anthropic-version": "2023-06-01"}


def batch():
    def params(model):
        call = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "make"}}
        answer = {"type": "tool_result", "tool_use_id": "toolu_1", "content": ROWS}
        return {
            "model": model,
            "max_tokens": 200,
            "tools": [{"name": "Bash", "input_schema": {"type": "object"}}],
            "messages": [
                {"role": "user", "content": "Which job failed?"},
                {"role": "assistant", "content": [call]},
                {"role": "user", "content": [answer]},
            ],
        }

    return {"requests": [{"custom_id": f"c{n}", "params": params("claude-sonnet-4-5")} for n in range(3)]}


@pytest.fixture
async def proxied(tmp_path, request):
    async with ScriptedLLM(foreign=True) as llm:
        with GatewayProcess(
            llm.base_url, tmp_path, ["--no-rate-limit", *request.param], environment=PATIENT
        ) as gateway:
            async with httpx.AsyncClient(
                base_url=gateway.base_url, timeout=60, trust_env=False, headers=HEADERS
            ) as client:
                yield llm, client


@pytest.mark.parametrize("proxied", [[]], indirect=True, ids=["as it comes"])
async def test_every_request_of_a_batch_is_compressed_and_booked(proxied):
    llm, client = proxied
    sent = batch()
    answer = await client.post("/v1/messages/batches", json=sent)
    assert answer.status_code == 200, answer.text
    assert answer.json()["request_counts"]["processing"] == 3
    arrived = json.loads(llm.requests[-1].body)
    texts = [one["params"]["messages"][2]["content"][0]["content"] for one in arrived["requests"]]
    assert len(set(texts)) == 1
    assert len(texts[0]) < 0.8 * len(ROWS)
    assert "omitted" not in texts[0]
    assert all([tool["name"] for tool in one["params"]["tools"]] == ["Bash"] for one in arrived["requests"])
    assert int(answer.headers["x-headroom-tokens-saved"]) > 0
    stats = (await client.get("/stats")).json()
    assert stats["tokens"]["saved"] > 0
    row = (await client.get("/transformations/feed")).json()["transformations"][0]
    assert row["model"] == "claude-sonnet-4-5"


@pytest.mark.parametrize("proxied", [["--no-optimize"]], indirect=True, ids=["--no-optimize"])
async def test_a_batch_passes_untouched_where_nothing_may_change(proxied):
    llm, client = proxied
    raw = json.dumps(batch(), indent=2).encode()
    answer = await client.post("/v1/messages/batches", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    assert llm.requests[-1].body == raw


@pytest.mark.parametrize("proxied", [["--budget", "0.018"]], indirect=True, ids=["a small budget"])
async def test_a_batch_is_held_against_the_budget(proxied):
    llm, client = proxied
    for wanted in (200, 429):
        answer = await client.post("/v1/messages/batches", json=batch())
        assert answer.status_code == wanted, answer.text
    assert len(llm.requests) == 1


@pytest.mark.parametrize("proxied", [[]], indirect=True, ids=["as it comes"])
async def test_the_providers_refusal_of_a_batch_reaches_the_caller(proxied):
    _, client = proxied
    broken = batch()
    broken["requests"][1]["params"]["messages"][2]["content"][0]["tool_use_id"] = "toolu_9"
    answer = await client.post("/v1/messages/batches", json=broken)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("requests.1.params.")
