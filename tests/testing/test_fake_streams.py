"""The order and content of streamed events, the JSON-array stream, Code Assist's nesting, stored responses, WebSocket."""

import base64
import json
import struct
import zlib

import aiohttp
import pytest
from yarl import URL

from headroom.testing import Call, FakeClock, Reply, ScriptedLLM, Text, Thinking, faults
from headroom.testing.clients.protocol import events

REPLY = [
    Thinking("Let me think about it."),
    Text("Looking at the files now."),
    Call("ls", {"path": "/srv/x"}),
    Call("pwd", {}),
]
HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01", "authorization": "Bearer k", "x-goog-api-key": "k"}
SAY = [{"role": "user", "content": "hi"}]


@pytest.fixture
async def llm():
    async with ScriptedLLM(clock=FakeClock()) as server:
        server.queue(REPLY)
        yield server


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        yield session


async def stream(http, llm, path, body):
    async with http.post(llm.base_url + path, json=body) as got:
        assert got.status == 200
        return await got.read()


async def test_anthropic_order(llm, http):
    raw = await stream(http, llm, "/v1/messages", {"model": "c", "max_tokens": 9, "messages": SAY, "stream": True})
    seen = [(name, json.loads(data)) for name, data in events(raw)]
    assert all(name == data["type"] for name, data in seen)
    kinds = [name for name, _ in seen]
    assert kinds[:2] == ["message_start", "ping"]
    assert kinds[-2:] == ["message_delta", "message_stop"]
    opened = [data["content_block"]["type"] for name, data in seen if name == "content_block_start"]
    assert opened == ["thinking", "text", "tool_use", "tool_use"]
    assert [data["index"] for name, data in seen if name == "content_block_stop"] == [0, 1, 2, 3]
    deltas = [data["delta"] for name, data in seen if name == "content_block_delta" and data["index"] == 0]
    assert [delta["type"] for delta in deltas][-1] == "signature_delta"
    assert seen[-2][1]["usage"]["output_tokens"] == llm.last.usage.output
    assert seen[0][1]["message"]["usage"]["input_tokens"] == llm.last.usage.input


async def test_chat_chunks(llm, http):
    body = {"model": "g", "messages": SAY, "stream": True}
    raw = await stream(http, llm, "/v1/chat/completions", body)
    chunks = [data for _, data in events(raw)]
    assert chunks[-1] == "[DONE]"
    parsed = [json.loads(data) for data in chunks[:-1]]
    assert len({chunk["id"] for chunk in parsed}) == 1
    assert not any("usage" in chunk for chunk in parsed), "usage comes only when it was asked for"
    llm.queue(REPLY)
    raw = await stream(http, llm, "/v1/chat/completions", {**body, "stream_options": {"include_usage": True}})
    last = json.loads([data for _, data in events(raw)][-2])
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] == llm.last.usage.output


async def test_responses_order(llm, http):
    raw = await stream(http, llm, "/v1/responses", {"model": "g", "input": "hi", "stream": True})
    seen = [json.loads(data) for _, data in events(raw)]
    assert [event["sequence_number"] for event in seen] == list(range(len(seen)))
    kinds = [event["type"] for event in seen]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    for index in range(4):
        mine = [event["type"] for event in seen if event.get("output_index") == index]
        assert mine[0] == "response.output_item.added"
        assert mine[-1] == "response.output_item.done"
    done = [event["item"] for event in seen if event["type"] == "response.output_item.done"]
    assert seen[-1]["response"]["output"] == done
    text = "".join(event["delta"] for event in seen if event["type"] == "response.output_text.delta")
    assert text == "Looking at the files now."


@pytest.mark.parametrize("path", ["/v1beta/models/gemini-2.5-pro", "/v1internal"])
async def test_gemini_sse_array_and_code_assist_say_the_same(llm, http, path):
    nested = path == "/v1internal"
    inner = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    body = {"model": "gemini-2.5-pro", "project": "p", "request": inner} if nested else inner
    sse = await stream(http, llm, f"{path}:streamGenerateContent?alt=sse", body)
    assert b"\r\n\r\n" in sse
    first = [json.loads(data) for _, data in events(sse)]
    llm.queue(REPLY)
    second = json.loads(await stream(http, llm, f"{path}:streamGenerateContent", body))
    llm.queue(REPLY)
    whole = [json.loads(await stream(http, llm, f"{path}:generateContent", body))]

    def parts(chunks):
        chunks = [chunk["response"] if nested else chunk for chunk in chunks]
        found = [part for chunk in chunks for part in chunk["candidates"][0]["content"].get("parts", [])]
        text = "".join(part["text"] for part in found if "text" in part and not part.get("thought"))
        return text, [part["functionCall"]["name"] for part in found if "functionCall" in part]

    assert parts(first) == parts(second) == parts(whole) == ("Looking at the files now.", ["ls", "pwd"])
    assert llm.last.model == "gemini-2.5-pro"


async def test_vertex_anthropic_path(llm, http):
    path = "/v1/projects/p/locations/global/publishers/anthropic/models/claude-sonnet-4-5:streamRawPredict"
    body = {"anthropic_version": "vertex-2023-10-16", "max_tokens": 9, "messages": SAY}
    raw = await stream(http, llm, path, body)
    assert raw.startswith(b"event: message_start")
    assert llm.last.model == "claude-sonnet-4-5"


BEDROCK = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": SAY}
MODEL = "/model/eu.anthropic.claude-sonnet-4-5-v1%3A0"


def frames(raw):
    while raw:
        size, heads = struct.unpack("!II", raw[:8])
        frame, raw = raw[:size], raw[size:]
        assert zlib.crc32(frame[:8]) == int.from_bytes(frame[8:12])
        assert zlib.crc32(frame[:-4]) == int.from_bytes(frame[-4:])
        payload = json.loads(frame[12 + heads : -4])
        yield json.loads(base64.b64decode(payload["bytes"])) if "bytes" in payload else payload


async def test_bedrock_speaks_frames(llm, http):
    seen = list(frames(await stream(http, llm, f"{MODEL}/invoke-with-response-stream", BEDROCK)))
    assert (seen[0]["type"], seen[-1]["type"]) == ("message_start", "message_stop")
    assert seen[-1]["amazon-bedrock-invocationMetrics"]["outputTokenCount"] == llm.last.usage.output
    assert llm.last.model == "eu.anthropic.claude-sonnet-4-5-v1:0"
    assert json.loads(await stream(http, llm, f"{MODEL}/invoke", BEDROCK))["content"][0]["text"] == "Done."
    llm.fail(faults.stream_error(1))
    assert "message" in list(frames(await stream(http, llm, f"{MODEL}/invoke-with-response-stream", BEDROCK)))[-1]


@pytest.mark.parametrize(
    ("change", "status", "name"),
    [
        ({"model": "x"}, 400, "ValidationException"),
        ({"anthropic_version": "2023-06-01"}, 400, "ValidationException"),
        ({}, 429, "ThrottlingException"),
    ],
)
async def test_bedrock_errors(llm, change, status, name):
    if status == 429:
        llm.fail(faults.rate_limited())
    headers = {
        "authorization": "AWS4-HMAC-SHA256 Credential=AKIA0/20261121/eu-west-1/bedrock/aws4_request, Signature=0"
    }
    async with aiohttp.ClientSession(headers=headers) as http:
        got = await http.post(URL(f"{llm.base_url}{MODEL}/invoke", encoded=True), json={**BEDROCK, **change})
        assert (got.status, got.headers["x-amzn-ErrorType"]) == (status, name)
        assert "message" in await got.json()


async def test_stored_responses_live_until_deleted(llm, http):
    first = json.loads(await stream(http, llm, "/v1/responses", {"model": "g", "input": "hi"}))
    url = f"{llm.base_url}/v1/responses/{first['id']}"
    async with http.get(url) as got:
        assert await got.json() == first
    async with http.get(f"{url}/input_items") as got:
        assert (await got.json())["data"][0]["content"] == "hi"
    outputs = [
        {"type": "function_call_output", "call_id": item["call_id"], "output": "x"}
        for item in first["output"]
        if item["type"] == "function_call"
    ]
    more = {"model": "g", "previous_response_id": first["id"], "input": outputs}
    async with http.post(f"{llm.base_url}/v1/responses", json={**more, "input": outputs[:1]}) as got:
        assert got.status == 400
        assert "No tool output found" in (await got.json())["error"]["message"]
    assert json.loads(await stream(http, llm, "/v1/responses", more))["previous_response_id"] == first["id"]
    async with http.delete(url) as got:
        assert (await got.json())["deleted"] is True
    async with http.post(f"{llm.base_url}/v1/responses", json=more) as got:
        assert (await got.json())["error"]["code"] == "previous_response_not_found"


async def test_unstored_responses_are_gone(llm, http):
    first = json.loads(await stream(http, llm, "/v1/responses", {"model": "g", "input": "hi", "store": False}))
    async with http.get(f"{llm.base_url}/v1/responses/{first['id']}") as got:
        assert got.status == 404


async def create(socket, **frame):
    await socket.send_json({"type": "response.create", "model": "gpt-5.5", "stream": True, "store": False, **frame})
    seen = []
    while True:
        event = await socket.receive_json(timeout=60)
        seen.append(event)
        if event["type"] in {"response.completed", "error"}:
            return seen


async def test_websocket_session(llm, http):
    async with http.ws_connect(f"{llm.base_url}/v1/responses") as socket:
        warm = await create(socket, generate=False, input=[{"role": "user", "content": "setup " * 1500}])
        assert warm[-1]["response"]["output"] == []
        first = await create(
            socket, previous_response_id=warm[-1]["response"]["id"], input=[{"role": "user", "content": "hi"}]
        )
        response = first[-1]["response"]
        assert response["usage"]["input_tokens_details"]["cached_tokens"] > 1024
        outputs = [
            {"type": "function_call_output", "call_id": item["call_id"], "output": "x"}
            for item in response["output"]
            if item["type"] == "function_call"
        ]
        last = await create(socket, previous_response_id=response["id"], input=outputs)
        assert last[-1]["response"]["output"][0]["content"][0]["text"] == "Done."
        wrong = await create(socket, input=outputs)
        assert wrong[-1]["type"] == "error"
        assert "No tool call found" in wrong[-1]["error"]["message"]
        llm.fail(faults.rate_limited())
        assert (await create(socket, input="hi"))[-1]["status"] == 429
        await socket.send_str("no json")
        assert (await socket.receive_json(timeout=60))["type"] == "error"
    methods = [record.method for record in llm.requests]
    assert methods == ["GET", "WS", "WS", "WS", "WS", "WS", "WS"]
    assert len(llm.generations) == 6


async def test_websocket_breaks_where_told(llm, http):
    llm.reset()
    llm.queue(Reply((Text("hi"),), fault=faults.cut_event(2)))
    async with http.ws_connect(f"{llm.base_url}/v1/responses") as socket:
        await socket.send_json({"type": "response.create", "model": "g", "input": "hi"})
        kinds = [(await socket.receive(timeout=60)).type for _ in range(3)]
        assert kinds == [aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.CLOSE]
