"""What is cached of a conversation, and what of it a change leaves readable."""

import json

import pytest

from headroom.exchange import Wire
from headroom.pipeline.cached import Cached, cached, ends_of, marked
from headroom.wire import dialect_for
from tests.pipeline.test_lifecycle import DONE, EDIT, LONG, READ, House, body, results, source

MARK = {"cache_control": {"type": "ephemeral"}}


def outlined(request):
    raw = json.dumps(request).encode()
    return raw, dialect_for(Wire.ANTHROPIC).outline(raw)


def text(words, **more):
    return {"type": "text", "text": words, **more}


@pytest.mark.parametrize(
    ("request_", "depths"),
    [
        ({"messages": [("user", [text("a")])]}, ()),
        ({"messages": [("user", [text("a", **MARK)]), ("assistant", [text("b")]), ("user", [text("c", **MARK)])]}, (1, 3)),
        ({"system": [text("s", **MARK)], "messages": [("user", [text("a")]), ("user", [text("b", **MARK)])]}, (0, 2)),
        ({"messages": [("user", [text("a")])], "system": [text("s", **MARK)]}, (0,)),
        ({"messages": [("user", [text("a", **MARK)]), ("user", [text("b", **MARK)])], "system": [text("s", **MARK), text("t", **MARK)]}, (0, 1, 2)),
        ({"messages": [("user", [text("a")]), ("user", [text("b", **MARK)])], "system": [text("s", **MARK)], "tools": [{"name": "t", "input_schema": {}, **MARK}]}, (0, 2)),
        ({"tools": [{"name": "t", "input_schema": {}, **MARK}], "messages": [("user", [text("a")])]}, (0,)),
        ({"messages": [("user", [text("a")]), ("user", [text("b")])], **MARK}, (2,)),
        ({**MARK, "messages": [("user", [text("a")]), ("user", [text("b")])]}, (2,)),
        ({"messages": [("user", [text('it says "cache_control": {} there')]), ("user", [text("b", **MARK)])]}, (2,)),
    ],
    ids=["none", "two messages", "system", "system behind", "messages and system behind", "all behind", "tools", "the request", "the request, first", "words of a text"],
)  # fmt: skip
def test_where_marks_lie(request_, depths):
    messages = [{"role": role, "content": content} for role, content in request_["messages"]]
    raw, request = outlined({"model": "m", "max_tokens": 9, **request_, "messages": messages})
    assert marked(raw, request) == depths


ENDS = [1_000, 3_000, 6_000, 10_000, 15_000]


@pytest.mark.parametrize(
    ("last", "readable", "least", "depth", "bytes_"),
    [
        (3, None, 0, 3, 4_000),
        (3, None, 0, 1, 9_000),
        (3, None, 0, 4, 0),
        (3, None, 3_500, 2, 10_000),
        (4, (0, 2), 0, 4, 9_000),
        (4, (0, 2), 0, 3, 9_000),
        (4, (0, 2), 0, 2, 14_000),
        (4, (), 0, 4, 15_000),
        (4, (0, 2), 2_000, 2, 15_000),
        (4, (0, 2), 0, 0, 15_000),
    ],
)
def test_what_a_change_spoils(last, readable, least, depth, bytes_):
    assert Cached(ENDS, last, readable, least).spoilt(depth) == bytes_


def marks(raw, count):
    """The newest ``count`` results of the user's marked, and the system prompt."""
    request = json.loads(raw)
    request["system"] = [text(LONG, **MARK)]
    turns = [message for message in request["messages"] if message["role"] == "user"][1:]
    for message in turns[-count:]:
        message["content"][-1].update(MARK)
    return json.dumps(request).encode()


STEPS = [(*READ, source(n)) for n in range(5)]


@pytest.mark.parametrize(
    ("count", "pause", "readable"),
    [(2, 10, (0, 3, 5, 7, 9)), (1, 10, (0, 3, 5, 7, 9)), (2, 200, (0, 7, 9))],
    ids=["two marks", "one", "older ones have died"],
)
def test_beginnings_are_readable_where_earlier_calls_had_marks(count, pause, readable):
    house = House(read_lifecycle=False)
    for n in range(1, 6):
        sent = house.send(marks(body(STEPS[:n], marked=False), count), 1000.0 + pause * n)
    history, plan = house.pipeline._history, sent.plan
    held = cached(plan, history.find(plan.node.parent), history, lives=300.0)
    assert held.last == 9
    assert held.readable == readable


def test_a_rewrite_ends_what_lay_behind_it():
    house = House()
    steps = [(*READ, source(0)), EDIT, (*READ, source(1))]
    house.send(marks(body(steps, marked=False), 2), 1000.0)
    sent = house.send(marks(body([*steps, DONE], marked=False), 2), 9000.0)
    assert "rewrites" in sent.notes
    history = house.pipeline._history
    after = house.send(marks(body([*steps, DONE, DONE], marked=False), 1), 9010.0)
    held = cached(after.plan, history.find(after.plan.node.parent), history, lives=300.0)
    assert held.readable == (0, 7, 9)


def test_sizes_are_those_of_what_is_sent():
    house = House()
    steps = [(*READ, source(0)), EDIT, (*READ, source(1))]
    house.send(body(steps), 1000.0)
    before = house.send(body([*steps, DONE]), 1010.0).plan
    after = house.send(body([*steps, DONE, DONE]), 9000.0)
    old, new = ends_of(before, before.node.revised), ends_of(after.plan, after.plan.node.revised)
    assert old[2] == new[2]
    gone = len(json.dumps(source(0))) - len(json.dumps(results(after.body_out)[0]))
    assert old[3] - new[3] == gone
    assert old[7] - new[7] == gone
