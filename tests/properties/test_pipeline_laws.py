"""The laws of the pipeline: unchanged bytes are the client's, what was sent is never sent differently, gaps are promises."""

import json
import re
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.exchange import Wire
from headroom.wire import dialect_for
from headroom.wire.body import splice
from tests.pipeline.conversations import body, exchange, turns
from tests.pipeline.test_pipeline import make, memory, results, send

WIRES = st.sampled_from(list(Wire))


def plain(wire, steps, **style):
    """A body in another JSON layout: indents, escapes, key order, odd numbers."""
    value = json.loads(body(wire, steps, tools=style.pop("tools", True)))
    value["metadata"] = {"big": 12345678901234567890123, "one": 1.0, "exp": 1e3, "text": "é\u2028\U0001f600"}
    return json.dumps(value, **style).encode()


STYLES = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 1, 2]),
        "ensure_ascii": st.booleans(),
        "sort_keys": st.booleans(),
    }
)


@given(WIRES, st.integers(0, 10**6), STYLES)
@settings(max_examples=40)
def test_a_request_with_nothing_to_compress_is_forwarded_byte_for_byte(wire, seed, style):
    pipeline, _ = make(ccr_inject_tool=False)
    steps = [("Bash", {"command": f"echo {seed}"}, f"short {seed}", False)]
    raw = plain(wire, steps, tools=False, **style)
    ex, _ = send(pipeline, wire, raw)
    assert sha256(ex.body_out).digest() == sha256(raw).digest()


@given(WIRES, st.integers(0, 10**6), STYLES)
@settings(max_examples=30)
def test_only_spans_of_tool_results_and_the_tools_array_change(wire, seed, style):
    pipeline, _ = make()
    raw = plain(wire, turns(seed, 6), **style)
    ex, plan = send(pipeline, wire, raw)
    edits = [
        edit._replace(start=piece.start + edit.start, end=piece.start + edit.end)
        for node, piece in zip(plan.nodes, plan.request.messages, strict=True)
        for edit in node.edits
    ]
    before, after = json.loads(raw), json.loads(ex.body_out)
    assert after["metadata"] == before["metadata"]
    only_results = splice(raw, edits)
    kept = json.loads(only_results)
    for value in (kept, after):
        value.pop("tools", None)
    assert kept == after
    # Outside the edited spans not a byte moved.
    at_old = at_new = 0
    for edit in edits:
        length = edit.start - at_old
        assert raw[at_old : edit.start] == only_results[at_new : at_new + length]
        at_old, at_new = edit.end, at_new + length + len(edit.new)
    assert raw[at_old:] == only_results[at_new:]


@pytest.mark.slow
@given(WIRES, st.integers(0, 10**6))
@settings(max_examples=8)
def test_every_turn_extends_the_one_before_over_fifty_turns(wire, seed):
    store = memory()
    first, second = make(store)[0], make(store)[0]
    steps = turns(seed, 50)
    sent_before, before_bytes, end = None, b"", 0
    for count in range(1, 51):
        if count % 17 == 0:
            first = make(store)[0]  # restarted
        sender = second if count % 5 == 0 else first  # another worker with the same ledger
        ex, _ = send(sender, wire, body(wire, steps[:count], marked=False))
        sent = results(wire, ex.body_out)
        if sent_before is not None:
            assert sent[: len(sent_before)] == sent_before
            # Not only the texts: all bytes up to the end of the last message are those of the turn before.
            assert ex.body_out.startswith(before_bytes[:end])
        sent_before, before_bytes = sent, ex.body_out
        end = dialect_for(wire).outline(before_bytes).messages[-1].end


@given(WIRES, st.integers(0, 10**6), st.booleans())
@settings(max_examples=30)
def test_a_marker_is_there_only_with_the_tool_and_its_original(wire, seed, tools):
    pipeline, originals = make()
    ex, _ = send(pipeline, wire, body(wire, turns(seed, 8), tools=tools))
    named = set(re.findall(rb'hash=[\\\\]*"([0-9a-f]{24})', ex.body_out))
    assert {h.encode() for h in ex.handles} == named
    if named:
        assert tools
        assert b"headroom_retrieve" in ex.body_out
    for handle in named:
        assert originals.get(handle.decode(), now=1.0).text in {s[2] for s in turns(seed, 8)}


OBSTACLES = (None, None, None, "batch", "signed", "websocket", "json_stream")
FORCED = {
    Wire.ANTHROPIC: {"tool_choice": {"type": "any"}},
    Wire.OPENAI_CHAT: {"tool_choice": "required"},
    Wire.OPENAI_RESPONSES: {"tool_choice": "required"},
    Wire.GEMINI: {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
}


@given(
    WIRES,
    st.integers(0, 10**6),
    st.sampled_from(["cache", "token"]),
    st.sampled_from(["tools", "tools", "none", "own"]),
    st.sampled_from(OBSTACLES),
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.sampled_from([{}, {}, {"lossless": True}, {"ccr_marker": False}, {"ccr_inject_tool": False}]),
)
@settings(max_examples=40)
def test_markers_and_the_tool_come_together_and_stay(wire, seed, mode, tools, obstacle, forced, options):
    """Over a growing conversation: no marker without a tool that can be called, no tool of ours without a use, no flip."""
    pipeline, _ = make(mode=mode, **options)
    steps = turns(seed, 6)
    offered_before = None
    for count, force in zip((2, 4, 6), forced, strict=True):
        value = json.loads(body(wire, steps[:count], tools=tools != "none", marked=False))
        if tools == "own":
            _add_own(wire, value)
        value |= FORCED[wire] if force and tools != "none" else {}
        ex = exchange(wire, json.dumps(value).encode())
        ex.obstacle = obstacle
        plan = pipeline.plan(ex, now=1.0)
        pipeline.work(plan, seconds=30)
        pipeline.finish(plan)
        names = dialect_for(wire).outline(ex.body_out).tool_names
        there = sum(name.endswith("headroom_retrieve") for name in names)
        markers = bool(re.search(rb'hash=[\\\\]*"[0-9a-f]{24}', ex.body_out))
        assert there <= 1
        if markers:
            assert there
            assert ex.retrieve_offered
        possible = (
            tools != "none" and (tools == "own" or obstacle is None) and not options.keys() & {"lossless", "ccr_marker"}
        )
        if not possible or ("ccr_inject_tool" in options and tools != "own"):
            assert not markers
            assert there == (tools == "own")
        elif tools != "own" and plan.conversation.deferred:
            assert bool(there) == markers
        if offered_before:
            assert there
        offered_before = there


def _add_own(wire, value):
    """The client brings the tool along, by way of MCP."""
    schema = {"type": "object", "properties": {"hash": {"type": "string"}}}
    name = "mcp__headroom__headroom_retrieve"
    if wire is Wire.GEMINI:
        value["tools"][0]["functionDeclarations"].append({"name": name, "description": "x", "parameters": schema})
    elif wire is Wire.OPENAI_CHAT:
        value["tools"].append({"type": "function", "function": {"name": name, "parameters": schema}})
    elif wire is Wire.OPENAI_RESPONSES:
        value["tools"].append({"type": "function", "name": name, "parameters": schema})
    else:
        value["tools"].append({"name": name, "description": "x", "input_schema": schema})


@given(WIRES, st.integers(0, 10**6))
@settings(max_examples=20)
def test_what_we_sent_is_left_alone_when_it_comes_back(wire, seed):
    """An agent that shows our own output again, such as in a log of its traffic, gets it unchanged."""
    store = memory()
    pipeline, _ = make(store)
    ex, _ = send(pipeline, wire, body(wire, turns(seed, 5)))
    for text in results(wire, ex.body_out):
        if "[~ full text: " not in text:
            continue
        again, _ = send(pipeline, wire, body(wire, [("Bash", {"command": "cat session.txt"}, text, False)]))
        assert results(wire, again.body_out) == [text]
