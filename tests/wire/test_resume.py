"""A body that goes on from one seen before has the very outline that reading it whole gives."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.errors import Unreadable
from headroom.exchange import Wire
from headroom.wire import dialect_for
from headroom.wire.resume import LEAST, Outlines

PADDING = "x" * LEAST
WIRES = [Wire.ANTHROPIC, Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES, Wire.GEMINI]
MARKED = {"cache_control": {"type": "ephemeral"}}


def message(wire, number, text, marked=False):
    role = "user" if number % 2 == 0 else "assistant"
    if wire is Wire.GEMINI:
        return {"role": "user" if role == "user" else "model", "parts": [{"text": text}]}
    block = {"type": "text", "text": text} | (MARKED if marked else {})
    return {"role": role, "content": [block]}


def body(wire, messages, *, tail=None, indent=None, nested=False):
    name = {Wire.GEMINI: "contents", Wire.OPENAI_RESPONSES: "input"}.get(wire, "messages")
    whole = {"model": "m", "padding": PADDING, "system": "s", name: messages, **(tail or {})}
    if nested:
        whole = {"model": "m", "request": whole}
    return json.dumps(whole, indent=indent, separators=None if indent else (",", ":")).encode()


texts = st.text(max_size=30)


@settings(max_examples=150)
@given(data=st.data())
@pytest.mark.parametrize("wire", WIRES, ids=str)
def test_growing_bodies_are_read_as_if_whole(wire, data):
    # Room for the bodies themselves, or only for their digests.
    bound = data.draw(st.sampled_from([1_000_000, 30_000, 12_000]))
    dialect, outlines = dialect_for(wire), Outlines(max_bytes=bound)
    conversation = [message(wire, i, data.draw(texts)) for i in range(data.draw(st.integers(1, 12)))]
    indent = data.draw(st.sampled_from([None, 1]))
    nested = wire is Wire.GEMINI and data.draw(st.booleans())
    for _ in range(data.draw(st.integers(1, 6))):
        step = data.draw(st.sampled_from(["grow", "grow", "fork", "retry", "shrink", "mark", "tools"]))
        tail = {"tools": [{"name": "t", "input_schema": {}}], "max_tokens": 5} if step == "tools" else {"stream": True}
        if step == "grow":
            conversation = [*conversation, message(wire, len(conversation), data.draw(texts))]
        elif step == "fork":
            conversation = [*conversation[:-1], message(wire, len(conversation), data.draw(texts))]
        elif step == "shrink":
            conversation = conversation[: data.draw(st.integers(1, len(conversation)))]
        elif step == "mark":
            conversation = [*conversation[:-1], message(wire, len(conversation) - 1, "last", marked=True)]
        raw = body(wire, conversation, tail=tail, indent=indent, nested=nested)
        request, marks = outlines.read(dialect, raw)
        assert request == dialect.outline(raw)
        assert outlines.held <= bound
        assert [mark.count for mark in marks] == sorted({mark.count for mark in marks})
        assert all(raw[mark.end - 1 : mark.end] in {b"}", b'"'} for mark in marks)


def test_what_was_read_is_not_read_again():
    class Spy:
        wire = Wire.ANTHROPIC

        def outline(self, raw):
            read.append(len(raw))
            return dialect_for(Wire.ANTHROPIC).outline(raw)

    read, outlines = [], Outlines()
    conversation = [message(Wire.ANTHROPIC, i, "y" * 5_000) for i in range(20)]
    outlines.read(Spy(), body(Wire.ANTHROPIC, conversation[:18]))
    outlines.read(Spy(), body(Wire.ANTHROPIC, conversation))
    assert read[0] > 90_000
    assert read[1] < 30_000


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: raw[:-2] + b",]}",
        lambda raw: raw[:-2] + b"} ]}",
        lambda raw: raw[:-1],
        lambda raw: raw[:-1] + b',"messages":[]}',
        lambda raw: raw[:-1] + b',"model":"again"}',
        lambda raw: raw[:-2] + b' {"role":"user"}]}',
        lambda raw: raw[:-1] + b',"metadata":"\xff"}',
    ],
    ids=["a trailing comma", "a stray brace", "cut off", "messages twice", "a member twice", "no comma", "not UTF-8"],
)
def test_what_is_wrong_behind_the_known_messages_is_refused_alike(spoil):
    dialect, outlines = dialect_for(Wire.ANTHROPIC), Outlines()
    good = body(Wire.ANTHROPIC, [message(Wire.ANTHROPIC, i, "text") for i in range(4)])
    outlines.read(dialect, good)
    bad = spoil(good)
    with pytest.raises(Unreadable) as whole:
        dialect.outline(bad)
    with pytest.raises(Unreadable) as resumed:
        outlines.read(dialect, bad)
    assert resumed.value.reason == whole.value.reason


def test_too_many_messages_are_too_many_when_resumed(monkeypatch):
    monkeypatch.setattr("headroom.wire.resume.MAX_MESSAGES", 10)
    dialect, outlines = dialect_for(Wire.ANTHROPIC), Outlines()
    conversation = [message(Wire.ANTHROPIC, i, "text") for i in range(12)]
    outlines.read(dialect, body(Wire.ANTHROPIC, conversation[:9]))
    with pytest.raises(Unreadable, match="too_many_messages"):
        outlines.read(dialect, body(Wire.ANTHROPIC, conversation))


def test_memory_is_bounded():
    outlines = Outlines(max_bytes=20_000)
    for number in range(200):
        raw = body(Wire.ANTHROPIC, [message(Wire.ANTHROPIC, i, f"{number}") for i in range(10)])
        outlines.read(dialect_for(Wire.ANTHROPIC), raw.replace(b'"m"', b'"%d"' % number))
    assert outlines._size <= 20_000
    assert sum(len(bodies) for bodies in outlines._heads.values()) < 12
