"""The pooled client against servers of its own."""

import asyncio
import contextlib
import datetime as dt
import ssl

import pytest
import trustme
from aiohttp import web

from headroom.errors import UpstreamTimeout, UpstreamUnreachable
from headroom.upstream.client import ClientLimits, Request, UpstreamClient, _Pool
from headroom.upstream.outward import WayOut
from headroom.upstream.retry import RetryPolicy
from tests.addons.conftest import free_port, until


class Naps:
    """Stands in for ``asyncio.sleep`` and remembers how long it was asked to wait."""

    def __init__(self):
        self.taken = []

    async def __call__(self, seconds):
        self.taken.append(seconds)


@pytest.fixture
async def make_client():
    made = []

    def make(*, trust=None, attempts=3, timeout=60.0, most=50, idle=10, way_out=None):
        client = UpstreamClient(
            ClientLimits(most, idle, timeout),
            RetryPolicy(attempts, timeout),
            trust or ssl.create_default_context(),
            way_out or WayOut(),
            uniform=lambda _low, _high: 1.0,
            sleep=Naps(),
        )
        made.append(client)
        return client

    yield make
    for client in made:
        await client.close()


@pytest.fixture
async def serve():
    """``await serve(handler, ssl_context=None)`` gives a base URL; the handler gets every request."""
    runners = []

    async def start(handler, ssl_context=None):
        app = web.Application(client_max_size=2**28)
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl_context)
        await site.start()
        runners.append(runner)
        port = site._server.sockets[0].getsockname()[1]
        return f"{'https' if ssl_context else 'http'}://127.0.0.1:{port}"

    yield start
    for runner in runners:
        await runner.cleanup()


def post(url, body=b"{}", **kind):
    return Request("POST", url, (("content-type", "application/json"),), body, **kind)


async def test_sends_what_it_was_given_and_nothing_more(make_client, serve):
    seen = {}

    async def handler(request):
        seen.update(path=request.raw_path, headers=list(request.raw_headers), body=await request.read())
        return web.Response(text="ok")

    base = await serve(handler)
    url = base + "/model/a%3Ab%2Fc/invoke?x=%20y&key=1"
    fields = (("X-Api-Key", "k"), ("Accept", "a"), ("accept", "b"), ("x-Odd-CASE", "ü"))
    reply = await make_client().send(Request("POST", url, fields, b"\x00\xff"))
    assert await reply.read(100) == b"ok"
    assert seen["path"] == "/model/a%3Ab%2Fc/invoke?x=%20y&key=1"
    assert seen["body"] == b"\x00\xff"
    assert [pair for pair in seen["headers"] if pair[0] not in {b"Host", b"Content-Length"}] == [
        (b"X-Api-Key", b"k"),
        (b"Accept", b"a"),
        (b"Accept", b"b"),
        (b"x-Odd-CASE", "ü".encode()),
    ]


async def test_keeps_no_cookies_and_follows_no_redirects(make_client, serve):
    seen = []

    async def handler(request):
        seen.append(request.headers.get("cookie"))
        return web.Response(status=302, headers={"location": "/elsewhere", "set-cookie": "a=b"})

    base = await serve(handler)
    client = make_client()
    for _ in range(2):
        reply = await client.send(post(base))
        assert reply.status == 302
        reply.close()
    assert seen == [None, None]


async def test_hands_encoded_bodies_on_encoded(make_client, serve):
    async def handler(_request):
        return web.Response(body=b"not gzip at all", headers={"content-encoding": "gzip"})

    reply = await make_client().send(post(await serve(handler)))
    assert await reply.read(100) == b"not gzip at all"


@pytest.mark.parametrize(
    ("answers", "status", "retried", "waits"),
    [
        ([(500, {})] * 2 + [(200, {})], 200, ("500", "500"), [1.0, 2.0]),
        ([(500, {})] * 5, 500, ("500", "500"), [1.0, 2.0]),
        ([(429, {"retry-after": "2"}), (200, {})], 200, ("429",), [2.0]),
        ([(429, {"retry-after": "99"}), (200, {})], 429, (), []),
        ([(429, {}), (200, {})], 429, (), []),
        ([(529, {"retry-after": "1"}), (200, {})], 200, ("529",), [1.0]),
        ([(400, {}), (200, {})], 400, (), []),
    ],
    ids=["twice 500", "always 500", "429 in time", "429 too late", "429 silent", "529 in time", "400"],
)
async def test_tries_again_before_the_first_byte(make_client, serve, answers, status, retried, waits):
    left = iter(answers)

    async def handler(_request):
        code, headers = next(left)
        return web.Response(status=code, headers=headers, text=f"body of {code}")

    client = make_client()
    reply = await client.send(post(await serve(handler)))
    assert (reply.status, reply.retried) == (status, retried)
    assert await reply.read(100) == f"body of {status}".encode()
    assert client.sleep.taken == waits


async def test_a_call_that_asks_for_one_attempt_gets_one(make_client):
    client = make_client()
    with pytest.raises(UpstreamUnreachable):
        await client.send(post(f"http://127.0.0.1:{free_port()}", retry=False))
    assert client.sleep.taken == []


async def test_a_refused_connection_is_tried_again_and_then_told(make_client):
    client = make_client()
    with pytest.raises(UpstreamUnreachable, match=r"127\.0\.0\.1 can't be reached: .*refused") as raised:
        await client.send(post(f"http://127.0.0.1:{free_port()}"))
    assert client.sleep.taken == [1.0, 2.0]
    assert raised.value.retried == ("connection", "connection")


async def test_an_unknown_name_is_told(make_client):
    with pytest.raises(UpstreamUnreachable, match=r"no-such-host\.invalid can't be reached"):
        await make_client(attempts=1).send(post("http://no-such-host.invalid"))


async def test_silence_before_the_head_is_a_timeout(make_client, serve):
    async def handler(_request):
        await asyncio.Event().wait()

    with pytest.raises(UpstreamTimeout, match="did not answer"):
        await make_client(timeout=0.3).send(post(await serve(handler)))


async def test_silence_within_a_stream_is_a_timeout(make_client, serve):
    async def handler(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first")
        await asyncio.Event().wait()

    reply = await make_client(timeout=1).send(post(await serve(handler), stream=True))
    pieces = reply.chunks()
    assert await anext(pieces) == b"first"
    with pytest.raises(UpstreamTimeout, match="stopped sending"):
        await anext(pieces)


async def test_a_stream_may_take_longer_than_the_limit_in_all(make_client, serve):
    async def handler(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(12):
            await asyncio.sleep(0.1)
            await response.write(b"x")
        return response

    reply = await make_client(timeout=1).send(post(await serve(handler), stream=True))
    assert b"".join([piece async for piece in reply.chunks()]) == b"x" * 12


async def test_an_answer_in_one_piece_may_not(make_client, serve):
    async def handler(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(50):
            await asyncio.sleep(0.05)
            await response.write(b"x")
        return response

    reply = await make_client(timeout=1).send(post(await serve(handler)))
    with pytest.raises(UpstreamTimeout, match="did not finish"):
        await reply.read(1000)


async def test_more_than_may_be_held_is_refused(make_client, serve):
    async def handler(_request):
        return web.Response(body=b"x" * 5000)

    reply = await make_client().send(post(await serve(handler)))
    with pytest.raises(UpstreamUnreachable, match="more than 1000 bytes"):
        await reply.read(1000)


async def raw_server(answer):
    async def handle(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            await answer(reader, writer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort", "broke off its answer"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\n", "broke off its answer"),
    ],
    ids=["content-length too large", "no last chunk"],
)
async def test_a_body_that_breaks_off_is_told(make_client, head, words):
    async def answer(_reader, writer):
        writer.write(head)
        await writer.drain()

    server, url = await raw_server(answer)
    reply = await make_client().send(post(url))
    with pytest.raises(UpstreamUnreachable, match=words):
        await reply.read(1000)
    server.close()


@pytest.mark.parametrize(
    "said",
    [b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nshort\r\n"],
    ids=["another protocol", "a broken chunk at once"],
)
async def test_something_that_is_not_http_is_told(make_client, said):
    async def answer(_reader, writer):
        writer.write(said)
        await writer.drain()

    server, url = await raw_server(answer)
    with pytest.raises(UpstreamUnreachable, match=r"did not answer in HTTP"):
        await make_client(attempts=1).send(post(url))
    server.close()


async def test_a_connection_closed_while_idle_costs_no_attempt_and_no_wait(make_client):
    async def answer(_reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")  # says keep-alive, and closes
        await writer.drain()

    server, url = await raw_server(answer)
    client = make_client()
    for _ in range(3):
        reply = await client.send(post(url))
        assert await reply.read(10) == b"ok"
        assert reply.retried == ()
    assert client.sleep.taken == []
    server.close()


# -- the pool ------------------------------------------------------------------------------------------------------------
async def many(client, base, count):
    async def one():
        reply = await client.send(post(base))
        await reply.read(100)

    await asyncio.gather(*(one() for _ in range(count)))


async def test_idle_connections_are_bounded(make_client, serve):
    gate = asyncio.Event()

    async def handler(_request):
        await gate.wait()
        return web.Response(text="ok")

    base = await serve(handler)
    client = make_client(idle=3)
    running = asyncio.ensure_future(many(client, base, 12))
    await until(lambda: len(client._open().connector._acquired) == 12)
    gate.set()
    await running
    assert client.idle_connections == 3


async def test_no_connection_is_kept_when_none_may_be(make_client, serve):
    async def handler(_request):
        return web.Response(text="ok")

    base = await serve(handler)
    client = make_client(idle=0)
    await many(client, base, 4)
    assert client.idle_connections == 0


async def test_connections_in_use_are_bounded(make_client, serve):
    now = most = 0

    async def handler(_request):
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        return web.Response(text="ok")

    client = make_client(most=4)
    await many(client, await serve(handler), 20)
    assert most == 4


def test_the_pool_overrides_what_the_library_still_calls():
    import inspect

    from aiohttp import BaseConnector, TCPConnector

    assert list(inspect.signature(BaseConnector._release).parameters) == ["self", "key", "protocol", "should_close"]
    assert inspect.iscoroutinefunction(BaseConnector._get)
    assert "self._get(" in inspect.getsource(BaseConnector.connect)
    assert issubclass(_Pool, TCPConnector)


async def test_cancelling_ends_the_upstream_connection(make_client, serve):
    gone = asyncio.Event()
    came = asyncio.Event()

    async def handler(_request):
        came.set()
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()

    base = await serve(handler)
    running = asyncio.ensure_future(make_client().send(post(base)))
    await came.wait()
    running.cancel()
    await asyncio.wait_for(gone.wait(), 60)


# -- TLS and proxies -----------------------------------------------------------------------------------------------------
def server_context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.mark.parametrize("kind", ["unknown authority", "expired", "other name"])
async def test_certificates_are_verified(make_client, serve, kind):
    async def handler(_request):
        return web.Response(text="ok")

    authority = trustme.CA()
    trusted = ssl.create_default_context()
    if kind != "unknown authority":
        authority.configure_trust(trusted)
    name = "other.example" if kind == "other name" else "127.0.0.1"
    expiry = dt.datetime(2020, 1, 1) if kind == "expired" else None
    certificate = authority.issue_cert(name, not_after=expiry) if expiry else authority.issue_cert(name)
    base = await serve(handler, server_context(certificate))
    client = make_client(trust=trusted)
    with pytest.raises(UpstreamUnreachable, match=r"TLS failed .*--upstream-ca"):
        await client.send(post(base))
    assert client.sleep.taken == []


async def test_a_trusted_certificate_is_accepted(make_client, serve):
    async def handler(_request):
        return web.Response(text="ok")

    authority = trustme.CA()
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    base = await serve(handler, server_context(authority.issue_cert("127.0.0.1")))
    reply = await make_client(trust=trusted).send(post(base))
    assert await reply.read(10) == b"ok"


async def test_goes_through_the_proxy_it_is_told(make_client):
    asked = []

    async def answer(_reader, writer):
        writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()

    async def handle(reader, writer):
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        await answer(reader, writer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = make_client(way_out=WayOut({"https": f"http://127.0.0.1:{port}"}))
    with pytest.raises(UpstreamUnreachable, match=r"the outgoing proxy refused api\.example with 403"):
        await client.send(post("https://api.example/v1/messages"))
    assert asked[0].startswith(b"CONNECT api.example:443")
    server.close()


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 99\r\n", b"Transfer-Encoding: chunked\r\n"], ids=["by length", "chunked"]
)
async def test_what_arrived_before_the_break_is_read_before_the_error(make_client, framing):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        body = b"5\r\nwords\r\n" if b"chunked" in framing else b"words"
        writer.write(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n" + body)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        reply = await make_client().send(post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", b""))
        await until(lambda: reply._response.content.exception() is not None)
        chunks = reply.chunks()
        assert await anext(chunks) == b"words"
        with pytest.raises(UpstreamUnreachable, match="broke off"):
            await anext(chunks)
