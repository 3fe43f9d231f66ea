"""``--shadow``: the provider gets the client's bytes, and everything that would have been saved is counted as such."""

import re
from hashlib import sha256
from io import StringIO

import httpx
import pytest
from rich.console import Console

from headroom.cli.stats import view
from headroom.testing.gateway import GatewayProcess
from headroom.testing.server import ScriptedLLM
from tests.conftest import PATIENT
from tests.replay.generated import Session


async def play(tmp_path, options):
    async with ScriptedLLM(foreign=True) as llm:
        llm.play(lambda *_: "ok")
        flags = ["--no-rate-limit", "--no-cache", *options]
        with GatewayProcess(llm.base_url, tmp_path, flags, environment=PATIENT) as gateway:
            async with httpx.AsyncClient(base_url=gateway.base_url, timeout=30, trust_env=False) as client:
                sent = []
                for call in Session(8, turns=8).run():
                    headers = {n: v for n, v in call.headers if n != "Host"} | {"content-type": "application/json"}
                    sent.append(call.body)
                    answer = await client.post(call.path, content=call.body, headers=headers)
                    assert answer.status_code == 200, answer.text
                stats = (await client.get("/stats")).json()
                stats["metrics"] = (await client.get("/metrics")).text
        return sent, [request.body for request in llm.requests], stats


def digests(bodies):
    return [sha256(body).hexdigest() for body in bodies]


async def test_shadow_forwards_untouched_and_counts_what_it_would_save(tmp_path):
    sent, arrived, stats = await play(tmp_path / "shadow", ["--shadow"])
    assert digests(arrived) == digests(sent)
    assert stats["tokens"]["saved"] == 0
    would = stats["tokens"]["would_save"]
    assert would > 0
    dollars = stats["cost"]["would_save_usd"]
    assert dollars == pytest.approx(sum(call["would_save_usd"] for call in stats["recent_requests"]))
    assert dollars > 0
    assert sum(model["tokens_would_save"] for model in stats["cost"]["per_model"].values()) == would
    said = f"{would:,} tokens (about ${dollars:,.4f}) would have been saved"
    assert said in stats["summary"]["headline"]
    console = Console(record=True, width=200, file=StringIO())
    console.print(view(stats))
    assert f"{would:,} tokens, ${dollars:,.4f}" in console.export_text()
    counted = re.search(r"^headroom_tokens_would_save_total{.*} (\S+)$", stats["metrics"], re.MULTILINE)
    assert counted is not None
    assert float(counted[1]) == would
    sent, arrived, real = await play(tmp_path / "real", [])
    assert digests(arrived) != digests(sent)
    saved = real["tokens"]["saved"]
    assert real["cost"]["would_save_usd"] == 0
    assert "would have" not in real["summary"]["headline"]
    assert abs(would - saved) <= 0.02 * saved
