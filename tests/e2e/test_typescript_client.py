"""The published TypeScript client of this API, npm ``headroom-ai``, against our own routes."""

import asyncio
import json
import subprocess

import pytest

from headroom.testing import GatewayProcess, ScriptedLLM
from headroom.testing.outputs.logs import suite_run
from tests.e2e.agents import library

LOG = suite_run("typescript", 400)
PATIENT = {"HEADROOM_COMPRESSION_TIMEOUT_SECONDS": "60"}
SCRIPT = """
const [, entry, baseUrl] = process.argv.slice(1);
const { HeadroomClient, compress } = await import(entry);
let text = "";
for await (const chunk of process.stdin) text += chunk;
const { messages } = JSON.parse(text);
const client = new HeadroomClient({ baseUrl, fallback: false, retries: 0 });
const out = { compressed: await client.compress(messages, { model: "gpt-4o" }) };
const hash = out.compressed.ccrHashes[0];
out.whole = await client.retrieve(hash);
out.searched = await client.retrieve(hash, { query: "FAILURES" });
out.missed = await client.retrieve("0".repeat(24)).catch((error) => ({ name: error.name, status: error.statusCode, message: error.message }));
out.answered = await client.handleToolCall({
  toolCall: { id: "call_9", type: "function", function: { name: "headroom_retrieve", arguments: JSON.stringify({ hash, lines: "3-4" }) } },
  provider: "openai",
});
out.stats = await client.getCCRStats();
out.health = await client.health();
out.proxy = await client.proxyStats();
out.again = await compress(messages, { model: "claude-sonnet-4-5", baseUrl, fallback: false });
out.refused = await client.compressRaw({ model: "gpt-4o" }).catch((error) => ({ name: error.name, status: error.statusCode, message: error.message }));
console.log(JSON.stringify(out));
"""


def messages():
    arguments = json.dumps({"command": "pytest -v"})
    call = {"id": "call_1", "type": "function", "function": {"name": "bash", "arguments": arguments}}
    return [
        {"role": "user", "content": "What happened?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": LOG},
    ]


@pytest.mark.agents
@pytest.mark.timeout(300)
async def test_what_it_compresses_it_can_retrieve(need_binary, tmp_path):
    node = need_binary("node")
    entry = library("headroom-ai") / "dist" / "index.js"
    async with ScriptedLLM() as llm:
        with GatewayProcess(llm.base_url, tmp_path / "workspace", environment=PATIENT, patience=90) as gateway:
            done = await asyncio.to_thread(
                subprocess.run,
                [node, "--input-type=module", "-e", SCRIPT, "--", "x", str(entry), gateway.base_url],
                input=json.dumps({"messages": messages()}),
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
    assert done.returncode == 0, done.stderr[-2000:]
    out = json.loads(done.stdout)

    first = out["compressed"]
    assert first["compressed"]
    assert first["tokensAfter"] < first["tokensBefore"]
    assert first["tokensSaved"] == first["tokensBefore"] - first["tokensAfter"]
    assert 0 < first["compressionRatio"] < 1
    assert first["transformsApplied"]
    (hash_,) = first["ccrHashes"]
    assert [message["role"] for message in first["messages"]] == ["user", "assistant", "tool"]
    assert first["messages"][1] == messages()[1]
    assert hash_ in first["messages"][2]["content"]

    assert out["whole"]["originalContent"] == LOG
    assert out["whole"]["hash"] == hash_
    assert out["searched"]["count"] == len(out["searched"]["results"]) > 0
    assert all("FAILURES" in line for line in out["searched"]["results"])
    assert out["missed"]["status"] == 404
    assert out["answered"]["success"] is True
    result = out["answered"]["toolResult"]
    assert (result["role"], result["toolCallId"]) == ("tool", "call_9")
    assert result["content"].split("\n")[1:3] == LOG.split("\n")[2:4]
    assert out["stats"]["store"]["entryCount"] >= 1
    assert out["stats"]["store"]["totalRetrievals"] == 3
    assert out["health"]["status"] == "ok"
    assert out["proxy"]["requests"]["total"] == 0
    assert out["again"]["compressed"]
    assert out["refused"]["status"] == 400
