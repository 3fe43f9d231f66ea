"""The laws of the retrieval room: markers read back, escapes undone, no tool without a marker's promise, no byte lost."""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from headroom.compress.rendition import Gap
from headroom.exchange import Wire
from headroom.retrieval import markers
from headroom.retrieval.answer import answer, query_of
from headroom.retrieval.markers import Trailer
from headroom.retrieval.original import About, Original
from headroom.retrieval.originals import Originals, limits
from headroom.retrieval.tool import definition, offer
from headroom.retrieval.turn import Turn
from headroom.retrieval.turns.usage import add
from headroom.retrieval.view import View
from headroom.retrieval.weave import weaver_for
from headroom.retrieval.weave.engine import weave
from headroom.store.memory import MemoryStore
from headroom.wire import dialect_for
from headroom.wire.body import splice
from headroom.wire.sse import EventSplitter
from headroom.wire.tools import add_tool

HASH = st.text("0123456789abcdef", min_size=24, max_size=24)
UNITS = st.sampled_from(["lines", "rows", "items", "chars"])
ANY = st.text(st.characters(codec=None), max_size=80)
SOURCE = st.text(st.one_of(st.sampled_from("[~ \\]\n\r\tab1"), st.characters(codec="utf-8")), max_size=200)


@st.composite
def gaps(draw):
    first = draw(st.integers(1, 10**9))
    last = first + draw(st.integers(0, 10**6))
    return Gap(first, last, draw(UNITS), draw(ANY), draw(st.text(" \t", max_size=4)))


@given(gaps())
def test_a_gap_reads_back(gap):
    line = markers.render_gap(gap)
    assert "\n" not in line
    assert markers.parse(line) == [Gap(gap.first, gap.last, gap.unit, markers.plain_note(gap.note), gap.indent)]


@given(st.sets(UNITS, min_size=1), HASH)
def test_a_trailer_reads_back(ways, handle):
    [mark] = markers.parse(markers.trailer(frozenset(ways), handle))
    assert mark == Trailer(frozenset("rows" if way == "items" else way for way in ways), handle)


@given(SOURCE)
def test_escaping_is_undone_and_hides_every_sigil(text):
    escaped = markers.escape(text)
    assert markers.unescape(escaped) == text
    assert markers.parse(escaped) == []
    assert not any(line.lstrip(" \t").startswith(markers.SIGIL) for line in escaped.split("\n"))


@given(SOURCE, st.lists(gaps(), min_size=1, max_size=4), HASH)
def test_a_rendered_block_shows_its_own_markers_only(source, made, handle):
    shown = "".join(f"{markers.escape(source)}\n{markers.render_gap(gap)}\n" for gap in made)
    text = markers.sign(shown, made, handle)
    found = markers.parse(text)
    assert len([mark for mark in found if isinstance(mark, Gap)]) == len(made)
    assert isinstance(found[-1], Trailer)
    assert markers.handles(text) == (handle,)


def _names(wire, tools):
    if wire is Wire.GEMINI:
        return [{"functionDeclarations": [{"name": name} for name in tools]}]
    if wire is Wire.OPENAI_CHAT:
        return [{"type": "function", "function": {"name": name}} for name in tools]
    if wire is Wire.OPENAI_RESPONSES:
        return [{"type": "function", "name": name} for name in tools]
    return [{"name": name, "input_schema": {}} for name in tools]


CHOICES = {
    Wire.ANTHROPIC: [
        {},
        {"tool_choice": {"type": "auto"}},
        {"tool_choice": {"type": "any"}},
        {"tool_choice": {"type": "none"}},
    ],
    Wire.OPENAI_CHAT: [{}, {"tool_choice": "auto"}, {"tool_choice": "none"}, {"n": 3}],
    Wire.OPENAI_RESPONSES: [{}, {"tool_choice": "auto"}, {"tool_choice": "required"}],
    Wire.GEMINI: [
        {},
        {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
        {"generationConfig": {"candidateCount": 2}},
    ],
}


@given(
    st.sampled_from(list(Wire)).flatmap(lambda wire: st.tuples(st.just(wire), st.sampled_from(CHOICES[wire]))),
    st.one_of(
        st.none(),
        st.lists(st.sampled_from(["Bash", "headroom_retrieve", "mcp__headroom__headroom_retrieve"]), max_size=3),
    ),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, "batch", "signed", "websocket"]),
    st.booleans(),
)
def test_markers_only_where_the_tool_is(case, tools, enabled, inject, obstacle, carried):
    wire, choice = case
    key = {Wire.OPENAI_RESPONSES: "input", Wire.GEMINI: "contents"}.get(wire, "messages")
    given = {"model": "m", key: [], **choice}
    if tools is not None:
        given["tools"] = _names(wire, tools)
    body = json.dumps(given).encode()
    dialect = dialect_for(wire)
    request = dialect.outline(body)
    offered = offer(request, body, enabled=enabled, inject=inject, obstacle=obstacle, carried=carried)
    sent = splice(body, add_tool(body, request, dialect, definition(dialect))) if offered.inject else body
    there = sum(name.endswith("headroom_retrieve") for name in dialect.outline(sent).tool_names)
    own = sum(name.endswith("headroom_retrieve") for name in tools or ())
    assert there == own + offered.inject
    assert not offered.present or there
    assert not offered.lossy or offered.present
    assert not offered.lossy or obstacle is None or own
    if not enabled:
        assert sent is body


@given(ANY, ANY)
def test_originals_come_back_and_strangers_do_not(text, other):
    assume(text != other)
    store = MemoryStore(now=lambda: 0.0)
    store.configure(limits(10**7, 100.0))
    originals = Originals(store, key=b"k" * 32, ttl=100.0, max_bytes=10**7, now=0.0)
    name = originals.keep(text, About(), now=0.0)
    found = originals.get(name, now=0.0)
    assert isinstance(found, Original)
    assert found.text == text
    assert not isinstance(originals.get(originals.hash(other), now=0.0), Original)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    ANY,
    st.dictionaries(
        st.sampled_from(["hash", "lines", "rows", "chars", "pattern", "max_tokens", "other"]),
        st.one_of(ANY, st.integers(), st.none(), st.booleans(), st.lists(st.integers(), max_size=3), st.floats()),
    ),
)
def test_every_call_gets_an_answer_within_its_limit(text, arguments):
    query = query_of(arguments)
    got = answer(query, Original("0" * 24, text, About(), 0.0), count=len)
    assert got.text.strip()
    head, _, body = got.text.partition("\n")
    assert len(head) < 1000
    if got.type in {"full", "range"}:
        assert len(body) <= query.max_tokens + len(text.split("\n"))


@given(st.text(st.sampled_from('ab\n\r[]{},"1'), max_size=60), st.integers(1, 9), st.integers(1, 9))
def test_ranges_are_the_texts_own_characters(text, first, size):
    view = View(text)
    first = min(first, view.line_count)
    last = min(first + size, view.line_count)
    assert view.cut("lines", first, last) in text
    assert view.cut("lines", 1, view.line_count) == text
    assert "".join(view.cut("lines", n, n) for n in range(1, view.line_count + 1)) == text


NUMBERS = st.recursive(
    st.one_of(st.integers(0, 1000), st.none(), st.just("standard")),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.dictionaries(st.sampled_from("abcd"), NUMBERS, max_size=4)


def _total(value):
    if isinstance(value, dict):
        return sum(map(_total, value.values()))
    return value if isinstance(value, int) else 0


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 1000)),
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 1000)),
)
def test_usage_adds_up(first, second):
    assert _total(add(first, second)) == _total(first) + _total(second)


@given(RECORDS, RECORDS)
def test_odd_usage_records_never_break(first, second):
    assert set(add(first, second)) == set(first) | set(second)


EVENT = st.one_of(
    st.sampled_from(
        [
            b'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":1}}}\n\n',
            b'data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
            b'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}\n\n',
            b'data: {"type":"content_block_delta","index":7,"delta":5}\n\n',
            b'data: {"type":"message_delta","delta":null,"usage":null}\n\n',
            b'data: {"type":"response.output_item.added","output_index":0,"item":{"type":"message"}}\n\n',
            b'data: {"type":"response.output_item.done","output_index":0}\n\n',
            b'data: {"type":"response.completed","response":null}\n\n',
            b'data: {"type":"response.created"}\n\n',
            b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"function":{"name":"x"}}]}}]}\n\n',
            b'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}],"usage":{"a":1}}\n\n',
            b'data: {"choices":[]}\n\n',
            b'data: {"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"STOP"}]}\n\n',
            b'data: {"candidates":null,"response":[]}\n\n',
            b'data: {"candidates":[{"content":{"parts":[null,5,"x"]}}]}\n\n',
            b"data: [DONE]\n\n",
            b": comment\n\n",
            b"event: x\r\ndata: {\r\ndata: }\r\n\r\n",
            b"data: [1,2\n\n",
            b"\n\n",
        ]
    ),
    st.binary(max_size=40),
)


@pytest.mark.parametrize("wire", list(Wire))
@given(st.lists(EVENT, max_size=12), st.integers(1, 50))
def test_streams_without_a_call_of_ours_pass_to_the_byte(wire, events, size):
    raw = b"".join(events)
    assume(b"headroom_retrieve" not in raw)

    async def chunks():
        for at in range(0, len(raw), size):
            yield raw[at : at + size]

    async def read():
        turn = Turn(wire, b"{}", None)  # type: ignore[arg-type]
        return b"".join([piece async for piece in weave(chunks(), turn, None)])  # type: ignore[arg-type]

    assert asyncio.run(read()) == raw


@pytest.mark.parametrize("wire", list(Wire))
@given(st.lists(EVENT, max_size=8))
def test_no_event_breaks_a_weaver_that_withholds(wire, events):
    """Whatever comes after a withheld call is passed, changed or held; never an exception."""
    opening = {
        Wire.ANTHROPIC: b'data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"headroom_retrieve","input":{}}}\n\n',
        Wire.OPENAI_CHAT: b'data: {"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"headroom_retrieve","arguments":""}}]}}]}\n\n',
        Wire.OPENAI_RESPONSES: b'data: {"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","name":"headroom_retrieve"}}\n\n',
        Wire.GEMINI: b'data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"headroom_retrieve","args":{}}}]}}]}\n\n',
    }[wire]
    weaver = weaver_for(wire)
    assert weaver.feed(opening) == b""
    assert weaver.woven
    for event in EventSplitter().feed(b"".join(events)):
        assert b"headroom_retrieve" not in weaver.feed(event)
