"""What providers say about tokens, whole and streamed, and whether an answer says anything."""

import json

import pytest

from headroom.exchange import Usage
from headroom.wire import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from headroom.wire.texttap import TextTap


def dump(value):
    return json.dumps(value).encode()


def sse(*records, named=True):
    return [
        (b"event: " + record["type"].encode() + b"\n" if named and "type" in record else b"")
        + b"data: "
        + dump(record)
        + b"\n\n"
        for record in records
    ]


WHOLE = {
    "anthropic": (ANTHROPIC, {"usage": {"input_tokens": 10, "output_tokens": 5}}, Usage(10, output=5)),
    "anthropic cache, split": (
        ANTHROPIC,
        {
            "usage": {
                "input_tokens": 10,
                "cache_read_input_tokens": 100,
                "cache_creation_input_tokens": 70,
                "cache_creation": {"ephemeral_5m_input_tokens": 50, "ephemeral_1h_input_tokens": 20},
                "output_tokens": 5,
            }
        },
        Usage(10, 100, 50, 20, 5),
    ),
    "anthropic cache, only the total": (
        ANTHROPIC,
        {"usage": {"input_tokens": 1, "cache_creation_input_tokens": 70, "output_tokens": 5}},
        Usage(1, 0, 70, 0, 5),
    ),
    "anthropic cache, a split that falls short": (
        ANTHROPIC,
        {
            "usage": {
                "cache_creation_input_tokens": 70,
                "cache_creation": {"ephemeral_1h_input_tokens": 20},
                "output_tokens": 5,
            }
        },
        Usage(0, 0, 50, 20, 5),
    ),
    "anthropic, all from the cache": (
        ANTHROPIC,
        {"usage": {"input_tokens": 0, "cache_read_input_tokens": 900, "output_tokens": 1}},
        Usage(0, 900, output=1),
    ),
    "chat": (OPENAI_CHAT, {"usage": {"prompt_tokens": 10, "completion_tokens": 5}}, Usage(10, output=5)),
    "chat, cached and reasoning": (
        OPENAI_CHAT,
        {
            "usage": {
                "prompt_tokens": 100,
                "completion_tokens": 50,
                "prompt_tokens_details": {"cached_tokens": 80},
                "completion_tokens_details": {"reasoning_tokens": 40},
            }
        },
        Usage(20, 80, output=50),
    ),
    "chat, cache writes": (
        OPENAI_CHAT,
        {
            "usage": {
                "prompt_tokens": 100,
                "completion_tokens": 5,
                "prompt_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 60},
            }
        },
        Usage(10, 30, 60, 0, 5),
    ),
    "chat, a server with its own names": (
        OPENAI_CHAT,
        {"usage": {"prompt_tokens": 100, "prompt_cache_hit_tokens": 64, "completion_tokens": 5}},
        Usage(36, 64, output=5),
    ),
    "chat, more cached than sent": (
        OPENAI_CHAT,
        {"usage": {"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 30}}},
        Usage(0, 30),
    ),
    "responses": (
        OPENAI_RESPONSES,
        {
            "usage": {
                "input_tokens": 100,
                "input_tokens_details": {"cached_tokens": 80, "cache_write_tokens": 15},
                "output_tokens": 50,
                "output_tokens_details": {"reasoning_tokens": 40},
            }
        },
        Usage(5, 80, 15, 0, 50),
    ),
    "gemini": (
        GEMINI,
        {
            "usageMetadata": {
                "promptTokenCount": 100,
                "cachedContentTokenCount": 80,
                "toolUsePromptTokenCount": 7,
                "candidatesTokenCount": 10,
                "thoughtsTokenCount": 5,
            }
        },
        Usage(27, 80, output=15),
    ),
    "gemini through Code Assist": (
        GEMINI,
        {"response": {"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 1}}, "traceId": "x"},
        Usage(9, output=1),
    ),
    "gemini as an array of chunks": (
        GEMINI,
        [
            {"usageMetadata": {"promptTokenCount": 9}},
            {"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 4}},
            {"candidates": []},
        ],
        Usage(9, output=4),
    ),
}


@pytest.mark.parametrize(("dialect", "answer", "want"), WHOLE.values(), ids=WHOLE.keys())
def test_usage_of_a_whole_answer(dialect, answer, want):
    assert dialect.usage(dump(answer)) == want


ODD_NUMBERS = [None, -5, "12", True, [], {}, 1e300, 0]


@pytest.mark.parametrize("odd", ODD_NUMBERS, ids=repr)
@pytest.mark.parametrize("dialect", [ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES, GEMINI])
def test_odd_numbers_count_as_nothing(dialect, odd):
    names = ("input_tokens", "prompt_tokens", "promptTokenCount", "cache_creation_input_tokens", "cached_tokens")
    answer = {"usage": dict.fromkeys(names, odd), "usageMetadata": dict.fromkeys(names, odd)}
    assert dialect.usage(dump(answer)) is None
    answer["usage"] |= {"output_tokens": 3, "completion_tokens": 3}
    answer["usageMetadata"] |= {"candidatesTokenCount": 3}
    assert dialect.usage(dump(answer)) == Usage(output=3)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"<html>", b'{"usage":null}', b'{"usage":[1]}', b"\xff"])
@pytest.mark.parametrize("dialect", [ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES, GEMINI])
def test_no_usage_is_none(dialect, body):
    assert dialect.usage(body) is None
    assert dialect.text(body) == ""


def test_floats_are_whole_numbers_in_disguise():
    assert OPENAI_CHAT.usage(b'{"usage":{"prompt_tokens":12.0,"completion_tokens":3.0}}') == Usage(12, output=3)


EMPTY = {
    "anthropic: no content": (ANTHROPIC, {"type": "message", "content": []}, True),
    "anthropic: empty text": (ANTHROPIC, {"type": "message", "content": [{"type": "text", "text": ""}]}, True),
    "anthropic: text": (ANTHROPIC, {"type": "message", "content": [{"type": "text", "text": "x"}]}, False),
    "anthropic: a call": (ANTHROPIC, {"content": [{"type": "tool_use", "id": "t", "name": "n", "input": {}}]}, False),
    "anthropic: thinking": (ANTHROPIC, {"content": [{"type": "thinking", "thinking": "", "signature": "s"}]}, False),
    "anthropic: an error": (ANTHROPIC, {"type": "error", "error": {}}, False),
    "chat: no choices": (OPENAI_CHAT, {"choices": []}, True),
    "chat: nothing in it": (OPENAI_CHAT, {"choices": [{"message": {"role": "assistant", "content": None}}]}, True),
    "chat: text": (OPENAI_CHAT, {"choices": [{"message": {"content": "x"}}]}, False),
    "chat: a call": (OPENAI_CHAT, {"choices": [{"message": {"content": None, "tool_calls": [{"id": "c"}]}}]}, False),
    "chat: a refusal": (OPENAI_CHAT, {"choices": [{"message": {"refusal": "no"}}]}, False),
    "chat: reasoning": (OPENAI_CHAT, {"choices": [{"message": {"reasoning_content": "hm"}}]}, False),
    "responses: no output": (OPENAI_RESPONSES, {"status": "completed", "output": []}, True),
    "responses: an empty message": (OPENAI_RESPONSES, {"output": [{"type": "message", "content": []}]}, True),
    "responses: empty reasoning": (OPENAI_RESPONSES, {"output": [{"type": "reasoning", "summary": []}]}, True),
    "responses: sealed reasoning": (
        OPENAI_RESPONSES,
        {"output": [{"type": "reasoning", "summary": [], "encrypted_content": "x"}]},
        False,
    ),
    "responses: text": (
        OPENAI_RESPONSES,
        {"output": [{"type": "message", "content": [{"type": "output_text", "text": "x"}]}]},
        False,
    ),
    "responses: a call": (OPENAI_RESPONSES, {"output": [{"type": "function_call", "name": "n"}]}, False),
    "responses: in the background": (OPENAI_RESPONSES, {"status": "queued", "output": []}, False),
    "gemini: no candidates": (GEMINI, {"candidates": []}, True),
    "gemini: no parts": (GEMINI, {"candidates": [{"finishReason": "STOP"}]}, True),
    "gemini: blocked": (GEMINI, {"promptFeedback": {"blockReason": "SAFETY"}}, False),
    "gemini: stopped by a filter": (GEMINI, {"candidates": [{"finishReason": "RECITATION"}]}, False),
    "gemini: text": (GEMINI, {"candidates": [{"content": {"parts": [{"text": "x"}]}}]}, False),
    "gemini: a call": (GEMINI, {"candidates": [{"content": {"parts": [{"functionCall": {"name": "n"}}]}}]}, False),
    "gemini: only a signature": (
        GEMINI,
        {"candidates": [{"content": {"parts": [{"text": "", "thoughtSignature": "s"}]}}]},
        True,
    ),
}


@pytest.mark.parametrize(("dialect", "answer", "want"), EMPTY.values(), ids=EMPTY.keys())
def test_empty_answers_are_told(dialect, answer, want):
    assert dialect.empty(dump(answer)) is want


@pytest.mark.parametrize("dialect", [ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES, GEMINI])
def test_no_body_is_empty_and_an_unknown_one_is_not(dialect):
    assert dialect.empty(b"")
    assert dialect.empty(b" \n")
    assert not dialect.empty(b"<html>busy</html>")


MESSAGE_START = {
    "type": "message_start",
    "message": {
        "model": "claude-x",
        "usage": {
            "input_tokens": 10,
            "cache_read_input_tokens": 5,
            "cache_creation_input_tokens": 8,
            "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 5},
            "output_tokens": 1,
        },
    },
}
TEXT_START = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
TEXT_DELTA = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}}
MESSAGE_DELTA = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 42}}
MESSAGE_STOP = {"type": "message_stop"}


def fed(dialect, events):
    tap = dialect.tap()
    for event in events:
        tap.feed(event)
    return tap.usage, tap.finished, tap.failed, tap.model, tap.empty


CHUNK = {"model": "gpt-x", "choices": [{"index": 0, "delta": {"content": "hi"}}], "usage": None}
LAST_CHUNK = {"model": "gpt-x", "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}
DONE = [b"data: [DONE]\n\n"]
CREATED = {"type": "response.created", "response": {"model": "gpt-r", "usage": None, "output": []}}
DELTA = {"type": "response.output_text.delta", "delta": "hi"}
RESPONSE = {"model": "gpt-r", "usage": {"input_tokens": 9, "output_tokens": 2}, "output": [{"type": "message"}]}
COMPLETED = {"type": "response.completed", "response": RESPONSE}
FIRST_PART = {
    "candidates": [{"content": {"parts": [{"text": "hi"}]}}],
    "usageMetadata": {"promptTokenCount": 9},
    "modelVersion": "gemini-x",
}
LAST_PART = {
    "candidates": [{"content": {"parts": [{"text": ""}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2},
}

STREAMS = {
    "anthropic": (
        ANTHROPIC,
        sse(MESSAGE_START, TEXT_START, TEXT_DELTA, MESSAGE_DELTA, MESSAGE_STOP),
        (Usage(10, 5, 3, 5, 42), True, False, "claude-x", False),
    ),
    "anthropic without event names": (
        ANTHROPIC,
        sse(MESSAGE_START, TEXT_START, TEXT_DELTA, MESSAGE_DELTA, MESSAGE_STOP, named=False),
        (Usage(10, 5, 3, 5, 42), True, False, "claude-x", False),
    ),
    "anthropic, counts grow with server tools": (
        ANTHROPIC,
        sse(
            MESSAGE_START,
            {"type": "message_delta", "usage": {"input_tokens": 50, "cache_read_input_tokens": 0, "output_tokens": 2}},
        ),
        (Usage(50, 5, 3, 5, 2), False, False, "claude-x", True),
    ),
    "anthropic, a call": (
        ANTHROPIC,
        sse(MESSAGE_START, {"type": "content_block_start", "content_block": {"type": "tool_use", "name": "n"}}),
        (Usage(10, 5, 3, 5, 1), False, False, "claude-x", False),
    ),
    "anthropic, nothing said": (
        ANTHROPIC,
        sse(MESSAGE_START, TEXT_START, MESSAGE_DELTA, MESSAGE_STOP),
        (Usage(10, 5, 3, 5, 42), True, False, "claude-x", True),
    ),
    "anthropic, an error": (
        ANTHROPIC,
        sse({"type": "error", "error": {"type": "overloaded_error"}}),
        (None, False, True, None, True),
    ),
    "anthropic, pings and rubbish": (
        ANTHROPIC,
        [b": hi\n\n", b"event: ping\ndata: {}\n\n", b"data: {oops\n\n", b"data: [1]\n\n", b"\n\n"],
        (None, False, False, None, True),
    ),
    "chat": (OPENAI_CHAT, sse(CHUNK, CHUNK, LAST_CHUNK) + DONE, (Usage(9, output=2), True, False, "gpt-x", False)),
    "chat without usage": (OPENAI_CHAT, sse(CHUNK) + DONE, (None, True, False, "gpt-x", False)),
    "chat, cut short": (OPENAI_CHAT, sse(CHUNK), (None, False, False, "gpt-x", False)),
    "chat, a call": (
        OPENAI_CHAT,
        sse({"choices": [{"delta": {"tool_calls": [{"index": 0}]}}]}),
        (None, False, False, None, False),
    ),
    "chat, nothing said": (
        OPENAI_CHAT,
        sse({"model": "m", "choices": [{"delta": {"role": "assistant", "content": ""}}]}) + DONE,
        (None, True, False, "m", True),
    ),
    "chat, an error": (
        OPENAI_CHAT,
        sse(CHUNK, {"error": {"message": "no", "code": 500}}),
        (None, False, True, "gpt-x", False),
    ),
    "chat, usage named in a text": (
        OPENAI_CHAT,
        sse({"model": "m", "choices": [{"delta": {"content": '"usage":{"prompt_tokens":5} "error":{}'}}]}),
        (None, False, False, "m", False),
    ),
    "responses": (
        OPENAI_RESPONSES,
        sse(CREATED, DELTA, COMPLETED),
        (Usage(9, output=2), True, False, "gpt-r", False),
    ),
    "responses without event names": (
        OPENAI_RESPONSES,
        sse(CREATED, DELTA, COMPLETED, named=False),
        (Usage(9, output=2), True, False, "gpt-r", False),
    ),
    "responses, a call": (
        OPENAI_RESPONSES,
        sse(CREATED, {"type": "response.output_item.added", "item": {"type": "function_call", "name": "n"}}),
        (None, False, False, "gpt-r", False),
    ),
    "responses, nothing said": (
        OPENAI_RESPONSES,
        sse(CREATED, {"type": "response.output_item.added", "item": {"type": "message", "content": []}}, COMPLETED),
        (Usage(9, output=2), True, False, "gpt-r", True),
    ),
    "responses, incomplete": (
        OPENAI_RESPONSES,
        sse(DELTA, {"type": "response.incomplete", "response": RESPONSE}),
        (Usage(9, output=2), True, False, "gpt-r", False),
    ),
    "responses, failed": (
        OPENAI_RESPONSES,
        sse({"type": "response.failed", "response": {"error": {"code": "x"}}}),
        (None, True, True, None, True),
    ),
    "responses, an error": (OPENAI_RESPONSES, sse({"type": "error", "code": "x"}), (None, False, True, None, True)),
    "gemini": (GEMINI, sse(FIRST_PART, LAST_PART), (Usage(9, output=2), True, False, "gemini-x", False)),
    "gemini through Code Assist": (
        GEMINI,
        sse({"response": FIRST_PART}, {"response": LAST_PART}),
        (Usage(9, output=2), True, False, "gemini-x", False),
    ),
    "gemini as an array of chunks": (
        GEMINI,
        [dump([FIRST_PART, LAST_PART])],
        (Usage(9, output=2), True, False, "gemini-x", False),
    ),
    "gemini, cut short": (GEMINI, sse(FIRST_PART), (Usage(9), False, False, "gemini-x", False)),
    "gemini, blocked": (
        GEMINI,
        sse({"promptFeedback": {"blockReason": "SAFETY"}}),
        (None, True, False, None, False),
    ),
    "gemini, an error": (GEMINI, sse({"error": {"code": 500}}), (None, False, True, None, False)),
}


@pytest.mark.parametrize(("dialect", "events", "want"), STREAMS.values(), ids=STREAMS.keys())
def test_streams_are_read_along(dialect, events, want):
    assert fed(dialect, events) == want


TEXTS = {
    "anthropic": (ANTHROPIC, {"content": [{"type": "text", "text": "hi"}, {"type": "tool_use"}]}, sse(TEXT_DELTA)),
    "chat": (OPENAI_CHAT, {"choices": [{"message": {"content": "hi"}}]}, sse(CHUNK)),
    "responses": (
        OPENAI_RESPONSES,
        {"output": [{"type": "reasoning"}, {"type": "message", "content": [{"type": "output_text", "text": "hi"}]}]},
        sse(CREATED, DELTA, COMPLETED),
    ),
    "gemini": (
        GEMINI,
        {"candidates": [{"content": {"parts": [{"text": "hm", "thought": True}, {"text": "hi"}]}}]},
        sse(FIRST_PART, LAST_PART),
    ),
}


@pytest.mark.parametrize(("dialect", "answer", "events"), TEXTS.values(), ids=TEXTS.keys())
def test_text_for_the_message_log(dialect, answer, events):
    assert dialect.text(dump(answer)) == "hi"
    tap = TextTap(dialect.delta)
    for event in [b": ping\n\n", *events, b"data: [DONE]\n\n"]:
        tap.feed(event)
    assert tap.text == "hi"


def test_text_is_kept_up_to_a_bound():
    tap = TextTap(ANTHROPIC.delta, limit=5)
    for event in sse(TEXT_DELTA, TEXT_DELTA, TEXT_DELTA, TEXT_DELTA):
        tap.feed(event)
    assert tap.text == "hihih"
