"""What the books say of an answer from the response cache."""

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
