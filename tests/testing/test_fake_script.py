"""Scripting: which reply is chosen, retrieve calls, the JSON forms, the process and its control routes."""

import asyncio
import json
import re
import urllib.error
import urllib.request

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from headroom.exchange import Usage, Wire
from headroom.testing import (
    Call,
    FakeClock,
    FakeScorer,
    LLMProcess,
    Reply,
    Retrieve,
    ScriptedLLM,
    Text,
    Thinking,
    When,
    faults,
    scripted,
)
from headroom.testing.script import as_reply, reply_from_json, reply_to_json, when_from_json, when_to_json

HEADERS = {"authorization": "Bearer k"}
HASH = "0123456789abcdef01234567"


def chat(text="hi", **more):
    return {"model": "gpt-5.4", "messages": [{"role": "user", "content": text}], **more}


async def say(http, llm, text="hi", **more):
    async with http.post(f"{llm.base_url}/v1/chat/completions", json=chat(text, **more), headers=HEADERS) as got:
        return (await got.json())["choices"][0]["message"]["content"] if got.status == 200 else got.status


async def test_order_of_choice():
    async with ScriptedLLM(default="default") as llm, aiohttp.ClientSession() as http:
        llm.play(lambda request: f"brain {request.model}")
        llm.queue("one", "two")
        llm.on(When(contains="rain"), "rule", times=1)
        llm.fail(faults.rate_limited(), times=1, when=When(contains="fail"))
        assert [await say(http, llm, text) for text in ("rain", "rain", "fail", "x", "y")] == [
            "rule", "one", 429, "two", "brain gpt-5.4",
        ]  # fmt: skip
        llm.reset()
        assert await say(http, llm) == "default"
        assert len(llm.requests) == 1


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        (When(), True),
        (When(wire=Wire.OPENAI_CHAT), True),
        (When(wire=Wire.GEMINI), False),
        (When(model="5.4"), True),
        (When(path="/responses"), False),
        (When(contains="needle"), True),
        (When(lacks="needle"), False),
        (When(tool="retrieve"), True),
        (When(tool="other"), False),
        (When(stream=True), False),
        (When(turn=0), True),
        (When(turn=1), False),
        (When(rewritten=True), True),
        (When(check=lambda request: request.method == "PUT"), False),
    ],
)
async def test_when(when, fits):
    tools = [{"type": "function", "function": {"name": "mcp__headroom_retrieve"}}]
    async with ScriptedLLM() as llm, aiohttp.ClientSession() as http:
        llm.on(when, "yes")
        assert (await say(http, llm, "a needle", tools=tools) == "yes") is fits


async def test_a_bare_fault_spoils_what_would_be_said():
    async with ScriptedLLM() as llm, aiohttp.ClientSession() as http:
        llm.queue("first", "second")
        llm.fail(faults.slices(3))
        llm.fail(faults.server_error())
        assert [await say(http, llm) for _ in range(3)] == ["first", 500, "second"]


async def test_records_hold_the_bytes_as_sent():
    import gzip

    body = json.dumps(chat("é"), indent=3).encode()
    async with ScriptedLLM() as llm, aiohttp.ClientSession() as http:
        headers = [*HEADERS.items(), ("X-Twice", "a"), ("X-Twice", "b"), ("Content-Encoding", "gzip")]
        packed = gzip.compress(body)
        async with http.post(
            URL(f"{llm.base_url}/v1/chat/completions?a=%2F", encoded=True), data=packed, headers=headers
        ) as got:
            assert got.status == 200
        assert (llm.last.wire_body, llm.last.body) == (packed, body)
        assert [value for name, value in llm.last.headers if name == "X-Twice"] == ["a", "b"]
        assert (llm.last.path, llm.last.query) == ("/v1/chat/completions", "a=%2F")
        await say(http, llm)
        assert llm.requests[0].connection == llm.requests[1].connection


@pytest.mark.parametrize("coding", ["deflate", "br", "zstd"])
async def test_other_codings(coding):
    import zlib

    import brotli
    import zstandard

    body = json.dumps(chat()).encode()
    packers = {"deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.ZstdCompressor().compress}
    async with ScriptedLLM() as llm, aiohttp.ClientSession() as http:
        url, headers = f"{llm.base_url}/v1/chat/completions", {**HEADERS, "content-encoding": coding}
        async with http.post(url, data=packers[coding](body), headers=headers) as got:
            assert got.status == 200
        async with http.post(url, data=b"not packed", headers=headers) as got:
            assert got.status == 400


async def test_the_log_is_bounded():
    async with ScriptedLLM(keep=5) as llm, aiohttp.ClientSession() as http:
        for number in range(9):
            await say(http, llm, str(number))
        assert [json.loads(record.body)["messages"][0]["content"] for record in llm.requests] == list("45678")


def history(output):
    return {
        "model": "gpt-5.4",
        "messages": [
            {"role": "user", "content": "look"},
            {
                "role": "assistant",
                "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "ls", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": output},
        ],
        "tools": [
            {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
            for name in ("ls", "headroom_retrieve")
        ],
    }


@pytest.mark.parametrize(
    "marker",
    [
        f'[~ condensed by headroom: 9 -> 2 lines; full text: headroom_retrieve(hash="{HASH}", lines="A-B")]',
        f"[~ 749 lines omitted (L2-750): 702x INFO; hr:{HASH} L2-750]",
    ],
)
async def test_retrieve_takes_the_hash_it_was_shown(marker):
    async with ScriptedLLM() as llm, aiohttp.ClientSession(headers=HEADERS) as http:
        url = f"{llm.base_url}/v1/chat/completions"
        llm.queue([Retrieve(lines="2-9")])
        async with http.post(url, json=history(f"a\n{marker}\nb")) as got:
            call = (await got.json())["choices"][0]["message"]["tool_calls"][0]["function"]
        assert (call["name"], json.loads(call["arguments"])) == ("headroom_retrieve", {"hash": HASH, "lines": "2-9"})
        llm.queue([Retrieve(otherwise="nothing there")])
        async with http.post(url, json=history("plain")) as got:
            assert (await got.json())["choices"][0]["message"]["content"] == "nothing there"


texts = st.text(max_size=20)
blocks = st.one_of(
    st.builds(Text, texts),
    st.builds(Thinking, texts, st.booleans()),
    st.builds(
        Call, texts, st.dictionaries(texts, st.one_of(texts, st.integers(), st.none()), max_size=3), st.none() | texts
    ),
    st.builds(Retrieve, lines=st.none() | texts, pick=st.sampled_from(["first", "last"])),
)
replies = st.builds(
    Reply,
    blocks=st.lists(blocks, max_size=4).map(tuple),
    stop=st.sampled_from(["auto", "length"]),
    fault=st.sampled_from([None, faults.reset(), faults.rate_limited(3), faults.slices(2)]),
    usage=st.sampled_from(["cache", "omit", Usage(1, 2, 3, 4, 5)]),
    piece=st.integers(1, 99),
    headers=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
)


@given(replies)
def test_replies_survive_json(reply):
    assert reply_from_json(json.loads(json.dumps(reply_to_json(reply)))) == reply


def test_json_mistakes_are_named():
    with pytest.raises(ValueError, match="a reply has no bloks"):
        reply_from_json({"bloks": []})
    with pytest.raises(ValueError, match="text, thinking, call or retrieve"):
        reply_from_json({"blocks": [{"say": "x"}]})
    with pytest.raises(ValueError, match="can't be sent"):
        when_to_json(When(check=bool))
    assert when_from_json(when_to_json(When(wire=Wire.GEMINI, turn=0))) == When(wire=Wire.GEMINI, turn=0)
    assert as_reply(["a", Call("b")]) == Reply((Text("a"), Call("b")))


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json", **HEADERS})
    try:
        with urllib.request.urlopen(request, timeout=10) as got:
            return got.status, json.load(got)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_process_is_scripted_from_outside():
    with LLMProcess(["--fake-clock"]) as llm:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", llm.base_url)
        with pytest.raises(LookupError):
            _ = llm.last
        llm.queue("first", [Thinking("hm"), Call("ls", {"a": 1})])
        llm.fail(faults.rate_limited(3))
        url = f"{llm.base_url}/v1/chat/completions"
        codes = [post(url, chat())[0] for _ in range(2)]
        assert codes == [429, 200]
        assert post(url, chat("w " * 2000))[1]["choices"][0]["finish_reason"] == "tool_calls"
        warm = post(url, chat("w " * 2000))[1]["usage"]["prompt_tokens_details"]["cached_tokens"]
        llm.advance(400)
        cold = post(url, chat("w " * 2000))[1]["usage"]["prompt_tokens_details"]["cached_tokens"]
        assert warm > 1024
        assert cold == 0
        assert [record.status for record in llm.generations] == [429, 200, 200, 200, 200]
        assert json.loads(llm.last.body) == chat("w " * 2000)
        assert llm.usage.output > 0
        llm.reset()
        assert llm.requests == []
        llm.play("demo")
        with pytest.raises(ValueError, match="no session 'other'"):
            llm.play("other")
        with pytest.raises(ValueError, match="KeyError"):
            llm._call("queue", {})
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        urllib.request.urlopen(llm.base_url, timeout=2)


def test_process_that_cannot_start_says_so():
    with pytest.raises(RuntimeError, match="did not start"):
        LLMProcess(["--nonsense"]).start()


async def test_scripted_is_a_shortcut():
    async with scripted("a", "b", clock=FakeClock()) as llm, aiohttp.ClientSession() as http:
        assert [await say(http, llm), await say(http, llm)] == ["a", "b"]


async def test_waiting_for_requests_ends_in_time():
    async with ScriptedLLM() as llm:
        with pytest.raises(LookupError):
            _ = llm.last
        with pytest.raises(TimeoutError):
            await llm.wait_for_requests(1, timeout=0.02)


def test_clock_moves_when_told():
    clock = FakeClock(100.0)
    assert (clock.now(), clock(), clock.advance(5), clock.advance(-2)) == (100.0, 100.0, 105.0, 103.0)
    clock.set(7)
    assert clock() == 7


def test_scorer_is_deterministic_and_fails_on_demand():
    words = ["the", "error", "was", "ORA-01555", "snapshot", "too", "old"]
    scorer = FakeScorer(keep=["ORA-01555"])
    first = scorer.score(words)
    assert first == FakeScorer(keep=["ORA-01555"])(words)
    assert first[3] == 1.0
    assert all(0 <= score <= 1 for score in first)
    assert len(set(first)) > 4
    assert scorer.calls == [tuple(words)]
    assert all(score != score for score in FakeScorer(mood="nan").score(words))
    assert len(FakeScorer(mood="short").score(words)) == len(words) - 1
    for mood, error in (("raise", RuntimeError), ("out_of_memory", MemoryError)):
        with pytest.raises(error):
            FakeScorer(mood=mood).score(words)
    FakeScorer(delay=0.01).score(words)


async def test_stop_lets_held_requests_end():
    llm = await ScriptedLLM().start()
    llm.hold()
    async with aiohttp.ClientSession() as http:
        task = asyncio.create_task(say(http, llm))
        await llm.wait_for_requests(1)
        await llm.stop()
        with pytest.raises((aiohttp.ClientError, AssertionError)):
            assert await task == "never"
