"""The model retrieves, and the client never notices: four wire formats, streamed and not."""

import re

import pytest

from headroom.exchange import Usage, Wire
from headroom.testing.script import Retrieve, Text, Thinking

from .house import OUTPUT, House

WIRES = list(Wire)
BOTH = [pytest.param(True, id="streamed"), pytest.param(False, id="whole")]


def results_of(record):
    return [entry.text for entry in record.conversation.retrievals]


def calls_of(record):
    return [(entry.kind, entry.name) for entry in record.conversation.entries if entry.kind in {"call", "result"}]


def leaks(raw):
    """Whether the answer shows our tool; the list of tools that Responses answers repeat does not count."""
    return b"headroom_retrieve" in re.sub(rb'"tools":\s*\[\{"type":.*?\}\],\s*"top_p"', b"", raw)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("stream", BOTH)
async def test_nothing_retrieved_means_not_a_byte_changed(wire, stream):
    house = House(wire, stream=stream)
    await house.start()
    house.upstream.queue([Thinking("hm"), Text("All 400 requests were served.")])
    reading = await house.ask()
    assert reading.text == "All 400 requests were served."
    expected = b"".join(house.upstream.streams[-1].frames) if stream else house.raw
    assert house.raw == expected
    assert house.turn is not None
    assert not house.turn.hidden


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("stream", BOTH)
async def test_a_retrieval_is_answered_and_never_shown(wire, stream):
    house = House(wire, stream=stream)
    await house.start()
    house.upstream.queue(
        [Thinking("I need line 200."), Text("Let me see. "), Retrieve(lines="200-201")], "It took 2 ms."
    )
    reading = await house.ask()
    assert not leaks(house.raw)
    assert reading.complete
    assert not reading.calls
    assert reading.text.endswith("It took 2 ms.")
    assert len(house.upstream.bodies) == 3
    [result] = results_of(house.upstream.records[-1])
    assert result.split("\n")[1:3] == OUTPUT.split("\n")[199:201]
    assert house.turn is not None
    assert house.turn.rounds == 1


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("stream", BOTH)
async def test_usage_is_the_sum_of_all_rounds(wire, stream):
    house = House(wire, stream=stream)
    await house.start()
    house.upstream.queue([Text("Hm. "), Retrieve(lines="200-201")], [Retrieve(pattern="INFO request 7 ")], "Done.")
    reading = await house.ask()
    billed = [record.usage for record in house.upstream.records[1:]]
    assert len(billed) == 3
    assert reading.usage == sum(billed, Usage())
    assert house.turn is not None
    assert house.turn.usage == sum(billed, Usage())


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("stream", BOTH)
async def test_what_was_hidden_is_back_in_the_next_request(wire, stream):
    house = House(wire, stream=stream)
    await house.start()
    house.upstream.queue(
        [Thinking("Look."), Text("Let me see. "), Retrieve(lines="200-201")], [Thinking("Now."), Text("2 ms.")]
    )
    await house.ask()
    house.client.user("And the first?")
    house.upstream.queue("1 ms.")
    await house.ask()
    before, after = house.upstream.records[-2].conversation, house.upstream.records[-1].conversation
    kinds = [(e.role, e.kind, e.name, e.text) for e in after.entries if e.kind != "thinking"]
    assert kinds[: len([e for e in before.entries if e.kind != "thinking"])] == [
        (e.role, e.kind, e.name, e.text) for e in before.entries if e.kind != "thinking"
    ]
    assert len(results_of(house.upstream.records[-1])) == 1
    assert b"headroom_retrieve" not in house.encode()
