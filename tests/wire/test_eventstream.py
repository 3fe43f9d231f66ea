import base64
import json

import pytest

from headroom.exchange import Usage
from headroom.wire import BEDROCK
from headroom.wire.dialect import Refusal
from headroom.wire.eventstream import FrameSplitter, frame, is_exception, payload_of

HEADERS = ((":event-type", "chunk"), (":content-type", "application/json"), (":message-type", "event"))


def chunk(record):
    inner = base64.b64encode(json.dumps(record).encode()).decode()
    return frame(HEADERS, json.dumps({"bytes": inner, "p": "abc"}).encode())


STREAM = [
    chunk({"type": "message_start", "message": {"model": "claude-b", "usage": {"input_tokens": 4}}}),
    chunk({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "hi"}}),
    chunk({"type": "message_delta", "usage": {"output_tokens": 6}}),
    chunk({"type": "message_stop", "amazon-bedrock-invocationMetrics": {}}),
]


def test_a_known_frame_byte_by_byte():
    # Length 16 + 0 headers + payload "{'foo':'bar'}" of 13: the empty-headers case of the published test vectors.
    assert frame((), b"{'foo':'bar'}").hex() == ("0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936")


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_frames_are_cut_whole(size):
    data = b"".join(STREAM)
    splitter = BEDROCK.splitter()
    found = [one for at in range(0, len(data), size) for one in splitter.feed(data[at : at + size])]
    assert found == STREAM
    assert splitter.tail() == b""


def test_a_cut_frame_stays_in_the_tail():
    splitter = FrameSplitter()
    assert splitter.feed(STREAM[0] + STREAM[1][:-1]) == STREAM[:1]
    assert splitter.tail() == STREAM[1][:-1]


def test_what_are_no_frames_goes_straight_on():
    splitter = FrameSplitter()
    assert splitter.feed(b"HTTP error page") == [b"HTTP error page"]
    assert splitter.feed(b" and more") == [b" and more"]


def test_usage_text_and_end_are_read():
    tap = BEDROCK.tap()
    for one in STREAM:
        tap.feed(one)
    assert (tap.usage, tap.finished, tap.failed, tap.model, tap.empty) == (
        Usage(4, output=6),
        True,
        False,
        "claude-b",
        False,
    )
    assert "".join(BEDROCK.delta(one) for one in STREAM) == "hi"


def test_our_error_frame():
    event = BEDROCK.stream_error(Refusal.UNREACHABLE, "gone", "hr_1")
    assert FrameSplitter().feed(event) == [event]
    assert is_exception(event)
    assert b"serviceUnavailableException" in event
    assert json.loads(payload_of(event)) == {"message": "gone"}


@pytest.mark.parametrize("broken", [b"", b"short", bytes(40), frame(HEADERS, b'{"bytes":"%%%"}')])
def test_broken_frames_say_nothing(broken):
    tap = BEDROCK.tap()
    tap.feed(broken)
    assert tap.usage is None
