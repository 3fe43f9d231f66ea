"""The agent plays the bundled session in every wire format; recorded requests of real agents validate."""

import gzip
import itertools
import json

import aiohttp
import pytest

from headroom.exchange import Usage, Wire
from headroom.testing import DEMO, AgentError, Call, ScriptedAgent, ScriptedLLM, When, faults


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("wire", list(Wire), ids=str)
async def test_session_runs_to_its_end_and_the_cache_holds(wire, stream):
    async with ScriptedLLM() as llm:
        llm.play(DEMO.brain())
        agent = ScriptedAgent(llm.base_url, wire, stream=stream)
        turns = [turn async for turn in agent.run()]
        assert len(turns) == DEMO.turns >= 15
        assert [turn.reading.text for turn in turns if not turn.reading.calls] == [task.answer for task in DEMO.tasks]
        assert agent.strays == []
        assert sum((turn.usage for turn in turns), Usage()) == llm.usage
        assert sum(len(turn.kinds) for turn in turns) == len(DEMO.uses)
        for before, after in itertools.pairwise(turns):
            assert after.usage.cache_read >= (before.usage.cache_read + before.usage.cache_write) // 128 * 128
        assert llm.usage.cache_read > 0.8 * llm.usage.total_input
        assert not any(record.refusal for record in llm.requests)


async def test_old_history_is_sent_again_byte_for_byte():
    async with ScriptedLLM() as llm:
        llm.play(DEMO.brain())
        bodies = [turn.request async for turn in ScriptedAgent(llm.base_url, Wire.OPENAI_CHAT).run()]
    for before, after in itertools.pairwise(bodies):
        end = before.index(b'],"tools":')
        assert after.startswith(before[:end])


async def test_two_agents_share_one_fake():
    async with ScriptedLLM() as llm:
        llm.play(DEMO.brain())
        runs = [ScriptedAgent(llm.base_url, Wire.ANTHROPIC, key=key).run() for key in ("one", "two")]
        pairs = [[await anext(run) for run in runs] for _ in range(DEMO.turns)]
    assert all(len(one.request) == len(two.request) for one, two in pairs)
    assert [turn.usage.cache_read for turn in pairs[0]] == [0, 0], "another key has its own cache"
    assert [turn.reading.text for turn in pairs[-1]] == [DEMO.tasks[-1].answer] * 2


async def test_gemini_without_call_ids():
    async with ScriptedLLM(gemini_ids=False) as llm:
        llm.play(DEMO.brain())
        turns = [turn async for turn in ScriptedAgent(llm.base_url, Wire.GEMINI).run()]
    assert len(turns) == DEMO.turns


async def test_a_leaked_tool_is_noticed():
    async with ScriptedLLM() as llm:
        llm.queue([Call("headroom_retrieve", {"hash": "0" * 24})])
        llm.play(lambda _request: "Enough.")
        agent = ScriptedAgent(llm.base_url, Wire.ANTHROPIC)
        async for _ in agent.run():
            pass
    assert agent.strays == ["headroom_retrieve"]
    assert "proxy's own tool" in llm.requests[1].conversation.of("result")[0].text


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.rate_limited(), "429"),
        (faults.cut_event(4), "turn 0: Client"),
        (faults.no_terminator(), "broke off"),
        (faults.stream_error(3), "Overloaded"),
        (faults.reset(), "turn 0: "),
    ],
    ids=["status", "cut", "no terminator", "error event", "reset"],
)
async def test_failed_turns_end_the_run_with_a_reason(fault, words):
    async with ScriptedLLM() as llm:
        llm.play(DEMO.brain())
        llm.fail(fault)
        with pytest.raises(AgentError, match=words):
            async for _ in ScriptedAgent(llm.base_url).run():
                pass


async def test_retrieval_is_planned_where_the_tool_is_offered():
    """The model looks something up again only when a proxy offers its tool, and only once."""
    brain = DEMO.brain()
    async with ScriptedLLM() as llm:
        llm.play(brain)
        llm.on(When(tool="headroom_retrieve"), "never used", times=0)
        async for _ in ScriptedAgent(llm.base_url).run():
            pass
        step = next(i for i, step in enumerate(DEMO.tasks[1].steps) if step.retrieve)
        before = sum(len(s.uses) for s in DEMO.tasks[0].steps) + sum(len(s.uses) for s in DEMO.tasks[1].steps[:step])
        record = next(r for r in llm.requests if r.conversation.client_results == before)
        body = json.loads(record.body)
        body["tools"].append({"name": "headroom_retrieve", "input_schema": {"type": "object"}})
        result = body["messages"][-1]["content"][0]
        result["content"] = (
            'short [~ condensed by headroom; full text: headroom_retrieve(hash="0123456789abcdef01234567")]'
        )
        async with aiohttp.ClientSession(headers={"x-api-key": "k", "anthropic-version": "2023-06-01"}) as http:
            body["stream"] = False
            async with http.post(f"{llm.base_url}/v1/messages", json=body) as got:
                message = await got.json()
            assert [block["name"] for block in message["content"]] == ["headroom_retrieve"]
            body["messages"] += [
                {"role": "assistant", "content": message["content"]},
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": message["content"][0]["id"], "content": "full"}],
                },
            ]
            async with http.post(f"{llm.base_url}/v1/messages", json=body) as got:
                names = [block.get("name") for block in (await got.json())["content"]]
            assert "Bash" in names


def test_outputs_are_the_same_at_every_run_and_large():
    from headroom.testing.outputs import logs, records

    assert logs.service_log() == logs.service_log() != logs.service_log("other")
    assert json.loads(records.api_rows())["total"] == 412
    kinds = {use.kind for use in DEMO.uses}
    assert len(kinds) >= 14
    assert sum(len(use.output) for use in DEMO.uses) > 250_000


HTTP_FILES = [
    "aideropenai.jsonl",
    "claudecode-big.jsonl.gz",
    "claudecode.jsonl.gz",
    "codexhttp.jsonl.gz",
    "copilotanthropic.jsonl.gz",
    "copilotchat.jsonl.gz",
    "geminicli.jsonl.gz",
    "llmopenai.jsonl",
    "opencodeanthropic.jsonl.gz",
    "opencodeopenai.jsonl.gz",
    "sdkanthropic.jsonl.gz",
    "sdkanthropicstream.jsonl.gz",
    "sdkgenai.jsonl.gz",
    "sdklangchainanthropic.jsonl.gz",
    "sdkopenaichatstream.jsonl.gz",
    "sdkopenairesponsesstored.jsonl",
]
HOP = {"host", "content-length", "connection", "accept-encoding", "content-encoding", "transfer-encoding"}


def rows_of(path):
    raw = path.read_bytes()
    text = gzip.decompress(raw) if path.suffix == ".gz" else raw
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", HTTP_FILES)
async def test_recorded_agents_are_accepted_and_billed_alike(shared_dir, name):
    rows = rows_of(shared_dir("traffic", name))
    mine = theirs = 0
    async with ScriptedLLM(foreign=True) as llm, aiohttp.ClientSession() as http:
        for row in rows:
            headers = {key: value for key, value in row["headers"] if key.lower() not in HOP}
            async with http.post(llm.base_url + row["path"], json=row["body"], headers=headers) as got:
                assert got.status == 200, await got.text()
                await got.read()
            if llm.last.usage and row.get("usage") and "previous_response_id" not in row["body"]:
                mine += llm.last.usage.cache_read
                theirs += row["usage"]["read"]
    assert abs(mine - theirs) <= 0.1 * theirs + 256


async def test_recorded_codex_websocket_is_accepted(shared_dir):
    rows = rows_of(shared_dir("traffic", "codexws.jsonl.gz"))
    async with ScriptedLLM(foreign=True) as llm, aiohttp.ClientSession() as http:
        headers = {"authorization": "Bearer k"}
        async with http.ws_connect(f"{llm.base_url}/v1/responses", headers=headers, max_msg_size=0) as socket:
            for row in rows:
                if row["method"] != "WSMSG":
                    continue
                await socket.send_json(row["body"])
                while (event := await socket.receive_json(timeout=60))["type"] != "response.completed":
                    assert event["type"] != "error", event
