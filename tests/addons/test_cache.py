"""What the books say of an answer from the response cache."""

import asyncio
import json

import pytest

from tests.addons.conftest import ask, until

CHAT = {"model": "gpt-5", "temperature": 0, "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/messages", ask(temperature=0)), ("/v1/chat/completions", CHAT)],
    ids=["anthropic", "openai"],
)
async def test_the_words_of_a_kept_answer_are_in_the_message_log(llm, gateway, client, tmp_path, path, body, stream):
    log = tmp_path / "log.jsonl"
    gate = await gateway(llm, log_messages=True, log_file=log)
    llm.queue("What was said.")
    for cached in (None, "true"):
        headers = {"authorization": "Bearer k"}
        answer = await client.post(gate.url + path, json=body | {"stream": stream}, headers=headers)
        assert answer.headers.get("x-headroom-cached") == cached
    await until(lambda: log.exists() and log.read_bytes().count(b"\n") == 2)
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(row["outcome"], row["response_content"]) for row in rows] == [
        ("ok", "What was said."),
        ("cached", "What was said."),
    ]
    assert rows[1]["cost_usd"] == rows[1]["output_tokens"] == 0


async def rows_of(log, count):
    await until(lambda: log.exists() and log.read_bytes().count(b"\n") == count)
    return [json.loads(line) for line in log.read_text().splitlines()]


async def test_all_the_time_of_a_call_that_was_not_sent_is_overhead(llm, gateway, client, tmp_path):
    log = tmp_path / "log.jsonl"
    gate = await gateway(llm, log_file=log, rate_limit=True, rpm=2)
    for _ in range(3):
        await client.post(f"{gate.url}/v1/messages", json=ask(temperature=0))
    sent, cached, refused = await rows_of(log, 3)
    assert [row["outcome"] for row in (sent, cached, refused)] == ["ok", "cached", "rate_limited"]
    assert 0 < sent["overhead_ms"] < sent["latency_ms"]
    assert all(row["overhead_ms"] == row["latency_ms"] > 0 for row in (cached, refused))


async def test_waiting_for_an_equal_call_is_no_overhead(llm, gateway, client, tmp_path, monkeypatch):
    log = tmp_path / "log.jsonl"
    gate = await gateway(llm, log_file=log)
    answers, looking = gate.services.answers, []
    find = answers.find

    async def found(exchange):
        looking.append(exchange)
        return await find(exchange)

    monkeypatch.setattr(answers, "find", found)
    llm.hold()
    calls = [asyncio.ensure_future(client.post(f"{gate.url}/v1/messages", json=ask(temperature=0))) for _ in range(2)]
    await until(lambda: len(looking) == 2)
    await llm.wait_for_requests(1)
    llm.release()
    assert {(await call).headers.get("x-headroom-cached") for call in calls} == {None, "true"}
    row = next(row for row in await rows_of(log, 2) if row["outcome"] == "cached")
    assert 0 <= row["overhead_ms"] < row["latency_ms"]
