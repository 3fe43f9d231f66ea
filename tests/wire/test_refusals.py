"""Errors of our own, in the words of each provider."""

import json

import pytest

from headroom.wire import ANTHROPIC, BEDROCK, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from headroom.wire.dialect import Refusal
from headroom.wire.sse import data_of, event_name

ROWS = {
    Refusal.RATE_LIMIT: (429, "rate_limit_error", "rate_limit_error", "rate_limit_exceeded", "RESOURCE_EXHAUSTED"),
    Refusal.BUDGET: (429, "rate_limit_error", "insufficient_quota", "budget_exceeded", "RESOURCE_EXHAUSTED"),
    Refusal.OVERLOADED: (503, "overloaded_error", "server_error", "overloaded", "UNAVAILABLE"),
    Refusal.UNAUTHORIZED: (401, "authentication_error", "invalid_request_error", "invalid_api_key", "UNAUTHENTICATED"),
    Refusal.INVALID: (400, "invalid_request_error", "invalid_request_error", "invalid_json", "INVALID_ARGUMENT"),
    Refusal.TOO_LARGE: (413, "request_too_large", "invalid_request_error", "request_too_large", "INVALID_ARGUMENT"),
    Refusal.UNREACHABLE: (502, "api_error", "server_error", "upstream_unreachable", "UNAVAILABLE"),
    Refusal.TIMEOUT: (504, "timeout_error", "server_error", "upstream_timeout", "DEADLINE_EXCEEDED"),
    Refusal.INTERNAL: (500, "api_error", "server_error", "internal_error", "INTERNAL"),
}
MESSAGE = 'Headroom: "zu viel" für heute\n'


def test_every_refusal_has_a_row():
    assert set(ROWS) == set(Refusal)


@pytest.mark.parametrize(("refusal", "row"), ROWS.items(), ids=[str(refusal) for refusal in ROWS])
def test_envelopes(refusal, row):
    status, anthropic, openai_type, openai_code, gemini = row
    openai = {"error": {"message": MESSAGE, "type": openai_type, "param": None, "code": openai_code}}
    want = {
        ANTHROPIC: {"type": "error", "error": {"type": anthropic, "message": MESSAGE}, "request_id": "hr_1"},
        OPENAI_CHAT: openai,
        OPENAI_RESPONSES: openai,
        GEMINI: {"error": {"code": status, "message": MESSAGE, "status": gemini}},
        BEDROCK: {"message": MESSAGE},
    }
    for dialect, body in want.items():
        reply = dialect.error(refusal, MESSAGE, "hr_1", extra=[("Retry-After", "7")])
        headers = dict(reply.headers)
        assert (reply.status, json.loads(reply.body)) == (status, body)
        assert headers["Content-Type"] == "application/json"
        assert [value for name, value in reply.headers if name.lower() == "retry-after"] == ["7"]


def headers_of(dialect, refusal):
    return dict(dialect.error(refusal, "m", "hr_1").headers)


def test_headers_that_belong_to_a_case():
    for dialect in (ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES):
        assert headers_of(dialect, Refusal.BUDGET)["x-should-retry"] == "false"
        assert "x-should-retry" not in headers_of(dialect, Refusal.RATE_LIMIT)
        assert headers_of(dialect, Refusal.OVERLOADED)["Retry-After"] == "1"
        assert headers_of(dialect, Refusal.UNAUTHORIZED)["WWW-Authenticate"] == 'Bearer realm="headroom"'
        assert headers_of(dialect, Refusal.UNREACHABLE)["x-headroom-error"] == "upstream_unreachable"
        assert headers_of(dialect, Refusal.TIMEOUT)["x-headroom-error"] == "upstream_timeout"


def test_bedrock_names_the_error_in_a_header():
    assert headers_of(BEDROCK, Refusal.RATE_LIMIT)["x-amzn-ErrorType"] == "ThrottlingException"
    assert headers_of(BEDROCK, Refusal.INVALID)["x-amzn-ErrorType"] == "ValidationException"


@pytest.mark.parametrize("refusal", Refusal)
def test_stream_errors_are_one_event_that_the_tap_knows_as_a_failure(refusal):
    for dialect in (ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES, GEMINI, BEDROCK):
        tap = dialect.tap()
        tap.feed(dialect.stream_error(refusal, MESSAGE, "hr_1"))
        assert tap.failed


def test_stream_errors_in_the_providers_form():
    event = ANTHROPIC.stream_error(Refusal.UNREACHABLE, "m", "hr_1")
    assert event_name(event) == "error"
    assert json.loads(data_of(event))["error"] == {"type": "api_error", "message": "m"}
    event = OPENAI_CHAT.stream_error(Refusal.TIMEOUT, "m", "hr_1")
    assert event.startswith(b'data: {"error":')
    event = OPENAI_RESPONSES.stream_error(Refusal.TIMEOUT, "m", "hr_1")
    record = json.loads(data_of(event))
    assert (record["type"], record["code"], record["error"]["code"]) == (
        "error",
        "upstream_timeout",
        "upstream_timeout",
    )
    assert all(
        dialect.stream_error(Refusal.TIMEOUT, MESSAGE, "hr_1").endswith(b"\n\n")
        for dialect in (ANTHROPIC, OPENAI_CHAT, OPENAI_RESPONSES, GEMINI)
    )
