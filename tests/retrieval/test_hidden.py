"""Hidden rounds put back, whatever a client makes of the history it saw."""

import json
from itertools import pairwise

import pytest

from headroom.exchange import Wire
from headroom.store.memory import MemoryStore
from headroom.testing.script import Call, Retrieve, Text, Thinking

from .house import OUTPUT, House

ROUNDS = [[Text("Let me see. "), Retrieve(lines="9")], [Text("It is so.")]]
THOUGHT = [[Thinking("hm"), Text("Let me see. "), Retrieve(lines="9")], [Thinking("ah"), Text("It is so.")]]
MIXED = [[Text("Both. "), Retrieve(lines="9"), Call("Look", {"path": "a"})]]


def history(house):
    return next(
        v for key in ("messages", "input", "contents") if isinstance(v := getattr(house.client, key, None), list)
    )


async def after(wire, story, change, *, stream=True, gemini_ids=True):
    """Play a story, let the client change its history, and see what the provider is told next."""
    house = House(wire, stream=stream)
    house.upstream.provider.gemini_ids = gemini_ids
    await house.start()
    house.upstream.queue(*story)
    reading = await house.ask()
    change(history(house))
    if reading.calls:
        house.client.results([(call, "done") for call in reading.calls])
    else:
        house.client.user("Go on.")
    house.upstream.queue("OK.")
    await house.ask()
    return house, house.upstream.records[-1].conversation


def said(conversation):
    return [(e.role, e.kind, e.text) for e in conversation.entries if e.kind in {"text", "call", "result"}][-8:]


def joined_string(messages):
    messages[-1]["content"] = "".join(block["text"] for block in messages[-1]["content"] if block["type"] == "text")


def joined_block(messages):
    joined_string(messages)
    messages[-1]["content"] = [
        {"type": "text", "text": messages[-1]["content"], "cache_control": {"type": "ephemeral"}}
    ]


def trimmed(messages):
    messages[-1]["content"][-1]["text"] = messages[-1]["content"][-1]["text"].rstrip()


def decorated(messages):
    for block in messages[-1]["content"]:
        if block["type"] == "text":
            block["citations"] = None
    messages[-1]["content"][-1]["cache_control"] = {"type": "ephemeral"}
    messages[-1] = {"content": messages[-1]["content"], "role": "assistant"}


def thoughtless(messages):
    messages[-1]["content"] = [block for block in messages[-1]["content"] if block["type"] != "thinking"]


@pytest.mark.parametrize("change", [joined_string, joined_block, trimmed, decorated], ids=lambda f: f.__name__)
async def test_anthropic_clients_may_join_trim_and_decorate(change):
    story = [ROUNDS[0], [Text("It is so. ")]] if change is trimmed else ROUNDS
    house, told = await after(Wire.ANTHROPIC, story, change)
    assert len(told.retrievals) == 1
    texts = [e.text for e in told.of("text") if e.role == "assistant"]
    assert texts[0] == "Let me see. "
    assert texts[1].rstrip() == "It is so."
    marks = house.sent[-1].count(b'"cache_control"')
    assert marks == house.encode().count(b'"cache_control"')


async def test_signed_thinking_that_the_client_dropped_is_not_half_restored():
    _, told = await after(Wire.ANTHROPIC, THOUGHT, thoughtless)
    assert told.retrievals == []


async def test_an_assistants_bytes_stay_the_clients_own():
    def odd(messages):
        messages[-1]["content"][0]["text"] = messages[-1]["content"][0]["text"]
        messages[-1]["name"] = "x"

    house = House(Wire.ANTHROPIC, stream=True)
    await house.start()
    house.upstream.queue(*ROUNDS)
    await house.ask()
    house.client.user("Go on.")
    body = house.encode().replace(
        b'{"type":"text","text":"It is so."}', b'{ "text" : "It is \\u0073o." , "type":"text" }'
    )
    sent = house.rewritten(body)
    assert b'{ "text" : "It is \\u0073o." , "type":"text" }' in sent
    assert b"headroom_retrieve" in sent.split(b'"tools"')[0]


@pytest.mark.parametrize("wire", list(Wire))
@pytest.mark.parametrize("story", [ROUNDS, THOUGHT, MIXED], ids=["rounds", "with thinking", "mixed"])
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_an_unchanged_history_is_restored(wire, story, stream):
    _, told = await after(wire, story, lambda messages: None, stream=stream)
    assert len(told.retrievals) == 1


@pytest.mark.parametrize("story", [ROUNDS, THOUGHT, MIXED], ids=["rounds", "with thinking", "mixed"])
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_gemini_without_call_ids_is_restored_by_its_words(story, stream):
    _, told = await after(Wire.GEMINI, story, lambda messages: None, stream=stream, gemini_ids=False)
    assert [e.name for e in told.of("result")].count("headroom_retrieve") == 1
    assert [e.name for e in told.of("call")] == [e.name for e in told.of("result")]


def as_list(messages):
    messages[-1]["content"] = [{"type": "text", "text": messages[-1]["content"]}]


async def test_chat_clients_may_send_their_words_as_a_list():
    _, told = await after(Wire.OPENAI_CHAT, ROUNDS, as_list)
    assert len(told.retrievals) == 1
    assert [e.text for e in told.of("text") if e.role == "assistant"] == ["Let me see. ", "It is so."]


async def test_responses_clients_may_drop_ids():
    def anonymous(items):
        for item in items:
            if item["type"] in {"message", "function_call"}:
                item.pop("id", None)

    _, told = await after(Wire.OPENAI_RESPONSES, ROUNDS, anonymous)
    assert len(told.retrievals) == 1


@pytest.mark.parametrize("wire", list(Wire))
async def test_the_same_words_after_another_question_are_another_answer(wire):
    house = House(wire, stream=True)
    await house.start()
    house.upstream.queue(*ROUNDS)
    await house.ask()
    other = House(wire, stream=True)
    other.store, other.hidden, other.originals = house.store, house.hidden, house.originals
    other.client.user("Something else entirely.")
    other.upstream.queue([Text("Let me see. It is so.")])
    await other.ask()
    other.client.user("Go on.")
    other.upstream.queue("OK.")
    await other.ask()
    assert other.upstream.records[-1].conversation.retrievals == []
    assert b"headroom_retrieve(" not in other.sent[-1]


async def say(house, words, *answer):
    house.client.user(words)
    house.upstream.queue(*answer)
    await house.ask()


async def look_up(house):
    """A conversation whose last answer took a hidden round."""
    await house.start()
    house.upstream.queue("I see.")
    await house.ask()
    await say(house, "Any errors?", *ROUNDS)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("wire", list(Wire))
async def test_the_same_question_and_answer_in_another_conversation_bring_nothing_along(wire, stream):
    house, other = House(wire, stream=stream), House(wire, stream=stream)
    other.store, other.hidden, other.originals = house.store, house.hidden, house.originals
    await look_up(house)
    await say(other, "Hello.", "Hi.")
    await say(other, "Any errors?", [Text("Let me see. It is so." if stream else "It is so.")])
    await say(other, "Go on.", "OK.")
    assert other.upstream.records[-1].conversation.retrievals == []
    assert OUTPUT.splitlines()[8] not in other.sent[-1].decode()
    await say(house, "Go on.", "OK.")
    assert len(house.upstream.records[-1].conversation.retrievals) == 1


@pytest.mark.parametrize("name", ["call_0", "functions.Look:3"])
@pytest.mark.parametrize("wire", [Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES, Wire.GEMINI])
async def test_calls_with_counted_ids_bring_nothing_along_from_another_conversation(wire, name):
    house, other = House(wire, stream=True), House(wire, stream=True)
    other.store, other.hidden, other.originals = house.store, house.hidden, house.originals
    call = Call("Look", {"path": "a"}, name)
    await house.start()
    house.upstream.queue([Text("Both. "), Retrieve(lines="9"), call])
    reading = await house.ask()
    other.client.user("What happened?")
    other.upstream.queue([Text("Both. "), call])
    for talk in (house, other):
        reading = reading if talk is house else await other.ask()
        talk.client.results([(call, "done") for call in reading.calls])
        talk.upstream.queue("OK.")
        await talk.ask()
    assert other.upstream.records[-1].conversation.retrievals == []
    assert len(house.upstream.records[-1].conversation.retrievals) == 1


@pytest.mark.parametrize("wire", [Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES])
async def test_a_clock_in_the_instructions_loses_no_hidden_round(wire):
    house = House(wire, stream=True)
    encode = house.client.encode

    def at(time):
        role = {"role": "developer", "content": f"It is {time}."}
        house.client.encode = lambda: _led_by(encode(), role)

    at("10:00")
    await look_up(house)
    at("10:07")
    await say(house, "Go on.", "OK.")
    assert len(house.upstream.records[-1].conversation.retrievals) == 1


def _led_by(raw, message):
    body = json.loads(raw)
    history = body["messages"] if "messages" in body else body["input"]
    history.insert(0, message)
    return json.dumps(body, separators=(",", ":")).encode()


@pytest.mark.parametrize("wire", list(Wire))
async def test_a_client_that_gives_no_results_gets_no_call_of_ours(wire):
    house = House(wire, stream=True)
    await house.start()
    house.upstream.queue(*MIXED)
    await house.ask()
    body = house.encode()
    request = house.dialect.outline(body)
    messages = [house.dialect.message(body[m.start : m.end]) for m in request.messages]
    assert house.hidden.restore(body, request, messages, now=0.0)[:2] == ([], True)


async def test_a_damaged_record_is_left_out():
    house = House(Wire.ANTHROPIC, stream=True)
    await house.start()
    house.upstream.queue(*ROUNDS)
    await house.ask()
    for key in list(house.store._spaces["hidden"].entries):
        house.store.put("hidden", key, b"\xc1junk", now=0.0)
    house.client.user("Go on.")
    house.upstream.queue("OK.")
    reading = await house.ask()
    assert reading.text == "OK."


async def test_a_store_that_fails_while_recording_ends_the_turn_properly():
    class Failing(MemoryStore):
        def put(self, space, key, value, **kind):
            if space == "hidden":
                from headroom.errors import StoreError

                raise StoreError("the disk is full")
            super().put(space, key, value, **kind)

    house = House(Wire.ANTHROPIC, stream=True)
    await house.start()
    from headroom.retrieval.hidden import Hidden

    house.hidden = Hidden(Failing(now=lambda: 0.0))
    house.upstream.queue(*ROUNDS)
    reading = await house.ask()
    assert reading.complete
    assert house.turn.unrecorded


@pytest.mark.parametrize("wire", list(Wire))
async def test_a_store_that_only_reads_still_puts_hidden_rounds_back(wire, monkeypatch):
    from headroom.errors import StoreError

    house = House(wire, stream=True)
    await look_up(house)

    def full(space, keys, *, now):
        raise StoreError("the server refused: out of memory")

    monkeypatch.setattr(house.store, "touch", full)
    await say(house, "Go on.", "OK.")
    assert len(house.upstream.records[-1].conversation.retrievals) == 1


async def test_restoring_again_and_again_changes_nothing():
    """What is sent on the next turn begins with what was sent before, hidden rounds included."""
    house = House(Wire.ANTHROPIC, stream=True)
    await house.start()
    house.upstream.queue(*THOUGHT)
    await house.ask()
    bodies = []
    for ask in ("One.", "Two.", "Three."):
        house.client.user(ask)
        house.upstream.queue([Thinking("hm"), Text("OK.")])
        await house.ask()
        bodies.append(json.loads(house.sent[-1])["messages"])

    def plain(messages):
        return [json.dumps(m).replace(', "cache_control": {"type": "ephemeral"}', "") for m in messages]

    for earlier, later in pairwise(bodies):
        assert plain(later)[: len(earlier)] == plain(earlier)
