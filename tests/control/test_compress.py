"""POST /v1/compress: what is asked is checked, and what has no effect is said."""

import json

import pytest

from headroom.control.http import ControlRequest, Router
from headroom.gateway.rooms import build
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
        (
            {"token_budget": 1000, "config": {"protect_recent": 4, "protect_analysis_context": False}},
            ["token_budget", "config.protect_recent", "config.protect_analysis_context"],
        ),
    ],
    ids=["nothing", "nulls", "what has an effect", "what has none"],
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
