import json
from datetime import datetime

import pytest

from headroom.retrieval import http
from headroom.retrieval.original import About

CALL_SHAPES = {
    "anthropic": lambda h: {"id": "toolu_1", "name": "headroom_retrieve", "input": {"hash": h}},
    "openai": lambda h: {
        "id": "call_1",
        "function": {"name": "headroom_retrieve", "arguments": json.dumps({"hash": h})},
    },
    "google": lambda h: {"functionCall": {"name": "headroom_retrieve", "args": {"hash": h}}},
}
RESULTS = {
    "anthropic": lambda r: (r["type"], r["tool_use_id"], r["content"]),
    "openai": lambda r: (r["role"], r["tool_call_id"], r["content"]),
    "google": lambda r: ("functionResponse", "", r["functionResponse"]["response"]["output"]),
}


def count(text):
    return len(text) // 4


def test_retrieve_gives_the_original_back(originals, clock):
    text = '[{"a": 1}, {"a": 2}]'
    name = originals.keep(text, About(tool="Bash", tokens=9, shown_items=1), now=clock.now)
    status, body = http.retrieve(originals, {"hash": name.upper()}, count=count, now=clock.now)
    assert status == 200
    assert body == {
        "hash": name,
        "original_content": text,
        "original_tokens": 9,
        "original_item_count": 2,
        "compressed_item_count": 1,
        "tool_name": "Bash",
        "retrieval_count": 1,
    }
    assert http.retrieve_by_hash(originals, name, {}, count=count, now=clock.now)[1]["retrieval_count"] == 2


def test_retrieve_with_a_query_gives_the_items(originals, clock):
    name = originals.keep('[{"a": 1}, {"a": 22}]', About(), now=clock.now)
    status, body = http.retrieve(originals, {"hash": name, "query": "22"}, count=count, now=clock.now)
    assert (status, body) == (200, {"hash": name, "query": "22", "results": [{"a": 22}], "count": 1})
    name = originals.keep("one\ntwo\nthree\n", About(), now=clock.now)
    _, body = http.retrieve_by_hash(originals, name, {"query": "t"}, count=count, now=clock.now)
    assert body["results"] == ["two", "three"]


@pytest.mark.parametrize(
    ("asked", "content", "note", "kind"),
    [
        ({"lines": "2-3"}, "two\nthree\n", "lines 2-3 of 4", "range"),
        ({"lines": "L1,4-"}, "one\nfour\n", "lines 1-1 of 4, lines 4-4 of 4", "range"),
        ({"rows": "2"}, "two\n", "lines 2-2 of 4", "range"),
        ({"pattern": "^t"}, "1- one\n2: two\n3: three\n4- four", "2 of 4 lines match '^t'", "pattern"),
        ({"pattern": "gone", "lines": ""}, None, "no match for 'gone' in 4 lines; this is what there is", "outline"),
    ],
    ids=["lines", "two ranges", "rows of a text", "pattern", "pattern that is not there"],
)
@pytest.mark.parametrize("way", ["get", "post"])
def test_a_part_is_verbatim_with_a_note_that_says_what_it_is(originals, clock, way, asked, content, note, kind):
    name = originals.keep("one\ntwo\nthree\nfour\n", About(tool="Bash"), now=clock.now)
    if way == "get":
        status, body = http.retrieve_by_hash(originals, name, asked, count=count, now=clock.now)
    else:
        status, body = http.retrieve(originals, {"hash": name, **asked}, count=count, now=clock.now)
    assert status == 200
    assert (body["hash"], body["type"], body["note"], body["tool_name"]) == (name, kind, note, "Bash")
    assert body["content"] == content or (content is None and body["content"])
    assert body["retrieval_count"] == 1


def test_a_range_that_is_none_is_a_bad_request(originals, clock):
    name = originals.keep("one\ntwo\n", About(), now=clock.now)
    status, body = http.retrieve_by_hash(originals, name, {"lines": "all of it"}, count=count, now=clock.now)
    assert status == 400
    assert "5-9" in body["detail"]


@pytest.mark.parametrize("body", [None, [], "x", {}, {"hash": ""}, {"hash": 5}, {"hash": None}])
def test_a_missing_hash_is_a_bad_request(originals, clock, body):
    assert http.retrieve(originals, body, count=count, now=clock.now) == (400, {"detail": "hash required"})


@pytest.mark.parametrize("given", ["abc", "0" * 24, "../../etc/passwd", "9f2c41d07ab3", "x" * 5000])
def test_an_unknown_hash_is_not_found(originals, clock, given):
    want = (404, {"detail": "Entry not found (CCR TTL: 1800 seconds)"})
    assert http.retrieve(originals, {"hash": given}, count=count, now=clock.now) == want
    assert http.retrieve_by_hash(originals, given, {}, count=count, now=clock.now) == want


def test_an_expired_one_says_its_age(originals, clock):
    name = originals.keep("text", About(), now=clock.now)
    clock.now += 2000
    status, body = http.retrieve_by_hash(originals, name, {}, count=count, now=clock.now)
    assert (status, body) == (404, {"detail": "Entry expired (CCR TTL: 1800 seconds; age: 2000 seconds)"})


@pytest.mark.parametrize("provider", CALL_SHAPES)
def test_tool_call_answers_in_the_providers_shape(originals, clock, provider):
    name = originals.keep("hello", About(), now=clock.now)
    body = {"tool_call": CALL_SHAPES[provider](name), "provider": provider}
    status, answer = http.tool_call(originals, body, count=count, now=clock.now)
    assert status == 200
    assert answer["success"] is True
    assert RESULTS[provider](answer["tool_result"])[2].endswith("\nhello")
    assert answer["data"]["hash"] == name


@pytest.mark.parametrize("provider", CALL_SHAPES)
def test_tool_call_on_a_miss_is_still_200(originals, clock, provider):
    body = {"tool_call": CALL_SHAPES[provider]("0" * 24), "provider": provider}
    status, answer = http.tool_call(originals, body, count=count, now=clock.now)
    assert status == 200
    assert answer["success"] is False
    assert answer["data"]["status"] == "not_found"
    assert answer["data"]["ttl_seconds"] == 1800
    assert "Do not retry" in RESULTS[provider](answer["tool_result"])[2]


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"tool_call": None},
        {"tool_call": {"id": "1", "name": "Bash", "input": {"command": "ls"}}},
        {"tool_call": {"id": "1", "name": "headroom_retrieve", "input": 5}},
        {"tool_call": {"id": "1", "name": 7, "input": {}}},
        {"tool_call": {"functionCall": []}, "provider": "google"},
        {"tool_call": {"function": "x"}, "provider": "openai"},
        {"tool_call": CALL_SHAPES["anthropic"]("0" * 24), "provider": "nobody"},
        {"tool_call": CALL_SHAPES["anthropic"]("0" * 24), "provider": ["anthropic"]},
    ],
)
def test_what_is_no_call_of_ours_is_a_bad_request(originals, clock, body):
    status, answer = http.tool_call(originals, body, count=count, now=clock.now)
    assert status == 400
    assert answer["detail"]


def test_stats_have_the_documented_shape(originals, clock):
    name = originals.keep("text", About(tool="Bash", tokens=10, shown_tokens=2), now=clock.now)
    http.retrieve(originals, {"hash": name}, count=count, now=clock.now)
    http.retrieve(originals, {"hash": "0" * 24}, count=count, now=clock.now)
    status, body = http.stats(originals.stats())
    assert status == 200
    store = body["store"]
    assert store["entry_count"] == 1
    assert (store["hits"], store["misses"], store["hit_rate"]) == (1, 1, 0.5)
    assert (store["total_original_tokens"], store["total_compressed_tokens"]) == (10, 2)
    assert store["default_ttl_seconds"] == 1800
    assert store["backend"] == "memory"
    [recent] = body["recent_retrievals"]
    assert recent["hash"] == name
    assert recent["tool_name"] == "Bash"
    assert datetime.fromisoformat(recent["timestamp"]).timestamp() == pytest.approx(clock.now, abs=0.001)
    assert recent["timestamp"].endswith("Z")
    assert set(recent) == {
        "hash",
        "query",
        "items_retrieved",
        "total_items",
        "tool_name",
        "retrieval_type",
        "timestamp",
    }
    json.dumps(body)
