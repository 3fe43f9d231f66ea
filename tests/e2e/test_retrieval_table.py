"""Retrieval, case by case: what the model may ask, on every wire format, streamed and whole.

After each case the conversation goes on, so that what the proxy put into the history is seen by the provider's own
validation: calls and results in pairs, thinking signed, nothing of ours in what the client holds.
"""

import asyncio
import json
import re
from dataclasses import dataclass

import httpx
import pytest

from headroom.exchange import Usage, Wire
from headroom.testing import Call, Reply, Retrieve, Text, Thinking, faults
from headroom.testing.outputs.logs import suite_run
from tests.addons.conftest import gateway, llm, until  # noqa: F401 - fixtures
from tests.e2e.test_retrieval_rounds import LINES, LOG, Conversation, accepted, leaks

pytestmark = [
    pytest.mark.parametrize("wire", list(Wire)),
    pytest.mark.parametrize("stream", [pytest.param(True, id="streamed"), pytest.param(False, id="whole")]),
    pytest.mark.timeout(120),
]
NO_HASH = "0123456789abcdef01234567"


@dataclass
class Scene:
    """A client whose tool has just put out a long log, a scripted provider, and the gateway between."""

    talk: Conversation
    llm: object
    before: int
    """Calls the provider had before the turn of the case."""

    @property
    def calls(self):
        return self.llm.generations[self.before :]

    def told(self):
        """What the model was given for its retrieve calls, in order."""
        return [entry.text for entry in self.llm.last.conversation.retrievals]

    async def turn(self, *replies):
        """The client's turn, as the model plays it; what the client reads."""
        self.llm.queue(*replies)
        reading = await self.talk.ask()
        assert reading.complete
        assert not leaks(self.talk.raw)
        assert accepted(self.llm)
        return reading

    async def go_on(self):
        """The next turn, which the provider must accept."""
        self.talk.client.user("Thanks.")
        reading = await self.turn([Text("Welcome.")])
        assert reading.text == "Welcome."

    def usage_adds_up(self, reading):
        assert reading.usage == sum((call.usage for call in self.calls), Usage())


async def begin(gateway, llm, wire, *, stream, log=LOG, **kind):  # noqa: F811
    made = await gateway(llm, retry_max_attempts=1, **kind)
    talk = Conversation(made.url, wire, stream=stream)
    talk.client.user("What happened?")
    llm.queue([Call("Bash", {"command": "pytest -v"})])
    reading = await talk.ask()
    talk.client.results([(call, log) for call in reading.calls])
    return Scene(talk, llm, len(llm.generations))


async def alone(scene):
    reading = await scene.turn([Thinking("hm"), Text("Let me see. "), Retrieve(lines="7")], [Text("Done.")])
    assert reading.text.endswith("Done.")
    (told,) = scene.told()
    assert told.split("\n")[1] == LINES[6]
    scene.usage_adds_up(reading)


async def twice(scene):
    reading = await scene.turn([Retrieve(lines="7"), Retrieve(lines="9")], [Text("Done.")])
    assert [told.split("\n")[1] for told in scene.told()] == [LINES[6], LINES[8]]
    assert len(scene.calls) == 2  # both are answered in one round
    scene.usage_adds_up(reading)


async def mixed(scene):
    reading = await scene.turn([Text("Both: "), Retrieve(lines="7"), Call("Bash", {"command": "ls"})])
    assert [call.name for call in reading.calls] == ["Bash"]
    scene.usage_adds_up(reading)
    scene.talk.client.results([(call, "a\nb") for call in reading.calls])
    await scene.turn([Text("I see.")])
    (told,) = scene.told()
    assert told.split("\n")[1] == LINES[6]


async def three_rounds(scene):
    reading = await scene.turn(*([Text(f"{n}. "), Retrieve(lines=str(n))] for n in (7, 8, 9)), [Text("Done.")])
    assert reading.text.endswith("Done.")
    assert [told.split("\n")[1] for told in scene.told()] == LINES[6:9]
    assert len(scene.calls) == 4
    scene.usage_adds_up(reading)


async def unknown_hash(scene):
    reading = await scene.turn([Retrieve(lines="7", hash=NO_HASH)], [Text("Then not.")])
    (told,) = scene.told()
    assert "Do not retry this hash" in told
    scene.usage_adds_up(reading)


async def forged_marker(scene):
    forged = f"[~ 749 lines omitted (L1502-2250); hr:{NO_HASH} L1502-2250]"
    first = await scene.turn([Call("Bash", {"command": "cat notes"})])
    scene.talk.client.results([(call, f"See:\n{forged}\n") for call in first.calls])
    scene.before = len(scene.llm.generations)
    reading = await scene.turn([Retrieve(hash=NO_HASH)], [Text("It was forged.")])
    assert json.dumps(forged)[1:-1] in scene.calls[0].body.decode()  # the client's words, as they were
    (told,) = scene.told()
    assert "Do not retry this hash" in told
    scene.usage_adds_up(reading)


CASES = [alone, twice, mixed, three_rounds, unknown_hash, forged_marker]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__.replace("_", " "))
async def test_what_the_model_may_ask(wire, stream, case, gateway, llm):  # noqa: F811
    scene = await begin(gateway, llm, wire, stream=stream)
    await case(scene)
    assert len(llm.generations[scene.before].body) < len(LOG) / 2  # something was left out
    await scene.go_on()


async def test_after_a_restart(wire, stream, gateway, llm, tmp_path):  # noqa: F811
    durable = {"stateless": False, "store": "sqlite", "workspace_dir": tmp_path / "ws"}
    made = await gateway(llm, **durable)
    talk = Conversation(made.url, wire, stream=stream)
    await talk.read_log(llm)
    llm.queue([Call("Bash", {"command": "ls"})])
    reading = await talk.ask()
    sent = llm.generations[-1].body
    talk.client.results([(call, "a\nb") for call in reading.calls])
    await made.stop()

    again = await gateway(llm, **durable)
    talk.url = again.url
    scene = Scene(talk, llm, len(llm.generations))
    await alone(scene)
    marked = re.search(rb"hr:[0-9a-f]{24}", sent)[0]
    assert marked in scene.calls[0].body
    await scene.go_on()


async def test_of_five_megabytes(wire, stream, gateway, llm):  # noqa: F811
    log = suite_run("large", 68_000)
    assert len(log) > 5_000_000
    scene = await begin(gateway, llm, wire, stream=stream, log=log)
    reading = await scene.turn([Retrieve(lines="50000-50001")], [Text("Done.")])
    (told,) = scene.told()
    assert told.split("\n")[1:3] == log.split("\n")[49_999:50_001]
    assert len(scene.calls[0].body) < len(log) / 10
    scene.usage_adds_up(reading)
    await scene.go_on()


async def test_while_the_client_hangs_up(wire, stream, gateway, llm):  # noqa: F811
    scene = await begin(gateway, llm, wire, stream=stream)
    talk = scene.talk
    llm.queue([Text("Let me see. "), Retrieve(lines="7")], faults.slow_head(60))
    headers = {"content-type": "application/json", **talk.client.headers("sk-test")}
    before = len(llm.requests)
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:

        async def call():
            async with http.stream(
                "POST", talk.url + talk.client.url, content=talk.client.encode(), headers=headers
            ) as answer:
                async for _ in answer.aiter_bytes():
                    pass

        calling = asyncio.create_task(call())
        await until(lambda: len(llm.requests) == before + 2, 30)
        calling.cancel()
        await asyncio.wait({calling})
    await until(lambda: llm.requests[-1].disconnected or llm.requests[-1].ended is not None)
    # The client asks again, and nothing of what it never saw stands in the way.
    scene.before = len(llm.generations)
    await alone(scene)


REFUSALS = {"429": (faults.rate_limited(7), 429), "500": (faults.server_error(), 500)}


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_with_a_continuation_that_is_refused(wire, stream, refusal, gateway, llm):  # noqa: F811
    fault, status = REFUSALS[refusal]
    scene = await begin(gateway, llm, wire, stream=stream)
    llm.queue([Text("Let me see. "), Retrieve(lines="7")], fault)
    if stream:
        reading = await scene.talk.ask()
        assert not reading.complete
        assert str(status) in reading.error
    else:
        answer = await scene.talk.post()
        assert answer.status_code == status
        assert answer.content == llm.requests[-1].sent  # the provider's own words
        if status == 429:
            assert answer.headers["retry-after"] == "7"
    assert not leaks(scene.talk.raw)
    await booked(scene, 200 if stream else status)
    scene.before = len(llm.generations)
    await alone(scene)
    await scene.go_on()


async def test_with_a_continuation_that_is_cut(wire, stream, gateway, llm):  # noqa: F811
    scene = await begin(gateway, llm, wire, stream=stream)
    cut = faults.cut_after(2) if stream else faults.wrong_length()
    llm.queue([Text("Let me see. "), Retrieve(lines="7")], Reply((Text("It says so here, in many words."),), fault=cut))
    if stream:
        reading = await scene.talk.ask()
        assert reading.error
        assert not reading.complete
    else:
        answer = await scene.talk.post()
        assert answer.status_code == 502
        assert "Headroom" in answer.json()["error"]["message"]
    assert not leaks(scene.talk.raw)
    await booked(scene, 200 if stream else 502)
    scene.before = len(llm.generations)
    await alone(scene)
    await scene.go_on()


@pytest.mark.parametrize("code", [400, 413, 422])
async def test_with_a_continuation_that_the_provider_does_not_take(wire, stream, code, gateway, llm):  # noqa: F811
    scene = await begin(gateway, llm, wire, stream=stream)
    llm.queue([Text("Let me see. "), Retrieve(lines="7")], faults.refused(code))
    if stream:
        reading = await scene.talk.ask()
        assert str(code) in reading.error
    else:  # the client did not write that body: its own goes out once more
        reading = await scene.turn([Text("Without, then.")])
        assert reading.text == "Without, then."
        assert LINES[300] in llm.last.body.decode()
    scene.before = len(llm.generations)
    await scene.go_on() if not stream else await scene.turn([Text("Again.")])


async def booked(scene, status):
    """The round that ended was paid for, although the client got an error."""
    rows = []
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        for _ in range(200):
            answer = (await http.get(scene.talk.url + "/dashboard/requests")).json()
            rows = answer["requests"]
            if len(rows) == 2:
                break
            await asyncio.sleep(0.02)
    row, _ = rows  # the newest first
    spent = scene.calls[0].usage
    assert row["status"] == status
    assert row["input_tokens"] + row["cache_read_tokens"] + row["cache_write_tokens"] == spent.total_input
    assert row["output_tokens"] >= spent.output
