from headroom.wire.headers import forwarded, get, returned

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


def test_headers_are_found_however_they_are_spelled():
    assert get({"X-Api-Key": "k"}, "x-api-key") == "k"
    assert get({}, "x-api-key") == ""
