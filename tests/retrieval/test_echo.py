import json

import pytest

from headroom.retrieval.echo import event_without_tool, without_tool

OURS = {"type": "function", "name": "headroom_retrieve", "parameters": {"a": [1]}}
OTHER = {"type": "function", "name": "ls", "description": 'says "headroom_retrieve"'}
MORE = {"type": "web_search"}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("tools", "left"),
    [
        ([OTHER, OURS], [OTHER]),
        ([OURS, OTHER], [OTHER]),
        ([OTHER, OURS, MORE], [OTHER, MORE]),
        ([OURS], []),
        ([OTHER, MORE], [OTHER, MORE]),
        ([], []),
    ],
)
def test_only_our_tool_goes(tools, left, indent):
    for wrap in (lambda r: r, lambda r: {"type": "response.created", "response": r}):
        whole = wrap({"id": "r", "tools": tools, "output": [{"text": '"headroom_retrieve"'}]})
        out = without_tool(json.dumps(whole, indent=indent).encode())
        assert json.loads(out) == wrap({"id": "r", "tools": left, "output": [{"text": '"headroom_retrieve"'}]})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"tools": 1, "x": "headroom_retrieve"}',
        b'"headroom_retrieve"',
        b'{"tools":[1,"headroom_retrieve"]}',
    ],
)
def test_odd_bodies_stay(body):
    assert without_tool(body) is body


def test_an_event_keeps_its_frame():
    data = json.dumps({"type": "response.created", "response": {"tools": [OTHER, OURS]}})
    event = f"event: response.created\ndata: {data}\n\n".encode()
    out = event_without_tool(event)
    assert out.startswith(b"event: response.created\ndata: {")
    assert out.endswith(b"}\n\n")
    assert b'"name": "headroom_retrieve"' not in out
    plain = b'event: x\ndata: {"a": 1}\n\n'
    assert event_without_tool(plain) is plain
