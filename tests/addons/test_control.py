"""What reaches our own routes, and what must never go on to a provider."""

import asyncio
import gzip
import json
import time

import brotli
import pytest
import zstandard

from headroom.control.http import SECURITY_HEADERS
from headroom.retrieval.original import Miss, Original

COMPRESS = json.dumps({"model": "gpt-4o", "messages": []}).encode()
SECURED = {name.lower() for name, _ in SECURITY_HEADERS}


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(COMPRESS)),
        ("br", brotli.compress(COMPRESS)),
        ("zstd", zstandard.compress(COMPRESS)),
        ("identity", COMPRESS),
    ],
    ids=["gzip", "brotli", "zstd", "plain"],
)
async def test_bodies_come_in_any_usual_encoding(llm, gateway, client, encoding, body):
    gate = await gateway(llm)
    answer = await client.post(f"{gate.url}/v1/compress", content=body, headers={"content-encoding": encoding})
    assert (answer.status_code, answer.json()["messages"]) == (200, [])


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("gzip", COMPRESS, 400),
        ("gzip", gzip.compress(COMPRESS)[:-9], 400),
        ("snappy", COMPRESS, 415),
        ("gzip", gzip.compress(bytes(3 * 2**20)), 413),
    ],
    ids=["not what it says", "cut short", "unknown", "larger than allowed when unpacked"],
)
@pytest.mark.parametrize("path", ["/v1/compress", "/v1/retrieve", "/livez"])
async def test_a_body_that_cannot_be_unpacked_is_refused_here(llm, gateway, client, path, encoding, body, status):
    gate = await gateway(llm, max_body_mb=2)
    headers = {"content-encoding": encoding}
    answer = await client.request("GET" if path == "/livez" else "POST", gate.url + path, content=body, headers=headers)
    said = answer.json()
    assert answer.status_code == status
    assert said["error"]["message"] if path == "/v1/compress" else said["detail"]
    assert set(answer.headers) >= SECURED
    assert not llm.requests


@pytest.mark.parametrize(
    "path",
    ["//stats", "/%73tats", "/livez/", "//v1/compress", "/v1//compress", "/admin%2Fruntime-env", "//admin//upstream"],
)
async def test_another_spelling_of_our_paths_is_no_route_and_goes_to_no_provider(llm, gateway, path):
    gate = await gateway(llm)
    answer = await _raw(gate.port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.endswith(b'{"detail":"Not Found"}')
    assert not llm.requests


async def test_a_refused_head_request_gets_no_body(llm, gateway):
    gate = await gateway(llm)
    answer = await _raw(gate.port, "HEAD /stats HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ")
    assert b"Content-Length: 22" in head
    assert body == b""


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {}], ids=["refused at the gate", "unknown path"])
async def test_refusals_carry_the_headers_of_all_our_answers(llm, gateway, client, headers):
    gate = await gateway(llm)
    answer = await client.get(f"{gate.url}/stats/nothing", headers=headers)
    assert answer.status_code == 404
    assert set(answer.headers) >= SECURED


async def _raw(port: int, request: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.encode())
    try:
        return await asyncio.wait_for(reader.read(), 30)
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/livez", 200), ("HEAD", "/stats", 200), ("POST", "/stats", 405), ("GET", "/admin/no-such", 404)],
)
async def test_answers_of_ours_are_dated_and_signed_once(llm, gateway, client, method, path, status):
    gate = await gateway(llm)
    answer = await client.request(method, gate.url + path)
    assert answer.status_code == status
    assert [len(answer.headers.get_list(name)) for name in ("date", "server", "cache-control")] == [1, 1, 1]


async def test_a_caller_whom_the_gate_turns_away_gets_the_same_headers(llm, gateway, client):
    gate = await gateway(llm)
    answer = await client.get(f"{gate.url}/stats", headers={"host": "evil.example"})
    assert answer.status_code == 404
    assert [len(answer.headers.get_list(name)) for name in ("date", "server")] == [1, 1]


CALL = {"id": "c1", "type": "function", "function": {"name": "mcp__db__q", "arguments": "{}"}}
ROWS = json.dumps([{"id": i, "name": f"user-{i * 7919 % 997}", "score": i * i % 1013} for i in range(400)])


@pytest.mark.parametrize(
    ("prefix", "headers"),
    [
        ("", {"x-headroom-project": "my proj"}),
        ("", {"x-headroom-project": "my%20proj"}),
        ("/p/my%20proj", {}),
        ("/p/other", {"x-headroom-project": "my%20proj"}),
    ],
    ids=["plain", "encoded", "in the path", "the header wins"],
)
async def test_originals_belong_to_the_project_that_provider_calls_name_the_same_way(
    llm, gateway, client, prefix, headers
):
    gate = await gateway(llm)
    messages = [
        {"role": "user", "content": "which user has the highest score?"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": ROWS},
    ]
    body = {"model": "gpt-4o", "messages": messages}
    told = (await client.post(f"{gate.url}{prefix}/v1/compress", json=body, headers=headers)).json()
    [handle] = told["ccr_hashes"]
    originals = gate.services.forwarder.retrieval._originals
    found = {name: originals.get(handle, now=time.time(), project=name) for name in ("my proj", "another")}
    assert isinstance(found["my proj"], Original)
    assert isinstance(found["another"], Miss)
