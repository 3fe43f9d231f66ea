import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compress.schema import compact
from headroom.wire.body import splice


def run(tools, **style):
    raw = json.dumps(tools, **style).encode()
    return json.loads(splice(raw, compact(raw)))


def anthropic(schema):
    return [{"name": "a", "description": "d", "input_schema": schema}]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("schema", "want"),
    [
        ({"$schema": "x", "type": "object"}, {"type": "object"}),
        ({"type": "object", "title": "T"}, {"type": "object"}),
        (
            {"title": "T", "$comment": "c", "type": "object", "readOnly": True, "required": ["a"]},
            {"type": "object", "required": ["a"]},
        ),
        ({"title": "T"}, {}),
        (
            {"properties": {"title": {"type": "string", "title": "Title"}}},
            {"properties": {"title": {"type": "string"}}},
        ),
        (
            {"properties": {"a": {"enum": ["title", "$schema"], "default": {"title": "x"}}}},
            {"properties": {"a": {"enum": ["title", "$schema"], "default": {"title": "x"}}}},
        ),
        (
            {"anyOf": [{"title": "x", "type": "null"}, {"type": "string"}]},
            {"anyOf": [{"type": "null"}, {"type": "string"}]},
        ),
        ({"items": {"title": "x", "type": "string"}}, {"items": {"type": "string"}}),
        ({"$defs": {"title": {"title": "y", "type": "string"}}}, {"$defs": {"title": {"type": "string"}}}),
        ({"$id": "u", "type": "object"}, {"type": "object"}),
        ({"$id": "u", "properties": {"a": {"$ref": "u#/x"}}}, {"$id": "u", "properties": {"a": {"$ref": "u#/x"}}}),
        ({"deprecated": True, "examples": ["a"]}, {"deprecated": True, "examples": ["a"]}),
        ({"deprecated": False, "examples": ["a" * 300]}, {}),
        ({"const": {"title": "x"}}, {"const": {"title": "x"}}),
    ],
)
def test_takes_out_only_annotations(schema, want, indent):
    assert run(anthropic(schema), indent=indent) == anthropic(want)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: [{"type": "function", "function": {"name": "a", "parameters": s}}],
        lambda s: [{"type": "function", "name": "a", "parameters": s}],
        lambda s: [{"functionDeclarations": [{"name": "a", "parameters": s}]}],
        lambda s: [{"functionDeclarations": [{"name": "a", "parametersJsonSchema": s}]}],
    ],
    ids=["chat", "responses", "gemini", "gemini json schema"],
)
def test_every_dialect(wrap):
    assert run(wrap({"title": "x", "type": "object"})) == wrap({"type": "object"})


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1,2]", b"[{]", b'[{"input_schema":{"a":1,"a":2}}]', b"null"])
def test_odd_arrays_stay(raw):
    assert compact(raw) == []


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda c: (
        st.lists(c, max_size=3)
        | st.dictionaries(
            st.sampled_from(["title", "type", "properties", "items", "anyOf", "$schema", "a"]), c, max_size=4
        )
    ),
    max_leaves=15,
)


def strip(schema):
    """The same rule, on parsed values."""
    if not isinstance(schema, dict):
        return schema
    out = {}
    for key, value in schema.items():
        if key in {"title", "$schema"}:
            continue
        if key == "properties" and isinstance(value, dict):
            value = {k: strip(v) for k, v in value.items()}
        elif key == "items" and isinstance(value, dict):
            value = strip(value)
        elif key in {"items", "anyOf"} and isinstance(value, list):
            value = [strip(v) for v in value]
        out[key] = value
    return out


@given(
    st.dictionaries(st.sampled_from(["title", "type", "properties", "items", "anyOf", "$schema"]), values, max_size=5),
    st.sampled_from([None, 1]),
)
def test_equals_the_rule_on_parsed_values(schema, indent):
    assert run(anthropic(schema), indent=indent) == anthropic(strip(schema))


@given(values)
def test_idempotent(schema):
    raw = json.dumps(anthropic(schema)).encode()
    once = splice(raw, compact(raw))
    assert compact(once) == []
