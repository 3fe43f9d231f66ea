import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.wire.sse import EventSplitter, are_whole, data_of, event_name

STREAMS = {
    "LF": b"event: a\ndata: 1\n\ndata: 2\n\n",
    "CRLF": b"event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n",
    "CR": b"event: a\rdata: 1\r\rdata: 2\r\r",
    "all mixed": b"data: 1\n\r\ndata: 2\r\n\ndata: 3\r\rdata: 4\n\rdata: 5\n\n",
    "a comment": b": ping\n\ndata: x\n\n",
    "several data lines": b"data: a\ndata: b\ndata:\n\n",
    "a byte order mark": b"\xef\xbb\xbfdata: x\n\n",
    "multi-byte text": "data: grüße 漢字 🚀\n\nretry: 5\n\n".encode(),
    "many blank lines": b"\n\n\ndata: 1\n\n\n\ndata: 2\n\n",
    "cut short": b"data: 1\n\ndata: 2\n",
    "cut short inside CRLF": b"data: 1\r\n\r\ndata: 2\r\n\r",
    "CR, CR, LF": b"data: 1\r\r\ndata: 2\n\n",
    "empty": b"",
}

EVENTS = {
    "LF": [("a", b"1"), ("", b"2")],
    "CRLF": [("a", b"1"), ("", b"2")],
    "CR": [("a", b"1"), ("", b"2")],
    "all mixed": [("", b"1"), ("", b"2"), ("", b"3"), ("", b"4"), ("", b"5")],
    "a comment": [("", b""), ("", b"x")],
    "several data lines": [("", b"a\nb\n")],
    "a byte order mark": [("", b"x")],
    "multi-byte text": [("", "grüße 漢字 🚀".encode()), ("", b"")],
    "cut short": [("", b"1")],
    "cut short inside CRLF": [("", b"1")],
    "CR, CR, LF": [("", b"1"), ("", b"2")],
    "empty": [],
}


@pytest.mark.parametrize("name", EVENTS)
def test_events_are_read(name):
    events = EventSplitter().feed(STREAMS[name])
    assert [(event_name(event), data_of(event)) for event in events] == EVENTS[name]


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS.keys())
def test_every_way_to_cut_a_stream_in_two_gives_the_same_events(stream):
    whole = EventSplitter()
    want = whole.feed(stream)
    assert b"".join(want) + whole.tail() == stream
    for cut in range(len(stream) + 1):
        splitter = EventSplitter()
        assert splitter.feed(stream[:cut]) + splitter.feed(stream[cut:]) == want
        assert splitter.tail() == whole.tail()


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS.keys())
def test_byte_by_byte_gives_the_same_events(stream):
    want = EventSplitter().feed(stream)
    splitter = EventSplitter()
    assert [event for at in range(len(stream)) for event in splitter.feed(stream[at : at + 1])] == want


def test_an_event_is_handed_on_as_soon_as_its_last_byte_is_there():
    splitter = EventSplitter()
    assert splitter.feed(b"data: 1\r\n\r") == []
    assert splitter.feed(b"\n") == [b"data: 1\r\n\r\n"]
    assert splitter.feed(b"data: 2\r\r") == [b"data: 2\r\r"]
    assert splitter.tail() == b""


def test_an_endless_event_is_handed_on_in_pieces():
    splitter = EventSplitter(limit=100)
    pieces = [piece for _ in range(30) for piece in splitter.feed(b"x" * 10)]
    assert pieces == [b"x" * 110, b"x" * 110]
    assert splitter.tail() == b"x" * 80
    assert splitter.feed(b"\n\ndata: 1\n\n") == [b"x" * 80 + b"\n\n", b"data: 1\n\n"]


@pytest.mark.parametrize(
    ("event", "name", "data"),
    [
        (b"event:x\ndata:y\n\n", "x", b"y"),
        (b"event:  x\ndata:  y\n\n", " x", b" y"),
        (b"data\n\n", "", b""),
        (b"dataset: 1\nevents: 2\n\n", "", b""),
        (b'data: {"a":"data: b"}\n\n', "", b'{"a":"data: b"}'),
        (b"event: a\nevent: b\ndata: 1\n\n", "b", b"1"),
    ],
    ids=["no space", "one space is taken", "a bare name", "other fields", "data inside data", "the last name counts"],
)
def test_fields(event, name, data):
    assert (event_name(event), data_of(event)) == (name, data)


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n"]), max_size=12).map(b"".join))
def test_nothing_is_left_of_bytes_that_are_surely_whole(stream):
    splitter = EventSplitter()
    sure = splitter.ends_with(stream)
    events = splitter.feed(stream)
    assert sure == are_whole(stream)
    if sure:
        assert b"".join(events) == stream
        assert splitter.tail() == b""


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_a_third_line_end_may_be_the_next_event_s(end):
    assert are_whole(b"data: 1" + 2 * end)
    assert not are_whole(b"data: 1" + 3 * end)
