"""The key changes with whatever shapes an answer, and with nothing else."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.policy.cache_key import Origin, cache_key, key_headers, parse

ORIGIN = Origin("POST", "/v1/messages", "anthropic", "https://api.anthropic.com", "cred", (("anthropic-version", "1"),))
BODY = {
    "model": "claude-sonnet-4-5",
    "temperature": 0,
    "max_tokens": 100,
    "system": [{"type": "text", "text": "Be brief."}],
    "messages": [
        {"role": "user", "content": "How many?"},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "t1", "name": "count", "input": {"of": "apples"}}],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "three"}]}],
        },
    ],
    "tools": [
        {"name": "count", "description": "Counts.", "input_schema": {"type": "object", "properties": {"of": {}}}}
    ],
    "metadata": {"tenant": "a"},
}
MARK = {"type": "ephemeral", "ttl": "1h"}


def key(body, origin=ORIGIN):
    parsed = parse(json.dumps(body).encode())
    assert parsed is not None
    return cache_key(parsed, origin)


def changed(path, value):
    body = copy.deepcopy(BODY)
    place = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return body


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(["model"], "claude-opus-4-1", id="model"),
        pytest.param(["temperature"], 0.1, id="temperature"),
        pytest.param(["max_tokens"], 101, id="max_tokens"),
        pytest.param(["top_p"], 1, id="a parameter more"),
        pytest.param(["field_of_next_year"], None, id="an unknown field"),
        pytest.param(["system"], "Be brief.", id="system, other form"),
        pytest.param(["system", 0, "text"], "Be verbose.", id="system"),
        pytest.param(["messages", 0, "content"], "How many? ", id="one space in a message"),
        pytest.param(["messages", 0, "role"], "assistant", id="a role"),
        pytest.param(["messages", 2, "content", 0, "content", 0, "text"], "four", id="a tool result"),
        pytest.param(["messages", 2, "content", 0, "is_error"], True, id="an error flag"),
        pytest.param(["messages", 1, "content", 0, "input", "of"], "pears", id="a tool input"),
        pytest.param(["messages", 1, "content", 0, "input", "cache_control"], MARK, id="a tool input of that name"),
        pytest.param(["tools", 0, "description"], "Counts!", id="a tool"),
        pytest.param(["tools"], [], id="no tools"),
        pytest.param(["tools", 0, "input_schema", "properties", "cache_control"], {}, id="a property of that name"),
        pytest.param(["tool_choice"], {"type": "none"}, id="tool_choice"),
        pytest.param(["metadata", "tenant"], "b", id="other metadata"),
        pytest.param(["store"], True, id="store"),
        pytest.param(["stream_options"], {"include_usage": True}, id="stream options"),
    ],
)
def test_what_shapes_the_answer_changes_the_key(path, value):
    assert key(changed(path, value)) != key(BODY)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(["stream"], True, id="stream"),
        pytest.param(["metadata"], {"tenant": "a", "user_id": "u"}, id="metadata.user_id"),
        pytest.param(["user"], "u", id="user"),
        pytest.param(["service_tier"], "auto", id="service_tier"),
        pytest.param(["prompt_cache_key"], "k", id="prompt_cache_key"),
        pytest.param(["store"], False, id="store: false"),
        pytest.param(["cache_control"], MARK, id="mark on the request"),
        pytest.param(["system", 0, "cache_control"], MARK, id="mark on system"),
        pytest.param(["messages", 1, "content", 0, "cache_control"], MARK, id="mark on a tool call"),
        pytest.param(["messages", 2, "content", 0, "cache_control"], MARK, id="mark on a tool result"),
        pytest.param(["messages", 2, "content", 0, "content", 0, "cache_control"], MARK, id="mark inside it"),
        pytest.param(["tools", 0, "cache_control"], MARK, id="mark on a tool"),
    ],
)
def test_what_does_not_leaves_the_key(path, value):
    assert key(changed(path, value)) == key(BODY)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("method", "PUT"),
        ("path", "/v1/messages?beta=true"),
        ("provider", "bedrock"),
        ("upstream", "https://gateway.example"),
        ("credential", "other"),
        ("headers", (("anthropic-version", "2"),)),
    ],
)
def test_where_it_comes_from_and_goes_to_changes_the_key(field, value):
    from dataclasses import replace

    assert key(BODY, replace(ORIGIN, **{field: value})) != key(BODY)


def test_a_credential_in_the_path_is_left_to_the_digest():
    from dataclasses import replace

    one, two = (replace(ORIGIN, path=f"/v1beta/m:generateContent?key={name}&alt=json") for name in "ab")
    assert key(BODY, one) == key(BODY, two)
    assert key(BODY, one) != key(BODY, replace(ORIGIN, path="/v1beta/m:generateContent?alt=sse"))


def test_betas_are_a_set():
    one = key_headers({"anthropic-beta": "b, a", "user-agent": "x"})
    two = key_headers({"anthropic-beta": "a,b", "user-agent": "y"})
    assert one == two == (("anthropic-beta", "a,b"),)
    assert key_headers({"anthropic-beta": "a"}) != one
    assert key_headers({"openai-organization": "o1"}) != key_headers({"openai-organization": "o2"})


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"1", b"{", b'{"a":1,"a":2}', b'{"x":{"a":1,"a":1}}', b'{"a":NaN}', b'{"a":1e999}', b"\xff\xfe"),
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":' + b"9" * 5000 + b"}",
    ],
    ids=[
        *("empty", "a list", "a number", "cut", "twice", "twice inside", "nan", "too large", "no text", "deep"),
        "very long number",
    ],
)
def test_bodies_without_a_key(body):
    assert parse(body) is None


@pytest.mark.parametrize(
    ("one", "two"), [("1", "1.0"), ("1", '"1"'), ("0.5", '"0.5"'), ("0.0", "-0.0"), ("null", '""')]
)
def test_values_that_only_look_alike_differ(one, two):
    keys = {cache_key(parse(b'{"x":%s}' % value.encode()), ORIGIN) for value in (one, two)}
    assert len(keys) == 2


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
SPECIAL = {
    *("stream", "user", "prompt_cache_key", "service_tier", "cache_control", "store", "metadata"),
    *("system", "messages", "tools"),
}
"""Fields with rules of their own, which the tables above show."""


@settings(max_examples=200)
@given(name=st.text(max_size=8).filter(lambda name: name not in SPECIAL), one=json_values, two=json_values)
def test_any_other_value_of_any_field_is_another_key(name, one, two):
    same = json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
    assert (key({**BODY, name: one}) == key({**BODY, name: two})) is same


@settings(max_examples=100)
@given(body=st.dictionaries(st.text(max_size=6), json_values, max_size=5))
def test_spelling_does_not_matter(body):
    plain = json.dumps(body).encode()
    fancy = json.dumps(dict(reversed(body.items())), indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass")
    one, two = parse(plain), parse(fancy)
    if two is not None:  # lone surrogates can't be spelled in UTF-8
        assert cache_key(one, ORIGIN) == cache_key(two, ORIGIN)
