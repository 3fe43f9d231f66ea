"""Arrays of tools: worked out once, the same bytes with every call, and never more memory than their share."""

import json

import pytest

from headroom.exchange import Exchange, Wire
from headroom.pipeline.digest import digest
from headroom.pipeline.tools import ToolEdits
from headroom.retrieval.tool import NAME
from headroom.wire import dialect_for
from headroom.wire.body import splice

SCHEMA = {
    "type": "object",
    "properties": {"path": {"type": "string", "examples": ["a"]}},
    "$comment": "nobody reads this",
}


def exchange(wire, words="Looks.", *, pad=0, subscription=False):
    """``pad`` moves the array within the body."""
    match wire:
        case Wire.ANTHROPIC:
            tools = [{"name": "look", "description": words, "input_schema": SCHEMA}]
            body = {"pad": "x" * pad, "tools": tools, "messages": [{"role": "user", "content": "hi"}]}
        case Wire.OPENAI_CHAT:
            tools = [{"type": "function", "function": {"name": "look", "description": words, "parameters": SCHEMA}}]
            body = {"pad": "x" * pad, "tools": tools, "messages": [{"role": "user", "content": "hi"}]}
        case Wire.OPENAI_RESPONSES:
            tools = [{"type": "function", "name": "look", "description": words, "parameters": SCHEMA}]
            body = {"pad": "x" * pad, "tools": tools, "input": [{"role": "user", "content": "hi"}]}
        case Wire.GEMINI:
            tools = [{"functionDeclarations": [{"name": "look", "description": words, "parameters": SCHEMA}]}]
            body = {"pad": "x" * pad, "tools": tools, "contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    raw = json.dumps(body).encode()
    return Exchange(
        "r", 0.0, 0.0, wire, "p", "POST", "/", "http://u", body_in=raw, body_out=raw, subscription=subscription
    )


def given(edits, one, inject):
    dialect = dialect_for(one.wire)
    request = dialect.outline(one.body_in)
    found, array = edits.edits(one, request, dialect, inject=inject)
    return splice(one.body_in, found), array, one.body_in[request.tools.start : request.tools.end]


@pytest.mark.parametrize("wire", list(Wire))
@pytest.mark.parametrize("inject", [None, 1, 2], ids=["left out", "first version", "second version"])
@pytest.mark.parametrize("subscription", [False, True], ids=["key", "subscription"])
def test_what_is_known_of_an_array_is_what_is_sent(wire, inject, subscription):
    edits = ToolEdits()
    for pad in (0, 700, 3):  # the second and third time it is known, and stands elsewhere
        body, array, raw = given(edits, exchange(wire, pad=pad, subscription=subscription), inject)
        sent = array.sent if array.sent is not None else raw
        assert sent in body
        assert json.loads(body)["tools"] == json.loads(sent)
        assert (NAME.encode() in sent) is (inject is not None)
        assert (array.name, array.sent_name) == (digest(raw), digest(sent))
        assert (b"nobody reads this" in sent) is subscription


@pytest.mark.parametrize("wire", list(Wire))
def test_versions_and_payers_are_kept_apart(wire):
    edits = ToolEdits()
    bodies = {
        given(edits, exchange(wire, subscription=subscription), inject)[0]
        for subscription in (False, True)
        for inject in (None, 1, 2)
        for _ in range(2)
    }
    assert len(bodies) == 6


def test_what_is_kept_stays_within_its_share():
    edits = ToolEdits(max_bytes=20_000)
    for i in range(50):
        given(edits, exchange(Wire.ANTHROPIC, f"Looks {i}. " * 100), 2)
        assert 0 < edits.held <= 20_000
    body, *_ = given(edits, exchange(Wire.ANTHROPIC, "Looks long. " * 4000), 2)
    assert NAME.encode() in body
    assert edits.held == 0
