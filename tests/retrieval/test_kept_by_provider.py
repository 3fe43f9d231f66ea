"""Responses clients that leave their history with the provider and name the previous response."""

import json

import pytest

from headroom.exchange import Wire
from headroom.retrieval.turns import Kind, Result, turns_for
from headroom.testing.script import Call, Retrieve, Text, Thinking

from .house import OUTPUT, House

BOTH = [pytest.param(True, id="streamed"), pytest.param(False, id="whole")]


class Chained(House):
    """Sends only what is new, with ``previous_response_id``; takes the id from the first event or the last one."""

    def __init__(self, *, stream, id_from="response.created"):
        super().__init__(Wire.OPENAI_RESPONSES, stream=stream)
        self.previous = None
        self.sent_items = 0
        self.id_from = id_from

    def encode(self):
        body = self.client.body()
        body |= {"store": True, "input": body["input"][self.sent_items :]}
        if self.previous:
            body["previous_response_id"] = self.previous
        return json.dumps(body).encode()

    async def ask(self):
        reading = await super().ask()
        self.sent_items = len(self.client.input)
        if self.stream:
            events = [json.loads(line[6:]) for line in self.raw.split(b"\n") if line.startswith(b"data: {")]
            self.previous = next(e["response"]["id"] for e in events if e["type"] == self.id_from)
        else:
            self.previous = json.loads(self.raw)["id"]
        return reading


@pytest.mark.parametrize("stream", BOTH)
@pytest.mark.parametrize("id_from", ["response.created", "response.completed"])
async def test_resolved_rounds_are_part_of_the_chain(stream, id_from):
    house = Chained(stream=stream, id_from=id_from)
    await house.start()
    house.upstream.queue([Thinking("hm"), Text("Let me see. "), Retrieve(lines="9")], [Thinking("So."), Text("Yes.")])
    await house.ask()
    house.client.user("And?")
    house.upstream.queue("OK.")
    await house.ask()
    said = house.upstream.records[-1].conversation
    assert len(said.retrievals) == 1
    assert [entry.text for entry in said.of("text") if entry.role == "assistant"] == ["Let me see. ", "Yes."]


@pytest.mark.parametrize("stream", BOTH)
async def test_a_mixed_turn_is_completed_in_the_chain(stream):
    house = Chained(stream=stream)
    await house.start()
    house.upstream.queue(
        [Text("First. "), Retrieve(lines="3")],
        [Thinking("Both."), Call("Look", {"path": "a"}), Retrieve(lines="9"), Call("Bash", {"command": "b"})],
    )
    reading = await house.ask()
    assert [call.name for call in reading.calls] == ["Look", "Bash"]
    house.client.results([(call, "x") for call in reading.calls])
    house.upstream.queue("OK.")
    await house.ask()
    results = [entry.text for entry in house.upstream.records[-1].conversation.retrievals]
    assert [text.split("\n")[1] for text in results] == [OUTPUT.split("\n")[2], OUTPUT.split("\n")[8]]


def test_a_conversation_object_gets_the_results_only():
    turns = turns_for(Wire.OPENAI_RESPONSES)
    call = b'{"type":"function_call","call_id":"c1","name":"headroom_retrieve","arguments":"{}"}'
    done = turns.read(b'{"output":[' + call + b'],"status":"completed"}')
    assert done.calls[0].kind is Kind.RETRIEVE
    results = turns.results([Result(done.calls[0], "text")])
    body = b'{"conversation":"conv_1","input":[{"role":"user","content":"x"}]}'
    extended = json.loads(turns.extend(body, done.message, results))
    assert [item["type"] for item in extended["input"]] == ["function_call_output"]


@pytest.mark.parametrize(
    ("given", "items"),
    [
        ({"input": "hi"}, ["message", "function_call", "function_call_output"]),
        ({"input": []}, ["function_call", "function_call_output"]),
        ({"input": None, "previous_response_id": "r"}, ["function_call", "function_call_output"]),
        ({"previous_response_id": "r"}, ["function_call", "function_call_output"]),
        ({"input": [{"role": "user", "content": "x"}]}, ["message", "function_call", "function_call_output"]),
    ],
    ids=["a string", "an empty list", "null", "missing", "a list"],
)
def test_any_form_of_input_can_be_continued(given, items):
    turns = turns_for(Wire.OPENAI_RESPONSES)
    call = b'{"type":"function_call","call_id":"c1","name":"headroom_retrieve","arguments":"{}"}'
    done = turns.read(b'{"output":[' + call + b'],"status":"completed"}')
    results = turns.results([Result(done.calls[0], "text")])
    extended = json.loads(turns.extend(json.dumps({"model": "m", **given}).encode(), done.message, results))
    assert [item.get("type", "message") for item in extended["input"]] == items


def test_reasoning_that_only_the_providers_store_knows_is_left_out_when_it_is_off():
    turns = turns_for(Wire.OPENAI_RESPONSES)
    kept = {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "abc"}
    items = [
        {"type": "reasoning", "id": "rs_1", "summary": []},
        kept,
        {"type": "function_call", "call_id": "c1", "name": "headroom_retrieve", "arguments": "{}"},
    ]
    done = turns.read(json.dumps({"output": items, "status": "completed"}).encode())
    results = turns.results([Result(done.calls[0], "text")])
    for store, reasoning in ((False, [kept]), (True, items[:2])):
        body = json.dumps({"input": [], "store": store}).encode()
        extended = json.loads(turns.extend(body, done.message, results))
        assert [item for item in extended["input"] if item["type"] == "reasoning"] == reasoning
