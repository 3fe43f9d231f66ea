"""Each fault does on the wire what its name says, as a plain HTTP client sees it."""

import asyncio
import gzip
import json
import ssl

import aiohttp
import pytest
import trustme

from headroom.exchange import Usage
from headroom.testing import Call, FakeClock, Fault, Reply, ScriptedLLM, Text, When, faults
from headroom.testing.clients.protocol import events

PATHS = {
    "anthropic": "/v1/messages",
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
    "gemini": "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
}
HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01", "authorization": "Bearer k", "x-goog-api-key": "k"}
SAY = [{"role": "user", "content": "hi"}]


def ask(wire, *, stream=True):
    if wire == "gemini":
        return {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    if wire == "responses":
        return {"model": "m", "input": "hi", "stream": stream}
    more = {"stream_options": {"include_usage": True}} if wire == "chat" and stream else {}
    return {"model": "m", "max_tokens": 99, "messages": SAY, "stream": stream, **more}


@pytest.fixture
async def llm():
    async with ScriptedLLM(clock=FakeClock(), default="Hello, this is the answer to all of it.") as server:
        yield server


@pytest.fixture
async def http():
    timeout = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(headers=HEADERS, timeout=timeout) as session:
        yield session


async def post(http, llm, wire="anthropic", *, stream=True):
    async with http.post(llm.base_url + PATHS[wire], json=ask(wire, stream=stream)) as response:
        return response.status, response.headers, await response.read()


async def raw(llm, wire="anthropic", *, stream=True):
    """All bytes of the connection, and whether it was reset."""
    body = json.dumps(ask(wire, stream=stream)).encode()
    head = (
        f"POST {PATHS[wire]} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    )
    head += "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    reader, writer = await asyncio.open_connection(llm.host, llm.port)
    writer.write(head.encode() + b"\r\n" + body)
    got, was_reset = b"", False
    try:
        async with asyncio.timeout(60):
            while chunk := await reader.read(65536):
                got += chunk
                if got.endswith(b"0\r\n\r\n"):
                    break
    except ConnectionResetError:
        was_reset = True
    finally:
        writer.close()
    return got, was_reset


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("code", [400, 413, 422, 429, 500, 529])
async def test_status_in_the_providers_shape(llm, http, wire, code):
    llm.fail(faults.status(code, retry_after=7))
    status, headers, body = await post(http, llm, wire)
    error = json.loads(body)["error"]
    assert status == (code if code != 529 or wire == "anthropic" else 503)
    assert headers["Retry-After"] == "7"
    assert error["message"]
    assert ("status" in error) == (wire == "gemini")
    assert (await post(http, llm, wire))[0] == 200, "once only"


async def test_html_error_page(llm, http):
    llm.fail(faults.html_502())
    status, headers, body = await post(http, llm)
    assert (status, headers["Content-Type"]) == (502, "text/html")
    assert body.startswith(b"<html>")


async def test_reset_and_close_before_the_head(llm):
    llm.fail(faults.reset())
    assert await raw(llm) == (b"", True)
    llm.fail(faults.close())
    assert await raw(llm) == (b"", False)
    assert llm.last.status == 0


@pytest.mark.parametrize("count", [0, 1, 57, 400])
async def test_rst_and_cut_after_some_bytes(llm, http, count):
    whole = (await post(http, llm))[2]
    for fault, resets in ((faults.rst_after(count), True), (faults.cut_after(count), False)):
        llm.fail(fault)
        got, was_reset = await raw(llm)
        assert was_reset is resets
        assert got.startswith(b"HTTP/1.1 200 OK")
        assert not got.endswith(b"0\r\n\r\n")
        assert len(llm.last.sent) == min(count, len(whole))
        assert not llm.last.finished


async def test_cut_inside_an_event(llm):
    llm.fail(faults.cut_event(3))
    await raw(llm)
    sent = bytes(llm.last.sent)
    assert len(list(events(sent))) == 3
    assert not sent.endswith(b"\n\n")


async def test_slow_faults_wait(llm, http):
    for fault in (faults.slow_head(0.05), faults.slow_first_byte(0.05), faults.stall_after(30, 0.05)):
        llm.fail(fault)
        before = asyncio.get_running_loop().time()
        status, _, body = await post(http, llm)
        assert status == 200
        assert b"message_stop" in body
        assert asyncio.get_running_loop().time() - before >= 0.05


async def test_stall_sends_exactly_what_it_says_first(llm):
    llm.fail(faults.stall_after(30, 30))
    task = asyncio.create_task(raw(llm))
    async with asyncio.timeout(60):
        while not llm.requests or len(llm.last.sent) < 30:
            await asyncio.sleep(0.01)
    assert len(llm.last.sent) == 30
    task.cancel()


@pytest.mark.parametrize("error", [10, -10], ids=["too long", "too short"])
async def test_wrong_content_length(llm, error):
    llm.fail(faults.wrong_length(error))
    got, _ = await raw(llm, stream=False)
    head, _, body = got.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body) + error}".encode() in head
    json.loads(body)


async def test_malformed_events_between_good_ones(llm, http):
    llm.fail(faults.malformed_sse(2))
    _, _, body = await post(http, llm)
    frames = body.split(b"\n\n")
    assert frames[2] == b'data: {"type":"content_block_delta","index":'
    assert frames[3].startswith(b"this line")
    assert frames[-2].startswith(b"event: message_stop")


async def test_truncated_gzip_and_whole_gzip(llm):
    llm.fail(faults.truncated_gzip(20))
    async with aiohttp.ClientSession(headers=HEADERS, auto_decompress=False) as plain:
        status, headers, body = await post(plain, llm, stream=False)
        assert (status, headers["Content-Encoding"], len(body)) == (200, "gzip", 20)
        with pytest.raises(EOFError):
            gzip.decompress(body)
        llm.fail(faults.gzip())
        _, headers, body = await post(plain, llm)
        assert b"message_stop" in gzip.decompress(body)


@pytest.mark.parametrize("wire", PATHS)
async def test_empty_answers(llm, http, wire):
    llm.fail(faults.empty())
    status, _, body = await post(http, llm, wire)
    assert status == 200
    assert b"Hello" not in body
    assert b"usage" in body
    llm.fail(faults.empty_body())
    assert (await post(http, llm, wire))[::2] == (200, b"")


@pytest.mark.parametrize("size", [1, 2, 7])
async def test_slices_change_no_byte(llm, http, size):
    llm.queue(Reply((Text("Grüße, 世界 🙂"),), fault=faults.slices(size)))
    _, _, body = await post(http, llm)
    texts = [json.loads(data).get("delta", {}).get("text", "") for _, data in events(body)]
    assert "".join(texts) == "Grüße, 世界 🙂"


@pytest.mark.parametrize("wire", PATHS)
async def test_error_event_in_the_stream(llm, http, wire):
    llm.fail(faults.stream_error(1))
    status, _, body = await post(http, llm, wire)
    last = json.loads(list(events(body))[-1][1])
    assert status == 200
    assert "error" in (last, last.get("type")) or "error" in last


@pytest.mark.parametrize("wire", PATHS)
async def test_future_events_and_fields(llm, http, wire):
    llm.fail(faults.unknown_events())
    _, _, body = await post(http, llm, wire)
    assert b"hologram" in body
    assert b"Hello" in body


@pytest.mark.parametrize(
    ("wire", "end"), [("anthropic", b"message_stop"), ("chat", b"[DONE]"), ("responses", b"response.completed")]
)
async def test_terminator_missing(llm, http, wire, end):
    assert end in (await post(http, llm, wire))[2]
    llm.fail(faults.no_terminator())
    status, _, body = await post(http, llm, wire)
    assert status == 200
    assert end not in body
    assert llm.last.finished


async def test_crlf_comments_and_split_data_mean_the_same(llm, http):
    plain = [json.loads(data) for _, data in events((await post(http, llm))[2])]
    llm.fail(faults.crlf())
    _, _, body = await post(http, llm)
    assert b"\n\n" not in body
    assert b": keep-alive" in body
    bent = [json.loads(data) for _, data in events(body)]
    assert [event["type"] for event in bent] == [event["type"] for event in plain]


async def test_barrier_lets_all_go_together(llm, http):
    llm.fail(faults.wait_for(3), times=3)
    two = [asyncio.create_task(post(http, llm)) for _ in range(2)]
    await llm.wait_for_requests(2)
    await asyncio.sleep(0.05)
    assert not any(task.done() for task in two)
    assert (await post(http, llm))[0] == 200
    assert [(await task)[0] for task in two] == [200, 200]


async def test_hold_and_release(llm, http):
    llm.hold()
    task = asyncio.create_task(post(http, llm))
    await llm.wait_for_requests(1)
    await asyncio.sleep(0.02)
    assert not task.done()
    llm.release()
    assert (await task)[0] == 200


async def test_client_going_away_is_seen(llm):
    llm.queue(Reply((Text("x" * 4000),), pause=0.01))
    task = asyncio.create_task(raw(llm))
    async with asyncio.timeout(60):
        while not llm.requests or not llm.last.sent:
            await asyncio.sleep(0.01)
        task.cancel()
        while llm.last.ended is None:
            await asyncio.sleep(0.01)
    assert llm.last.disconnected
    assert not llm.last.finished


async def test_rewritten_bodies_can_be_refused(llm, http):
    llm.on(When(rewritten=True), faults.refused(422))
    assert (await post(http, llm))[0] == 200
    marked = ask("anthropic") | {"messages": [{"role": "user", "content": "[~ 12 lines omitted; hr:^ L2-13]"}]}
    async with http.post(llm.base_url + PATHS["anthropic"], json=marked) as got:
        assert got.status == 422
    sent = llm.requests[0].body
    import hashlib

    llm.reset()
    llm.on(When(rewritten=True, original_sha256=hashlib.sha256(sent).hexdigest()), faults.refused(400))
    async with http.post(
        llm.base_url + PATHS["anthropic"], data=sent, headers={"content-type": "application/json"}
    ) as got:
        assert got.status == 200
    async with http.post(llm.base_url + PATHS["anthropic"], data=sent + b" ") as got:
        assert got.status == 400


@pytest.mark.parametrize(
    ("usage", "want"),
    [("omit", None), (Usage(0, 0, 0, 0, 0), 0), (Usage(input=-5), -5), (Usage(cache_read=70), 0)],
    ids=["none", "zero", "negative", "cached only"],
)
async def test_odd_usage_is_told_as_scripted(llm, http, usage, want):
    for stream in (True, False):
        llm.queue(Reply((Text("hi"),), usage=usage))
        _, _, body = await post(http, llm, stream=stream)
        told = json.loads(next(events(body))[1])["message"].get("usage") if stream else json.loads(body).get("usage")
        assert (told and told["input_tokens"]) == want or (told is None and want is None)
        assert llm.last.usage.input > 0, "the books keep what it really cost"


async def test_failures_bill_nothing_and_write_no_cache(llm, http):
    long = {
        "model": "m",
        "max_tokens": 9,
        "system": [{"type": "text", "text": "w " * 3000, "cache_control": {"type": "ephemeral"}}],
        "messages": SAY,
    }
    llm.fail(faults.server_error())
    async with http.post(llm.base_url + "/v1/messages", json=long) as got:
        assert got.status == 500
    assert llm.last.usage is None
    async with http.post(llm.base_url + "/v1/messages", json=long) as got:
        assert (await got.json())["usage"]["cache_read_input_tokens"] == 0


async def test_expired_certificate(llm):
    from datetime import UTC, datetime, timedelta

    authority = trustme.CA()
    expired = authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) - timedelta(days=1))
    good = authority.issue_cert("127.0.0.1")
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    for cert, works in ((good, True), (expired, False)):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        cert.configure_cert(context)
        async with ScriptedLLM(ssl_context=context) as secure, aiohttp.ClientSession(headers=HEADERS) as http:
            assert secure.base_url.startswith("https://")
            call = http.post(secure.base_url + PATHS["anthropic"], json=ask("anthropic"), ssl=trust)
            if works:
                async with call as got:
                    assert got.status == 200
            else:
                with pytest.raises(aiohttp.ClientConnectorCertificateError):
                    await call


def test_faults_survive_json():
    for fault in (faults.rate_limited("Wed, 21 Oct 2026 07:28:00 GMT"), faults.html_502(), faults.stall_after(3, 0.5)):
        assert Fault.from_json(json.loads(json.dumps(fault.to_json()))) == fault
    with pytest.raises(ValueError, match="a fault has no speed"):
        Fault.from_json({"kind": "reset", "speed": 1})


async def test_nothing_is_logged_about_hang_ups(llm, http, caplog):
    for fault in (faults.reset(), faults.rst_after(20), faults.cut_after(20), faults.wrong_length(5)):
        llm.queue(Reply((Text("hi"), Call("ls", {})), fault=fault))
        await raw(llm)
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]
