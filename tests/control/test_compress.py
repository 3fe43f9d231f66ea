"""POST /v1/compress: what is asked is checked, and what has no effect is said."""

import json

import pytest

from headroom.accounts import tokens
from headroom.control.http import ControlRequest, Router
from headroom.gateway.build import build
from headroom.settings import Settings

ROWS = json.dumps([{"id": i, "name": f"user-{i}", "state": "active", "score": i * 1.5} for i in range(300)], indent=2)
CALL = {"id": "c1", "type": "function", "function": {"name": "mcp__db__q", "arguments": "{}"}}
MESSAGES = [
    {"role": "user", "content": "list the users please"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": ROWS},
]


@pytest.fixture
def rooms():
    made = build(Settings(stateless=True, store="memory", compression_timeout=120.0))
    yield made
    made.close()


async def ask(rooms, headers=None, **fields):
    body = json.dumps({"model": "gpt-4o", "messages": MESSAGES} | fields).encode()
    request = ControlRequest("POST", "/v1/compress", headers=headers or {}, body=body)
    reply = await Router(rooms.routes).dispatch(request)
    return reply.status, json.loads(reply.body)


@pytest.mark.parametrize(
    ("fields", "ignored"),
    [
        ({}, None),
        ({"token_budget": None, "config": {"target_ratio": None}}, None),
        ({"config": {"target_ratio": 1, "lossless": True}}, None),
        ({"token_budget": 1000, "config": {"lossless": True}}, ["token_budget"]),
        (
            {"token_budget": 1000, "config": {"protect_recent": 4, "protect_analysis_context": False}},
            ["config.protect_recent", "config.protect_analysis_context"],
        ),
    ],
    ids=["nothing", "nulls", "what has an effect", "a budget that nothing may be left out for", "what has none"],
)
async def test_fields_without_effect_are_named(rooms, fields, ignored):
    status, told = await ask(rooms, **fields)
    assert status == 200
    assert told["tokens_saved"] > 1000
    assert told.get("ignored") == ignored


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"lossless": "yes"}, "config.lossless"),
        ({"protect_recent": True}, "config.protect_recent"),
        ({"protect_recent": 1.5}, "config.protect_recent"),
        ({"target_ratio": "0.4"}, "config.target_ratio"),
        ({"target_ratio": True}, "config.target_ratio"),
        ({"target_ratio": 0}, "config.target_ratio"),
        ({"compress_user_messages": 1}, "config.compress_user_messages"),
        ({"depth": 1}, "depth"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
async def test_a_field_of_the_wrong_kind_is_named(rooms, config, named):
    status, told = await ask(rooms, config=config)
    assert (status, told["error"]["type"]) == (400, "invalid_request")
    assert named in told["error"]["message"]


@pytest.mark.parametrize(
    ("headers", "saves"),
    [
        ({"x-headroom-bypass": "true"}, False),
        ({"x-headroom-bypass": "1"}, False),
        ({"x-headroom-mode": "passthrough"}, False),
        ({"x-headroom-bypass": "false"}, True),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
async def test_a_bypass_gives_the_messages_back_with_their_true_count(rooms, headers, saves):
    status, told = await ask(rooms, headers)
    assert status == 200
    assert told["tokens_before"] > 1000
    assert (told["tokens_saved"] > 0) is saves
    assert (told["messages"] == MESSAGES) is not saves
    _, compressed = await ask(rooms)
    assert told["tokens_before"] == compressed["tokens_before"]


def conversation(turns):
    """As many calls, each with a result that can't be compressed for what it says."""
    messages = [{"role": "user", "content": "Look at all the notes and sum them up."}]
    for turn in range(turns):
        call = {
            "id": f"c{turn}",
            "type": "function",
            "function": {"name": "notes", "arguments": json.dumps({"day": turn})},
        }
        words = " ".join(f"word{turn * 7919 * n % 99_991}" for n in range(1, 300))
        messages += [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"c{turn}", "content": words},
        ]
    return messages


def counted(messages):
    """Tokens of what the messages say, and of the arguments of their calls."""
    calls = [call for message in messages for call in message.get("tool_calls") or ()]
    texts = [message["content"] or "" for message in messages] + [call["function"]["arguments"] for call in calls]
    return sum(map(tokens.count, texts))


@pytest.mark.parametrize("budget", [12_000, 25_000])
async def test_a_token_budget_is_kept_by_leaving_out_the_oldest(rooms, budget):
    messages = conversation(40)
    _, whole = await ask(rooms, messages=messages)
    status, told = await ask(rooms, messages=messages, token_budget=budget)
    assert status == 200
    assert "ignored" not in told
    assert whole["tokens_after"] > 30_000
    assert told["tokens_after"] == counted(told["messages"]) <= budget
    assert told["messages"][0] == messages[0]
    assert told["messages"][-20:] == whole["messages"][-20:]
    answered = {message["tool_call_id"] for message in told["messages"] if message["role"] == "tool"}
    assert answered == {call["id"] for message in told["messages"] for call in message.get("tool_calls") or ()}
    for handle in told["ccr_hashes"]:
        reply = await Router(rooms.routes).dispatch(ControlRequest("GET", f"/v1/retrieve/{handle}"))
        assert json.loads(reply.body)["original_content"]


async def test_what_a_budget_cleared_stays_cleared(rooms):
    messages = conversation(41)
    _, first = await ask(rooms, messages=messages[:-2], token_budget=25_000)
    _, second = await ask(rooms, messages=messages, token_budget=25_000)
    assert second["messages"][: len(first["messages"])] == first["messages"]
    _, roomy = await ask(rooms, messages=messages, token_budget=1_000_000)
    _, free = await ask(rooms, messages=messages)
    assert roomy["messages"] == free["messages"]


@pytest.mark.parametrize("budget", [0, -5, "12", 1.5, True])
async def test_a_budget_that_is_none_is_refused(rooms, budget):
    status, told = await ask(rooms, token_budget=budget)
    assert (status, told["error"]["type"]) == (400, "invalid_request")
    assert "token_budget" in told["error"]["message"]
