"""Which events of a stream may go to the client before anybody has read them."""

import json

import pytest

from headroom.retrieval.weave.engine import hold_no_call

CALLS = {
    "anthropic": '{"type":"content_block_start","index":1,"content_block":{"type":"%s","id":"t","name":"%s","input":{}}}',
    "chat": '{"choices":[{"index":0,"delta":{"%s":[{"index":0,"id":"c","type":"function","%s":{"name":""}}]}}]}',
    "responses": '{"type":"response.output_item.added","output_index":1,"item":{"type":"%s","name":"%s","arguments":""}}',
    "gemini": '{"candidates":[{"content":{"role":"model","parts":[{"%s":{"name":"%s","args":{}}}]}}]}',
}
NAMES = {
    "anthropic": ("tool_use", "headroom_retrieve"),
    "chat": ("tool_calls", "function"),
    "responses": ("function_call", "mcp__headroom__headroom_retrieve"),
    "gemini": ("functionCall", "headroom_retrieve"),
}


@pytest.mark.parametrize("escape", [False, True], ids=["plain", "escaped"])
@pytest.mark.parametrize("dialect", CALLS)
def test_an_event_that_begins_a_call_is_never_passed_on_unread(dialect, escape):
    names = [f"\\u{ord(name[0]):04x}{name[1:]}" if escape else name for name in NAMES[dialect]]
    event = b"data: " + (CALLS[dialect] % tuple(names)).encode() + b"\n\n"
    json.loads(event[6:])
    assert not hold_no_call(event)
    assert not hold_no_call(b'data: {"type":"ping"}\n\n' + event)


def test_plain_words_are_passed_on_before_they_are_read():
    assert hold_no_call(b'event: content_block_delta\ndata: {"delta":{"type":"text_delta","text":"Hi"}}\n\n')
