"""Answers of our own through mitmproxy: streaming, back-pressure, cancellation, HTTP/1, HTTP/2 and TLS."""

import asyncio
import inspect
import ssl
from collections import defaultdict

import h2.config
import h2.connection
import h2.events
import pytest
from headroom_addons.answer import AnswerHttpLayer, AnswerPieceHook, AnswerStream, AsyncBody, BodyTooLargeHook
from mitmproxy.net.http import http1
from mitmproxy.proxy import mode_servers
from mitmproxy.proxy.layers.http import HttpLayer, HttpStream
from mitmproxy.proxy.layers.http._http1 import Http1Server
from mitmproxy.proxy.layers.http._http2 import Http2Connection
from mitmproxy.proxy.layers.http._http_h2 import BufferedH2Connection

from headroom.accounts import report
from headroom.testing import Reply, Text, faults
from tests.addons.conftest import ask, until

STREAMED = b'{"model":"claude-sonnet-4-5","max_tokens":5,"stream":true,"messages":[{"role":"user","content":"hi"}]}'
WORDS = " ".join(f"word{i}" for i in range(300))


# -- the seam ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (HttpStream, "send_response", ["self", "already_streamed"]),
        (HttpStream, "check_body_size", ["self", "request"]),
        (HttpStream, "handle_event", ["self", "event"]),
        (HttpStream, "flow_done", ["self"]),
        (Http1Server, "read_body", ["self", "event"]),
        (Http1Server, "mark_done", ["self", "request", "response"]),
        (HttpLayer, "make_stream", ["self", "stream_id"]),
        (HttpLayer, "event_to_child", ["self", "child", "event"]),
        (HttpLayer, "_handle_event", ["self", "event"]),
        (mode_servers.AsyncioServerInstance, "listen", ["self", "host", "port"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_we_lean_on_is_where_it_was(owner, name, parameters):
    assert list(inspect.signature(getattr(owner, name)).parameters) == parameters


def test_the_stock_layer_still_makes_its_streams_in_one_place():
    source = inspect.getsource(HttpLayer.make_stream)
    assert "HttpStream(" in source
    assert "events.Start()" in source
    assert "self.make_stream(" in inspect.getsource(HttpLayer.event_to_child)


def test_the_stock_stream_still_asks_for_the_body_size_while_it_reads():
    assert "check_body_size(True)" in inspect.getsource(HttpStream.state_consume_request_body)


def test_http2_still_buffers_by_stream():
    assert "stream_buffers" in BufferedH2Connection.__annotations__
    assert "h2_conn" in Http2Connection.__annotations__


def test_our_hooks_have_the_names_that_the_addons_use():
    assert AnswerPieceHook.name == "answer_piece"
    assert BodyTooLargeHook.name == "body_too_large"
    assert issubclass(AnswerStream, HttpStream)
    assert issubclass(AnswerHttpLayer, HttpLayer)


def test_an_async_body_is_a_value_that_the_stock_layer_could_call():
    async def nothing():
        yield b""

    assert AsyncBody(nothing())(b"abc") == b"abc"


# -- streams -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/2"])
async def test_a_stream_arrives_byte_for_byte_and_piece_by_piece(llm, gateway, client, client2, version):
    gate = await gateway(llm)
    llm.queue(Reply((Text(WORDS),), pause=0.002))
    sender, base = (client, gate.url) if version == "HTTP/1.1" else (client2, gate.tls_url)
    got, pieces = bytearray(), 0
    async with sender.stream("POST", f"{base}/v1/messages", json=ask(stream=True)) as answer:
        assert answer.http_version == version
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-headroom-request-id"].startswith("hr_")
        async for piece in answer.aiter_raw():
            got += piece
            pieces += 1
    assert bytes(got) == bytes(llm.last.sent)
    assert pieces > 20


async def test_the_first_event_is_there_before_the_last_is_made(llm, gateway, client):
    gate = await gateway(llm)
    llm.queue(Reply((Text("slow words in a row"),), pause=0.2, piece=4))
    async with client.stream("POST", f"{gate.url}/v1/messages", json=ask(stream=True)) as answer:
        first = await anext(answer.aiter_raw())
        assert b"message_start" in first
        assert not llm.last.finished


async def test_an_answer_in_one_piece_keeps_its_length(llm, gateway, client):
    gate = await gateway(llm)
    llm.queue("Good day.")
    answer = await client.post(f"{gate.url}/v1/messages", json=ask())
    assert answer.content == bytes(llm.last.sent)
    assert answer.headers["content-length"] == str(len(answer.content))
    assert "transfer-encoding" not in answer.headers


async def test_many_streams_of_one_http2_connection_run_side_by_side(llm, gateway, client2):
    gate = await gateway(llm)
    llm.fail(faults.wait_for(8), times=8)

    async def one(number):
        body = bytearray()
        async with client2.stream("POST", f"{gate.tls_url}/v1/messages", json=ask(True, f"n{number}")) as answer:
            async for piece in answer.aiter_raw():
                body += piece
        return bytes(body)

    bodies = await asyncio.gather(*(one(number) for number in range(8)))
    assert all(b"message_stop" in body for body in bodies)


async def test_an_http_1_0_client_gets_a_body_that_ends_with_the_connection(llm, gateway):
    gate = await gateway(llm)
    llm.queue("Hello.")
    reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
    body = b'{"model":"claude-sonnet-4-5","max_tokens":5,"stream":true,"messages":[{"role":"user","content":"hi"}]}'
    writer.write(
        b"POST /v1/messages HTTP/1.0\r\nhost: localhost\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    )
    raw = await asyncio.wait_for(reader.read(), 60)
    head, _, rest = raw.partition(b"\r\n\r\n")
    assert b"chunked" not in head.lower()
    assert rest == bytes(llm.last.sent)
    writer.close()


async def test_trailers_of_a_request_are_dropped_and_the_next_request_is_read(llm, gateway):
    gate = await gateway(llm)
    llm.queue("One.", "Two.")
    reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
    for number in range(2):
        writer.write(
            b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
            b"content-type: application/json\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n"
            b"%x\r\n%s\r\n0\r\nx-sum: 1\r\n\r\n" % (len(STREAMED), STREAMED)
        )
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        assert head.startswith(b"HTTP/1.1 200 ")
        await asyncio.wait_for(reader.readuntil(b"\r\n0\r\n\r\n"), 60)
        assert llm.generations[number].wire_body == STREAMED
        assert llm.generations[number].header("x-sum") is None
    writer.close()


# -- clients that go away ----------------------------------------------------------------------------------------------
async def raw_request(port, body=None, path="/v1/messages"):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = body or STREAMED
    writer.write(
        b"POST %s HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (path.encode(), len(body), body)
    )
    await writer.drain()
    return reader, writer


async def test_a_client_that_leaves_while_waiting_cancels_the_call(llm, gateway):
    gate = await gateway(llm)
    llm.hold()
    _, writer = await raw_request(gate.port)
    await llm.wait_for_requests(1)
    writer.transport.abort()
    await until(lambda: llm.last.disconnected, 2)
    await until(lambda: gate.services.slots.in_flight == 0)
    llm.release()


async def test_a_client_that_leaves_within_a_stream_cancels_the_call(llm, gateway):
    gate = await gateway(llm)
    llm.queue(Reply((Text(WORDS),), pause=0.05))
    reader, writer = await raw_request(gate.port)
    await reader.readuntil(b"content_block_delta")
    writer.transport.abort()
    await until(lambda: llm.last.disconnected, 2)
    await until(lambda: gate.services.slots.in_flight == 0)
    outcomes = report.payload(gate.services.accounts.stats)["requests"]
    assert outcomes["aborted"] == 1


class Http2:
    """A bare HTTP/2 client: one connection, streams by number."""

    def __init__(self):
        self.connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self.bodies, self.ended, self.reset = defaultdict(bytes), set(), set()

    async def connect(self, port):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        assert self.writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
        self.connection.initiate_connection()
        return self

    def post(self, number, body=STREAMED):
        head = [(":method", "POST"), (":path", "/v1/messages"), (":scheme", "https"), (":authority", "localhost")]
        more = [("x-api-key", "k"), ("anthropic-version", "2023-06-01"), ("content-type", "application/json")]
        self.connection.send_headers(number, [*head, *more, ("content-length", str(len(body)))])
        self.connection.send_data(number, body, end_stream=True)
        self.flush()

    def flush(self):
        self.writer.write(self.connection.data_to_send())

    async def receive(self, *, acknowledge=True):
        """Take what comes next; how many bytes of bodies that was."""
        taken = 0
        for event in self.connection.receive_data(await asyncio.wait_for(self.reader.read(1_000_000), 60)):
            if isinstance(event, h2.events.DataReceived):
                taken += len(event.data)
                self.bodies[event.stream_id] += event.data
                if acknowledge:
                    self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                self.ended.add(event.stream_id)
            elif isinstance(event, h2.events.StreamReset):
                self.reset.add(event.stream_id)
        self.flush()
        return taken


async def test_resetting_one_http2_stream_leaves_the_others_alone(llm, gateway):
    gate = await gateway(llm)
    llm.queue(Reply((Text(WORDS),), pause=0.005), Reply((Text(WORDS),), pause=0.05))
    http2 = await Http2().connect(gate.port)
    http2.post(1)
    await llm.wait_for_requests(1)
    http2.post(3)
    while b"content_block_delta" not in http2.bodies[3]:
        await http2.receive()
    http2.connection.reset_stream(3)
    http2.flush()
    while 1 not in http2.ended:
        await http2.receive()
    assert http2.bodies[1] == bytes(llm.generations[0].sent)
    await until(lambda: llm.generations[1].disconnected)
    http2.writer.close()


@pytest.mark.parametrize("cut", [0, 1, 17, 60, 110, 140, 180])
async def test_a_request_that_breaks_off_anywhere_leaves_nothing_behind(llm, gateway, client, cut):
    gate = await gateway(llm)
    body = b'{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}'
    whole = (
        b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
        % (len(body), body)
    )
    assert cut < len(whole)
    _, writer = await asyncio.open_connection("127.0.0.1", gate.port)
    writer.write(whole[:cut])
    await writer.drain()
    writer.transport.abort()
    await until(lambda: gate.services.slots.in_flight == 0)
    llm.queue("fine")
    answer = await client.post(f"{gate.url}/v1/messages", json=ask())
    assert answer.status_code == 200


# -- slow readers --------------------------------------------------------------------------------------------------------
class Firehose:
    """An upstream that sends events as fast as they are taken."""

    def __init__(self, total):
        self.sent, self.total, self.ended = 0, total, False
        self.piece = b"data: " + b"x" * 65_000 + b"\n\n"

    async def serve(self, reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            while self.sent < self.total:
                writer.write(b"%x\r\n%s\r\n" % (len(self.piece), self.piece))
                await writer.drain()
                self.sent += len(self.piece)
            writer.write(b"0\r\n\r\n")
        except ConnectionError:
            pass
        self.ended = True
        writer.close()

    async def stalled(self):
        """Wait until nothing moves any more."""
        last = -1
        while self.sent != last:
            last = self.sent
            await asyncio.sleep(0.15)


@pytest.fixture
async def firehose():
    hose = Firehose(48 * 1024 * 1024)
    server = await asyncio.start_server(hose.serve, "127.0.0.1", 0)
    hose.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield hose
    server.close()


async def test_a_slow_reader_slows_the_upstream_down(firehose, gateway):
    """Far more than all buffers on the way must not be taken from the upstream while nobody reads."""
    gate = await gateway(firehose.url)
    reader, writer = await raw_request(gate.port)
    await reader.readuntil(b"\r\n\r\n")
    await firehose.stalled()
    assert 0 < firehose.sent < firehose.total / 2
    writer.transport.abort()
    await until(lambda: gate.services.slots.in_flight == 0)


async def test_a_slow_http2_reader_slows_the_upstream_down(firehose, gateway):
    gate = await gateway(firehose.url)
    http2 = await Http2().connect(gate.port)
    http2.post(1)
    received = 0
    while received < 65_535:  # the client's whole window, which it does not open again
        received += await http2.receive(acknowledge=False)
    await until(lambda: _buffered(gate) > 0)
    await firehose.stalled()
    assert _buffered(gate) < 1_000_000
    assert firehose.sent < firehose.total / 2
    before = firehose.sent
    while firehose.sent == before:  # opening the window sets the upstream going again
        http2.connection.increment_flow_control_window(1_000_000)
        http2.connection.increment_flow_control_window(1_000_000, stream_id=1)
        http2.flush()
        received += await http2.receive(acknowledge=False)
    http2.writer.transport.abort()
    await until(lambda: gate.services.slots.in_flight == 0)


@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/2"])
async def test_a_client_that_takes_nothing_does_not_hold_the_upstream_for_ever(firehose, gateway, version):
    gate = await gateway(firehose.url, request_timeout=1.0)
    if version == "HTTP/1.1":
        _, writer = await raw_request(gate.port)
        writer.transport.pause_reading()
    else:
        http2 = await Http2().connect(gate.port)
        http2.post(1)
        writer = http2.writer
    await until(lambda: report.payload(gate.services.accounts.stats)["requests"]["aborted"] == 1)
    assert gate.services.slots.in_flight == 0
    await until(lambda: firehose.ended)
    assert firehose.sent < firehose.total / 2
    writer.transport.abort()


def _buffered(gate):
    total = 0
    for handler in gate.master.addons.get("proxyserver").connections.values():
        for layer in handler.layer.context.layers:
            if isinstance(layer, AnswerHttpLayer):
                for connection in layer.connections.values():
                    if isinstance(connection, Http2Connection):
                        total += sum(
                            len(item.data) for queue in connection.h2_conn.stream_buffers.values() for item in queue
                        )
    return total


# -- bodies over the limit -----------------------------------------------------------------------------------------------
async def test_an_announced_body_over_the_limit_is_refused_before_it_is_sent(llm, gateway):
    gate = await gateway(llm, max_body_mb=1)
    reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
    writer.write(b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5000000\r\n\r\n" + b"x" * 1000)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
    assert head.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in head.lower()
    assert b"request_too_large" in await asyncio.wait_for(reader.readuntil(b"request_id"), 60)
    writer.close()
    assert not llm.requests


async def test_a_chunked_body_is_refused_once_it_passes_the_limit(llm, gateway, client):
    gate = await gateway(llm, max_body_mb=1)

    async def endless():
        for _ in range(200):
            yield b"x" * 65_536

    answer = await client.post(f"{gate.url}/v1/messages", content=endless())
    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "request_too_large"
    assert not llm.requests


async def test_a_refused_http2_upload_leaves_the_connection_usable(llm, gateway, client2):
    gate = await gateway(llm, max_body_mb=1)
    answer = await client2.post(f"{gate.tls_url}/v1/messages", content=b"x" * 3_000_000)
    assert answer.status_code == 413
    llm.queue("fine")
    again = await client2.post(f"{gate.tls_url}/v1/messages", json=ask())
    assert again.status_code == 200


def test_a_stock_head_says_what_we_count_on():
    """The chunked framing of a stream is ours to announce; mitmproxy writes it when the head says so."""
    assert "chunked" in inspect.getsource(http1.expected_http_body_size)
