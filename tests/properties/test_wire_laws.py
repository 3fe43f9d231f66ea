"""Laws of the wire: bytes we did not mean to change are the client's bytes, and spans are exactly the texts."""

import json
from contextlib import suppress
from hashlib import blake2b
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.errors import Unreadable
from headroom.exchange import Edit, Wire
from headroom.wire import dialect_for
from headroom.wire.body import literal, splice, text_of
from headroom.wire.dialect import PartKind
from headroom.wire.outline import elements, members
from headroom.wire.sse import EventSplitter
from headroom.wire.tools import add_tool
from tests.wire.pairing import results

SPACES = st.sampled_from(["", "", "", " ", "\n", "\t", "\r\n  "])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    [
        '"',
        "\\",
        '\\"}',
        "{}[]:,",
        "\u2028\u2029",
        "\x00\x1f\x7f",
        "grüße 漢字 🚀",
        '"cache_control":{"type":"ephemeral"}',
        "a/b",
    ]
)
NUMBERS = st.sampled_from(["0", "-0", "1.0", "1E+2", "1e-7", "-12.50", "123456789012345678901234567890", "0.1000"])
FILLER_KEYS = st.sampled_from(["x", "temperature", "metadata", "ü", 'k"k', "top_p", ""])


class Number(str):
    """A number by its text, which must not be retyped."""

    __slots__ = ()


VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS.map(Number) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def written_string(draw, text):
    """A string in one of the many ways JSON can write it."""
    out = ['"']
    for char in text:
        how = draw(st.integers(0, 7))
        if char in '"\\' or ord(char) < 32 or how == 0:
            units = char.encode("utf-16-be", "surrogatepass")
            out += [f"\\u{units[i]:02x}{units[i + 1]:02X}" for i in range(0, len(units), 2)]
        elif char == "/" and how == 1:
            out.append("\\/")
        else:
            out.append(char)
    return "".join([*out, '"'])


def written(draw, value):
    """A value in an arbitrary layout: white space, escapes and key order vary, numbers are kept by their text."""

    def pad():
        return draw(SPACES)

    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return written_string(draw, value)
    if isinstance(value, dict):
        items = draw(st.permutations(list(value.items())))
        body = ",".join(f"{pad()}{written_string(draw, k)}{pad()}:{pad()}{written(draw, v)}{pad()}" for k, v in items)
        return "{" + (body or pad()) + "}"
    if isinstance(value, list):
        return "[" + (",".join(f"{pad()}{written(draw, item)}{pad()}" for item in value) or pad()) + "]"
    return json.dumps(value)


def parsed(text):
    return json.loads(text, parse_int=Number, parse_float=Number)


@st.composite
def anthropic_turns(draw):
    messages, outputs = [], []
    for turn in range(draw(st.integers(0, 3))):
        calls = [f"t{turn}_{i}" for i in range(draw(st.integers(0, 2)))]
        blocks = [{"type": "tool_use", "id": c, "name": "n", "input": draw(VALUES)} for c in calls]
        messages.append({"role": "assistant", "content": [{"type": "text", "text": draw(TEXTS)}, *blocks]})
        answers = []
        for call in calls:
            texts = draw(st.lists(TEXTS, max_size=2))
            as_list = len(texts) != 1 or draw(st.booleans())
            content = [{"type": "text", "text": text} for text in texts] if as_list else texts[0]
            answers.append({"type": "tool_result", "tool_use_id": call, "content": content, "extra": draw(VALUES)})
            outputs += [(call, text) for text in texts]
        messages.append({"role": "user", "content": answers or draw(TEXTS)})
    return {"messages": messages}, outputs


@st.composite
def chat_turns(draw):
    messages, outputs = [], []
    for turn in range(draw(st.integers(0, 3))):
        calls = [f"c{turn}_{i}" for i in range(draw(st.integers(0, 2)))]
        tool_calls = [{"id": c, "function": {"name": "n", "arguments": draw(TEXTS)}} for c in calls]
        messages.append({"role": "assistant", "content": None, "tool_calls": tool_calls})
        for call in calls:
            text = draw(TEXTS)
            messages.append({"role": "tool", "tool_call_id": call, "content": text, "extra": draw(VALUES)})
            outputs.append((call, text))
    return {"messages": messages}, outputs


@st.composite
def responses_turns(draw):
    items, outputs = [], []
    for turn in range(draw(st.integers(0, 4))):
        call, text = f"c{turn}", draw(TEXTS)
        items.append({"type": "function_call", "call_id": call, "name": "n", "arguments": draw(TEXTS)})
        items.append({"type": "reasoning", "encrypted_content": draw(TEXTS), "summary": []})
        items.append({"type": "function_call_output", "call_id": call, "output": text})
        outputs.append((call, text))
    return {"input": items, "instructions": draw(TEXTS)}, outputs


@st.composite
def gemini_turns(draw):
    contents, outputs = [], []
    for turn in range(draw(st.integers(0, 4))):
        call, text = f"f{turn}", draw(TEXTS.filter(bool))
        contents.append({"role": "model", "parts": [{"functionCall": {"id": call, "name": "n", "args": {}}}]})
        response = {"functionResponse": {"id": call, "name": "n", "response": {"output": text, "n": None}}}
        contents.append({"role": "user", "parts": [response]})
        outputs.append((call, text))
    body = {"contents": contents}
    return ({"model": "g", "request": body} if draw(st.booleans()) else body), outputs


TURNS = {
    Wire.ANTHROPIC: anthropic_turns(),
    Wire.OPENAI_CHAT: chat_turns(),
    Wire.OPENAI_RESPONSES: responses_turns(),
    Wire.GEMINI: gemini_turns(),
}
OWN_KEYS = {"messages", "input", "contents", "request"}


@st.composite
def bodies(draw, wire):
    """A request in an arbitrary layout, with unknown fields; and its tool outputs in order."""
    value, outputs = draw(TURNS[wire])
    filler = draw(st.dictionaries(FILLER_KEYS, VALUES, max_size=3))
    return written(draw, filler | value).encode(), outputs


def read(wire, body):
    dialect = dialect_for(wire)
    outline = dialect.outline(body)
    raws = [(span.start, body[span.start : span.end]) for span in outline.messages]
    return raws, [dialect.message(raw) for _, raw in raws]


def result_spans(wire, body):
    """Absolute spans of the tool results, with their ids."""
    raws, messages = read(wire, body)
    return [(raws[i][0] + p.start, raws[i][0] + p.end, p, call) for i, p, call in results(messages)]


@pytest.mark.parametrize("wire", Wire)
@given(data=st.data())
def test_spans_are_exactly_the_tool_outputs(wire, data):
    body, outputs = data.draw(bodies(wire))
    found = result_spans(wire, body)
    assert [(part.call_id, text_of(body[start:end])) for start, end, part, _ in found] == outputs
    assert all(call is not None and call.id == part.call_id for _, _, part, call in found)
    assert all(part.digest == blake2b(body[a:b], digest_size=16).digest() for a, b, part, _ in found)


@pytest.mark.parametrize("wire", Wire)
@given(data=st.data())
def test_messages_are_cut_exactly(wire, data):
    body, _ = data.draw(bodies(wire))
    value = parsed(body)
    value = value.get("request", value)
    want = value.get("messages") or value.get("input") or value.get("contents") or []
    raws, _ = read(wire, body)
    assert [parsed(raw) for _, raw in raws] == want
    assert all(body[start : start + len(raw)] == raw for start, raw in raws)


@pytest.mark.parametrize("wire", Wire)
@given(data=st.data())
def test_an_edit_changes_its_span_and_nothing_else(wire, data):
    body, outputs = data.draw(bodies(wire))
    spans = result_spans(wire, body)
    chosen = [i for i in range(len(spans)) if data.draw(st.booleans())]
    news = {i: data.draw(TEXTS.filter(bool)) for i in chosen}
    result = splice(body, [Edit(spans[i][0], spans[i][1], literal(new)) for i, new in news.items()])
    at_old = at_new = 0
    for i in chosen:  # the text between two edits is the same, byte for byte
        between = spans[i][0] - at_old
        assert result[at_new : at_new + between] == body[at_old : spans[i][0]]
        at_old, at_new = spans[i][1], at_new + between + len(literal(news[i]))
    assert result[at_new:] == body[at_old:]
    want = [(call_id, news.get(i, text)) for i, (call_id, text) in enumerate(outputs)]
    assert [(part.call_id, text_of(result[a:b])) for a, b, part, _ in result_spans(wire, result)] == want


@pytest.mark.parametrize("wire", Wire)
@given(data=st.data())
def test_no_edit_gives_the_same_object(wire, data):
    body, _ = data.draw(bodies(wire))
    spans = result_spans(wire, body)
    assert splice(body, []) is body
    assert splice(body, [Edit(a, b, body[a:b]) for a, b, _, _ in spans]) is body


@pytest.mark.parametrize("wire", Wire)
@given(data=st.data())
def test_a_duplicate_key_is_refused_wherever_it_stands(wire, data):
    body, _ = data.draw(bodies(wire))
    own = sorted(OWN_KEYS & parsed(body).keys())
    key = written_string(data.draw, data.draw(st.sampled_from(own)))
    twin = f"{key}:{written(data.draw, data.draw(VALUES))}".encode()
    doubled = b"{" + twin + b"," + body[1:] if data.draw(st.booleans()) else body[:-1] + b"," + twin + b"}"
    with pytest.raises(Unreadable) as refused:
        dialect_for(wire).outline(doubled)
    assert refused.value.reason == "duplicate_key"


@given(data=st.data(), value=st.dictionaries(TEXTS, VALUES, max_size=4))
def test_a_message_reads_the_same_in_every_layout_of_its_wrapper(data, value):
    message = value | {"role": "user", "content": [{"type": "text", "text": "x"}]}
    dialect = dialect_for(Wire.ANTHROPIC)
    items = list(message.items())
    one = "{" + ",".join(f"{json.dumps(k)}:{json.dumps(v)}" for k, v in items) + "}"
    two = "{" + ", ".join(f"{json.dumps(k)} : {json.dumps(v)}" for k, v in data.draw(st.permutations(items))) + " }"
    assert dialect.message(one.encode()).canonical == dialect.message(two.encode()).canonical


@given(data=st.data(), value=st.dictionaries(TEXTS, VALUES, max_size=5))
def test_members_agree_with_a_json_parser(data, value):
    text = written(data.draw, value).encode()
    assert {key: parsed(text[a:b]) for key, (a, b) in members(text).items()} == parsed(text)


@given(data=st.data(), value=st.lists(VALUES, max_size=5))
def test_elements_agree_with_a_json_parser(data, value):
    text = written(data.draw, value).encode()
    assert [parsed(text[a:b]) for a, b in elements(text)] == parsed(text)


@given(text=st.binary(max_size=40) | st.text(alphabet='{}[]",:\\ua0 1eE.-truefalsn\n', max_size=40).map(str.encode))
def test_bytes_that_are_no_object_never_crash(text):
    for wire in Wire:
        dialect = dialect_for(wire)
        for entrance in (dialect.outline, dialect.message):
            with suppress(Unreadable):
                entrance(text)
        dialect.usage(text)
        dialect.empty(text)
        dialect.text(text)
        dialect.tap().feed(b"data: " + text + b"\n\n")


@given(value=VALUES)
def test_answers_of_any_shape_never_crash(value):
    text = json.dumps(
        dict.fromkeys(("usage", "usageMetadata", "content", "choices", "output", "candidates", "type"), value)
    )
    for wire in Wire:
        dialect = dialect_for(wire)
        dialect.usage(text.encode())
        dialect.empty(text.encode())
        dialect.text(text.encode())
        dialect.delta(b"data: " + text.encode() + b"\n\n")
        dialect.tap().feed(b"data: " + text.encode() + b"\n\n")


@given(text=st.text())
def test_literals_round_trip(text):
    assert text_of(literal(text)) == text
    assert json.loads(literal(text)) == text


@pytest.mark.parametrize("wire", Wire)
@given(data=st.data(), tools=st.lists(VALUES, min_size=1, max_size=3))
def test_a_tool_is_appended_and_nothing_else_changes(wire, data, tools):
    dialect = dialect_for(wire)
    tools = [{"functionDeclarations": tools}] if wire is Wire.GEMINI else tools
    body = written(data.draw, {"messages": [], "input": [], "contents": [], "tools": tools}).encode()
    definition = dialect.tool("get", "d", {"type": "object"})
    (edit,) = add_tool(body, dialect.outline(body), dialect, definition)
    result = parsed(splice(body, [edit]))
    last = result["tools"][0]["functionDeclarations"] if wire is Wire.GEMINI else result["tools"]
    assert last.pop() == parsed(definition)
    assert result == parsed(body)


LINES = st.sampled_from(["data: x", "data:", "event: e", ": c", "id: 1", "", "", "data: grüße 漢字", "data: a\\nb"])
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@given(
    lines=st.lists(st.tuples(LINES, ENDS), max_size=20),
    cuts=st.lists(st.integers(0, 300), max_size=8),
    bom=st.booleans(),
)
def test_events_do_not_depend_on_how_a_stream_is_cut(lines, cuts, bom):
    stream = ("\ufeff" if bom else "").encode() + "".join(line + end for line, end in lines).encode()
    whole = EventSplitter()
    want = whole.feed(stream)
    assert b"".join(want) + whole.tail() == stream
    splitter = EventSplitter()
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    found = [event for a, b in pairwise(edges) for event in splitter.feed(stream[a:b])]
    assert found == want
    assert splitter.tail() == whole.tail()


def test_parts_of_every_kind_come_in_the_order_of_the_text():
    body = b'{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"tool_result","content":"b"}]}]}'
    _, (message,) = read(Wire.ANTHROPIC, body)
    assert [part.kind for part in message.parts] == [PartKind.USER, PartKind.TOOL_RESULT]
    assert message.parts[0].end <= message.parts[1].start
