"""What passes: other routes of providers, unknown paths, websockets, uploads; and what is taken off on the way."""

import asyncio
import gc
import gzip
import hashlib
import json
from dataclasses import replace
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web

from headroom.accounts import report
from headroom.testing import Reply, Text
from tests.addons.conftest import ask, until


@pytest.fixture
async def echo():
    """An upstream that tells what it got."""
    seen = []

    async def handler(request):
        if request.headers.get("upgrade", "").lower() == "websocket":
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            async for message in socket:
                await socket.send_str("echo " + message.data)
            return socket
        body = await request.read()
        seen.append((request.method, request.raw_path, list(request.headers.items()), body))
        return web.json_response({"size": len(body), "sha": hashlib.sha256(body).hexdigest()})

    app = web.Application(client_max_size=2**30)
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, auto_decompress=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield SimpleNamespace(url=f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}", seen=seen)
    await runner.cleanup()


NATIVE = ["/", "/foo/bar?x=1&y=%20z", "/api/oauth/usage", "/%E2%82%AC"]
POOLED = ["/v1/models", "/v1/models/claude?x=1", "/v1/messages/count_tokens", "/v1/embeddings", "/v1beta/models"]


@pytest.mark.parametrize("path", NATIVE + POOLED)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_what_we_do_not_read_passes_as_it_is(echo, gateway, client, method, path):
    gate = await gateway(echo.url)
    body = b"\x00\xff not json" if method in {"POST", "PUT"} else b""
    headers = {"x-Custom": "v", "x-headroom-tag-team": "a", "x-headroom-bypass": "true"}
    answer = await client.request(method, gate.url + path, content=body, headers=headers)
    assert answer.status_code == 200
    got_method, got_path, got_headers, got_body = echo.seen[-1]
    assert (got_method, got_path, got_body) == (method, path, body)
    names = {name.lower() for name, _ in got_headers}
    assert "x-custom" in names
    assert not any(name.startswith("x-headroom") for name in names)
    assert dict(got_headers)["Host"] == echo.url.removeprefix("http://")


async def test_a_base_path_is_put_before_every_route(echo, gateway, client):
    gate = await gateway(echo.url, anthropic_api_url=f"{echo.url}/anthropic", openai_api_url=f"{echo.url}/openai")
    for path, want in (
        ("/v1/messages/count_tokens", "/anthropic/v1/messages/count_tokens"),
        ("/v1/embeddings", "/openai/v1/embeddings"),
        ("/unheard/of", "/anthropic/unheard/of"),
    ):
        await client.post(gate.url + path, json={})
        assert echo.seen[-1][1] == want


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/models", "/foo/bar", "/livez"])
async def test_a_project_prefix_is_taken_off(llm, gateway, client, path):
    gate = await gateway(llm)
    if path == "/v1/messages":
        answer = await client.post(f"{gate.url}/p/my%20app{path}", json=ask())
    else:
        answer = await client.get(f"{gate.url}/p/my%20app{path}")
    assert answer.status_code in {200, 404}
    if path == "/livez":
        assert answer.json()["alive"]
    else:
        assert llm.last.path == path
    if path == "/v1/messages":
        assert gate.services.accounts.stats.recent_requests(1)[0].project == "my app"


@pytest.mark.parametrize("path", ["/v1/models", "/unheard/of"])
async def test_head_answers_keep_their_length(gateway, client, path):
    async def handler(_request):
        return web.Response(body=b"x" * 1234)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    gate = await gateway(f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}")
    answer = await client.head(gate.url + path)
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "1234")
    await runner.cleanup()


@pytest.mark.parametrize("path", ["/v1/realtime", "/v1/responses", "/unheard/socket"])
async def test_websockets_pass(echo, gateway, path):
    gate = await gateway(echo.url)
    headers = {"x-headroom-user-id": "me"}
    async with aiohttp.ClientSession() as session, session.ws_connect(gate.url + path, headers=headers) as socket:
        await socket.send_str("hello")
        assert (await socket.receive(timeout=60)).data == "echo hello"


async def test_a_large_upload_is_not_held_back(echo, gateway, client):
    gate = await gateway(echo.url, max_body_mb=1)
    piece = b"y" * 100_000

    async def pieces():
        for _ in range(60):
            yield piece

    answer = await client.post(f"{gate.url}/upload/files", content=pieces())
    assert answer.json() == {"size": 6_000_000, "sha": hashlib.sha256(piece * 60).hexdigest()}


# -- bodies --------------------------------------------------------------------------------------------------------------
PADDED = b'{ "model" : "claude-sonnet-4-5",\n "max_tokens":10, "big":123456789012345678901, "x":1.0, "messages":[{"role":"user","content":"h\\u00e9"}] }'


def worth_compressing():
    rows = [{"id": i, "name": f"user-{i}", "state": "active", "score": i * 1.5} for i in range(300)]
    messages = [
        {"role": "user", "content": "list the users please"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "mcp__db__q", "input": {}}]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": json.dumps(rows, indent=2)}],
        },
    ]
    return ask(messages=messages, tools=[{"name": "mcp__db__q", "input_schema": {"type": "object"}}])


async def test_a_body_with_nothing_to_compress_goes_out_byte_for_byte(llm, gateway, client):
    gate = await gateway(llm)
    await client.post(f"{gate.url}/v1/messages", content=PADDED)
    assert llm.last.wire_body == PADDED
    assert llm.last.header("content-length") == str(len(PADDED))


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"messages":7}', b"\xff\xfe", b'{"model":1,"model":2}'])
async def test_a_body_we_cannot_read_goes_out_as_it_is(llm, gateway, client, raw):
    gate = await gateway(llm)
    answer = await client.post(f"{gate.url}/v1/messages", content=raw)
    assert llm.last.wire_body == raw
    assert answer.content == bytes(llm.last.sent)


async def test_an_encoded_body_is_read_and_sent_on_encoded_when_unchanged(llm, gateway, client):
    gate = await gateway(llm)
    raw = gzip.compress(PADDED)
    await client.post(f"{gate.url}/v1/messages", content=raw, headers={"content-encoding": "gzip"})
    assert llm.last.wire_body == raw
    assert llm.last.header("content-encoding") == "gzip"
    assert gate.services.accounts.stats.recent_requests(1)[0].model == "claude-sonnet-4-5"


@pytest.mark.parametrize("encoding", ["snappy", "gzip"], ids=["unknown", "not what it says"])
async def test_a_body_that_is_not_encoded_as_it_says_goes_out_as_it_is(llm, gateway, client, encoding):
    gate = await gateway(llm)
    raw = json.dumps(worth_compressing()).encode()
    await client.post(f"{gate.url}/v1/messages", content=raw, headers={"content-encoding": encoding})
    assert llm.last.wire_body == raw
    assert llm.last.header("content-encoding") == encoding


async def test_an_encoded_body_is_sent_plain_when_changed(llm, gateway, client):
    gate = await gateway(llm)
    body = worth_compressing()
    raw = gzip.compress(json.dumps(body).encode())
    answer = await client.post(f"{gate.url}/v1/messages", content=raw, headers={"content-encoding": "gzip"})
    assert answer.status_code == 200
    assert llm.last.header("content-encoding") is None
    assert len(llm.last.wire_body) < len(json.dumps(body))
    assert int(answer.headers["x-headroom-tokens-saved"]) > 100


@pytest.mark.parametrize("headers", [{"x-headroom-bypass": "true"}, {"x-headroom-mode": "passthrough"}])
async def test_a_bypassed_request_is_untouched_and_told_only_its_id(llm, gateway, client, headers):
    gate = await gateway(llm)
    body = json.dumps(worth_compressing()).encode()
    answer = await client.post(f"{gate.url}/v1/messages", content=body, headers=headers)
    assert llm.last.wire_body == body
    assert [name for name in answer.headers if name.startswith("x-headroom")] == ["x-headroom-request-id"]
    assert report.payload(gate.services.accounts.stats)["requests"]["bypassed"] == 1


async def test_a_providers_headers_reach_the_client(llm, gateway, client):
    gate = await gateway(llm)
    told = (
        ("anthropic-ratelimit-requests-remaining", "7"),
        ("request-id", "req_1"),
        ("set-cookie", "a=b"),
        ("set-cookie", "c=d"),
    )
    llm.queue(Reply((Text("hi"),), headers=told))
    answer = await client.post(f"{gate.url}/v1/messages", json=ask())
    assert answer.headers["anthropic-ratelimit-requests-remaining"] == "7"
    assert answer.headers["request-id"] == "req_1"


async def test_a_chosen_upstream_is_ignored_unless_allowed(llm, gateway, client):
    gate = await gateway(llm)
    answer = await client.post(
        f"{gate.url}/v1/messages", json=ask(), headers={"x-headroom-base-url": "https://evil.example"}
    )
    assert answer.status_code == 200
    assert len(llm.generations) == 1


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254", "https://localhost", "https://user@x.example", "file:///etc/passwd"]
)
async def test_an_unsafe_chosen_upstream_is_refused(llm, gateway, client, url):
    gate = await gateway(llm, allow_base_url_override=True)
    answer = await client.post(f"{gate.url}/v1/messages", json=ask(), headers={"x-headroom-base-url": url})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert not llm.requests


async def test_a_call_that_leads_back_to_us_is_a_508(llm, gateway, client):
    gate = await gateway(llm)
    gate.services.settings = replace(gate.services.settings, anthropic_api_url=gate.url)
    answer = await client.post(f"{gate.url}/v1/messages", json=ask())
    assert answer.status_code == 508
    assert "headroom itself" in answer.text


async def test_request_ids_are_unique_and_well_formed(llm, gateway, client):
    gate = await gateway(llm)
    answers = await asyncio.gather(*(client.post(f"{gate.url}/v1/messages", json=ask(text=str(i))) for i in range(20)))
    ids = {answer.headers["x-headroom-request-id"] for answer in answers}
    assert len(ids) == 20
    assert all(len(one.split("_")) == 3 and one.split("_")[2].isdigit() for one in ids)


async def test_bodies_are_let_go_of_when_a_flow_has_ended(llm, gateway, client):
    gate = await gateway(llm)
    marker = "m" * 300_000
    for i in range(3):
        await client.post(f"{gate.url}/v1/messages", json=ask(text=f"{marker}{i}"))
    await until(lambda: len(gate.services.live) == 0)
    gc.collect()
    held = [o for o in gc.get_objects() if type(o).__name__ == "RequestData" and o.content and len(o.content) > 200_000]
    assert held == []
