import pytest

from headroom.wire.headers import (
    HIDDEN,
    credential_of,
    forwarded,
    get,
    is_secret,
    redact,
    redact_path,
    returned,
)

GIVEN = [
    ("Host", "localhost:8787"),
    ("Connection", "keep-alive, X-Private"),
    ("X-Private", "1"),
    ("Keep-Alive", "timeout=5"),
    ("Proxy-Authorization", "Basic x"),
    ("TE", "trailers"),
    ("Transfer-Encoding", "chunked"),
    ("Content-Length", "12"),
    ("Content-Encoding", "gzip"),
    ("X-Headroom-Bypass", "true"),
    ("x-headroom-tag-team", "red"),
    ("X-Client", "mine"),
    ("X-Client-Version", "3"),
    ("Authorization", "Bearer sk-1"),
    ("anthropic-beta", "a"),
    ("anthropic-beta", "b"),
]
KEPT = [("X-Client-Version", "3"), ("Authorization", "Bearer sk-1"), ("anthropic-beta", "a"), ("anthropic-beta", "b")]


def test_what_travels_on():
    assert forwarded(GIVEN) == [("Content-Encoding", "gzip"), *KEPT]
    assert forwarded(GIVEN, decoded=True) == KEPT


def test_what_comes_back():
    answer = [
        ("Content-Type", "text/event-stream"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Length", "3"),
        ("Content-Encoding", "br"),
        ("request-id", "req_1"),
        ("retry-after", "3"),
        ("anthropic-ratelimit-requests-remaining", "9"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
    ]
    gone = {"Transfer-Encoding", "Content-Length"}
    assert returned(answer) == [header for header in answer if header[0] not in gone]
    assert returned(answer, decoded=True) == [
        header for header in answer if header[0] not in gone | {"Content-Encoding"}
    ]


SECRETS = [
    "Authorization",
    "Proxy-Authorization",
    "x-api-key",
    "api-key",
    "X-Goog-Api-Key",
    "Cookie",
    "Set-Cookie",
    "x-amz-security-token",
    "X-Headroom-Proxy-Token",
    "x-custom-auth",
    "X-Secret-Thing",
    "x-my-apikey",
    "copilot-session-token",
]
PLAIN = [
    "Content-Type",
    "anthropic-ratelimit-tokens-remaining",
    "x-ratelimit-limit-tokens",
    "x-headroom-tokens-saved",
    "user-agent",
]


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_are_hidden(name):
    assert is_secret(name)
    ((_, shown),) = redact([(name, "canary-1234567")])
    assert shown == HIDDEN


@pytest.mark.parametrize("name", PLAIN)
def test_the_rest_is_shown(name):
    assert redact([(name, "12")]) == [(name, "12")]


def test_a_scheme_is_shown():
    assert redact([("Authorization", "Bearer canary"), ("authorization", "Basic Y2FuYXJ5")]) == [
        ("Authorization", f"Bearer {HIDDEN}"),
        ("authorization", f"Basic {HIDDEN}"),
    ]


def test_keys_in_a_query_are_hidden():
    assert redact_path("/v1beta/models?key=canary&alt=sse") == f"/v1beta/models?key={HIDDEN}&alt=sse"
    assert redact_path("/x?alt=sse&api_key=canary#f") == f"/x?alt=sse&api_key={HIDDEN}#f"
    assert redact_path("/x?X-Amz-Signature=canary") == f"/x?X-Amz-Signature={HIDDEN}"
    assert redact_path("/x?monkey=1") == "/x?monkey=1"


CREDENTIALS = {
    "x-api-key": ({"X-Api-Key": "k1"}, "/", "k1"),
    "azure": ({"api-key": "k2"}, "/", "k2"),
    "google": ({"x-goog-api-key": "k3"}, "/", "k3"),
    "bearer": ({"Authorization": "bearer  k4"}, "/", "k4"),
    "another scheme is kept whole": ({"Authorization": "AWS4-HMAC-SHA256 c"}, "/", "AWS4-HMAC-SHA256 c"),
    "in the query": ({}, "/v1beta/models?alt=sse&key=k5", "k5"),
    "none": ({}, "/v1/messages?monkey=1", ""),
}


@pytest.mark.parametrize(("headers", "path", "want"), CREDENTIALS.values(), ids=CREDENTIALS.keys())
def test_the_whole_credential_is_found(headers, path, want):
    assert credential_of(headers, path) == want


def test_headers_are_found_however_they_are_spelled():
    assert get({"X-Api-Key": "k"}, "x-api-key") == "k"
    assert get({}, "x-api-key") == ""
