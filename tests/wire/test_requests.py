"""What each dialect finds in a whole request body."""

import json

import pytest

from headroom.errors import Unreadable
from headroom.exchange import Wire
from headroom.wire import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES, dialect_for

TEXT = {
    Wire.ANTHROPIC: "messages",
    Wire.OPENAI_CHAT: "messages",
    Wire.OPENAI_RESPONSES: "input",
    Wire.GEMINI: "contents",
}


def dump(value):
    return json.dumps(value, indent=1).encode()


def cut(body, span):
    return json.loads(body[span.start : span.end])


def test_anthropic():
    value = {
        "model": "claude-opus-4",
        "max_tokens": 512,
        "stream": True,
        "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
        "tools": [
            {"name": "Bash", "input_schema": {"name": "no"}},
            {"type": "web_search_20250305", "name": "web_search"},
        ],
        "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
    }
    body = dump(value)
    found = ANTHROPIC.outline(body)
    assert (found.wire, found.model, found.stream, found.max_output) == (Wire.ANTHROPIC, "claude-opus-4", True, 512)
    assert [cut(body, span) for span in found.messages] == value["messages"]
    assert [cut(body, span) for span in found.system] == [value["system"]]
    assert cut(body, found.tools) == value["tools"]
    assert found.tool_names == ("Bash", "web_search")
    assert (found.forced_tool, found.cache_marks, found.previous_response, found.body_start) == (False, 1, False, 0)


def test_chat():
    value = {
        "messages": [{"role": "user", "content": "a"}],
        "model": "gpt-5",
        "max_tokens": 7,
        "max_completion_tokens": 9,
        "tools": [
            {"type": "function", "function": {"name": "ls", "parameters": {}}},
            {"type": "custom", "custom": {"name": "sh"}},
        ],
    }
    body = dump(value)
    found = OPENAI_CHAT.outline(body)
    assert (found.model, found.stream, found.max_output) == ("gpt-5", False, 9)
    assert [cut(body, span) for span in found.messages] == value["messages"]
    assert cut(body, found.tools) == value["tools"]
    assert found.tool_names == ("ls", "sh")


def test_responses():
    value = {
        "input": [{"role": "user", "content": "a"}, {"type": "function_call_output", "call_id": "c", "output": "x"}],
        "instructions": "be brief",
        "model": "gpt-5",
        "max_output_tokens": 11,
        "previous_response_id": "resp_1",
        "tools": [{"type": "function", "name": "ls"}, {"type": "web_search"}, {"type": "custom", "name": "patch"}],
        "stream": True,
    }
    body = dump(value)
    found = OPENAI_RESPONSES.outline(body)
    assert (found.model, found.stream, found.max_output, found.previous_response) == ("gpt-5", True, 11, True)
    assert [cut(body, span) for span in found.messages] == value["input"]
    assert [cut(body, span) for span in found.system] == ["be brief"]
    assert found.tool_names == ("ls", "patch")


def test_tools_in_a_namespace_are_named_too():
    tools = [{"type": "namespace", "name": "mcp__fs", "tools": [{"type": "function", "name": "read"}]}]
    assert OPENAI_RESPONSES.outline(dump({"input": [], "tools": tools})).tool_names == ("mcp__fs", "read")


def test_responses_with_a_string_or_without_input():
    body = b'{"model":"m","input":"hello","previous_response_id":null}'
    found = OPENAI_RESPONSES.outline(body)
    assert [body[span.start : span.end] for span in found.messages] == [b'"hello"']
    assert not found.previous_response
    assert OPENAI_RESPONSES.outline(b'{"model":"m","prompt":{"id":"p"},"conversation":"c"}').messages == ()


def test_a_websocket_frame_reads_like_a_body():
    body = b'{"type":"response.create","model":"m","input":[{"role":"user","content":"a"}],"generate":true}'
    assert len(OPENAI_RESPONSES.outline(body).messages) == 1


def gemini(camel):
    def key(name):
        return name if camel else "".join("_" + c.lower() if c.isupper() else c for c in name)

    return {
        "contents": [{"role": "user", "parts": [{"text": "a"}]}],
        key("systemInstruction"): {"parts": [{"text": "s"}]},
        "tools": [{"googleSearch": {}}, {key("functionDeclarations"): [{"name": "ls"}, {"name": "cat"}]}],
        key("generationConfig"): {key("maxOutputTokens"): 13},
    }


@pytest.mark.parametrize("camel", [True, False], ids=["camelCase", "snake_case"])
def test_gemini(camel):
    value = gemini(camel)
    body = dump(value)
    found = GEMINI.outline(body)
    assert (found.model, found.max_output, found.tool_names) == (None, 13, ("ls", "cat"))
    assert [cut(body, span) for span in found.messages] == value["contents"]
    assert [cut(body, span) for span in found.system] == [{"parts": [{"text": "s"}]}]


def test_code_assist_nests_the_request():
    value = {"model": "gemini-2.5-pro", "project": "p", "request": gemini(camel=True)}
    body = dump(value)
    found = GEMINI.outline(body)
    assert found.model == "gemini-2.5-pro"
    assert json.JSONDecoder().raw_decode(body.decode(), found.body_start)[0] == value["request"]
    assert [cut(body, span) for span in found.messages] == value["request"]["contents"]
    assert found.tool_names == ("ls", "cat")


def test_gemini_takes_a_lone_content():
    body = b'{"contents":{"role":"user","parts":{"text":"a"}}}'
    assert [cut(body, span) for span in GEMINI.outline(body).messages] == [{"role": "user", "parts": {"text": "a"}}]


CHOICES = {
    "anthropic auto": (Wire.ANTHROPIC, {"tool_choice": {"type": "auto"}}, False),
    "anthropic none": (Wire.ANTHROPIC, {"tool_choice": {"type": "none"}}, True),
    "anthropic any": (Wire.ANTHROPIC, {"tool_choice": {"type": "any"}}, True),
    "anthropic one tool": (Wire.ANTHROPIC, {"tool_choice": {"type": "tool", "name": "x"}}, True),
    "chat auto": (Wire.OPENAI_CHAT, {"tool_choice": "auto"}, False),
    "chat null": (Wire.OPENAI_CHAT, {"tool_choice": None}, False),
    "chat none": (Wire.OPENAI_CHAT, {"tool_choice": "none"}, True),
    "chat required": (Wire.OPENAI_CHAT, {"tool_choice": "required"}, True),
    "chat one tool": (Wire.OPENAI_CHAT, {"tool_choice": {"type": "function", "function": {"name": "x"}}}, True),
    "responses auto": (Wire.OPENAI_RESPONSES, {"tool_choice": "auto"}, False),
    "responses allowed tools": (Wire.OPENAI_RESPONSES, {"tool_choice": {"type": "allowed_tools", "tools": []}}, True),
    "gemini auto": (Wire.GEMINI, {"toolConfig": {"functionCallingConfig": {"mode": "AUTO"}}}, False),
    "gemini validated": (Wire.GEMINI, {"toolConfig": {"functionCallingConfig": {"mode": "VALIDATED"}}}, False),
    "gemini none": (Wire.GEMINI, {"toolConfig": {"functionCallingConfig": {"mode": "NONE"}}}, True),
    "gemini any": (Wire.GEMINI, {"tool_config": {"function_calling_config": {"mode": "any"}}}, True),
    "gemini allowed names": (
        Wire.GEMINI,
        {"toolConfig": {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["x"]}}},
        True,
    ),
    "gemini other settings": (Wire.GEMINI, {"toolConfig": {"retrievalConfig": {}}}, False),
}


@pytest.mark.parametrize(("wire", "extra", "want"), CHOICES.values(), ids=CHOICES.keys())
def test_forced_tools(wire, extra, want):
    assert dialect_for(wire).outline(dump({TEXT[wire]: []} | extra)).forced_tool is want


@pytest.mark.parametrize("wire", Wire)
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "invalid_json"),
        (b"hello", "invalid_json"),
        (b"[]", "shape"),
        (b'"x"', "shape"),
        (b'{"messages":1,"input":1,"contents":1}', "shape"),
        (b'{"messages":[],"input":[],"contents":[]', "invalid_json"),
        (b'{"messages":[],"input":[],"contents":[],"model":"a","model":"b"}', "duplicate_key"),
        (b'{"messages":[],"input":[],"contents":[],"x":"\xff"}', "invalid_json"),
    ],
)
def test_bodies_we_must_not_edit_are_refused(wire, body, reason):
    with pytest.raises(Unreadable) as refused:
        dialect_for(wire).outline(body)
    assert refused.value.reason == reason


@pytest.mark.parametrize("wire", [Wire.ANTHROPIC, Wire.OPENAI_CHAT, Wire.GEMINI])
def test_a_body_without_messages_is_refused(wire):
    with pytest.raises(Unreadable, match="shape"):
        dialect_for(wire).outline(b'{"model":"x"}')


@pytest.mark.parametrize("wire", Wire)
def test_ten_thousand_messages_are_the_limit(wire):
    one = b'{"role":"user","content":"x","parts":[]}'

    def body(count):
        return b'{"' + TEXT[wire].encode() + b'":[' + b",".join([one] * count) + b"]}"

    assert len(dialect_for(wire).outline(body(10_000)).messages) == 10_000
    with pytest.raises(Unreadable, match="too_many_messages"):
        dialect_for(wire).outline(body(10_001))


@pytest.mark.parametrize(
    "odd",
    [
        {"model": 5, "stream": "yes", "tools": {}, "tool_choice": 7, "max_tokens": -1, "system": None},
        {"tools": [1, "x", None], "instructions": None, "toolConfig": [], "generationConfig": "x"},
        {"tools": [{"name": 5, "function": {"name": None}, "functionDeclarations": None}]},
    ],
    ids=["wrong types", "more wrong types", "nameless tools"],
)
@pytest.mark.parametrize("wire", Wire)
def test_odd_fields_are_left_to_the_provider(wire, odd):
    found = dialect_for(wire).outline(dump({TEXT[wire]: []} | odd))
    assert (found.model, found.stream, found.max_output, found.system, found.tool_names) == (None, False, None, (), ())


@pytest.mark.parametrize(
    ("models", "named"), [(("m1", "m2"), None), (("m1", "m1"), "m1"), ((None, "m1"), None)], ids=["two", "one", "odd"]
)
def test_a_batch_is_read_request_by_request(models, named):
    requests = [
        {
            "custom_id": str(number),
            "params": {"model": model, "max_tokens": 50, "messages": [{"role": "user", "content": "1"}], "tools": []},
        }
        for number, model in enumerate(models)
    ]
    body = dump({"requests": requests})
    found = ANTHROPIC.batch(body)
    assert [json.loads(body[start:end]) for start, end in found.params] == [one["params"] for one in requests]
    assert (found.model, found.max_output) == (named, 100)


@pytest.mark.parametrize("body", [b"{}", b'{"requests":{}}', b'{"requests":[{}]}', b'{"requests":[{"params":[]}]}'])
def test_what_is_no_batch_is_refused(body):
    with pytest.raises(Unreadable):
        ANTHROPIC.batch(body)
