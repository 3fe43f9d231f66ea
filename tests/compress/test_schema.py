import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.schema import removals
from headroom.exchange import Edit
from headroom.wire.body import splice


def tool(schema, key="input_schema"):
    return [{"name": "t", "description": "Two  blanks stay here.", key: schema}]


def cut(raw):
    return splice(raw, [Edit(start, end, b"") for start, end in removals(raw)])


def compact(value, **dump):
    return json.loads(cut(json.dumps(value, **dump).encode()))


@pytest.mark.parametrize("key", ["input_schema", "parameters", "inputSchema"])
@pytest.mark.parametrize("indent", [None, 1])
def test_annotations_go_and_the_rest_stays(key, indent):
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Args",
        "type": "object",
        "properties": {
            "title": {"type": "string", "title": "Title", "description": "What   it says."},
            "kind": {"$comment": "x", "enum": ["a", {"title": "kept"}], "default": {"title": "kept"}},
            "list": {
                "type": "array",
                "items": {"anyOf": [{"title": "A", "type": "string"}, {"const": {"title": "kept"}}]},
            },
        },
        "$defs": {"readOnly": {"type": "boolean", "readOnly": True}},
        "required": ["title"],
        "markdownDescription": "**x**",
    }
    assert compact(tool(schema, key), indent=indent) == tool(
        {
            "type": "object",
            "properties": {
                "title": {"type": "string", "description": "What it says."},
                "kind": {"enum": ["a", {"title": "kept"}], "default": {"title": "kept"}},
                "list": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"const": {"title": "kept"}}]}},
            },
            "$defs": {"readOnly": {"type": "boolean"}},
            "required": ["title"],
        },
        key,
    )


def test_openai_functions_are_reached():
    nested = [{"type": "function", "function": {"name": "f", "parameters": {"title": "x", "type": "object"}}}]
    assert compact(nested)[0]["function"]["parameters"] == {"type": "object"}


def test_outside_a_schema_nothing_is_touched():
    raw = json.dumps([{"name": "t", "title": "kept", "annotations": {"title": "kept", "readOnly": True}}]).encode()
    assert removals(raw) == []


def test_long_examples_go_and_short_ones_stay():
    assert compact(tool({"examples": ["x" * 300], "type": "string"})) == tool({"type": "string"})
    assert compact(tool({"examples": ["a@b.c"], "type": "string"})) == tool({"examples": ["a@b.c"], "type": "string"})


def test_a_title_that_is_a_schema_is_not_an_annotation():
    schema = {"properties": {"a": {"title": {"type": "string"}}}}
    assert compact(tool(schema)) == tool(schema)


@pytest.mark.parametrize(
    "raw",
    [b"", b"[", b"[{]", b"]", b"nonsense \x00", b'[{"input_schema":{"title":"x"}', b"[1,2,3] trailing", b"[{}]"],
)
def test_what_is_not_plain_json_is_returned_as_it_is(raw):
    assert removals(raw) == []


_NAMES = st.sampled_from(
    ["title", "type", "properties", "enum", "default", "$defs", "items", "anyOf", "examples", "description", "x"]
)
_SCHEMAS = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.text(max_size=8), st.just("a  b \n\n\n c")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=5)),
    max_leaves=20,
)


@settings(max_examples=200)
@given(st.dictionaries(_NAMES, _SCHEMAS, max_size=5), st.sampled_from([None, 0, 2]))
def test_whatever_is_cut_the_rest_is_json_with_the_same_names(schema, indent):
    raw = json.dumps(tool(schema), indent=indent).encode()
    out = cut(raw)
    value = json.loads(out)
    assert value[0]["name"] == "t"
    assert len(out) <= len(raw)
    assert cut(out) == out
    spans = removals(raw)
    assert all(start < end for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    before, after = schema.get("properties"), value[0]["input_schema"].get("properties")
    if isinstance(before, dict):
        assert list(after) == list(before)
