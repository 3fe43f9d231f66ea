"""Probes from outside: web pages, rebound names, requests through the proxy, smuggled requests, chosen upstreams."""

import asyncio
import json

import pytest

from headroom.upstream.intake import override
from tests.addons.conftest import ask, until

LOOPBACK_ONLY = ["/admin/upstream", "/v1/retrieve/stats", "/transformations/feed", "/admin/nothing", "/debug"]


async def raw(port, data, *, more=b"", wait=0.0):
    """What comes back for bytes on a fresh connection, until it is closed or quiet."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    await writer.drain()
    if more:
        await asyncio.sleep(wait)
        writer.write(more)
        await writer.drain()
    got = bytearray()
    try:
        async with asyncio.timeout(5):
            while piece := await reader.read(65536):
                got += piece
    except TimeoutError:
        pass
    except ConnectionError:
        pass
    writer.close()
    return bytes(got)


def request(method, target, *fields, body=b""):
    lines = [f"{method} {target} HTTP/1.1", *fields, "Connection: close"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


# -- row 35 --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "fields",
    [
        {"host": "evil.example"},
        {"host": "evil.example:8787"},
        {"host": "127.0.0.1.evil.example"},
        {"host": "localhost@evil.example"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "anything"},
    ],
    ids=lambda fields: next(f"{name} {value}" for name, value in fields.items()),
)
async def test_row_35_pages_of_other_sites_find_nothing(llm, gateway, client, fields):
    gate = await gateway(llm)
    assert (await client.get(f"{gate.url}/admin/upstream")).status_code == 200
    for path in LOOPBACK_ONLY:
        answer = await client.get(gate.url + path, headers=fields)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})
        assert "access-control-allow-origin" not in answer.headers
    assert llm.requests == [], "nothing of it goes to a provider"


@pytest.mark.parametrize("forwarded", ["127.0.0.1", "::1"])
async def test_row_35_forwarded_headers_make_nobody_local(llm, gateway, forwarded, client):
    gate = await gateway(llm)
    answer = await client.get(
        f"{gate.url}/admin/upstream",
        headers={"host": "evil.example", "x-forwarded-for": forwarded, "x-forwarded-host": "localhost"},
    )
    assert answer.status_code == 404


async def test_row_35_the_proxy_is_no_way_to_itself(llm, gateway):
    gate = await gateway(llm)
    own = f"127.0.0.1:{gate.port}"
    for probe in (
        request("CONNECT", own, f"Host: {own}"),
        request("CONNECT", f"localhost:{gate.port}", f"Host: localhost:{gate.port}"),
    ):
        got = await raw(gate.port, probe)
        assert b"200 Connection established" not in got
        assert b'"upstream"' not in got
    got = await raw(gate.port, request("GET", f"http://{own}/admin/upstream", "Host: evil.example"))
    assert b'"upstream"' not in got
    got = await raw(gate.port, request("GET", "http://evil.example/admin/upstream", f"Host: {own}"))
    assert b'"upstream"' not in got
    assert llm.requests == []


async def test_row_35_a_websocket_to_a_control_route_is_no_way_in(llm, gateway):
    gate = await gateway(llm)
    upgrade = ("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    got = await raw(gate.port, request("GET", "/transformations/feed", "Host: evil.example", *upgrade))
    assert got.startswith(b"HTTP/1.1 404")


# -- smuggling -------------------------------------------------------------------------------------------------------------
GOOD = json.dumps(ask()).encode()
SECOND = b"GET /admin/upstream HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "fields",
    [
        (f"Content-Length: {len(GOOD)}", "Transfer-Encoding: chunked"),
        ("Content-Length: 5", f"Content-Length: {len(GOOD)}"),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding : chunked",),
        ("Content-Length: +5",),
        ("Content-Length: 0x10",),
        ("Content-Length: 5, 5",),
    ],
    ids=[
        "length and chunked",
        "two lengths",
        "two encodings",
        "an unknown encoding",
        "a blank before the colon",
        "a sign",
        "hexadecimal",
        "a list",
    ],
)
async def test_row_35_requests_with_two_meanings_have_none(llm, gateway, fields):
    gate = await gateway(llm)
    head = ("Host: 127.0.0.1", "x-api-key: sk-test", "anthropic-version: 2023-06-01", "content-type: application/json")
    got = await raw(gate.port, request("POST", "/v1/messages", *head, *fields, body=GOOD + SECOND))
    assert b'"upstream"' not in got, "no second request was made of the body"
    assert len(llm.requests) <= 1
    if llm.requests:
        assert llm.requests[0].status in {200, 400}
        assert b"admin" not in llm.requests[0].wire_body
    assert got.count(b"HTTP/1.1 ") <= 1


async def test_row_35_a_body_is_never_a_second_request_upstream(llm, gateway, client):
    gate = await gateway(llm)
    inner = "\r\n\r\nGET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = await client.post(f"{gate.url}/v1/messages", json=ask(text=inner))
    assert answer.status_code == 200
    assert [one.path for one in llm.requests] == ["/v1/messages"]


@pytest.mark.parametrize("name", ["x-api-key", "x-custom"])
async def test_row_35_line_breaks_in_headers_do_not_reach_the_provider(llm, gateway, name):
    gate = await gateway(llm)
    data = (
        f"POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nx-api-key: sk-test\r\nanthropic-version: 2023-06-01\r\n"
        f"{name}: a\rx-evil: 1\r\nConnection: close\r\ncontent-length: {len(GOOD)}\r\n\r\n"
    ).encode() + GOOD
    await raw(gate.port, data)
    assert all(one.header("x-evil") is None for one in llm.requests)


@pytest.mark.parametrize("value", ["b\r\n c", "b\x01c", "b\x00c", "b\x7fc"], ids=["folded", "control", "NUL", "DEL"])
async def test_row_35_a_header_that_no_request_may_have_is_told_so(llm, gateway, value):
    gate = await gateway(llm)
    data = (
        f"POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nx-api-key: sk-test\r\nanthropic-version: 2023-06-01\r\n"
        f"x-custom: {value}\r\nConnection: close\r\ncontent-length: {len(GOOD)}\r\n\r\n"
    ).encode() + GOOD
    answer = await raw(gate.port, data)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"control character" in answer
    assert llm.requests == []


# -- row 36 --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/v1/messages",
        "/v1/../admin/upstream",
        "/v1/%2e%2e/admin/upstream",
        "/v1/messages/../../admin/upstream",
        "/\\evil.example/v1/messages",
        "/v1/messages#@evil.example",
        "/@evil.example/v1/messages",
        "/v1beta/models/../../admin:generateContent",
        "/v1beta/models/x%2F..%2F..%2Fadmin:generateContent",
        "/p/x/../../admin/upstream",
    ],
)
async def test_row_36_a_path_never_chooses_the_host_nor_a_control_route(llm, gateway, target):
    gate = await gateway(llm)
    got = await raw(
        gate.port,
        request(
            "POST",
            target,
            "Host: 127.0.0.1",
            "x-api-key: sk-test",
            "anthropic-version: 2023-06-01",
            f"Content-Length: {len(GOOD)}",
            body=GOOD,
        ),
    )
    assert b'"upstreams"' not in got
    for one in llm.requests:  # what goes on goes to the configured provider, under its name
        assert one.header("host") == llm.base_url.partition("://")[2]


URLS = [
    "file:///etc/passwd",
    "http://169.254.169.254/latest",
    "https://169.254.169.254",
    "https://[::ffff:169.254.169.254]",
    "https://127.0.0.1",
    "https://0x7f000001",
    "https://2130706433",
    "https://0177.0.0.1",
    "https://localhost",
    "https://metadata.google.internal",
    "https://10.0.0.1",
    "https://[::1]",
    "https://[fd00::1]",
    "https://good.example@evil.internal",
    "https://good.example#@127.0.0.1",
    "https://good.example\\@127.0.0.1",
    "https://good.example/../..",
    "gopher://good.example",
    "ftp://good.example",
    "https://good.example:99999",
]


@pytest.mark.parametrize("url", URLS)
async def test_row_36_a_dangerous_upstream_is_refused_even_where_callers_may_choose(llm, gateway, client, url):
    gate = await gateway(llm, allow_base_url_override=True)
    answer = await client.post(f"{gate.url}/v1/messages", json=ask(), headers={"x-headroom-base-url": url})
    assert answer.status_code == 400
    assert "x-headroom-base-url" in answer.json()["error"]["message"]
    assert llm.requests == []


@pytest.mark.parametrize("url", ["https://evil.example", "http://127.0.0.1:1", "file:///etc/passwd"])
async def test_row_36_callers_choose_no_upstream_by_default(llm, gateway, client, url):
    gate = await gateway(llm)
    assert override({"x-headroom-base-url": url}, gate.services.settings) is None
    answer = await client.post(f"{gate.url}/v1/messages", json=ask(), headers={"x-headroom-base-url": url})
    assert answer.status_code == 200
    assert llm.last.header("x-headroom-base-url") is None


async def test_row_36_a_name_that_leads_inside_is_refused(llm, gateway, client, monkeypatch):
    import socket

    class Names:
        async def resolve(self, host, port=0, family=socket.AF_INET):
            return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": family, "proto": 0, "flags": 0}]

        async def close(self):
            pass

    monkeypatch.setattr("headroom.upstream.client.ThreadedResolver", Names)
    gate = await gateway(llm, allow_base_url_override=True)
    port = llm.base_url.rpartition(":")[2]
    headers = {"x-headroom-base-url": f"https://rebound.example.com:{port}"}
    answer = await client.post(f"{gate.url}/v1/messages", json=ask(), headers=headers)
    assert answer.status_code == 502
    assert "private, local or reserved" in answer.json()["error"]["message"]
    upgraded = await client.post(f"{gate.url}/v1/messages", json=ask(), headers=headers | {"upgrade": "x"})
    assert upgraded.status_code == 400
    assert llm.requests == []


async def test_row_36_redirects_are_the_clients_to_follow(llm, gateway, client):
    from headroom.testing import faults

    gate = await gateway(llm)
    llm.fail(faults.status(307))
    answer = await client.post(f"{gate.url}/v1/messages", json=ask())
    assert answer.status_code == 307
    assert len(llm.requests) == 1


async def test_row_36_a_loop_is_a_508(llm, gateway, client):
    def twist(services):
        from dataclasses import replace

        services.settings = replace(services.settings, anthropic_api_url=f"http://localhost:{services.settings.port}")

    gate = await gateway(llm, adapt=twist)
    answer = await client.post(f"{gate.url}/v1/messages", json=ask())
    assert answer.status_code == 508
    await until(lambda: gate.services.slots.in_flight == 0)


async def test_row_36_http_2_is_under_the_same_rules(llm, gateway, client2):
    gate = await gateway(llm)
    answer = await client2.get(f"{gate.tls_url}/admin/upstream", headers={"host": "evil.example"})
    assert answer.status_code == 404
    answer = await client2.get(f"{gate.tls_url}/admin/upstream")
    assert answer.status_code == 200
