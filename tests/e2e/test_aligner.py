"""The cache aligner in a running gateway: a strict provider takes every body, retrieval and retries go on as ever."""

import json

import httpx
import pytest

from headroom.exchange import Wire
from headroom.pipeline.alignment import HEAD, PLACEHOLDER
from headroom.testing import Call, Retrieve, Text, faults
from headroom.testing.agent import MODELS
from headroom.testing.clients import CLIENTS
from headroom.testing.outputs.logs import suite_run
from tests.addons.conftest import gateway, llm  # noqa: F401 - fixtures

TOOLS = [("Bash", "Run a command", {"type": "object", "properties": {"command": {"type": "string"}}})]
RULES = "You fix things, one at a time, and say what you did and which file it changed.\n" * 80
LOG = suite_run("aligner", 600)
WIRES = pytest.mark.parametrize("wire", [Wire.ANTHROPIC, Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES], ids=str)


class Talk:
    """An agent whose system prompt says what time it is."""

    def __init__(self, url, wire, *, stream=False, credential=None):
        self.url, self.wire, self.turn, self.credential = url, wire, 0, credential
        self.client = CLIENTS[wire](MODELS[wire], "", TOOLS, stream=stream)

    async def ask(self):
        self.client.system = f"{RULES}It is 2026-11-21T10:{self.turn:02}:07Z.\nGo on."
        if self.wire is Wire.OPENAI_CHAT:
            self.client.messages[0]["content"] = self.client.system
        self.turn += 1
        headers = {"content-type": "application/json", **(self.credential or self.client.headers("sk-ant-api03-test"))}
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
            self.answer = await http.post(self.url + self.client.url, content=self.body(), headers=headers)
        assert self.answer.status_code == 200, self.answer.text
        return self.client.read(self.answer.content)

    def body(self):
        request = json.loads(self.client.encode())
        request.pop("thinking", None)  # with it nothing is moved
        return json.dumps(request)

    async def work(self, upstream, rounds, output="done"):
        for _ in range(rounds):
            upstream.queue([Call("Bash", {"command": "make"})])
            reading = await self.ask()
            self.client.results([(call, output) for call in reading.calls])


def taken(upstream):
    assert [record.refusal for record in upstream.requests if record.refusal] == []
    return [PLACEHOLDER in record.body and HEAD in record.body for record in upstream.generations]


@WIRES
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_a_strict_provider_takes_it_and_hidden_rounds_stand(wire, stream, gateway, llm):  # noqa: F811
    made = await gateway(llm, cache_aligner=True)
    talk = Talk(made.url, wire, stream=stream)
    talk.client.user("Find out why it fails.")
    await talk.work(llm, 3)
    await talk.work(llm, 1, LOG)
    llm.queue([Text("Let me see. "), Retrieve(lines="150-151")], [Text("Nothing.")])
    reading = await talk.ask()
    assert reading.text.endswith("Nothing.")
    assert taken(llm) == [False, False, *[True] * 4]
    assert b"aligned:timestamp" in talk.answer.headers["x-headroom-transforms"].encode()
    talk.client.user("And now?")
    llm.queue([Text("Still nothing.")])
    await talk.ask()
    assert taken(llm)[-1]
    assert b"150-151" in llm.generations[-1].body  # what the client never saw was put back
    assert llm.generations[-1].body.count(HEAD) == 1


@WIRES
async def test_a_retry_sends_the_same_bytes(wire, gateway, llm):  # noqa: F811
    made = await gateway(llm, cache_aligner=True)
    talk = Talk(made.url, wire)
    talk.client.user("Find out why it fails.")
    await talk.work(llm, 3)
    llm.fail(faults.server_error(), times=1)
    await talk.work(llm, 1)
    assert llm.generations[-1].body == llm.generations[-2].body
    assert taken(llm)[-1]


async def test_a_login_is_left_alone(gateway, llm):  # noqa: F811
    made = await gateway(llm, cache_aligner=True)
    login = {"authorization": "Bearer sk-ant-oat01-test", "anthropic-version": "2023-06-01",
             "anthropic-beta": "oauth-2025-04-20"}  # fmt: skip
    talk = Talk(made.url, Wire.ANTHROPIC, credential=login)
    talk.client.user("Find out why it fails.")
    await talk.work(llm, 5)
    assert not any(taken(llm))
