"""What a client sees when the provider or the network fails, and what the books say of it."""

import asyncio
import json

import pytest

from headroom.accounts import report
from headroom.exchange import Wire
from headroom.testing import Reply, Text, When, faults
from tests.addons.conftest import ask, free_port, until

pytestmark = pytest.mark.usefixtures("quick_retries")

ROWS = json.dumps([{"id": i, "name": f"user-{i}", "state": "active", "score": i * 1.5} for i in range(300)], indent=2)


@pytest.fixture
def quick_retries(monkeypatch):
    """Back-off waits are asked for, and not waited."""
    monkeypatch.setattr("headroom.upstream.retry._FIRST_WAIT", 0.001)


def agent_body(stream=False, rows=ROWS):
    """A request whose tool result is worth compressing."""
    messages = [
        {"role": "user", "content": "list the users please"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "mcp__db__q", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": rows}]},
    ]
    tools = [{"name": "mcp__db__q", "input_schema": {"type": "object"}}]
    return {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": messages, "tools": tools, "stream": stream}


def counted(gate):
    return report.payload(gate.services.accounts.stats)["requests"]


def last_booking(gate):
    return gate.services.accounts.stats.recent_requests(1)[0]


CHAT = {"model": "gpt-5", "messages": [{"role": "user", "content": "hi"}]}
GEMINI = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
FAMILIES = [
    ("/v1/messages", ask(), lambda body: (body["error"]["type"], body["request_id"][:3])),
    ("/v1/chat/completions", CHAT, lambda body: (body["error"]["type"], body["error"]["code"])),
    (
        "/v1beta/models/gemini-3-pro:generateContent",
        GEMINI,
        lambda body: (body["error"]["status"], body["error"]["code"]),
    ),
]


# -- before the first byte -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "body", "read", "want"),
    [
        (*FAMILIES[0], ("api_error", "hr_")),
        (*FAMILIES[1], ("server_error", "upstream_unreachable")),
        (*FAMILIES[2], ("UNAVAILABLE", 502)),
    ],
    ids=["anthropic", "openai", "gemini"],
)
async def test_a_dead_upstream_is_a_502_in_the_providers_words(gateway, client, path, body, read, want):
    gate = await gateway(f"http://127.0.0.1:{free_port()}")
    answer = await client.post(gate.url + path, json=body)
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-headroom-error"] == "upstream_unreachable"
    assert read(answer.json()) == want
    assert "Connection refused" in answer.text
    assert last_booking(gate).outcome == "failed"


@pytest.mark.parametrize(
    ("path", "body", "read", "want"),
    [
        (*FAMILIES[0], ("timeout_error", "hr_")),
        (*FAMILIES[1], ("server_error", "upstream_timeout")),
        (*FAMILIES[2], ("DEADLINE_EXCEEDED", 504)),
    ],
    ids=["anthropic", "openai", "gemini"],
)
async def test_a_silent_upstream_is_a_504_in_the_providers_words(llm, gateway, client, path, body, read, want):
    gate = await gateway(llm, request_timeout=0.5)
    llm.hold()
    answer = await client.post(gate.url + path, json=body, headers={"authorization": "Bearer k", "x-goog-api-key": "k"})
    llm.release()
    assert answer.status_code == 504
    assert answer.headers["x-headroom-error"] == "upstream_timeout"
    assert read(answer.json()) == want


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    "fault", [faults.reset(), faults.close(), faults.server_error(), faults.html_502()], ids=lambda fault: fault.kind
)
async def test_failures_before_the_head_are_tried_again(llm, gateway, client, fault, stream):
    gate = await gateway(llm)
    llm.fail(fault, times=2)
    llm.queue("At last.")
    answer = await client.post(f"{gate.url}/v1/messages", json=ask(stream))
    assert answer.status_code == 200
    assert answer.content == bytes(llm.last.sent)
    assert len(llm.generations) == 3
    assert last_booking(gate).retries == 2


async def test_attempts_that_all_failed_are_in_the_books(gateway, client):
    gate = await gateway(f"http://127.0.0.1:{free_port()}")
    assert (await client.post(f"{gate.url}/v1/messages", json=ask())).status_code == 502
    booking = last_booking(gate)
    assert (booking.retries, booking.retried) == (2, {"connection": 2})


async def test_a_page_of_html_reaches_the_client_as_it_is(llm, gateway, client):
    gate = await gateway(llm, retry_max_attempts=2)
    llm.fail(faults.html_502(), times=None)
    answer = await client.post(f"{gate.url}/v1/messages", json=ask(True))
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
    assert answer.content == bytes(llm.last.sent)
    assert len(llm.generations) == 2


@pytest.mark.parametrize(
    ("fault", "status", "calls"),
    [
        (faults.rate_limited(120), 429, 1),
        (faults.rate_limited(None), 429, 1),
        (faults.overloaded(), 529, 1),
        (faults.status(401), 401, 1),
        (faults.status(404), 404, 1),
    ],
    ids=["429 with a long wait", "429 silent", "529 silent", "401", "404"],
)
async def test_what_the_client_must_decide_is_handed_on_at_once(llm, gateway, client, fault, status, calls):
    gate = await gateway(llm, request_timeout=60)
    llm.fail(fault, times=None)
    answer = await client.post(f"{gate.url}/v1/messages", json=ask(True))
    assert answer.status_code == status
    assert answer.content == bytes(llm.last.sent)
    assert len(llm.generations) == calls
    if fault.retry_after:
        assert answer.headers["retry-after"] == fault.retry_after


async def test_a_short_wait_asked_for_is_waited(llm, gateway, client):
    gate = await gateway(llm)
    llm.fail(faults.rate_limited(0.05))
    llm.queue("Now.")
    answer = await client.post(f"{gate.url}/v1/messages", json=ask())
    assert answer.status_code == 200
    assert len(llm.generations) == 2


# -- after the first byte ------------------------------------------------------------------------------------------------
async def read_all(client, url, body):
    """The bytes that arrived, and whether the answer ended in good order."""
    got = bytearray()
    try:
        async with client.stream("POST", url, json=body) as answer:
            async for piece in answer.aiter_raw():
                got += piece
    except Exception as error:
        return bytes(got), type(error).__name__
    return bytes(got), None


async def test_a_stream_cut_anywhere_is_delivered_up_to_the_cut_and_never_ends_well(llm, gateway, client):
    gate = await gateway(llm)
    llm.queue("A short answer.")
    whole, error = await read_all(client, f"{gate.url}/v1/messages", ask(True))
    assert error is None
    at_boundary = within = 0
    for cut in [*range(1, 40), *range(40, len(whole), 17)]:
        llm.reset()
        llm.fail(faults.cut_after(cut))
        llm.queue("A short answer.")
        got, error = await read_all(client, f"{gate.url}/v1/messages", ask(True))
        sent = bytes(llm.last.sent)
        assert got.startswith(sent)
        rest = got[len(sent) :]
        if sent.endswith(b"\n\n"):
            assert rest.startswith(b"event: error\ndata: ")
            assert error is None
            at_boundary += 1
        else:
            assert rest == b""
            assert error is not None
            within += 1
        await until(lambda: gate.services.slots.in_flight == 0)
        assert last_booking(gate).outcome == "failed"
    assert within > 10
    assert at_boundary + within > 30


@pytest.mark.parametrize(
    ("path", "body", "mark"),
    [
        ("/v1/messages", ask(True), b"event: error\ndata: "),
        ("/v1/chat/completions", CHAT | {"stream": True}, b'data: {"error":'),
    ],
    ids=["anthropic", "openai"],
)
async def test_a_stream_that_stalls_ends_with_an_error_event(llm, gateway, client, path, body, mark):
    gate = await gateway(llm, request_timeout=1.0)
    llm.fail(faults.stall_after(0, 30), times=None)
    llm.queue("words")
    got, error = await read_all(client, gate.url + path, body)
    if error is None:
        assert mark in got
    await until(lambda: gate.services.slots.in_flight == 0)
    assert counted(gate)["failed"] == 1


async def test_a_reset_at_an_event_boundary_becomes_an_error_event(llm, gateway, client):
    gate = await gateway(llm)
    llm.queue("Some words for the client.")
    whole, _ = await read_all(client, f"{gate.url}/v1/messages", ask(True))
    boundary = whole.index(b"\n\n", whole.index(b"content_block_start")) + 2
    llm.reset()
    llm.fail(faults.cut_after(boundary))
    llm.queue("Some words for the client.")
    got, error = await read_all(client, f"{gate.url}/v1/messages", ask(True))
    assert error is None
    event = got[len(llm.last.sent) :]
    assert event.startswith(b"event: error\ndata: ")
    told = json.loads(event.split(b"data: ")[1])
    assert told["type"] == "error"
    assert "Headroom" in told["error"]["message"]


@pytest.mark.parametrize(
    "fault",
    [
        faults.slices(1),
        faults.slices(7),
        faults.crlf(),
        faults.unknown_events(),
        faults.malformed_sse(2),
        faults.stream_error(2),
    ],
    ids=["one byte a read", "seven bytes", "CRLF and comments", "events of the future", "broken events", "error event"],
)
@pytest.mark.parametrize("wire", [Wire.ANTHROPIC, Wire.OPENAI_CHAT, Wire.GEMINI], ids=str)
async def test_odd_streams_pass_byte_for_byte(llm, gateway, client, fault, wire):
    gate = await gateway(llm)
    path, body = {
        Wire.ANTHROPIC: ("/v1/messages", ask(True)),
        Wire.OPENAI_CHAT: ("/v1/chat/completions", CHAT | {"stream": True}),
        Wire.GEMINI: ("/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse", GEMINI),
    }[wire]
    llm.fail(fault)
    llm.queue("Zwölf Boxkämpfer jagen Viktor 🥊 quer über den Sylter Deich.")
    headers = {"authorization": "Bearer k", "x-goog-api-key": "k"}
    async with client.stream("POST", gate.url + path, json=body, headers=headers) as answer:
        got = b"".join([piece async for piece in answer.aiter_raw()])
    assert answer.status_code == 200
    assert got == bytes(llm.last.sent)
    await until(lambda: gate.services.slots.in_flight == 0)


async def test_a_stream_without_its_end_is_told_in_the_books_only(llm, gateway, client):
    gate = await gateway(llm)
    llm.fail(faults.no_terminator())
    llm.queue("Words.")
    got, error = await read_all(client, f"{gate.url}/v1/messages", ask(True))
    assert error is None
    assert got == bytes(llm.last.sent)
    assert "without its terminator" in last_booking(gate).error


async def test_a_gzipped_stream_is_handed_on_gzipped_and_still_read(llm, gateway, client):
    gate = await gateway(llm)
    llm.fail(faults.gzip())
    llm.queue("Words.")
    async with client.stream("POST", f"{gate.url}/v1/messages", json=ask(True)) as answer:
        got = b"".join([piece async for piece in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert got == bytes(llm.last.sent)
    await until(lambda: counted(gate)["total"] == 1)
    assert last_booking(gate).usage_basis == "measured"


async def test_streams_are_asked_for_uncompressed(llm, gateway, client):
    gate = await gateway(llm)
    llm.queue("a", "b")
    await client.post(f"{gate.url}/v1/messages", json=ask(True), headers={"accept-encoding": "gzip, br"})
    assert llm.last.header("accept-encoding") == "identity"
    await client.post(f"{gate.url}/v1/messages", json=ask(), headers={"accept-encoding": "gzip, br"})
    assert llm.last.header("accept-encoding") == "gzip, br"


async def test_a_wrong_length_is_a_502(llm, gateway, client):
    gate = await gateway(llm)
    llm.fail(faults.wrong_length(10))
    llm.queue("Words.")
    answer = await client.post(f"{gate.url}/v1/messages", json=ask())
    assert answer.status_code == 502
    assert answer.json()["error"]["type"] == "api_error"


# -- rewrites the upstream does not take ---------------------------------------------------------------------------------
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    "fault",
    [faults.refused(400), faults.refused(413), faults.refused(422), faults.empty()],
    ids=["400", "413", "422", "empty 200"],
)
async def test_a_refused_rewrite_is_sent_once_more_as_the_client_wrote_it(
    llm, gateway, client, fault, stream, tmp_path
):
    log = tmp_path / "log.jsonl"
    gate = await gateway(llm, log_file=log)
    llm.on(When(rewritten=True), fault)
    llm.on(When(lacks="[~ "), "Fine.")
    body = json.dumps(agent_body(stream)).encode()
    answer = await client.post(f"{gate.url}/v1/messages", content=body)
    if len(llm.generations) == 1:
        pytest.fail("the body was not rewritten, so nothing was shown")
    assert answer.status_code == 200
    assert answer.content == bytes(llm.generations[1].sent)
    assert llm.generations[1].wire_body == body
    assert len(llm.generations) == 2
    await until(lambda: counted(gate)["total"] == 1)
    assert counted(gate)["rescued"] == 1
    await until(lambda: log.exists() and log.read_text().endswith("\n"))
    (record,) = map(json.loads, log.read_text().splitlines())
    assert (record["rescued"], record["transforms_applied"], record["ccr_hashes"]) == (True, [], [])
    assert record["refusals"]["barred"], "what was tried"
    # First what was new is taken back, then everything: the conversation goes on untouched.
    for _ in range(2):
        again = await client.post(f"{gate.url}/v1/messages", content=body)
        assert again.status_code == 200
    before = len(llm.generations)
    again = await client.post(f"{gate.url}/v1/messages", content=body)
    assert again.status_code == 200
    assert len(llm.generations) == before + 1
    assert llm.last.wire_body == body


async def test_trouble_at_the_provider_says_nothing_against_a_rewrite(llm, gateway, client):
    gate = await gateway(llm)
    body = json.dumps(agent_body(True)).encode()
    llm.fail(faults.stream_error(2))
    llm.queue("Never said.", "Fine.")
    answer = await client.post(f"{gate.url}/v1/messages", content=body)
    assert answer.content == bytes(llm.last.sent)
    assert b"overloaded_error" in answer.content
    assert len(llm.generations) == 1
    assert llm.last.wire_body != body
    again = await client.post(f"{gate.url}/v1/messages", content=body)
    assert again.status_code == 200
    assert llm.generations[1].wire_body == llm.generations[0].wire_body
    await until(lambda: counted(gate)["total"] == 2)
    assert counted(gate)["rescued"] == 0


async def test_a_refused_original_is_handed_on(llm, gateway, client):
    gate = await gateway(llm)
    llm.fail(faults.refused(400), times=None)
    answer = await client.post(f"{gate.url}/v1/messages", json=agent_body())
    assert answer.status_code == 400
    assert answer.content == bytes(llm.last.sent)
    assert len(llm.generations) == 2


async def test_an_untouched_request_is_never_sent_twice(llm, gateway, client):
    gate = await gateway(llm)
    llm.fail(faults.refused(400), times=None)
    answer = await client.post(f"{gate.url}/v1/messages", json=ask())
    assert answer.status_code == 400
    assert len(llm.generations) == 1


async def test_a_thinking_provider_is_not_mistaken_for_an_empty_one(llm, gateway, client):
    gate = await gateway(llm)
    llm.queue(Reply((Text("late words"),), pause=0.3))
    answer = await client.post(f"{gate.url}/v1/messages", json=agent_body(True))
    assert answer.status_code == 200
    assert answer.content == bytes(llm.last.sent)
    assert len(llm.generations) == 1


# -- our own failures ----------------------------------------------------------------------------------------------------
async def test_a_bug_in_the_pipeline_costs_no_request(llm, gateway, client):
    class Broken:
        async def prepare(self, exchange, dialect):
            exchange.body_out = b"half done"
            raise RuntimeError("a bug")

        async def count(self, exchange):
            raise RuntimeError("another")

    gate = await gateway(llm, adapt=lambda services: setattr(services, "pipeline", Broken()))
    llm.queue("Fine.")
    body = json.dumps(agent_body()).encode()
    answer = await client.post(f"{gate.url}/v1/messages", content=body)
    assert answer.status_code == 200
    assert answer.headers["x-headroom-compression-failed"] == "true"
    assert llm.last.wire_body == body


@pytest.mark.parametrize("where", ["admit", "settle"])
async def test_a_bug_in_the_limits_admits_nobody_and_loses_nothing(llm, gateway, client, where):
    class Broken:
        async def admit(self, exchange):
            if where == "admit":
                raise RuntimeError("a bug")

        async def charge(self, exchange):
            return None

        async def settle(self, exchange):
            raise RuntimeError("a bug")

    gate = await gateway(llm, adapt=lambda services: setattr(services, "limits", Broken()))
    llm.queue("Fine.")
    answer = await client.post(f"{gate.url}/v1/messages", json=ask())
    assert answer.status_code == (500 if where == "admit" else 200)
    assert len(llm.generations) == (0 if where == "admit" else 1)
    await until(lambda: gate.services.slots.in_flight == 0)


async def test_a_bug_in_the_gate_admits_nobody(llm, gateway, client, monkeypatch):
    gate = await gateway(llm)

    def broken(*_args, **_kind):
        raise RuntimeError("a bug")

    monkeypatch.setattr("headroom_addons.gate.decide", broken)
    for path in ("/v1/messages", "/stats", "/v1/unknown"):
        answer = await client.post(gate.url + path, json=ask())
        assert answer.status_code == 500
    assert not llm.requests


async def test_the_loop_answers_while_many_calls_wait(llm, gateway, client):
    gate = await gateway(llm)
    llm.hold()
    waiting = [asyncio.ensure_future(client.post(f"{gate.url}/v1/messages", json=ask(text=f"n{i}"))) for i in range(20)]
    await llm.wait_for_requests(20)
    answer = await client.get(f"{gate.url}/livez")
    assert answer.status_code == 200
    llm.release()
    assert all(reply.status_code == 200 for reply in await asyncio.gather(*waiting))
