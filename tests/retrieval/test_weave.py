"""The stream itself: every byte in its place, whatever the network does, and nothing left behind."""

import asyncio
import json

import pytest

from headroom.errors import UpstreamTimeout, UpstreamUnreachable
from headroom.exchange import Wire
from headroom.retrieval.rounds import settle
from headroom.retrieval.turn import Turn
from headroom.retrieval.weave.engine import Streamed, hold_no_call, weave
from headroom.testing import faults
from headroom.testing.script import Call, Reply, Retrieve, Text, Thinking
from headroom.wire import dialect_for
from headroom.wire.sse import EventSplitter

from .house import Chunks, House

pytestmark = pytest.mark.parametrize("wire", list(Wire))

STORY = [
    [Thinking("hm"), Text("Let me see, é😀. "), Retrieve(lines="200-201")],
    [Thinking("So."), Text("It took 2 ms — fine.")],
]
MIXED = [[Text("Two: "), Call("Look", {"path": "a"}), Retrieve(lines="9"), Call("Bash", {"command": "b"})]]
PLAIN = [[Thinking("hm"), Text("All 400 were served."), Call("Look", {"path": "é"})]]


async def woven(house, story):
    await house.start()
    house.upstream.queue(*story)
    return await house.stream_of()


async def joined(stream):
    return b"".join([piece async for piece in stream])


def tasks():
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 61, 1000])
@pytest.mark.parametrize("story", [STORY, MIXED, PLAIN], ids=["retrieval", "mixed", "plain"])
async def test_how_the_network_cuts_the_stream_changes_nothing(wire, story, size):
    whole = await joined(await woven(House(wire, stream=True), story))
    cut = await joined(await woven(House(wire, stream=True, size=size), story))
    assert cut == whole


@pytest.mark.parametrize(
    "fault", [faults.unknown_events(), faults.crlf(), faults.malformed_sse(2)], ids=lambda f: f.kind
)
async def test_odd_streams_without_a_retrieval_pass_untouched(wire, fault):
    house = House(wire, stream=True)
    await house.start()
    house.upstream.queue(Reply(tuple(PLAIN[0]), fault=fault))
    assert await joined(await house.stream_of()) == b"".join(house.upstream.streams[-1].frames)


@pytest.mark.parametrize(
    "fault", [faults.unknown_events(), faults.crlf(), faults.malformed_sse(2)], ids=lambda f: f.kind
)
async def test_odd_streams_with_a_retrieval_are_woven(wire, fault):
    house = House(wire, stream=True)
    await house.start()
    # The scripted Anthropic refuses blocks of a future kind in requests, even those it made up itself.
    early = None if (wire, fault.kind) == (Wire.ANTHROPIC, "unknown_events") else fault
    house.upstream.queue(Reply(tuple(STORY[0]), fault=early), Reply(tuple(STORY[1]), fault=fault))
    raw = await joined(await house.stream_of())
    if fault.kind == "malformed_sse":
        raw = raw.replace(b'data: {"type":"content_block_delta","index":\n\n', b"")
    reading = house.client.read(raw)
    assert reading.complete
    assert reading.text == "Let me see, é😀. It took 2 ms — fine."


@pytest.mark.parametrize("story", [STORY, MIXED, PLAIN], ids=["retrieval", "mixed", "plain"])
async def test_an_opening_that_the_client_has_is_not_sent_again(wire, story):
    whole = await joined(await woven(House(wire, stream=True), story))
    house = House(wire, stream=True)
    await house.start()
    house.upstream.queue(*story)
    sent = house.rewritten(house.encode())
    first = (await house.upstream.send_stream(sent)).chunks
    early = []
    async for event in first:
        if not hold_no_call(event):
            break
        early.append(event)

    async def rest():
        yield event
        async for piece in first:
            yield piece

    turn = house.turn_for(house.encode(), sent)
    later = await joined(weave(rest(), turn, house.upstream.send_stream, opening=b"".join(early)))
    assert early or wire is Wire.OPENAI_RESPONSES  # it repeats the tools in its first event
    assert b"".join(early) + later == whole


async def test_what_is_visible_flows_before_the_stream_is_over(wire):
    house = House(wire, stream=True)
    house.upstream.prepare = lambda chunks: setattr(chunks, "stall_at", 3 if len(house.upstream.bodies) > 1 else None)
    stream = await woven(house, [[Text("word " * 40), Retrieve(lines="3")], *STORY[1:]])
    pieces = []
    pull = asyncio.create_task(_collect(stream, pieces))
    await asyncio.wait_for(house.upstream.streams[-1].waiting.wait(), 60)
    assert b"".join(pieces) == b"".join(house.upstream.streams[-1].frames[:3])
    pull.cancel()
    await asyncio.wait({pull})
    await stream.aclose()
    assert house.upstream.streams[-1].closed


async def _collect(stream, pieces):
    async for piece in stream:
        pieces.append(piece)


@pytest.mark.parametrize("stage", ["first stream", "withheld", "continuation's head", "continuation"])
@pytest.mark.parametrize("how", ["cancelled", "closed"])
async def test_a_client_that_hangs_up_leaves_nothing_behind(wire, stage, how):
    house = House(wire, stream=True, ping_seconds=0.01)
    waiting = asyncio.Event()
    before = tasks()

    def prepare(chunks):
        calls = len(house.upstream.bodies)
        if calls == 2 and stage == "first stream":
            chunks.stall_at = 2
        elif calls == 2 and stage == "withheld":
            chunks.stall_at = len(chunks.frames) - 1
        elif calls == 3 and stage == "continuation":
            chunks.stall_at = 2

    house.upstream.prepare = prepare
    send = house.upstream.send_stream

    async def send_stream(body):
        if len(house.upstream.bodies) == 2 and stage == "continuation's head":
            waiting.set()
            await asyncio.Event().wait()
        return await send(body)

    house.upstream.send_stream = send_stream
    stream = await woven(house, [[Text("Let me see. "), Retrieve(lines="3"), Retrieve(lines="4")], *STORY[1:]])
    if how == "cancelled":
        pieces: list[bytes] = []
        reader = asyncio.create_task(_collect(stream, pieces))
        for _ in range(6000):
            streams = house.upstream.streams
            if waiting.is_set() or any(chunks.waiting.is_set() for chunks in streams):
                break
            await asyncio.sleep(0.005)
        reader.cancel()
        await asyncio.wait({reader})
        assert reader.cancelled()
    else:
        async for _ in stream:
            if waiting.is_set() or any(chunks.waiting.is_set() for chunks in house.upstream.streams):
                break
            if stage == "first stream":
                break
    await stream.aclose()
    assert all(chunks.closed for chunks in house.upstream.streams[1:])
    assert tasks() == before


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (faults.rate_limited(3), "429"),
        (faults.server_error(), "500"),
        (faults.overloaded(), "5"),
        (UpstreamUnreachable("connection refused"), "connection refused"),
        (UpstreamTimeout("no answer in 5 s"), "no answer in 5 s"),
    ],
    ids=["429", "500", "overloaded", "unreachable", "timeout"],
)
async def test_a_continuation_that_fails_ends_in_the_providers_error(wire, trouble, said):
    house = House(wire, stream=True)
    await house.start()
    if isinstance(trouble, Exception):
        send = house.upstream.send_stream

        async def send_stream(body):
            if len(house.upstream.bodies) == 2:
                raise trouble
            return await send(body)

        house.upstream.send_stream = send_stream
        house.upstream.queue(STORY[0])
    else:
        house.upstream.queue(STORY[0], trouble)
    raw = await joined(await house.stream_of())
    reading = house.client.read(raw)
    assert not reading.complete
    assert said in reading.error
    assert b"headroom_retrieve" not in raw.replace(b'"name":"headroom_retrieve","description"', b"")
    assert all(chunks.closed for chunks in house.upstream.streams[1:])


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize(
    "error", [None, UpstreamUnreachable("reset by peer"), OSError("boom")], ids=["end", "reset", "other"]
)
async def test_a_continuation_that_breaks_off_ends_in_the_providers_error(wire, after, error):
    house = House(wire, stream=True)
    await house.start()

    def prepare(chunks):
        if len(house.upstream.bodies) == 3:
            chunks.break_at, chunks.error = after, error

    house.upstream.prepare = prepare
    house.upstream.queue(*STORY)
    reading = house.client.read(await joined(await house.stream_of()))
    assert not reading.complete
    assert reading.error


async def test_the_providers_own_error_is_the_only_one(wire):
    house = House(wire, stream=True)
    await house.start()
    house.upstream.queue(STORY[0], Reply((Text("never said"),), fault=faults.stream_error(0)))
    raw = await joined(await house.stream_of())
    assert not house.client.read(raw).complete
    failed = []
    for event in EventSplitter().feed(raw):
        tap = dialect_for(wire).tap()
        tap.feed(event)
        failed.append(tap.failed)
    assert failed.count(True) == 1
    assert failed[-1]


async def test_a_first_stream_that_breaks_while_a_call_is_withheld_says_so(wire):
    house = House(wire, stream=True)
    await house.start()
    house.upstream.prepare = lambda chunks: setattr(chunks, "break_at", len(chunks.frames) - 4)
    house.upstream.queue([Text("Let me see. "), Retrieve(lines="200-201"), Retrieve(lines="3")])
    if wire is Wire.GEMINI:  # calls come whole; the very last event holds one of them and the end
        house.upstream.prepare = lambda chunks: setattr(chunks, "break_at", len(chunks.frames) - 1)
    reading = house.client.read(await joined(await house.stream_of()))
    assert not reading.complete
    assert reading.error


async def test_errors_of_a_stream_without_a_retrieval_are_the_callers_business(wire):
    house = House(wire, stream=True)
    await house.start()

    def prepare(chunks):
        chunks.break_at, chunks.error = 2, UpstreamUnreachable("reset by peer")

    house.upstream.prepare = prepare
    house.upstream.queue(*PLAIN)
    pieces = []
    with pytest.raises(UpstreamUnreachable):
        await _collect(await house.stream_of(), pieces)
    assert b"".join(pieces) == b"".join(house.upstream.streams[-1].frames[:2])


async def test_a_stream_cut_short_without_a_retrieval_is_delivered_as_it_came(wire):
    house = House(wire, stream=True)
    await house.start()
    house.upstream.size = 100
    house.upstream.prepare = lambda chunks: setattr(chunks, "break_at", 3)
    house.upstream.queue(*PLAIN)
    assert await joined(await house.stream_of()) == b"".join(house.upstream.streams[-1].frames)[:300]


async def test_the_client_hears_pings_while_it_waits(wire):
    house = House(wire, stream=True, ping_seconds=0.01)
    await house.start()
    send = house.upstream.send_stream
    release = asyncio.Event()

    async def send_stream(body):
        if len(house.upstream.bodies) == 2:
            await release.wait()
        return await send(body)

    house.upstream.send_stream = send_stream
    house.upstream.queue(*STORY)
    stream = await house.stream_of()
    pieces = []
    quiet = 0
    async for piece in stream:
        pieces.append(piece)
        quiet = quiet + 1 if pieces[-2:-1] == [piece] else 0
        if quiet == 3:
            release.set()
    ping = max(set(pieces), key=pieces.count)
    assert pieces.count(ping) >= 3
    reading = house.client.read(b"".join(pieces))
    assert reading.complete
    assert reading.text == "Let me see, é😀. It took 2 ms — fine."


async def test_an_upstream_that_does_not_hang_up_is_left(wire):
    house = House(wire, stream=True)

    def prepare(chunks):
        if len(house.upstream.bodies) >= 2:
            chunks.stall_at = len(chunks.frames)  # everything is said, but the connection stays open

    house.upstream.prepare = prepare
    raw = await asyncio.wait_for(joined(await woven(house, STORY)), 60)
    assert house.client.read(raw).complete
    assert all(chunks.closed for chunks in house.upstream.streams[1:])


async def test_the_head_of_the_next_request_is_the_last_one(wire):
    """The provider's cache holds what was sent: a continuation only adds to the list of messages."""
    house = House(wire, stream=True)
    await joined(await woven(house, STORY))
    first, second = house.upstream.bodies[1:]
    key = {Wire.OPENAI_RESPONSES: "input", Wire.GEMINI: "contents"}.get(wire, "messages")
    one, two = json.loads(first), json.loads(second)
    assert two[key][: len(one[key])] == one[key]
    assert {**one, key: 0} == {**two, key: 0}
    at = next(i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b)
    assert first[at:] == second[-len(first[at:]) :]


async def test_numbers_and_ids_are_those_of_one_answer(wire):
    house = House(wire, stream=True)
    raw = await joined(
        await woven(
            house,
            [*STORY[:1], [Text("A."), Retrieve(lines="3")], [Thinking("x"), Text("B."), Call("Look", {"path": "z"})]],
        )
    )
    lines = raw.replace(b"\r\n", b"\n").split(b"\n")
    events = [json.loads(line[6:]) for line in lines if line.startswith(b"data: {")]
    if wire is Wire.ANTHROPIC:
        starts = [e["index"] for e in events if e["type"] == "content_block_start"]
        assert starts == list(range(len(starts)))
        assert [e["type"] for e in events].count("message_start") == 1
        assert [e["type"] for e in events][-2:] == ["message_delta", "message_stop"]
    elif wire is Wire.OPENAI_CHAT:
        assert len({e["id"] for e in events}) == 1
        assert sum("role" in c["delta"] for e in events for c in e["choices"]) == 1
        finishes = [c["finish_reason"] for e in events for c in e["choices"] if c["finish_reason"]]
        assert finishes == ["tool_calls"]
        indices = {call["index"] for e in events for c in e["choices"] for call in c["delta"].get("tool_calls") or ()}
        assert indices == {0}
        assert sum(e.get("usage") is not None for e in events) == 1
    elif wire is Wire.OPENAI_RESPONSES:
        assert [e["sequence_number"] for e in events] == list(range(len(events)))
        added = [e["output_index"] for e in events if e["type"] == "response.output_item.added"]
        assert added == list(range(len(added)))
        ended = events[-1]["response"]
        assert [item["type"] for item in ended["output"]] == [
            e["item"]["type"] for e in events if e["type"] == "response.output_item.done"
        ]
    else:
        assert len({e["responseId"] for e in events}) == 1
        assert sum(e["candidates"][0].get("finishReason") == "STOP" for e in events) == 1


async def test_code_assist_nests_one_level_deeper(wire):
    if wire is not Wire.GEMINI:
        pytest.skip("only Gemini's answers are nested")
    house = House(wire, stream=True, nested=True)
    await house.start()
    house.upstream.queue(*STORY)
    reading = await house.ask()
    assert reading.text == "Let me see, é😀. It took 2 ms — fine."
    whole = House(wire, stream=False, nested=True)
    await whole.start()
    whole.upstream.queue(*STORY)
    assert (await whole.ask()).text == "It took 2 ms — fine."


async def test_answers_from_a_plain_iterator_are_fine_too(wire):
    """Nothing but ``__anext__`` is asked of the upstream's body."""
    house = House(wire, stream=True)
    await house.start()
    house.upstream.queue(*STORY)
    body = house.encode()
    sent = house.rewritten(body)

    class Bare:
        def __init__(self, chunks):
            self.frames = iter(chunks.frames)

        def __aiter__(self):
            return self

        async def __anext__(self):
            for frame in self.frames:
                return frame
            raise StopAsyncIteration

    async def send(body):
        answer = await house.upstream.send_stream(body)
        return Streamed(answer.status, answer.headers, Bare(answer.chunks))

    turn: Turn = house.turn_for(body, sent)
    raw = await joined(weave((await send(sent)).chunks, turn, send))
    assert house.client.read(raw).text == "Let me see, é😀. It took 2 ms — fine."


async def test_closing_before_the_first_byte_closes_the_upstream(wire):
    house = House(wire, stream=True)
    chunks = Chunks([b"data: x\n\n"])
    chunks.stall_at = 0
    stream = weave(chunks, Turn(wire, b"{}", None), house.upstream.send_stream)
    pull = asyncio.create_task(anext(stream))
    await chunks.waiting.wait()
    pull.cancel()
    await asyncio.wait({pull})
    await stream.aclose()
    assert chunks.closed


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_a_request_that_can_not_be_continued_shows_no_call_of_ours(wire, stream):
    """It never happens to a body we rewrote; should it happen, the client is not left with a call it can't answer."""
    house = House(wire, stream=stream)
    await house.start()
    house.upstream.queue(*STORY)
    body = house.encode()
    turn = Turn(wire, b"[]", house.turn_for(body, body)._resolve)
    sent = house.rewritten(body)
    if stream:
        first = await house.upstream.send_stream(sent)
        reading = house.client.read(await joined(weave(first.chunks, turn, house.upstream.send_stream)))
        assert reading.error
    else:
        reply = await settle(await house.upstream.send(sent), turn, house.upstream.send)
        reading = house.client.read(reply.body)
        assert reading.complete
    assert not reading.calls
