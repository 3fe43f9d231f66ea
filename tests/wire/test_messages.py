"""What each dialect finds in one message: a table of shapes."""

import json

import pytest

from headroom.errors import Unreadable
from headroom.exchange import Wire
from headroom.wire import dialect_for
from headroom.wire.body import text_of
from headroom.wire.dialect import PartKind

RESULT, USER, ASSISTANT, SYSTEM = PartKind.TOOL_RESULT, PartKind.USER, PartKind.ASSISTANT, PartKind.SYSTEM
LONG = "long text " * 40


def parts_of(wire, message):
    raw = json.dumps(message).encode()
    found = dialect_for(wire).message(raw)
    return found, [(part.kind, text_of(raw[part.start : part.end]), part.call_id) for part in found.parts]


ANTHROPIC = {
    "user text as a string": ({"role": "user", "content": "hi"}, [(USER, "hi", None)]),
    "user text as blocks": (
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        [(USER, "a", None), (USER, "b", None)],
    ),
    "a system message among the others": ({"role": "system", "content": "be brief"}, [(SYSTEM, "be brief", None)]),
    "assistant text": (
        {"role": "assistant", "content": [{"type": "text", "text": "ok", "citations": []}]},
        [(ASSISTANT, "ok", None)],
    ),
    "a tool result as a string": (
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "out"}]},
        [(RESULT, "out", "t1")],
    ),
    "a tool result as a list, its image untouched": (
        {
            "role": "user",
            "content": [
                {
                    "tool_use_id": "t1",
                    "type": "tool_result",
                    "content": [
                        {"type": "text", "text": "one"},
                        {"type": "image", "source": {"type": "base64", "data": "AAAA", "media_type": "image/png"}},
                        {"type": "text", "text": "two"},
                        {
                            "type": "search_result",
                            "source": "s",
                            "title": "t",
                            "content": [{"type": "text", "text": "x"}],
                        },
                    ],
                },
                {"type": "text", "text": "go on"},
            ],
        },
        [(RESULT, "one", "t1"), (RESULT, "two", "t1"), (USER, "go on", None)],
    ),
    "a tool result without content": (
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1"}]},
        [],
    ),
    "blocks that are never touched": (
        {
            "role": "assistant",
            "content": [
                {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "q"}},
                {
                    "type": "web_search_tool_result",
                    "tool_use_id": "s1",
                    "content": [{"type": "web_search_result", "text": LONG, "encrypted_content": "x"}],
                },
                {"type": "code_execution_tool_result", "tool_use_id": "s2", "content": {"stdout": LONG}},
                {"type": "mcp_tool_result", "tool_use_id": "s3", "content": [{"type": "text", "text": LONG}]},
                {"type": "document", "source": {"type": "text", "data": LONG}},
                {"type": "a_type_of_next_year", "text": LONG},
            ],
        },
        [],
    ),
    "content that is null": ({"role": "assistant", "content": None}, []),
    "unknown things in the list": ({"role": "user", "content": ["x", 1, None, {"type": "text"}]}, []),
}

CHAT = {
    "system": ({"role": "system", "content": "s"}, [(SYSTEM, "s", None)]),
    "developer": ({"role": "developer", "content": [{"type": "text", "text": "s"}]}, [(SYSTEM, "s", None)]),
    "user with an image": (
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "look"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            ],
        },
        [(USER, "look", None)],
    ),
    "a tool result": ({"role": "tool", "tool_call_id": "c1", "content": "out"}, [(RESULT, "out", "c1")]),
    "a tool result as text parts": (
        {
            "role": "tool",
            "tool_call_id": "c1",
            "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        },
        [(RESULT, "a", "c1"), (RESULT, "b", "c1")],
    ),
    "a function result of the old kind": (
        {"role": "function", "name": "ls", "content": "out"},
        [(RESULT, "out", "ls")],
    ),
    "assistant with calls and no text": (
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f"}}],
        },
        [],
    ),
}

RESPONSES = {
    "a message without a type": ({"role": "user", "content": "hi"}, [(USER, "hi", None)]),
    "developer text": (
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "d"}]},
        [(SYSTEM, "d", None)],
    ),
    "assistant text": (
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a", "annotations": []}]},
        [(ASSISTANT, "a", None)],
    ),
    "a function's output": (
        {"type": "function_call_output", "call_id": "c1", "output": "out"},
        [(RESULT, "out", "c1")],
    ),
    "a function's output as parts, its image untouched": (
        {
            "type": "function_call_output",
            "call_id": "c1",
            "output": [
                {"type": "input_text", "text": "one"},
                {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
                {"type": "input_text", "text": "two"},
            ],
        },
        [(RESULT, "one", "c1"), (RESULT, "two", "c1")],
    ),
    "a custom tool's output": (
        {"type": "custom_tool_call_output", "call_id": "c2", "output": "out"},
        [(RESULT, "out", "c2")],
    ),
    "a local shell's output": (
        {"type": "local_shell_call_output", "call_id": "c3", "output": "out"},
        [(RESULT, "out", "c3")],
    ),
    "a shell's output": (
        {
            "type": "shell_call_output",
            "call_id": "c4",
            "output": [{"stdout": "o", "stderr": "e", "outcome": {"type": "exit", "exit_code": 1}}],
        },
        [(RESULT, "o", "c4"), (RESULT, "e", "c4")],
    ),
    "items that are never touched": ({"type": "mcp_call", "id": "m", "output": LONG, "arguments": "{}"}, []),
    "a screenshot": ({"type": "computer_call_output", "call_id": "x", "output": {"image_url": "data:"}}, []),
    "a reference": ({"type": "item_reference", "id": "msg_1"}, []),
}

DATA = [{"id": n, "name": f"Zoë {n}", "ok": n % 3 == 0} for n in range(60)]

GEMINI = {
    "user text": ({"role": "user", "parts": [{"text": "hi"}]}, [(USER, "hi", None)]),
    "no role": ({"parts": [{"text": "hi"}]}, [(USER, "hi", None)]),
    "a lone part": ({"role": "user", "parts": {"text": "hi"}}, [(USER, "hi", None)]),
    "model text": ({"role": "model", "parts": [{"text": "ok"}]}, [(ASSISTANT, "ok", None)]),
    "media": ({"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "A" * 400}}]}, []),
    "a function's response by id": (
        {"role": "user", "parts": [{"functionResponse": {"id": "f1", "name": "ls", "response": {"output": "out"}}}]},
        [(RESULT, "out", "f1")],
    ),
    "responses by name": (
        {
            "role": "function",
            "parts": [
                {"functionResponse": {"name": "ls", "response": {"result": "1"}}},
                {"functionResponse": {"name": "cat", "response": {"content": "2"}}},
                {"function_response": {"name": "ls", "response": {"anything": "3", "empty": "", "n": 4}}},
            ],
        },
        [(RESULT, "1", "ls#0"), (RESULT, "2", "cat#0"), (RESULT, "3", "ls#1")],
    ),
    "an MCP result inside": (
        {
            "role": "user",
            "parts": [
                {
                    "functionResponse": {
                        "id": "f",
                        "name": "mcp",
                        "response": {
                            "content": [
                                {"type": "text", "text": LONG},
                                {"type": "text", "text": "short"},
                                {"type": "image", "data": LONG, "mimeType": "image/png"},
                            ]
                        },
                    }
                }
            ],
        },
        [(RESULT, LONG, "f")],
    ),
    "a response that is data": (
        {
            "role": "user",
            "parts": [{"functionResponse": {"id": "f", "name": "q", "response": {"n": 60, "result": DATA}}}],
        },
        [(RESULT, json.dumps(DATA, ensure_ascii=False), "f")],
    ),
    "a response that is data two levels down": (
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": "f", "name": "q", "response": {"page": {"note": LONG * 9, "rows": DATA}}}}
            ],
        },
        [(RESULT, LONG * 9, "f"), (RESULT, json.dumps(DATA, ensure_ascii=False), "f")],
    ),
    "a response with little data": (
        {"role": "user", "parts": [{"functionResponse": {"id": "f", "name": "q", "response": {"result": DATA[:3]}}}]},
        [],
    ),
    "a response with data and an image": (
        {
            "role": "user",
            "parts": [
                {
                    "functionResponse": {
                        "id": "f",
                        "name": "q",
                        "response": {"result": [*DATA, {"mimeType": "image/png", "data": "QUJD"}]},
                    }
                }
            ],
        },
        [],
    ),
    "a signed response": (
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": "f", "name": "x", "response": {"output": "out"}}, "thoughtSignature": "s"}
            ],
        },
        [],
    ),
    "code run by the provider": (
        {"role": "model", "parts": [{"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": LONG}}]},
        [],
    ),
    "no parts": ({"role": "model"}, []),
}

TABLE = [
    pytest.param(wire, message, want, id=f"{wire}: {name}")
    for wire, rows in (
        (Wire.ANTHROPIC, ANTHROPIC),
        (Wire.OPENAI_CHAT, CHAT),
        (Wire.OPENAI_RESPONSES, RESPONSES),
        (Wire.GEMINI, GEMINI),
    )
    for name, (message, want) in rows.items()
]


@pytest.mark.parametrize(("wire", "message", "want"), TABLE)
def test_text_blocks(wire, message, want):
    assert parts_of(wire, message)[1] == want


CALLS = {
    "anthropic": (
        Wire.ANTHROPIC,
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "see"},
                {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}},
                {"type": "tool_use", "id": "t2", "name": "Read", "input": {}},
            ],
        },
        [("t1", "Bash", '{"command": "ls"}'), ("t2", "Read", "{}")],
    ),
    "chat": (
        Wire.OPENAI_CHAT,
        {
            "role": "assistant",
            "content": "see",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "ls", "arguments": '{"a":"ü"}'}},
                {"id": "c2", "type": "custom", "custom": {"name": "sh", "input": "ls -l"}},
            ],
        },
        [("c1", "ls", '{"a":"ü"}'), ("c2", "sh", "ls -l")],
    ),
    "chat, the old function_call": (
        Wire.OPENAI_CHAT,
        {"role": "assistant", "content": None, "function_call": {"name": "ls", "arguments": "{}"}},
        [("ls", "ls", "{}")],
    ),
    "responses function": (
        Wire.OPENAI_RESPONSES,
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "ls", "arguments": '{"x":1}'},
        [("c1", "ls", '{"x":1}')],
    ),
    "responses custom": (
        Wire.OPENAI_RESPONSES,
        {"type": "custom_tool_call", "call_id": "c1", "name": "apply_patch", "input": "*** Begin"},
        [("c1", "apply_patch", "*** Begin")],
    ),
    "responses local shell": (
        Wire.OPENAI_RESPONSES,
        {"type": "local_shell_call", "call_id": "c1", "action": {"type": "exec", "command": ["ls"]}},
        [("c1", "local_shell", '{"type": "exec", "command": ["ls"]}')],
    ),
    "gemini": (
        Wire.GEMINI,
        {
            "role": "model",
            "parts": [
                {"functionCall": {"name": "ls", "args": {"p": "/"}}},
                {"function_call": {"name": "ls", "args": {}}},
                {"functionCall": {"id": "f9", "name": "cat"}},
            ],
        },
        [("ls#0", "ls", '{"p": "/"}'), ("ls#1", "ls", "{}"), ("f9", "cat", "")],
    ),
}


@pytest.mark.parametrize(("wire", "message", "want"), CALLS.values(), ids=CALLS.keys())
def test_tool_calls(wire, message, want):
    found, _ = parts_of(wire, message)
    assert [(call.id, call.name, call.arguments) for call in found.calls] == want


SIGNED = {
    "thinking": (
        Wire.ANTHROPIC,
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "", "signature": "s"}]},
    ),
    "redacted thinking": (
        Wire.ANTHROPIC,
        {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "x"}]},
    ),
    "compaction": (Wire.ANTHROPIC, {"role": "assistant", "content": [{"type": "compaction", "content": "x"}]}),
    "reasoning": (Wire.OPENAI_RESPONSES, {"type": "reasoning", "summary": [], "encrypted_content": "x"}),
    "a compacted history": (Wire.OPENAI_RESPONSES, {"type": "compaction", "encrypted_content": "x"}),
    "reasoning details": (
        Wire.OPENAI_CHAT,
        {"role": "assistant", "content": "x", "reasoning_details": [{"data": "x"}]},
    ),
    "a thought signature": (Wire.GEMINI, {"role": "model", "parts": [{"text": "x", "thoughtSignature": "s"}]}),
    "a thought": (Wire.GEMINI, {"role": "model", "parts": [{"text": "x", "thought": True}]}),
}


@pytest.mark.parametrize(("wire", "message"), SIGNED.values(), ids=SIGNED.keys())
def test_signed_messages_are_told(wire, message):
    assert parts_of(wire, message)[0].signed


def test_ordinary_messages_are_not_signed():
    for wire, message, _ in CALLS.values():
        assert not parts_of(wire, message)[0].signed


def test_errors_are_told():
    def is_error(wire, message):
        return [part.is_error for part in parts_of(wire, message)[0].parts]

    result = {"type": "tool_result", "tool_use_id": "t", "content": "x"}
    assert is_error(Wire.ANTHROPIC, {"role": "user", "content": [result | {"is_error": True}]}) == [True]
    assert is_error(Wire.ANTHROPIC, {"role": "user", "content": [result | {"is_error": False}]}) == [False]
    response = {"id": "f", "name": "x", "response": {"error": "no such file"}}
    assert is_error(Wire.GEMINI, {"role": "user", "parts": [{"functionResponse": response}]}) == [True]
    output = {"type": "function_call_output", "call_id": "c", "output": "x", "status": "failed"}
    assert is_error(Wire.OPENAI_RESPONSES, output) == [True]


def test_cache_marks_are_told():
    mark = {"cache_control": {"type": "ephemeral"}}
    text = {"type": "text", "text": "x"}
    blocks = [
        text,
        text | mark,
        {"type": "tool_result", "tool_use_id": "t", "content": "x"} | mark,
        {"type": "tool_result", "tool_use_id": "t", "content": [text | mark, text]},
    ]
    found, _ = parts_of(Wire.ANTHROPIC, {"role": "user", "content": blocks})
    assert [part.marked for part in found.parts] == [False, True, True, True, False]


def test_a_plain_string_is_a_user_item():
    found = dialect_for(Wire.OPENAI_RESPONSES).message(b'"hello"')
    assert [(part.start, part.end, part.kind) for part in found.parts] == [(0, 7, USER)]
    item = dialect_for(Wire.OPENAI_RESPONSES).message(b'{"role":"user","content":"hello"}')
    assert found.canonical == item.canonical


@pytest.mark.parametrize("wire", Wire)
@pytest.mark.parametrize(
    "raw", [b"1", b"[]", b"null", b'{"role":"user","role":"x"}', b'{"role":', b"", b'{"role":"user","x":"\xff"}']
)
def test_what_is_no_message_is_refused(wire, raw):
    with pytest.raises(Unreadable):
        dialect_for(wire).message(raw)


def test_duplicate_keys_inside_blocks_are_refused():
    raw = b'{"role":"user","content":[{"type":"text","text":"a","text":"b"}]}'
    with pytest.raises(Unreadable, match="duplicate_key"):
        dialect_for(Wire.ANTHROPIC).message(raw)


def test_duplicate_keys_inside_a_tool_input_are_the_clients_own_affair():
    raw = b'{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n","input":{"a":1,"a":2}}]}'
    assert dialect_for(Wire.ANTHROPIC).message(raw).calls[0].arguments == '{"a":1,"a":2}'


def test_digests_tell_texts_apart_and_nothing_else():
    anthropic = dialect_for(Wire.ANTHROPIC)
    one = anthropic.message(b'{"role":"user","content":"same"}').parts[0]
    two = anthropic.message(b'{"content": [{"text":"same","type":"text"}], "role":"user"}').parts[0]
    other = anthropic.message(b'{"role":"user","content":"other"}').parts[0]
    assert one.digest == two.digest != other.digest
    assert len(one.digest) == 16


def canonical(wire, message):
    return dialect_for(wire).message(json.dumps(message).encode()).canonical


RESULT_BLOCK = {"type": "tool_result", "tool_use_id": "t", "content": "out"}
SAME = {
    "cache_control on a block": (
        Wire.ANTHROPIC,
        {"role": "user", "content": [RESULT_BLOCK]},
        {"role": "user", "content": [RESULT_BLOCK | {"cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
    ),
    "the order of keys": (
        Wire.ANTHROPIC,
        {"role": "user", "content": [RESULT_BLOCK]},
        {"content": [dict(reversed(RESULT_BLOCK.items()))], "role": "user"},
    ),
    "a string for one text block": (
        Wire.ANTHROPIC,
        {"role": "user", "content": "x"},
        {"role": "user", "content": [{"type": "text", "text": "x"}]},
    ),
    "a string for one text block inside a result": (
        Wire.ANTHROPIC,
        {"role": "user", "content": [RESULT_BLOCK]},
        {"role": "user", "content": [RESULT_BLOCK | {"content": [{"type": "text", "text": "out"}]}]},
    ),
    "chat sugar": (
        Wire.OPENAI_CHAT,
        {"role": "tool", "tool_call_id": "c", "content": "x"},
        {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "x"}]},
    ),
    "a client's own notes": (
        Wire.OPENAI_CHAT,
        {"role": "assistant", "content": "x", "refusal": None, "__copilotMessageSource": "resume"},
        {"role": "assistant", "content": "x"},
    ),
    "assistant sugar": (
        Wire.OPENAI_RESPONSES,
        {"role": "assistant", "content": "x"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "x"}]},
    ),
    "output sugar": (
        Wire.OPENAI_RESPONSES,
        {"type": "function_call_output", "call_id": "c", "output": "x"},
        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "x"}]},
    ),
}


@pytest.mark.parametrize(("wire", "one", "two"), SAME.values(), ids=SAME.keys())
def test_the_canonical_digest_ignores(wire, one, two):
    assert canonical(wire, one) == canonical(wire, two)


def call_block(**changes):
    return {"type": "tool_use", "id": "t", "name": "n", "input": {"a": 1}} | changes


DIFFERENT = {
    "the text": (Wire.ANTHROPIC, {"role": "user", "content": "x"}, {"role": "user", "content": "y"}),
    "the role": (Wire.ANTHROPIC, {"role": "user", "content": "x"}, {"role": "assistant", "content": "x"}),
    "a tool's input": (
        Wire.ANTHROPIC,
        {"role": "assistant", "content": [call_block()]},
        {"role": "assistant", "content": [call_block(input={"a": 2})]},
    ),
    "cache_control inside a tool's input": (
        Wire.ANTHROPIC,
        {"role": "assistant", "content": [call_block()]},
        {"role": "assistant", "content": [call_block(input={"a": 1, "cache_control": 1})]},
    ),
    "the id": (
        Wire.ANTHROPIC,
        {"role": "assistant", "content": [call_block()]},
        {"role": "assistant", "content": [call_block(id="t2")]},
    ),
    "an error flag": (
        Wire.ANTHROPIC,
        {"role": "user", "content": [RESULT_BLOCK]},
        {"role": "user", "content": [RESULT_BLOCK | {"is_error": True}]},
    ),
    "the order of blocks": (
        Wire.ANTHROPIC,
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "user", "content": [{"type": "text", "text": "b"}, {"type": "text", "text": "a"}]},
    ),
    "one block or two": (
        Wire.ANTHROPIC,
        {"role": "user", "content": [{"type": "text", "text": "ab"}]},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
    ),
    "a signature": (
        Wire.GEMINI,
        {"role": "model", "parts": [{"text": "x", "thoughtSignature": "1"}]},
        {"role": "model", "parts": [{"text": "x", "thoughtSignature": "2"}]},
    ),
}


@pytest.mark.parametrize(("wire", "one", "two"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_the_canonical_digest_tells_apart(wire, one, two):
    assert canonical(wire, one) != canonical(wire, two)
