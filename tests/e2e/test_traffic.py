"""Recorded sessions of real agents go through the running proxy without one refused request, and with fewer tokens."""

import gzip
import json

import aiohttp
import pytest

from headroom.testing import GatewayProcess, ScriptedLLM
from tests.conftest import PATIENT, shared

FOLDER = shared("traffic")
FILES = sorted(p.name for p in FOLDER.glob("*.jsonl*")) if FOLDER else []
DROP = {"host", "connection", "content-length", "accept-encoding", "content-encoding", "transfer-encoding"}
NOTHING_TO_GAIN = {"aideropenai.jsonl", "llmopenai.jsonl", "codexws.jsonl.gz"}
"""No tool results in them, or frames of a websocket."""


def records(name):
    path = FOLDER / name
    opener = gzip.open if name.endswith(".gz") else open
    with opener(path, "rt") as file:
        for line in file:
            found = json.loads(line)
            if found.get("method") == "POST" and isinstance(found.get("body"), dict):
                yield found


@pytest.mark.skipif(not FILES, reason="no folder shared/traffic beside this checkout")
@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", FILES or ["none"])
async def test_a_recorded_session_passes_and_shrinks(name, tmp_path):
    async with ScriptedLLM(foreign=True) as llm:
        gateway = GatewayProcess(llm.base_url, tmp_path, ["--no-rate-limit"], environment=PATIENT)
        with gateway:
            before = after = sent = 0
            async with aiohttp.ClientSession(auto_decompress=True) as session:
                for record in records(name):
                    headers = {k: v for k, v in record["headers"] if k.lower() not in DROP}
                    raw = json.dumps(record["body"], ensure_ascii=False).encode()
                    async with session.post(gateway.base_url + record["path"], data=raw, headers=headers) as answer:
                        text = await answer.read()
                        assert answer.status == 200, (record["i"], text[:500])
                        assert b"headroom_retrieve" not in text
                        before += int(answer.headers.get("x-headroom-tokens-before", 0))
                        after += int(answer.headers.get("x-headroom-tokens-after", 0))
                        assert "x-headroom-compression-failed" not in answer.headers
                        sent += 1
        refused = [(r.path, r.refusal) for r in llm.requests if r.refusal]
        assert refused == []
        print(
            f"\n{name}: {sent} requests, {before:,} -> {after:,} tokens ({100 * (before - after) / max(1, before):.1f} %)"
        )
        if name not in NOTHING_TO_GAIN:
            assert after < before
        else:
            assert after <= before
