"""Reading beside a stream, holding its opening back, and closing it at any moment."""

import asyncio
import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from headroom.exchange import Wire
from headroom.upstream import hold as hold_module
from headroom.upstream.hold import hold
from headroom.upstream.stream import Stream
from headroom.upstream.tee import Tee
from headroom.wire import dialect_for

DIALECT = dialect_for(Wire.ANTHROPIC)


def event(kind, **fields):
    import json

    return f"event: {kind}\ndata: {json.dumps({'type': kind} | fields)}\n\n".encode()


START = event("message_start", message={"usage": {"input_tokens": 7, "output_tokens": 1}})
BLOCK = event("content_block_start", index=0, content_block={"type": "text", "text": ""})
WORDS = event("content_block_delta", index=0, delta={"type": "text_delta", "text": "grüße"})
END = event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9}) + event("message_stop")
WHOLE = START + BLOCK + WORDS + END


def encoded(name):
    return {
        "": lambda: WHOLE,
        "identity": lambda: WHOLE,
        "gzip": lambda: gzip.compress(WHOLE),
        "deflate": lambda: zlib.compress(WHOLE),
        "br": lambda: brotli.compress(WHOLE),
        "zstd": lambda: zstandard.compress(WHOLE),
    }[name]()


@pytest.mark.parametrize("name", ["", "identity", "gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_reads_every_encoding_in_any_pieces(name, size):
    tee = Tee(DIALECT, b"text/event-stream; charset=utf-8", name.encode() or None, keep_text=True)
    body = encoded(name)
    for at in range(0, len(body), size):
        tee.feed(body[at : at + size])
    assert (tee.usage.input, tee.usage.output) == (7, 9)
    assert (tee.finished, tee.failed, tee.empty, tee.within_event) == (True, False, False, False)
    assert tee.text == "grüße"
    assert tee.size == len(body)


@given(st.lists(st.binary(max_size=200), max_size=8), st.sampled_from([None, b"gzip", b"br", b"zstd", b"rot13"]))
def test_nothing_that_passes_can_break_it(pieces, encoding):
    tee = Tee(DIALECT, b"text/event-stream", encoding)
    for piece in pieces:
        tee.feed(piece)
    assert tee.size == sum(map(len, pieces))
    assert tee.finished in {True, False}
    _ = tee.usage, tee.empty, tee.within_event


def test_a_tap_that_fails_is_dropped_and_nothing_is_claimed():
    tee = Tee(DIALECT, b"text/event-stream", b"gzip")
    tee.feed(b"not gzip")
    assert tee.broken
    assert tee.finished
    assert not tee.empty
    assert tee.usage is None


def test_a_stream_that_is_no_events_is_read_at_its_end():
    gemini = dialect_for(Wire.GEMINI)
    body = b'[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]},{"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":3}}]'
    tee = Tee(gemini, b"application/json", None)
    tee.feed(body[:40])
    assert tee.usage is None
    assert not tee.finished
    tee.feed(body[40:])
    tee.over = True
    assert (tee.usage.input, tee.usage.output) == (5, 3)
    assert tee.finished


# -- holding back --------------------------------------------------------------------------------------------------------
async def pieces_of(*pieces, wait=None, closed=None):
    try:
        for piece in pieces:
            if piece is None:
                await wait.wait()
            else:
                yield piece
    finally:
        if closed is not None:
            closed.append(True)


async def fed(pieces, tee):
    async for piece in pieces:
        tee.feed(piece)
        yield piece


def now():
    return asyncio.get_running_loop().time()


async def test_holds_until_there_is_content():
    tee = Tee(DIALECT, b"text/event-stream", None)
    rest, held = await hold(fed(pieces_of(START, BLOCK, WORDS, END), tee), tee, now)
    assert b"".join(held) in {START + BLOCK, START + BLOCK + WORDS}
    assert b"".join([*held, *[piece async for piece in rest]]) == WHOLE
    assert not tee.over


async def test_an_answer_without_content_is_held_whole():
    tee = Tee(DIALECT, b"text/event-stream", None)
    _, held = await hold(fed(pieces_of(START, END), tee), tee, now)
    assert b"".join(held) == START + END
    assert tee.over
    assert tee.empty


async def test_a_slow_provider_is_not_held_for_ever(monkeypatch):
    monkeypatch.setattr(hold_module, "HOLD_SECONDS", 0.02)
    tee, wait = Tee(DIALECT, b"text/event-stream", None), asyncio.Event()
    rest, held = await hold(fed(pieces_of(START, None, BLOCK, WORDS, END, wait=wait), tee), tee, now)
    assert held == [START]
    wait.set()
    assert b"".join([piece async for piece in rest]) == BLOCK + WORDS + END


async def test_a_held_stream_can_be_closed_before_anybody_reads_on(monkeypatch):
    monkeypatch.setattr(hold_module, "HOLD_SECONDS", 0.02)
    tee, closed = Tee(DIALECT, b"text/event-stream", None), []
    source = pieces_of(START, None, wait=asyncio.Event(), closed=closed)
    rest, _ = await hold(fed(source, tee), tee, now)
    assert isinstance(rest, Stream)
    await rest.aclose()
    await asyncio.sleep(0)
    await source.aclose()
    assert closed == [True]


async def test_too_much_opening_is_let_go(monkeypatch):
    monkeypatch.setattr(hold_module, "HOLD_BYTES", 100)
    tee = Tee(DIALECT, b"text/event-stream", None)
    ping = event("ping")
    rest, held = await hold(fed(pieces_of(START, *([ping] * 20), END), tee), tee, now)
    assert sum(map(len, held)) < 400
    assert b"".join([*held, *[piece async for piece in rest]]) == START + ping * 20 + END


# -- closing -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("read", [0, 1, 3], ids=["before the first piece", "within", "at the end"])
async def test_a_stream_releases_what_it_holds_whenever_it_is_closed(read):
    released, closed = [], []
    stream = Stream(pieces_of(b"a", b"b", closed=closed), lambda: released.append(1), lambda: released.append(2))
    for _ in range(read):
        await anext(stream, None)
    await stream.aclose()
    assert released == [1, 2]
    assert closed == ([] if read == 0 else [True])
