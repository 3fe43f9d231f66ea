"""Whatever is sent, the fake refuses it or answers it: it never breaks down itself."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.exchange import Wire
from headroom.testing import Call, RecordedRequest, Reply, Text, Thinking
from headroom.testing.ledger import Ledger
from headroom.testing.provider import Provider
from headroom.testing.routes import Route
from headroom.testing.validate import Refused
from tests.testing.bodies import CHAT, GENERATE, MESSAGES, RESPONSES

MORE = ["tool_choice", "thinking", "stream", "stream_options", "toolConfig", "cache_control", "include", "reasoning"]
ROUTES = {
    Wire.ANTHROPIC: (MESSAGES, Route(Wire.ANTHROPIC, "generate")),
    Wire.OPENAI_CHAT: (CHAT, Route(Wire.OPENAI_CHAT, "generate")),
    Wire.OPENAI_RESPONSES: (RESPONSES, Route(Wire.OPENAI_RESPONSES, "generate")),
    Wire.GEMINI: (GENERATE, Route(Wire.GEMINI, "generate", model="gemini-2.5-pro")),
}
ODD = [None, True, 0, -1, 1.5, "", "x", [], {}, [None], [1], ["x"], {"type": "text"}, [{}], {"type": []}, {"x": 1}]
odd = st.sampled_from(ODD).map(copy.deepcopy)


def places(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


@pytest.mark.parametrize("wire", list(Wire), ids=str)
@settings(max_examples=150)
@given(data=st.data())
def test_odd_values_anywhere(wire, data):
    good, route = ROUTES[wire]
    body = copy.deepcopy(good)
    if wire is not Wire.GEMINI:
        body["stream"] = data.draw(st.booleans())
    if data.draw(st.booleans()):
        body[data.draw(st.sampled_from(MORE))] = data.draw(odd)
    path = data.draw(st.sampled_from([place for place in places(body) if place]))
    at = body
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = data.draw(odd)
    raw = json.dumps(body).encode()
    record = RecordedRequest(0, "POST", "/", "", (), raw, raw, 0.0, 0, wire=wire, operation="generate")
    provider = Provider(ledger=Ledger(foreign=True))
    try:
        read = provider.read(record, route, {})
    except Refused:
        return
    out = provider.answer(record, route, read, Reply((Thinking("hm"), Text("ok"), Call("ls", {"a": 1}))), "key")
    assert out.status == 200
    assert record.usage.total_input > 0
