"""Layouts of JSON are told apart from content and put back exactly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress import json_layout, json_print, json_raw
from headroom.compress.json_print import Manner

SAMPLES = {
    "compact nl": '{"a":[1,2]}\n',
    "spaced": '{"a": [1, 2]}',
    "indent 2": '{\n  "a": [\n    1,\n    {}\n  ]\n}',
    "tabs nl": '{\n\t"a": [\n\t\t1,\n\t\t[]\n\t]\n}\n',
    "indent 2 crlf": '{\r\n  "a": 1\r\n}',
    "compact bom": '\ufeff{"a":1}',
    'compact within "  " "\\n\\n"': '  {"a":1}\n\n',
    "spaced ascii": '{"a": "\\u00fc \\ud83d\\ude00"}',
    'rows "" ",\\n" "" nl': '[{"a":1},\n{"a":2}]\n',
    'rows "\\n  " ",\\n  " "\\n" spaced': '[\n  {"a": 1, "b": 2},\n  {"a": 2, "b": 3}\n]',
    "lines nl": '{"a":1}\n{"a":2}\n',
    "lines rs nl": '\x1e{"a":1}\n\x1e{"a":2}\n',
    "spaced lines crlf rs": '\x1e{"a": 1}\r\n\x1e{"a": 2}',
    "spaced lines": '{"a": 1}\n{"a": 2}',
    "printed 2 wide inline spaced": '{\n  "a" : [ 1, 2 ],\n  "e" : { },\n  "h" : [ {\n    "x" : 1\n  }, {\n    "x" : [ ]\n  } ]\n}',
    "printed 3 plain joined closed nl": '{\n   "a": [\n      {\n         "x": 1\n      },{\n         "x": [\n            2,\n            3\n         ]\n      }\n   ]\n}\n',
    "printed 2 tight broken broken": '{\n  "a":[\n    1\n  ],\n  "b":{\n  }\n}',
    "printed 4 plain flat closed": '{\n    "a": ["x", 1],\n    "b": {\n        "c": []\n    },\n    "d": [\n        ["y"],\n        {\n            "z": 1\n        }\n    ]\n}',
    "printed 2 plain fit closed": '{\n  "a": ["x"],\n  "b": [\n'
    + ",\n".join(f'    "{"word" * 5}{i}"' for i in range(4))
    + "\n  ]\n}",
}


@pytest.mark.parametrize(("tag", "text"), SAMPLES.items(), ids=SAMPLES)
def test_layouts_are_recognised_and_put_back(tag, text):
    layout, body = json_layout.split(text)
    assert layout is not None
    assert layout.tag == tag
    assert json_layout.restore(json_layout.parse(layout.tag), body) == text


@pytest.mark.parametrize(
    "text",
    [
        '{"a":\n1, "b" :2}',
        "[1,\r\n2,\n3]",
        '{\n   "a": 1,\n "b": 2\n}',
        '{"a":1}\n\n{"a":2}',
        '\x1e{"a":1}\n{"a":2}\n',
        '\x1e{"a":1}\n',
    ],
    ids=[
        "uneven",
        "mixed line ends",
        "uneven indents",
        "blank line between values",
        "a separator missing",
        "one value with a separator",
    ],
)
def test_a_layout_without_a_rule_is_said_to_be_unknown(text):
    found = json_layout.split(text)
    assert found is None or found[0] is None


@pytest.mark.parametrize("text", ["", "x", "{", '"a"', "1", '{"a":1}}', "[" * 50_000, '{"a":"\ud800"}', "{'a':1}"])
def test_what_is_no_json_is_refused(text):
    assert json_layout.split(text) is None


@pytest.mark.parametrize("tag", ["", "indent", "rows", "compact; drop", "printed 2"])
def test_a_foreign_tag_is_refused(tag):
    with pytest.raises(ValueError, match="not a JSON layout"):
        json_layout.parse(tag)


values = st.recursive(
    st.one_of(st.none(), st.integers(), st.sampled_from(["", "a", "[ ]", "{ }", '"', "{\n}", ": ", "word " * 9])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(
    values,
    st.builds(
        Manner,
        st.sampled_from(["  ", "\t", "    "]),
        st.sampled_from(["tight", "plain", "wide"]),
        st.sampled_from(["broken", "joined", "flat", "fit", "inline"]),
        st.sampled_from(["closed", "spaced", "broken"]),
    ),
)
def test_what_another_tool_printed_is_recognised_or_left_alone(value, manner):
    body = json.dumps({"v": value}, separators=(",", ":"))
    text = json_print.write(body, manner)
    assert json.loads(text) == {"v": value}
    layout, found = json_layout.split(text)
    if layout is not None:
        assert json_layout.restore(json_layout.parse(layout.tag), found) == text


@settings(max_examples=100, deadline=None)
@given(values, st.sampled_from([None, 1, 3]))
def test_offsets_in_the_minified_text_lead_to_the_source(value, indent):
    text = json.dumps([value, value], indent=indent)
    _, body = json_layout.split(text)
    spans = json_raw.element_spans(body)
    starts = json_layout.source_offsets(text, [start for start, _ in spans])
    assert [text[at] for at in starts] == [body[start] for start, _ in spans]
    assert [json.loads(body[start:end]) for start, end in spans] == [value, value]
