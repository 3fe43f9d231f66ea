"""Which answers are kept and replayed, and for whom."""

import asyncio
import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.exchange import Wire
from headroom.policy.cache_key import Origin
from headroom.policy.cacheable import answer_refused, request_refused
from headroom.policy.response_cache import Recorder, ResponseCache
from headroom.policy.single_flight import SingleFlight

ORIGIN = Origin("POST", "/v1/messages", "anthropic", "https://api.anthropic.com", "cred")
ANTHROPIC, CHAT, RESPONSES, GEMINI = Wire.ANTHROPIC, Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES, Wire.GEMINI

ANSWER = json.dumps(
    {"type": "message", "content": [{"type": "text", "text": "Three."}], "stop_reason": "end_turn", "usage": {}}
).encode()
STREAM = (
    b'event: message_start\r\ndata: {"type":"message_start","message":{"stop_reason":null}}\r\n\r\n'
    b": ping\n\n"
    b'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Three \xe2\x9c\x93"}}\n\n'
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\n'
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)


def body(**more):
    return json.dumps(
        {"model": "m", "temperature": 0, "messages": [{"role": "user", "content": "How many?"}], **more}
    ).encode()


def ask(cache, raw=None, *, stream=False, headers=None, origin=ORIGIN, wire=ANTHROPIC):
    return cache.question(wire, body() if raw is None else raw, headers or {}, origin, stream=stream)


def keep(cache, question, answer=ANSWER, *, status=200, headers=None, complete=True, now):
    return cache.keep(
        question,
        status=status,
        headers=headers or {"content-type": "application/json"},
        body=answer,
        complete=complete,
        now=now,
    )


@pytest.fixture
def cache(store):
    return ResponseCache(store)


def test_a_repeat_is_answered_from_the_cache(cache, clock):
    assert cache.lookup(ask(cache), now=clock()) is None
    kept = keep(
        cache, ask(cache), headers={"content-type": "application/json", "set-cookie": "s=1", "date": "now"}, now=clock()
    )
    found = cache.lookup(ask(cache), now=clock())
    assert found == kept
    assert (found.status, found.body, found.stream) == (200, ANSWER, False)
    assert found.headers == (("content-type", "application/json"),)
    assert (cache.hits, cache.misses, cache.entries()) == (1, 1, 1)


def test_it_is_for_the_same_caller_only(cache, clock):
    from dataclasses import replace

    keep(cache, ask(cache), now=clock())
    assert cache.lookup(ask(cache, origin=replace(ORIGIN, credential="other")), now=clock()) is None


def test_streams_replay_event_by_event_to_streams_only(cache, clock):
    streamed = ask(cache, body(stream=True), stream=True)
    keep(cache, streamed, STREAM, headers={"content-type": "text/event-stream"}, now=clock())
    assert cache.lookup(ask(cache), now=clock()) is None
    found = cache.lookup(streamed, now=clock())
    events = found.events()
    assert b"".join(events) == found.body == STREAM
    assert len(events) == 5
    assert events[1] == b": ping\n\n"


@settings(max_examples=100)
@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=6))
def test_a_recorder_keeps_every_byte(cuts):
    recorder = Recorder()
    edges = [0, *sorted(cuts), len(STREAM)]
    for start, end in itertools.pairwise(edges):
        recorder.feed(STREAM[start:end])
    assert recorder.body == STREAM


def test_a_recorder_lets_go_of_what_is_too_large(cache, clock):
    recorder = Recorder()
    for _ in range(1025):
        recorder.feed(b"x" * 1024)
    assert recorder.body is None
    assert len(recorder._body) == 0
    assert keep(cache, ask(cache), recorder.body, now=clock()) is None


def test_answers_expire(store, clock):
    cache = ResponseCache(store, ttl=3600)
    keep(cache, ask(cache), now=clock())
    clock.forward(3599)
    assert cache.lookup(ask(cache), now=clock()) is not None
    clock.forward(1)
    assert cache.lookup(ask(cache), now=clock()) is None


def test_the_longest_unused_answer_goes_first(store, clock):
    cache = ResponseCache(store, max_entries=2)
    one, two, three = (ask(cache, body(seed=number)) for number in range(3))
    keep(cache, one, now=clock())
    keep(cache, two, now=clock.forward(1))
    assert cache.lookup(one, now=clock.forward(1)) is not None
    keep(cache, three, now=clock.forward(1))
    assert [cache.lookup(question, now=clock()) is not None for question in (one, two, three)] == [True, False, True]


def test_clearing_tells_how_many(cache, clock):
    keep(cache, ask(cache), now=clock())
    keep(cache, ask(cache, body(seed=1)), now=clock())
    assert cache.clear() == 2
    assert cache.lookup(ask(cache), now=clock()) is None


def test_a_store_that_fails_is_a_miss(faulty, clock):
    cache = ResponseCache(faulty)
    faulty.down = True
    assert keep(cache, ask(cache), now=clock()) is None
    assert cache.lookup(ask(cache), now=clock()) is None


def test_a_store_that_only_reads_still_answers(cache, store, clock, monkeypatch):
    from headroom.errors import StoreError

    kept = keep(cache, ask(cache), now=clock())

    def full(space, keys, *, now):
        raise StoreError("the server refused: out of memory")

    monkeypatch.setattr(store, "touch", full)
    assert cache.lookup(ask(cache), now=clock()) == kept


def test_a_damaged_entry_is_a_miss(cache, store, clock):
    question = ask(cache)
    store.put("responses", question.name, b"\x93junk", now=clock())
    assert cache.lookup(question, now=clock()) is None


# -- requests --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("wire", "more", "headers", "why"),
    [
        pytest.param(ANTHROPIC, {}, {}, None, id="temperature 0"),
        pytest.param(ANTHROPIC, {"temperature": 0.0}, {}, None, id="temperature 0.0"),
        pytest.param(ANTHROPIC, {"temperature": 0.1}, {}, "temperature", id="warm"),
        pytest.param(ANTHROPIC, {"temperature": None}, {}, "temperature", id="default temperature"),
        pytest.param(ANTHROPIC, {"temperature": False}, {}, "temperature", id="false is not zero"),
        pytest.param(ANTHROPIC, {"temperature": "0"}, {}, "temperature", id="text is not zero"),
        pytest.param(ANTHROPIC, {}, {"x-headroom-no-cache": "true"}, "opted_out", id="no-cache header"),
        pytest.param(ANTHROPIC, {}, {"x-headroom-no-cache": "0"}, None, id="no-cache header off"),
        pytest.param(ANTHROPIC, {}, {"cache-control": "max-age=0, No-Store"}, "opted_out", id="no-store"),
        pytest.param(ANTHROPIC, {}, {"cache-control": "no-cache"}, None, id="no-cache means revalidate"),
        pytest.param(
            ANTHROPIC, {}, {"authorization": "AWS4-HMAC-SHA256 Credential=A/b"}, "signed_request", id="signed"
        ),
        pytest.param(CHAT, {"n": 1}, {}, None, id="one answer"),
        pytest.param(CHAT, {"n": 2}, {}, "several_answers", id="two answers"),
        pytest.param(CHAT, {"n": []}, {}, "several_answers", id="odd n"),
        pytest.param(CHAT, {"store": True}, {}, "stored_by_provider", id="stored"),
        pytest.param(CHAT, {"store": False}, {}, None, id="not stored"),
        pytest.param(RESPONSES, {"store": False}, {}, None, id="responses, not stored"),
        pytest.param(RESPONSES, {}, {}, "stored_by_provider", id="responses store by default"),
        pytest.param(
            RESPONSES,
            {"store": False, "previous_response_id": "r"},
            {},
            "state_on_the_provider",
            id="previous response",
        ),
        pytest.param(RESPONSES, {"store": False, "background": True}, {}, "state_on_the_provider", id="background"),
        pytest.param(RESPONSES, {"store": False, "background": False}, {}, None, id="no background"),
        pytest.param(ANTHROPIC, {"tools": [{"name": "f", "input_schema": {}}]}, {}, None, id="client tools"),
        pytest.param(CHAT, {"tools": [{"type": "function", "function": {}}]}, {}, None, id="functions"),
        pytest.param(
            ANTHROPIC, {"tools": [{"type": "web_search_20250305"}]}, {}, "server_tools", id="anthropic web search"
        ),
        pytest.param(CHAT, {"tools": "x"}, {}, "server_tools", id="odd tools"),
        pytest.param(CHAT, {"tools": [{"type": []}]}, {}, "server_tools", id="odd tool type"),
        pytest.param(
            RESPONSES, {"store": False, "tools": [{"type": "code_interpreter"}]}, {}, "server_tools", id="code"
        ),
        pytest.param(CHAT, {"web_search_options": {"a": 1}}, {}, "state_on_the_provider", id="chat web search"),
        pytest.param(ANTHROPIC, {"mcp_servers": [{"url": "x"}]}, {}, "state_on_the_provider", id="mcp servers"),
        pytest.param(
            ANTHROPIC,
            {"messages": [{"content": [{"type": "image", "source": {"type": "url", "url": "https://x"}}]}]},
            *({}, "files_or_urls"),
            id="image by url",
        ),
        pytest.param(
            ANTHROPIC,
            {"messages": [{"content": [{"type": "image", "source": {"type": "base64", "data": "aGk="}}]}]},
            *({}, None),
            id="image inside",
        ),
        pytest.param(
            CHAT,
            {"messages": [{"content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}]},
            *({}, "files_or_urls"),
            id="chat image by url",
        ),
        pytest.param(
            CHAT,
            {"messages": [{"content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]}]},
            *({}, None),
            id="chat image inside",
        ),
        pytest.param(
            RESPONSES,
            {"store": False, "input": [{"content": [{"type": "input_file", "file_id": "f"}]}]},
            *({}, "files_or_urls"),
            id="file by id",
        ),
        pytest.param(GEMINI, {"generationConfig": {"temperature": 0}}, {}, None, id="gemini"),
        pytest.param(GEMINI, {}, {}, "temperature", id="gemini reads its own place"),
        pytest.param(
            GEMINI,
            {"generationConfig": {"temperature": 0, "candidateCount": 2}},
            {},
            "several_answers",
            id="candidates",
        ),
        pytest.param(
            GEMINI,
            {"generationConfig": {"temperature": 0}, "tools": [{"functionDeclarations": []}]},
            *({}, None),
            id="gemini functions",
        ),
        pytest.param(
            GEMINI,
            {"generationConfig": {"temperature": 0}, "tools": [{"googleSearch": {}}]},
            {},
            "server_tools",
            id="search",
        ),
        pytest.param(
            GEMINI,
            {"generationConfig": {"temperature": 0}, "contents": [{"parts": [{"fileData": {"fileUri": "gs://x"}}]}]},
            *({}, "files_or_urls"),
            id="gemini file",
        ),
        pytest.param(
            GEMINI,
            {"generationConfig": {"temperature": 0}, "cachedContent": "c"},
            {},
            "state_on_the_provider",
            id="cached",
        ),
    ],
)
def test_requests(cache, wire, more, headers, why):
    raw = body(**more)
    assert request_refused(wire, json.loads(raw), headers, any_temperature=False) == why
    assert (ask(cache, raw, wire=wire, headers=headers) is None) is (why is not None)


def test_operators_may_cache_any_temperature(store, clock):
    cache = ResponseCache(store, any_temperature=True)
    warm = ask(cache, body(temperature=1))
    assert warm is not None
    assert not warm.shareable
    assert ask(cache, body(temperature=1, n=2), wire=CHAT) is None
    assert ask(cache, json.dumps({"model": "m", "messages": []}).encode()) is not None


def test_who_may_share_a_call(cache):
    assert ask(cache).shareable
    assert not ask(cache, body(stream=True), stream=True).shareable


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'{"temperature":0', b'{"temperature":0,"temperature":0}', b'"temperature"']
)
def test_bodies_nobody_can_read_are_left_alone(cache, raw):
    assert ask(cache, raw) is None


# -- answers -----------------------------------------------------------------------------------------------------------------
def sse(*objects, done=False):
    lines = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in objects)
    return lines + (b"data: [DONE]\n\n" if done else b"")


def chat(reason, **message):
    return {"choices": [{"message": {"content": "x", **message}, "finish_reason": reason}]}


def delta(reason, **more):
    return {"choices": [{"delta": {"content": "x", **more}, "finish_reason": reason}]}


@pytest.mark.parametrize(
    ("wire", "answer", "why"),
    [
        pytest.param(ANTHROPIC, {"stop_reason": "end_turn", "content": []}, None, id="anthropic end"),
        pytest.param(ANTHROPIC, {"stop_reason": "max_tokens", "content": []}, None, id="anthropic length"),
        pytest.param(ANTHROPIC, {"stop_reason": "tool_use", "content": []}, "stop_reason", id="anthropic tool stop"),
        pytest.param(
            ANTHROPIC, {"stop_reason": "end_turn", "content": [{"type": "tool_use"}]}, "tool_call", id="anthropic tool"
        ),
        pytest.param(ANTHROPIC, {"stop_reason": "refusal", "content": []}, "stop_reason", id="anthropic refusal"),
        pytest.param(ANTHROPIC, {"stop_reason": "pause_turn", "content": []}, "stop_reason", id="anthropic pause"),
        pytest.param(ANTHROPIC, {"type": "error", "error": {}}, "error", id="anthropic error"),
        pytest.param(ANTHROPIC, {"content": []}, "no_stop_reason", id="anthropic without stop"),
        pytest.param(CHAT, chat("stop"), None, id="chat stop"),
        pytest.param(CHAT, chat("stop", tool_calls=None, refusal=None), None, id="chat with empty fields"),
        pytest.param(CHAT, chat("tool_calls"), "stop_reason", id="chat tool stop"),
        pytest.param(CHAT, chat("stop", tool_calls=[{"id": "c"}]), "tool_call", id="chat tool"),
        pytest.param(CHAT, chat("stop", refusal="No."), "tool_call", id="chat refusal"),
        pytest.param(CHAT, chat("content_filter"), "stop_reason", id="chat filter"),
        pytest.param(CHAT, {"error": {"message": "x"}}, "error", id="chat error"),
        pytest.param(
            RESPONSES,
            {
                "object": "response",
                "status": "completed",
                "output": [{"type": "message"}],
                "tools": [{"type": "x_call"}],
            },
            *(None,),
            id="responses completed",
        ),
        pytest.param(
            RESPONSES,
            {"object": "response", "status": "completed", "output": [{"type": "function_call"}]},
            *("tool_call",),
            id="responses call",
        ),
        pytest.param(
            RESPONSES, {"object": "response", "status": "incomplete"}, "stop_reason", id="responses incomplete"
        ),
        pytest.param(GEMINI, {"candidates": [{"finishReason": "STOP"}]}, None, id="gemini stop"),
        pytest.param(GEMINI, {"candidates": [{"finishReason": "SAFETY"}]}, "stop_reason", id="gemini safety"),
        pytest.param(
            GEMINI,
            {"candidates": [{"finishReason": "STOP", "content": {"parts": [{"functionCall": {"name": "f"}}]}}]},
            *("tool_call",),
            id="gemini call",
        ),
        pytest.param(
            GEMINI,
            {"candidates": [{"finishReason": "STOP"}], "promptFeedback": {"blockReason": "X"}},
            *("stop_reason",),
            id="gemini blocked",
        ),
        pytest.param(GEMINI, [{"candidates": []}], "error", id="gemini array"),
    ],
)
def test_whole_answers(wire, answer, why):
    assert answer_refused(wire, 200, json.dumps(answer).encode(), stream=False, complete=True) == why


@pytest.mark.parametrize(
    ("wire", "stream", "why"),
    [
        pytest.param(ANTHROPIC, STREAM, None, id="anthropic"),
        pytest.param(
            ANTHROPIC,
            STREAM.replace(b": ping\n\n", sse({"type": "content_block_start", "content_block": {"type": "tool_use"}})),
            *("tool_call",),
            id="anthropic tool",
        ),
        pytest.param(
            ANTHROPIC,
            STREAM + sse({"type": "error", "error": {"type": "overloaded_error"}}),
            "error",
            id="anthropic error",
        ),
        pytest.param(CHAT, sse(delta(None), delta("stop"), {"choices": [], "usage": {}}, done=True), None, id="chat"),
        pytest.param(
            CHAT,
            sse(delta(None, tool_calls=[{"index": 0}]), delta("tool_calls"), done=True),
            "tool_call",
            id="chat tool",
        ),
        pytest.param(CHAT, sse(delta(None), done=True), "no_stop_reason", id="chat without stop"),
        pytest.param(
            RESPONSES,
            sse(
                {"type": "response.created", "response": {"status": "in_progress"}},
                {"type": "response.output_text.delta", "delta": "x"},
                {"type": "response.completed", "response": {"status": "completed", "output": []}},
            ),
            *(None,),
            id="responses",
        ),
        pytest.param(
            RESPONSES,
            sse({"type": "response.output_item.added", "item": {"type": "function_call"}}),
            *("tool_call",),
            id="responses call",
        ),
        pytest.param(RESPONSES, sse({"type": "response.failed", "response": {}}), "error", id="responses failed"),
        pytest.param(GEMINI, sse({"candidates": [{}]}, {"candidates": [{"finishReason": "STOP"}]}), None, id="gemini"),
        pytest.param(ANTHROPIC, b"data: {oops\n\n", "unreadable", id="not json"),
    ],
)
def test_streamed_answers(wire, stream, why):
    assert answer_refused(wire, 200, stream, stream=True, complete=True) == why


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"status": 201}, "status"),
        ({"status": 429}, "status"),
        ({"complete": False}, "incomplete"),
        ({"body": ANSWER + b" " * 1024 * 1024}, "too_large"),
    ],
)
def test_answers_not_worth_a_look(more, why):
    case = {"status": 200, "body": ANSWER, "complete": True, **more}
    assert answer_refused(ANTHROPIC, case["status"], case["body"], stream=False, complete=case["complete"]) == why


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "choices", "delta", "tools", "url", "temperature", "candidates", "response", "n"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@settings(max_examples=150)
@given(wire=st.sampled_from(list(Wire)), value=json_values)
def test_no_shape_of_request_or_answer_raises(wire, value):
    answer_refused(wire, 200, json.dumps(value).encode(), stream=False, complete=True)
    request_refused(wire, {"temperature": 0, "messages": value, "tools": value, "n": value}, {}, any_temperature=True)


# -- single flight -----------------------------------------------------------------------------------------------------------
async def test_followers_get_the_leaders_answer():
    flights: SingleFlight[str] = SingleFlight()
    calls = 0

    async def call(number):
        nonlocal calls
        ahead = flights.leader("k")
        if ahead is not None:
            return await ahead.follow(10)
        with flights.lead("k") as flight:
            calls += 1
            await asyncio.sleep(0.01)
            flight.land("answer")
            return "answer"

    assert await asyncio.gather(*(call(number) for number in range(20))) == ["answer"] * 20
    assert calls == 1
    assert len(flights) == 0


async def test_a_leader_that_fails_sends_them_on_their_own_way():
    flights: SingleFlight[str] = SingleFlight()

    async def lead():
        with flights.lead("k"):
            await asyncio.sleep(0.01)
            raise ConnectionError

    leader = asyncio.create_task(lead())
    await asyncio.sleep(0)
    assert await flights.leader("k").follow(10) is None
    with pytest.raises(ConnectionError):
        await leader
    assert flights.leader("k") is None


async def test_a_cancelled_leader_too():
    flights: SingleFlight[str] = SingleFlight()

    async def lead():
        with flights.lead("k"):
            await asyncio.sleep(60)

    leader = asyncio.create_task(lead())
    await asyncio.sleep(0)
    follower = asyncio.create_task(flights.leader("k").follow(10))
    await asyncio.sleep(0)
    leader.cancel()
    assert await follower is None


async def test_a_cancelled_follower_disturbs_nobody():
    flights: SingleFlight[str] = SingleFlight()
    with flights.lead("k") as flight:
        hasty = asyncio.create_task(flight.follow(10))
        patient = asyncio.create_task(flight.follow(10))
        await asyncio.sleep(0)
        hasty.cancel()
        await asyncio.sleep(0)
        flight.land("answer")
    assert await patient == "answer"


async def test_a_follower_waits_no_longer_than_it_likes():
    flights: SingleFlight[str] = SingleFlight()
    with flights.lead("k") as flight:
        assert await flight.follow(0.01) is None


async def test_too_many_flights_fly_alone():
    flights: SingleFlight[str] = SingleFlight(most=1)
    with flights.lead("a"), flights.lead("b") as second:
        assert flights.leader("b") is None
        second.land("answer")
    assert len(flights) == 0
