import json

import pytest

from headroom.wire import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from headroom.wire.body import splice
from headroom.wire.tools import add_tool

SCHEMA = {"type": "object", "properties": {"hash": {"type": "string"}}, "required": ["hash"]}
START = {ANTHROPIC: "messages", OPENAI_CHAT: "messages", OPENAI_RESPONSES: "input", GEMINI: "contents"}
ALL = list(START)
NAMES = [str(dialect.wire) for dialect in ALL]

DEFINITIONS = {
    ANTHROPIC: {"name": "get", "description": "d", "input_schema": SCHEMA},
    OPENAI_CHAT: {"type": "function", "function": {"name": "get", "description": "d", "parameters": SCHEMA}},
    OPENAI_RESPONSES: {"type": "function", "name": "get", "description": "d", "parameters": SCHEMA, "strict": False},
    GEMINI: {"name": "get", "description": "d", "parameters": SCHEMA},
}


def added(dialect, body):
    edits = add_tool(body, dialect.outline(body), dialect, dialect.tool("get", "d", SCHEMA))
    return edits, splice(body, edits)


@pytest.mark.parametrize("dialect", ALL, ids=NAMES)
def test_the_definition_has_the_dialects_shape(dialect):
    assert json.loads(dialect.tool("get", "d", SCHEMA)) == DEFINITIONS[dialect]


@pytest.mark.parametrize("indent", [None, 2], ids=["compact", "indented"])
@pytest.mark.parametrize("dialect", ALL, ids=NAMES)
def test_it_is_appended_at_the_end(dialect, indent):
    mine = [DEFINITIONS[dialect] | {"name": "mine"}, {"type": "web_search", "name": "x"}]
    tools = [{"googleSearch": {}}, {"functionDeclarations": mine}, {"x": 1}] if dialect is GEMINI else mine
    body = json.dumps({"tools": tools, START[dialect]: []}, indent=indent).encode()
    edits, result = added(dialect, body)
    (edit,) = edits
    assert edit.start == edit.end
    assert result == body[: edit.start] + edit.new + body[edit.start :]
    found = json.loads(result)["tools"]
    if dialect is GEMINI:
        assert found == [tools[0], {"functionDeclarations": [*mine, DEFINITIONS[dialect]]}, tools[2]]
    else:
        assert found == [*mine, DEFINITIONS[dialect]]
    assert dialect.outline(result).tool_names[-1] == "get"


ABSENT = {
    "no tools": {},
    "null": {"tools": None},
    "an empty list": {"tools": []},
    "an empty list with white space": {"tools": "[ \n ]"},
    "no list": {"tools": {}},
}


@pytest.mark.parametrize("extra", ABSENT.values(), ids=ABSENT.keys())
@pytest.mark.parametrize("dialect", ALL, ids=NAMES)
def test_tools_are_never_made_up(dialect, extra):
    body = json.dumps({START[dialect]: []} | extra).replace('"[ \\n ]"', "[ \n ]").encode()
    edits, result = added(dialect, body)
    assert edits == []
    assert result is body


@pytest.mark.parametrize(
    "tools", [[{"googleSearch": {}}], [{"functionDeclarations": []}], [{"functionDeclarations": None}]]
)
def test_gemini_without_functions_stays_as_it_is(tools):
    body = json.dumps({"contents": [], "tools": tools}).encode()
    assert added(GEMINI, body) == ([], body)


def test_code_assist_gets_it_inside_the_request():
    body = b'{"model":"g","request":{"contents":[],"tools":[{"function_declarations":[{"name":"a"}]}]}}'
    _, result = added(GEMINI, body)
    assert [one["name"] for one in json.loads(result)["request"]["tools"][0]["function_declarations"]] == ["a", "get"]
