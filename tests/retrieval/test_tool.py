import json

import pytest

from headroom.accounts import tokens
from headroom.exchange import Wire
from headroom.pipeline.conversation import TOOL_TOKENS
from headroom.retrieval.tool import NAME, arguments_of, definition, is_retrieve, offer
from headroom.wire import dialect_for
from headroom.wire.body import splice
from headroom.wire.tools import add_tool

BODIES = {
    Wire.ANTHROPIC: {"model": "m", "max_tokens": 9, "messages": [], "tools": [{"name": "Bash", "input_schema": {}}]},
    Wire.OPENAI_CHAT: {"model": "m", "messages": [], "tools": [{"type": "function", "function": {"name": "Bash"}}]},
    Wire.OPENAI_RESPONSES: {"model": "m", "input": [], "tools": [{"type": "function", "name": "Bash"}]},
    Wire.GEMINI: {"contents": [], "tools": [{"functionDeclarations": [{"name": "Bash"}]}]},
}
FORCED = {
    Wire.ANTHROPIC: {"tool_choice": {"type": "tool", "name": "Bash"}},
    Wire.OPENAI_CHAT: {"tool_choice": "none"},
    Wire.OPENAI_RESPONSES: {"tool_choice": "required"},
    Wire.GEMINI: {"toolConfig": {"functionCallingConfig": {"mode": "NONE"}}},
}
OWN = {
    Wire.ANTHROPIC: {"tools": [{"name": "mcp__headroom__headroom_retrieve", "input_schema": {}}]},
    Wire.OPENAI_CHAT: {"tools": [{"type": "function", "function": {"name": NAME}}]},
    Wire.OPENAI_RESPONSES: {"tools": [{"type": "function", "name": NAME}]},
    Wire.GEMINI: {"tools": [{"functionDeclarations": [{"name": NAME}]}]},
}
NONE = {
    Wire.ANTHROPIC: {"tools": []},
    Wire.OPENAI_CHAT: {"tools": None},
    Wire.OPENAI_RESPONSES: {"tools": [{"type": "web_search"}]},
    Wire.GEMINI: {"tools": [{"googleSearch": {}}]},
}


def decide(wire, *changes, **how):
    given = dict(BODIES[wire])
    for change in changes:
        given |= change
    body = json.dumps(given).encode()
    return offer(dialect_for(wire).outline(body), body, **how), body


@pytest.mark.parametrize("wire", list(Wire))
class TestOffer:
    def test_tools_are_there_so_ours_may_be(self, wire):
        offered, body = decide(wire)
        assert (offered.present, offered.inject, offered.lossy) == (True, True, True)
        dialect = dialect_for(wire)
        request = dialect.outline(body)
        after = splice(body, add_tool(body, request, dialect, definition(dialect)))
        assert dialect.outline(after).tool_names == ("Bash", NAME)

    def test_no_tools_no_markers(self, wire):
        assert not decide(wire, NONE[wire])[0].present

    @pytest.mark.parametrize("why", ["batch", "signed", "websocket", "json_stream"])
    def test_no_calls_can_be_answered_so_no_markers(self, wire, why):
        offered, _ = decide(wire, obstacle=why)
        assert (offered.present, offered.lossy, offered.why) == (False, False, why)

    def test_a_client_that_brought_the_tool_can_answer_it_itself(self, wire):
        offered, _ = decide(wire, OWN[wire], obstacle="websocket")
        assert (offered.present, offered.inject, offered.lossy) == (True, False, True)

    def test_a_forced_choice_allows_nothing_new(self, wire):
        offered, _ = decide(wire, FORCED[wire])
        assert (offered.present, offered.lossy) == (False, False)

    def test_a_forced_choice_later_on_keeps_the_tool_and_old_markers(self, wire):
        offered, _ = decide(wire, FORCED[wire], carried=True)
        assert (offered.present, offered.inject, offered.lossy) == (True, True, False)

    def test_switched_off(self, wire):
        assert not decide(wire, enabled=False)[0].present
        assert not decide(wire, inject=False)[0].present

    def test_lossy_never_without_the_tool(self, wire):
        for change in ({}, FORCED[wire], OWN[wire], NONE[wire]):
            for how in ({}, {"enabled": False}, {"inject": False}, {"obstacle": "batch"}, {"carried": True}):
                offered, _ = decide(wire, change, **how)
                assert offered.present or not (offered.lossy or offered.inject)
                assert bool(offered.why) != offered.lossy


CALLED = {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {"candidateCount": 3}}}]}


@pytest.mark.parametrize(
    ("wire", "change", "lossy"),
    [
        (Wire.OPENAI_CHAT, {"n": 2}, False),
        (Wire.OPENAI_CHAT, {"n": 1}, True),
        (Wire.OPENAI_CHAT, {"user": 'say "n": 5'}, True),
        (Wire.GEMINI, {"generationConfig": {"candidateCount": 3}}, False),
        (Wire.GEMINI, {"toolConfig": {"functionCallingConfig": {"streamFunctionCallArguments": True}}}, False),
        (Wire.GEMINI, {"contents": [CALLED]}, True),
        (Wire.ANTHROPIC, {"metadata": {"n": 7}}, True),
    ],
)
def test_answers_that_can_not_be_woven_get_no_markers(wire, change, lossy):
    assert decide(wire, change)[0].lossy is lossy


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("headroom_retrieve", True),
        ("mcp__headroom__headroom_retrieve", True),
        ("mcp__my-server__headroom_retrieve", True),
        ("mcp_Headroom_headroom_retrieve", True),
        ("mcp__plugin_headroom_headroom__headroom_retrieve", True),
        ("headroom__headroom_retrieve", True),
        ("headroom-headroom_retrieve", True),
        ("functions.headroom_retrieve", True),
        ("Headroom_Retrieve", True),
        ("headroom_retrieve_all", False),
        ("not_headroom_retrieve", False),
        ("xheadroom_retrieve", False),
        ("retrieve", False),
        ("document_retrieve", False),
        ("headroom_compress", False),
        ("", False),
        ("mcp" + "_" * 100_000 + "headroom_retrieve", False),
    ],
)
def test_names(name, ours):
    assert is_retrieve(name) is ours


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("", {}),
        ("{}", {}),
        ('{"hash": "a"}', {"hash": "a"}),
        ('"{\\"hash\\": \\"a\\"}"', {"hash": "a"}),
        ('"abc"', {"hash": "abc"}),
        ('{"hash": "9f2c41d07ab3e5c8d1f00a2b", "li', {"hash": "9f2c41d07ab3e5c8d1f00a2b"}),
        ("[1]", {}),
        ("null", {}),
        ("{" * 100_000, {}),
        ("nonsense", {}),
    ],
)
def test_arguments_are_read_leniently(text, want):
    assert arguments_of(text) == want


def test_the_definition_is_small_and_the_same_every_time():
    for wire in Wire:
        raw = definition(dialect_for(wire))
        assert raw == definition(dialect_for(wire))
        assert json.loads(raw)
        assert tokens.count(raw.decode()) <= TOOL_TOKENS + 10
        flat = json.dumps(json.loads(raw))
        for name in ("hash", "lines", "rows", "pattern", "max_tokens"):
            assert f'"{name}"' in flat
