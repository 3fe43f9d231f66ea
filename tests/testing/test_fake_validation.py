"""The fake refuses what the providers refuse, in their envelope and words."""

import copy
import json

import aiohttp
import pytest

from headroom.exchange import Wire
from headroom.testing import Call, FakeClock, ScriptedLLM, Thinking
from headroom.testing.ledger import Ledger
from headroom.testing.validate import Refused, anthropic, gemini, openai_chat, openai_responses
from tests.testing.bodies import CHAT, GENERATE, LEDGER, MESSAGES, REASONED, RESPONSES, SIGNED, THOUGHT


def put(*path, value):
    """A change that sets ``body[path…]``; a last element of None appends."""

    def change(body):
        at = body
        for step in path[:-1]:
            at = at[step]
        if path[-1] is None:
            at.append(value)
        else:
            at[path[-1]] = value

    return change


def drop(*path):
    def change(body):
        at = body
        for step in path[:-1]:
            at = at[step]
        del at[path[-1]]

    return change


def both(*changes):
    def change(body):
        for one in changes:
            one(body)

    return change


TEXT = {"type": "text", "text": "x"}
MARKED = {**TEXT, "cache_control": {"type": "ephemeral"}}

ANTHROPIC_BAD = {
    "max_tokens missing": (drop("max_tokens"), "max_tokens: Field required"),
    "max_tokens zero": (put("max_tokens", value=0), "greater than or equal to 1"),
    "unknown parameter": (put("budget", value=1), "budget: Extra inputs are not permitted"),
    "no messages": (put("messages", value=[]), "at least one message is required"),
    "starts with the assistant": (drop("messages", 0), 'first message must use the "user" role'),
    "unknown role": (put("messages", 0, "role", value="tool"), "Unexpected role"),
    "system role without its beta": (
        put("messages", None, value={"role": "system", "content": "x"}),
        "Unexpected role",
    ),
    "empty message": (put("messages", 0, "content", value=""), "must have non-empty content"),
    "empty text block": (put("messages", 0, "content", value=[{"type": "text", "text": ""}]), "must be non-empty"),
    "blank text block": (put("messages", 0, "content", value=[{"type": "text", "text": " \n"}]), "non-whitespace"),
    "empty text in a tool result": (
        put("messages", 2, "content", 0, "content", 0, "text", value=""),
        "must be non-empty",
    ),
    "unknown block type": (put("messages", 0, "content", value=[{"type": "poem"}]), "Input tag 'poem'"),
    "unknown field in a block": (put("messages", 2, "content", 0, "note", value=1), "tool_result.note: Extra inputs"),
    "unknown field in a message": (put("messages", 0, "name", value="x"), "messages.0.name: Extra inputs"),
    "tool_use without result": (
        put("messages", 2, "content", value=[TEXT]),
        "`tool_use` ids were found without `tool_result`",
    ),
    "tool_use at the very end": (drop("messages", 2), "`tool_use` ids were found without `tool_result`"),
    "result after other content": (
        put("messages", 2, "content", value=[TEXT, MESSAGES["messages"][2]["content"][0]]),
        "`tool_use` ids were found without `tool_result`",
    ),
    "result one message late": (
        put("messages", 2, value={"role": "user", "content": "wait"}),
        "`tool_use` ids were found",
    ),
    "orphan result": (put("messages", 2, "content", 0, "tool_use_id", value="toolu_2"), "unexpected `tool_use_id`"),
    "result twice": (put("messages", 2, "content", None, value=MESSAGES["messages"][2]["content"][0]), "single result"),
    "tool ids twice": (
        put("messages", 1, "content", None, value=MESSAGES["messages"][1]["content"][2]),
        "must be unique",
    ),
    "tool_use by the user": (
        put("messages", 0, "content", value=[MESSAGES["messages"][1]["content"][2]]),
        "only be in `assistant`",
    ),
    "tool_use input no object": (put("messages", 1, "content", 2, "input", value="{}"), "valid dictionary"),
    "thinking changed": (
        put("messages", 1, "content", 0, "thinking", value="hm."),
        "Invalid `signature` in `thinking`",
    ),
    "signature changed": (
        put("messages", 1, "content", 0, "signature", value=SIGNED[:-4] + "AAAA"),
        "Invalid `signature`",
    ),
    "signature missing": (drop("messages", 1, "content", 0, "signature"), "signature: Field required"),
    "foreign redacted thinking": (
        put("messages", 1, "content", 0, value={"type": "redacted_thinking", "data": "AAAA"}),
        "Invalid `data` in `redacted_thinking`",
    ),
    "five marks": (
        put("messages", None, value={"role": "user", "content": [MARKED, MARKED, MARKED]}),
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    "1h after 5m": (
        put("messages", 2, "content", None, value={**TEXT, "cache_control": {"type": "ephemeral", "ttl": "1h"}}),
        "must not come after a ttl='5m'",
    ),
    "unknown ttl": (put("system", 0, "cache_control", "ttl", value="2h"), "Input should be '5m' or '1h'"),
    "mark on thinking": (
        put("messages", 1, "content", 0, "cache_control", value={"type": "ephemeral"}),
        "thinking.cache_control: Extra inputs",
    ),
    "tool names twice": (put("tools", None, value=MESSAGES["tools"][0]), "Tool names must be unique"),
    "tool without schema": (drop("tools", 0, "input_schema"), "input_schema: Field required"),
    "tool name with a dot": (put("tools", 0, "name", value="a.b"), "String should match pattern"),
    "forced tool not there": (put("tool_choice", value={"type": "tool", "name": "cat"}), "not found in provided tools"),
    "choice without tools": (both(drop("tools"), put("tool_choice", value={"type": "auto"})), "while providing tools"),
    "unknown choice": (put("tool_choice", value={"type": "maybe"}), "Input tag 'maybe'"),
    "thinking and a forced tool": (
        both(
            put("thinking", value={"type": "enabled", "budget_tokens": 1024}), put("tool_choice", value={"type": "any"})
        ),
        "Thinking may not be enabled",
    ),
    "thinking over max_tokens": (
        put("thinking", value={"type": "enabled", "budget_tokens": 2000}),
        "must be greater than",
    ),
    "final text ends blank": (
        put("messages", None, value={"role": "assistant", "content": "So "}),
        "cannot end with trailing whitespace",
    ),
}


@pytest.mark.parametrize(("change", "words"), ANTHROPIC_BAD.values(), ids=ANTHROPIC_BAD)
def test_anthropic_refuses(change, words):
    body = copy.deepcopy(MESSAGES)
    change(body)
    with pytest.raises(Refused) as caught:
        anthropic.read(body, {}, LEDGER)
    assert words in caught.value.message


ANTHROPIC_GOOD = {
    "as it is": lambda body: None,
    "consecutive user messages are joined": put("messages", None, value={"role": "user", "content": "And?"}),
    "a trailing empty assistant message": put("messages", None, value={"role": "assistant", "content": []}),
    "an empty tool result": put("messages", 2, "content", 0, "content", value=""),
    "server tools": put("tools", None, value={"type": "web_search_20250305", "name": "web_search", "max_uses": 2}),
    "automatic caching": put("cache_control", value={"type": "ephemeral"}),
    "earlier thinking left out": drop("messages", 1, "content", 0),
}


@pytest.mark.parametrize("change", ANTHROPIC_GOOD.values(), ids=ANTHROPIC_GOOD)
def test_anthropic_accepts(change):
    body = copy.deepcopy(MESSAGES)
    change(body)
    seen = anthropic.read(body, {}, LEDGER)
    assert seen.tools[0] == "ls"
    assert seen.client_results == 1


def test_anthropic_wants_the_thinking_of_the_running_loop():
    ledger = Ledger()
    ledger.seal_call("toolu_1", SIGNED)
    body = copy.deepcopy(MESSAGES)
    body["thinking"] = {"type": "enabled", "budget_tokens": 1024}
    anthropic.read(body, {}, ledger)
    del body["messages"][1]["content"][0]
    with pytest.raises(Refused, match="Expected `thinking`"):
        anthropic.read(body, {}, ledger)


CHAT_BAD = {
    "unknown argument": (put("max_token", value=1), "Unrecognized request argument supplied: max_token"),
    "no model": (drop("model"), "you must provide a model parameter"),
    "no messages": (put("messages", value=[]), "empty array"),
    "unknown role": (put("messages", 0, "role", value="model"), "Supported values are"),
    "null content": (put("messages", 1, "content", value=None), "expected a string, got null"),
    "image for the tool": (
        put("messages", 3, "content", value=[{"type": "image_url"}]),
        "Supported values for role 'tool'",
    ),
    "call unanswered": (drop("messages", 4), "did not have response messages: call_1"),
    "call answered late": (
        put("messages", 4, value={"role": "user", "content": "wait"}),
        "did not have response messages: call_1",
    ),
    "orphan answer": (put("messages", 4, "tool_call_id", value="call_9"), "must be a response to a preceeding message"),
    "answer without call": (drop("messages", 2), "must be a response to a preceeding message"),
    "answer twice": (put("messages", None, value=CHAT["messages"][4]), "Duplicate value for 'tool_call_id'"),
    "arguments no text": (put("messages", 2, "tool_calls", 0, "function", "arguments", value={}), "expected a string"),
    "empty tools": (put("tools", value=[]), "Expected an array with minimum length 1"),
    "129 tools": (
        put("tools", value=[{"type": "function", "function": {"name": f"t{n}"}} for n in range(129)]),
        "array too long",
    ),
    "tool names twice": (put("tools", None, value=CHAT["tools"][0]), "must be unique"),
    "schema of no object": (put("tools", 0, "function", "parameters", value={"type": "array"}), "JSON Schema"),
    "choice without tools": (both(drop("tools"), put("tool_choice", value="auto")), "only allowed when 'tools'"),
    "choice not there": (
        put("tool_choice", value={"type": "function", "function": {"name": "cat"}}),
        "not found in 'tools'",
    ),
    "stream options alone": (put("stream_options", value={"include_usage": True}), "only allowed when 'stream'"),
}


@pytest.mark.parametrize(("change", "words"), CHAT_BAD.values(), ids=CHAT_BAD)
def test_chat_refuses(change, words):
    body = copy.deepcopy(CHAT)
    change(body)
    with pytest.raises(Refused) as caught:
        openai_chat.read(body)
    assert words in caught.value.message


def test_chat_accepts():
    assert openai_chat.read(CHAT).client_results == 2


RESPONSES_BAD = {
    "unknown parameter": (put("max_tokens", value=9), "Unknown parameter: 'max_tokens'"),
    "no input": (drop("input"), "Missing required parameter: 'input'"),
    "unknown item": (put("input", None, value={"type": "poem"}), "Invalid value: 'poem'"),
    "unknown field": (put("input", 3, "note", value=1), "Unknown parameter: 'input[3].note'"),
    "call without output": (drop("input", 3), "No tool output found for function call call_1"),
    "output without call": (drop("input", 2), "No tool call found for function call output with call_id call_1"),
    "reasoning alone at the end": (drop("input", slice(2, 4)), "without its required following item"),
    "reasoning changed": (put("input", 1, "encrypted_content", value=REASONED[:-4] + "AAAA"), "could not be verified"),
    "reasoning not stored": (drop("input", 1, "encrypted_content"), "Items are not persisted"),
    "unknown previous response": (
        put("previous_response_id", value="resp_9"),
        "Previous response with id 'resp_9' not found",
    ),
    "output_text by the user": (
        put("input", 0, "content", value=[{"type": "output_text", "text": "x"}]),
        "Invalid value: 'output_text'",
    ),
    "output missing": (drop("input", 3, "output"), "Missing required parameter: 'input[3].output'"),
    "call id too long": (put("input", 2, "call_id", value="c" * 65), "length 1 to 64"),
    "tool names twice": (put("tools", None, value=RESPONSES["tools"][0]), "must be unique"),
    "choice not there": (put("tool_choice", value={"type": "function", "name": "cat"}), "not found in 'tools'"),
    "unknown reference": (
        put("input", None, value={"type": "item_reference", "id": "msg_9"}),
        "Item with id 'msg_9' not found",
    ),
}


@pytest.mark.parametrize(("change", "words"), RESPONSES_BAD.values(), ids=RESPONSES_BAD)
def test_responses_refuses(change, words):
    body = copy.deepcopy(RESPONSES)
    change(body)
    with pytest.raises(Refused) as caught:
        openai_responses.read(body, LEDGER)
    assert words in caught.value.message


def test_responses_accepts_and_wants_reasoning_with_its_call():
    ledger = Ledger()
    ledger.seal_call("fc_1", "rs_1")
    assert openai_responses.read(RESPONSES, ledger).conversation.client_results == 1
    body = copy.deepcopy(RESPONSES)
    del body["input"][1]
    with pytest.raises(Refused, match="without its required 'reasoning' item: 'rs_1'"):
        openai_responses.read(body, ledger)


GEMINI_BAD = {
    "unknown parameter": (put("messages", value=[]), 'Unknown name "messages"'),
    "unknown part field": (
        put("contents", 0, "parts", 0, "note", value=1),
        "Unknown name \"note\" at 'contents[0].parts[0]'",
    ),
    "no contents": (put("contents", value=[]), "contents is not specified"),
    "no parts": (put("contents", 0, "parts", value=[]), "must not be empty"),
    "empty part": (put("contents", 0, "parts", 0, value={}), "must have one initialized field"),
    "two in one part": (put("contents", 2, "parts", 0, "text", value="x"), "oneof field 'data' is already set"),
    "unknown role": (put("contents", 0, "role", value="assistant"), "Please use a valid role"),
    "response missing": (drop("contents", 2, "parts", 1), "number of function response parts is equal"),
    "response foreign": (
        put("contents", 2, "parts", 1, "functionResponse", "id", value="f9"),
        "number of function response",
    ),
    "response without call": (drop("contents", 1), "immediately after a function call turn"),
    "no response at all": (put("contents", 2, "parts", value=[{"text": "wait"}]), "function response turn"),
    "response no object": (
        put("contents", 2, "parts", 0, "functionResponse", "response", value="a"),
        "protobuf.Struct",
    ),
    "signature changed": (
        put("contents", 1, "parts", 0, "thoughtSignature", value="AAAA"),
        "Corrupted thought signature",
    ),
    "signed call changed": (
        put("contents", 1, "parts", 0, "functionCall", "args", value={}),
        "Corrupted thought signature",
    ),
    "declared twice": (
        put("tools", 0, "functionDeclarations", None, value={"name": "ls"}),
        "Duplicate function declaration found: ls",
    ),
    "allowed but not declared": (
        put("toolConfig", value={"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["cat"]}}),
        "not among the declared functions",
    ),
}


@pytest.mark.parametrize(("change", "words"), GEMINI_BAD.values(), ids=GEMINI_BAD)
def test_gemini_refuses(change, words):
    body = copy.deepcopy(GENERATE)
    change(body)
    with pytest.raises(Refused) as caught:
        gemini.read(body, LEDGER)
    assert words in caught.value.message


def test_gemini_accepts_both_spellings_and_calls_without_ids():
    assert gemini.read(GENERATE, LEDGER).client_results == 2
    snake = json.loads(
        json.dumps(GENERATE)
        .replace("functionResponse", "function_response")
        .replace("functionCall", "function_call")
        .replace("thoughtSignature", "thought_signature")
    )
    assert gemini.read(snake, LEDGER).client_results == 2
    bare = copy.deepcopy(GENERATE)
    for content in bare["contents"][1:]:
        for part in content["parts"]:
            part.get("functionCall", part.get("functionResponse")).pop("id")
    assert gemini.read(bare, LEDGER).client_results == 2
    bare["contents"][2]["parts"].pop()
    with pytest.raises(Refused, match="number of function response parts"):
        gemini.read(bare, LEDGER)


def test_gemini_wants_the_signature_it_issued():
    ledger = Ledger()
    ledger.seal_call("f1", THOUGHT)
    body = copy.deepcopy(GENERATE)
    del body["contents"][1]["parts"][0]["thoughtSignature"]
    with pytest.raises(Refused, match="missing a thought_signature"):
        gemini.read(body, ledger)
    body["contents"][1]["parts"][0]["thoughtSignature"] = "skip_thought_signature_validator"
    assert gemini.read(body, ledger)


def test_foreign_signatures_are_pinned_to_their_text():
    ledger = Ledger(foreign=True)
    assert ledger.intact(anthropic.THINKING, "Zm9yZWlnbg==", "as recorded")
    assert ledger.intact(anthropic.THINKING, "Zm9yZWlnbg==", "as recorded")
    assert not ledger.intact(anthropic.THINKING, "Zm9yZWlnbg==", "changed")
    assert not Ledger().intact(anthropic.THINKING, "Zm9yZWlnbg==", "as recorded")


BAD_BODIES = {
    "/v1/messages": ({"x-api-key": "k", "anthropic-version": "2023-06-01"}, Wire.ANTHROPIC),
    "/v1/chat/completions": ({"authorization": "Bearer k"}, Wire.OPENAI_CHAT),
    "/v1/responses": ({"authorization": "Bearer k"}, Wire.OPENAI_RESPONSES),
    "/v1beta/models/gemini-2.5-pro:generateContent": ({"x-goog-api-key": "k"}, Wire.GEMINI),
}


@pytest.mark.parametrize("path", BAD_BODIES)
@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"{}", b'"x"', b"\xff\xfe"], ids=["cut", "array", "empty", "text", "no utf-8"]
)
async def test_bad_bodies_get_the_providers_400_and_use_no_reply(path, body):
    headers, wire = BAD_BODIES[path]
    async with ScriptedLLM(clock=FakeClock()) as llm, aiohttp.ClientSession() as http:
        llm.queue("still here")
        async with http.post(
            llm.base_url + path, data=body, headers={**headers, "content-type": "application/json"}
        ) as got:
            assert got.status == 400
            error = (await got.json())["error"]
        if wire is Wire.GEMINI:
            assert error["status"] == "INVALID_ARGUMENT"
        else:
            assert error["type"] == "invalid_request_error"
        assert llm.last.refusal
        assert len(llm.script.queue) == 1


@pytest.mark.parametrize("path", BAD_BODIES)
async def test_a_missing_credential_is_401(path):
    headers, _wire = BAD_BODIES[path]
    keyless = {name: value for name, value in headers.items() if name == "anthropic-version"}
    async with ScriptedLLM() as llm, aiohttp.ClientSession() as http:
        async with http.post(llm.base_url + path, json={}, headers=keyless) as got:
            assert got.status == 401
        async with http.get(f"{llm.base_url}/v1/nothing/here", headers=headers) as got:
            assert got.status == 404
            assert "error" in await got.json()


async def test_anthropic_wants_its_version_header():
    async with ScriptedLLM() as llm, aiohttp.ClientSession(headers={"x-api-key": "k"}) as http:
        got = await http.post(f"{llm.base_url}/v1/messages", json=MESSAGES)
        assert got.status == 400
        assert "anthropic-version" in (await got.json())["error"]["message"]


async def test_a_batch_is_checked_row_by_row():
    headers = BAD_BODIES["/v1/messages"][0]
    good = {"custom_id": "a", "params": {"model": "c", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}}
    bad = {"custom_id": "b", "params": {**good["params"], "messages": []}}
    async with ScriptedLLM() as llm, aiohttp.ClientSession(headers=headers) as http:
        async with http.post(f"{llm.base_url}/v1/messages/batches", json={"requests": [good]}) as got:
            assert (await got.json())["request_counts"]["processing"] == 1
        async with http.post(f"{llm.base_url}/v1/messages/batches", json={"requests": [good, bad]}) as got:
            assert got.status == 400
            assert "requests.1.params.messages" in (await got.json())["error"]["message"]


async def test_signed_thinking_survives_a_restart_of_the_fake():
    ask = {"model": "c", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    headers = BAD_BODIES["/v1/messages"][0]
    async with aiohttp.ClientSession(headers=headers) as http:
        async with ScriptedLLM() as llm:
            llm.queue([Thinking("hm"), Call("ls", {})])
            async with http.post(f"{llm.base_url}/v1/messages", json=ask) as got:
                content = (await got.json())["content"]
        ask["messages"] += [
            {"role": "assistant", "content": content},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": content[1]["id"], "content": "a"}]},
        ]
        async with ScriptedLLM() as llm, http.post(f"{llm.base_url}/v1/messages", json=ask) as got:
            assert got.status == 200
