"""Retrieval through the whole gateway: the real pipeline condenses, the model asks back, the client sees one answer."""

import asyncio
import re

import httpx
import pytest

from headroom.accounts import report
from headroom.exchange import Usage, Wire
from headroom.testing import DEMO, Call, Retrieve, ScriptedAgent, Text, Thinking, faults
from headroom.testing.agent import MODELS
from headroom.testing.clients import CLIENTS
from headroom.testing.outputs.logs import suite_run
from headroom.upstream import hold
from tests.addons.conftest import gateway, llm, until  # noqa: F401 - fixtures

pytestmark = [
    pytest.mark.parametrize("wire", list(Wire)),
]
BOTH = pytest.mark.parametrize("stream", [pytest.param(True, id="streamed"), pytest.param(False, id="whole")])
TOOLS = [
    (
        "Bash",
        "Run a command",
        {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
    )
]
LOG = suite_run("retrieval", 600)
LINES = LOG.split("\n")


class Conversation:
    """A client talking to the gateway."""

    def __init__(self, url, wire, *, stream):
        self.url = url
        self.client = CLIENTS[wire](MODELS[wire], "Be brief.", TOOLS, stream=stream)
        self.raw = b""

    async def post(self):
        headers = {"content-type": "application/json", **self.client.headers("sk-test")}
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
            answer = await http.post(self.url + self.client.url, content=self.client.encode(), headers=headers)
        self.raw = answer.content
        return answer

    async def ask(self):
        answer = await self.post()
        assert answer.status_code == 200, answer.text
        return self.client.read(self.raw)

    async def read_log(self, upstream):
        """The client's tool has put out a long log, which goes up with the next request."""
        self.client.user("What happened?")
        upstream.queue([Call("Bash", {"command": "pytest -v"})])
        reading = await self.ask()
        self.client.results([(call, LOG) for call in reading.calls])


def leaks(raw):
    return b"headroom_retrieve" in re.sub(rb'"tools":\s*\[\{"type":.*?\}\],\s*"top_p"', b"", raw)


def accepted(upstream):
    return [record.refusal for record in upstream.requests if record.refusal] == []


@BOTH
async def test_the_model_gets_back_exactly_what_was_left_out(wire, stream, gateway, llm):  # noqa: F811
    made = await gateway(llm)
    talk = Conversation(made.url, wire, stream=stream)
    await talk.read_log(llm)
    llm.queue(
        [Thinking("hm"), Text("Let me see. "), Retrieve(lines="150-151")],
        [Retrieve(pattern=re.escape(LINES[222]))],
        [Thinking("so"), Text("Nothing.")],
    )
    reading = await talk.ask()
    assert accepted(llm)
    assert not leaks(talk.raw)
    assert reading.complete
    assert reading.text.endswith("Nothing.")
    told = llm.last.conversation
    lines, found = (entry.text for entry in told.retrievals)
    assert lines.split("\n")[1:3] == LINES[149:151]
    assert LINES[222] in found
    assert reading.usage == sum((record.usage for record in llm.generations[1:]), Usage())
    assert len(llm.generations[1].body) < len(LOG) / 2


async def test_parts_of_what_was_left_out_are_served_and_counted(wire, gateway, llm):  # noqa: F811
    made = await gateway(llm)
    talk = Conversation(made.url, wire, stream=False)
    await talk.read_log(llm)
    llm.queue([Text("Fine.")])
    await talk.ask()
    (hash_,) = set(re.findall(rb"hash=[\\]*\"([0-9a-f]{24})", llm.generations[-1].body))
    url = f"{made.url}/v1/retrieve/{hash_.decode()}"
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        lines = (await http.get(url, params={"lines": "150-151"})).json()
        found = (await http.get(url, params={"pattern": re.escape(LINES[222])})).json()
        whole = (await http.get(url)).json()
        assert lines["content"].splitlines() == LINES[149:151]
        assert LINES[222] in found["content"]
        assert whole["original_content"] == LOG
        groups = []

        async def told():
            nonlocal groups
            groups = (await http.get(f"{made.url}/stats")).json()["retrieval_feedback"]["groups"]
            return [(g["condensed"], g["retrieved"]) for g in groups] == [(1, 1)]

        for _ in range(1200):
            if await told():
                break
            await asyncio.sleep(0.05)
    (group,) = groups
    assert (group["tool"], group["retrieval_rate"], group["backs_off"]) == ("bash", 1.0, False)


@BOTH
async def test_the_next_request_holds_what_the_client_never_saw(wire, stream, gateway, llm):  # noqa: F811
    made = await gateway(llm)
    talk = Conversation(made.url, wire, stream=stream)
    await talk.read_log(llm)
    llm.queue(
        [Text("Let me see. "), Retrieve(lines="7")],
        [Text("Both: "), Retrieve(lines="8"), Call("Bash", {"command": "ls"})],
    )
    reading = await talk.ask()
    talk.client.results([(call, "a\nb") for call in reading.calls])
    llm.queue("Done.")
    await talk.ask()
    talk.client.user("Thanks.")
    llm.queue("Welcome.")
    await talk.ask()
    assert accepted(llm)
    first, second = (entry.text for entry in llm.last.conversation.retrievals)
    assert first.split("\n")[1] == LINES[6]
    assert second.split("\n")[1] == LINES[7]


async def test_the_opening_does_not_wait_for_a_hidden_round(wire, gateway, llm, monkeypatch):  # noqa: F811
    if wire is Wire.GEMINI:
        pytest.skip("its first chunk is the call itself: there is no opening")
    monkeypatch.setattr(hold, "HOLD_SECONDS", 600.0)
    made = await gateway(llm)
    talk = Conversation(made.url, wire, stream=True)
    await talk.read_log(llm)
    llm.queue([Retrieve(lines="7")])
    llm.queue(faults.slow_head(60))
    headers = {"content-type": "application/json", **talk.client.headers("sk-test")}
    async with (
        httpx.AsyncClient(timeout=30, trust_env=False) as http,
        http.stream("POST", talk.url + talk.client.url, content=talk.client.encode(), headers=headers) as answer,
    ):
        opening = await anext(answer.aiter_bytes())
    assert opening.startswith((b"event: message_start", b"event: response.created", b'data: {"id"'))


async def test_a_client_that_hangs_up_stops_the_hidden_round(wire, gateway, llm):  # noqa: F811
    made = await gateway(llm)
    talk = Conversation(made.url, wire, stream=True)
    await talk.read_log(llm)
    llm.queue([Text("Let me see. "), Retrieve(lines="7")])
    llm.queue(faults.slow_head(60))
    headers = {"content-type": "application/json", **talk.client.headers("sk-test")}
    before = len(llm.requests)
    async with (
        httpx.AsyncClient(timeout=30, trust_env=False) as http,
        http.stream("POST", talk.url + talk.client.url, content=talk.client.encode(), headers=headers) as answer,
    ):
        assert answer.status_code == 200
        await until(lambda: len(llm.requests) == before + 2)
    await until(lambda: llm.requests[-1].disconnected or llm.requests[-1].ended is not None)


async def test_a_hidden_round_that_fails_is_told_in_the_providers_form(wire, gateway, llm):  # noqa: F811
    made = await gateway(llm, retry_max_attempts=1)
    talk = Conversation(made.url, wire, stream=True)
    await talk.read_log(llm)
    llm.queue([Text("Let me see. "), Retrieve(lines="7")])
    llm.queue(faults.status(500))
    reading = await talk.ask()
    assert reading.error
    assert not reading.complete


async def test_the_calls_of_a_turn_are_no_miss_of_the_cache(wire, gateway, llm):  # noqa: F811
    made = await gateway(llm)
    llm.play(DEMO.brain())
    turns = [turn async for turn in ScriptedAgent(made.url, wire, DEMO).run()]
    assert sum(len(request.conversation.retrievals) for request in llm.requests if request.conversation) > 0
    stats = made.services.accounts.stats
    await until(lambda: report.payload(stats)["requests"]["total"] == len(turns))
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
        cache = (await http.get(f"{made.url}/stats")).json()["prefix_cache"]
    assert cache["totals"]["hit_rate"] > 80
    assert set(cache["missed_tokens"].values()) == {0}
    assert cache["miss_attribution"]["by_cause"] == {}


@BOTH
async def test_hidden_rounds_count_as_requests(wire, stream, gateway, llm):  # noqa: F811
    made = await gateway(llm, rate_limit=True, rpm=4)
    talk = Conversation(made.url, wire, stream=stream)
    await talk.read_log(llm)
    llm.queue([Retrieve(lines="7")], [Retrieve(lines="8")], [Text("Test 7 fails.")])
    await talk.ask()
    talk.client.user("And now?")
    assert (await talk.post()).status_code == 429
